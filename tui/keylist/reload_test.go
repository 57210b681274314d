package keylist

import (
	"fmt"
	"testing"

	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/tui/ui"
)

// TestWhatIsKnownOfAProfileOutlivesTheReloadOfOthers: whatever order three profiles are listed again in, and their findings come in.
func TestWhatIsKnownOfAProfileOutlivesTheReloadOfOthers(t *testing.T) {
	const profiles = 3
	batch := func() Batch {
		return NewBatch([]apikey.Key{{ID: "k1", Name: "one"}, {ID: "k2", Name: "two"}})
	}
	found := func(profile int) []ui.Marks { return []ui.Marks{0, ui.Marks(1 << profile)} }
	var orders func(so []int) [][]int // of profiles, each twice: it has ended, its findings are there
	orders = func(so []int) (all [][]int) {
		if len(so) == 2*profiles {
			return [][]int{append([]int{}, so...)}
		}
		for p := range profiles {
			n := 0
			for _, was := range so {
				if was == p {
					n++
				}
			}
			if n < 2 {
				all = append(all, orders(append(so, p))...)
			}
		}
		return all
	}
	for _, order := range orders(nil) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			l := New(newEnv(termenv.Ascii))
			l.SetSize(110, 20)
			l.SetProfiles(Profile{Name: "a"}, Profile{Name: "b"}, Profile{Name: "c"})
			for p := range profiles {
				l.BeginOf(p)
				run(l, l.AddOf(p, batch()))
				run(l, l.EndOf(p, true, p < profiles-1))
				run(l, l.SetMarksOf(p, found(p)))
			}
			for p := range profiles {
				l.BeginOf(p)
				run(l, l.AddOf(p, batch()))
			}
			ended := map[int]bool{}
			for _, p := range order {
				if !ended[p] {
					ended[p] = true
					run(l, l.EndOf(p, true, len(ended) < profiles))
					continue
				}
				run(l, l.SetMarksOf(p, found(p)))
			}
			if l.Shown() != 2*profiles {
				t.Fatalf("%d keys are shown", l.Shown())
			}
			for i := range int32(2 * profiles) {
				want := ui.Marks(0)
				if l.seen.at(i).keyID() == "k2" {
					want = 1 << l.seen.profileOf(i)
				}
				if got := l.seen.mark(i); got != want {
					t.Errorf("of profile %d, %s has the marks %b, want %b", l.seen.profileOf(i), l.seen.at(i).keyID(), got, want)
				}
			}
		})
	}
}
