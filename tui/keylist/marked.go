package keylist

import (
	"slices"

	"detent/apikey"
)

// ToggleMark marks the key under the cursor, or takes the mark away, and goes on to the next row.
func (l *List) ToggleMark() {
	if _, _, ok := l.Selected(); !ok {
		return
	}
	l.mark(l.current, !l.marked[l.named(l.current)])
	l.moved = true
	l.put(min(l.cursor+1, len(l.idx)-1))
}

// MarkAll marks every key that the filter leaves; where all of them are marked, none.
func (l *List) MarkAll() {
	on := slices.ContainsFunc(l.idx, func(i int32) bool { return !l.marked[l.named(i)] })
	for _, i := range l.idx {
		l.mark(i, on)
	}
	clear(l.rows)
}

// ClearMarks takes all marks away.
func (l *List) ClearMarks() {
	clear(l.marked)
	clear(l.rows)
}

func (l *List) mark(i int32, on bool) {
	delete(l.rows, i)
	if on {
		l.marked[l.named(i)] = true
	} else {
		delete(l.marked, l.named(i))
	}
}

// Marked is a key that is marked.
type Marked struct {
	Profile int
	Key     apikey.Key
	Open    bool // a rotation of it is open
}

// Marked are the marked keys that are still there, in the order of the list, those first that the filter leaves.
func (l *List) Marked() []Marked {
	if len(l.marked) == 0 {
		return nil
	}
	var out []Marked
	add := func(i int32) {
		out = append(out, Marked{l.seen.profileOf(i), *l.seen.key(i, new(apikey.Key)), l.seen.mark(i).Has(apikey.FindingRotationOpen)})
	}
	shown := map[Of]bool{}
	for _, i := range l.idx {
		if of := l.named(i); l.marked[of] {
			shown[of] = true
			add(i)
		}
	}
	for i := range int32(l.seen.n) {
		if of := l.named(i); len(shown) < len(l.marked) && l.marked[of] && !shown[of] {
			add(i)
		}
	}
	return out
}

// MarkCount is how many keys are marked.
func (l *List) MarkCount() int { return len(l.marked) }
