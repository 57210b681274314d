package world

import (
	"fmt"
	"slices"
	"strings"
)

// enough is how often each pair of act and step is met in the usual number of walks.
const (
	usual  = 10000
	enough = 30
)

// table shows how often each act happened in each step; - stands where it cannot be.
func (t *tally) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-42s", "")
	for _, step := range steps {
		fmt.Fprintf(&b, "%10s", step)
	}
	for _, m := range mischiefs {
		fmt.Fprintf(&b, "\n%-42s", m.id)
		for _, step := range steps {
			n := t.met[Pair{m.id, step}]
			switch {
			case n == 0 && !isPossible(Pair{m.id, step}):
				fmt.Fprintf(&b, "%10s", "-")
			default:
				fmt.Fprintf(&b, "%10d", n)
			}
		}
	}
	return b.String()
}

// rare are the pairs that can be and were met too seldom; impossible ones that were met are wrongly listed.
func (t *tally) rare() (rare, wrong []string) {
	for _, m := range mischiefs {
		for _, step := range steps {
			p := Pair{m.id, step}
			switch n := t.met[p]; {
			case isPossible(p) && n < enough:
				rare = append(rare, fmt.Sprintf("%s at %s: %d", m.id, step, n))
			case !isPossible(p) && n > 0:
				wrong = append(wrong, fmt.Sprintf("%s at %s: %d", m.id, step, n))
			}
		}
	}
	return rare, wrong
}

func isPossible(p Pair) bool { return slices.Contains(possible(), p) }
