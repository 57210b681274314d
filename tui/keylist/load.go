package keylist

import (
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// orderPause is how long keys that come wait in no order, unless as many come as there are: while a load goes on, bringing
// all into one order again and again would cost more than the keys.
const orderPause = 250 * time.Millisecond

// Clear empties the list for another profile; sort and filter stay the user's.
func (l *List) Clear() {
	l.gen++
	l.store, l.incoming, l.waiting = newStore(l.columns), nil, map[int][]Batch{}
	l.seen = l.store
	clear(l.reported)
	l.marked = map[Of]bool{}
	l.taught = taught{}
	l.sorted, l.before, l.names, l.idx, l.idxQuery, l.wantedID = nil, nil, nil, nil, l.query, ""
	l.ordered, l.loading = 0, false
	l.round++
	l.cursor, l.offset, l.current, l.moved, l.busy = 0, 0, -1, false, false
	l.banner, l.problems, l.onProblem, l.overview, l.chip = "", nil, -1, false, -1
	l.relayout()
}

// Begin starts a load. The keys of an earlier load stay until End.
func (l *List) Begin() {
	l.incoming, l.loading = nil, true
	if l.store.n > 0 {
		l.incoming = newStore(l.columns)
	}
}

// Add takes batches of the load under way.
func (l *List) Add(batches ...Batch) tea.Cmd {
	l.ctx.now = l.env.Now()
	to, wider := l.store, false
	if l.incoming != nil {
		to = l.incoming
	}
	for _, batch := range batches {
		wider = to.add(batch, l.columns, &l.ctx) || wider
	}
	if l.incoming != nil {
		return nil
	}
	if wider {
		l.relayout()
	}
	if n := l.store.n; l.loading && n > sortAtOnce && n < 2*l.ordered && l.ctx.now.Sub(l.paused) < orderPause {
		return nil // until more came, or End
	}
	return l.rearrange(reusePrefix)
}

// End closes the load. One that failed leaves the old list as it was.
func (l *List) End(complete bool) tea.Cmd {
	next := l.incoming
	l.incoming, l.loading = nil, false
	if !complete || next == nil {
		return l.orderRest()
	}
	return l.replace(next)
}

// BeginOf starts a load of one profile. Its keys of an earlier load stay until EndOf, and those of others stay.
func (l *List) BeginOf(profile int) {
	l.loading = true
	delete(l.waiting, profile)
	if slices.Contains(l.store.of, uint16(profile)) {
		l.waiting[profile] = []Batch{}
	}
}

// AddOf takes batches of the load of one profile that is under way.
func (l *List) AddOf(profile int, batches ...Batch) tea.Cmd {
	for i := range batches {
		batches[i].profile, batches[i].of = uint16(profile), true
	}
	if waiting, wait := l.waiting[profile]; wait {
		l.waiting[profile] = append(waiting, batches...)
		return nil
	}
	return l.Add(batches...)
}

// EndOf closes the load of one profile; more says that others go on. One that failed leaves the profile's keys as they were. What came
// has a place from then on: the others may never end.
func (l *List) EndOf(profile int, complete, more bool) tea.Cmd {
	batches, waited := l.waiting[profile]
	delete(l.waiting, profile)
	l.loading = more
	if !waited || !complete {
		return l.orderRest()
	}
	next := l.store.without(profile)
	for _, batch := range batches {
		next.add(batch, l.columns, &l.ctx)
	}
	return l.replace(next)
}

// orderRest gives the keys a place that came last.
func (l *List) orderRest() tea.Cmd {
	if l.ordered < l.store.n {
		return l.rearrange(reusePrefix)
	}
	return nil
}

// replace takes the keys of a reload. Where findings have a say in the order, the list stays as it is until they are known too, or each
// reload would show all keys in another order first.
func (l *List) replace(next *store) tea.Cmd {
	wait := len(l.store.marks) > 0
	l.store, l.names = next, nil
	l.relayout()
	if wait {
		l.sorted, l.before, l.ordered = nil, nil, next.n
		return nil
	}
	return l.rearrange(reuseNone)
}

// SetMarks gives the findings of every key, in the order of Keys.
func (l *List) SetMarks(marks []ui.Marks) tea.Cmd {
	l.store.marks = marks
	some := func(of ui.Marks) bool { return slices.ContainsFunc(marks, func(m ui.Marks) bool { return m&of != 0 }) }
	if i := l.columnAt("STATUS"); i >= 0 {
		l.store.shown[i] = l.store.shown[i] || some(ui.Warnings)
	}
	l.store.signed = l.store.signed || some(ui.MarkOf(apikey.FindingCanMint)) // they have room for its sign
	l.relayout()
	if l.query.usesMarks() {
		l.idxQuery = nil // what was found before does not count
	}
	switch {
	case l.columns[l.sortBy].byNeed, l.seen != l.store:
		return l.rearrange(reuseNone)
	case l.query.usesMarks():
		return l.rearrange(reuseOrder)
	}
	return nil
}

// SetMarksOf gives the findings of every key of one profile, in the order of Keys. Where the list has other keys of it by now, they
// are not those that were examined.
func (l *List) SetMarksOf(profile int, marks []ui.Marks) tea.Cmd {
	all := make([]ui.Marks, l.store.n)
	copy(all, l.store.marks)
	n := 0
	for i := range int32(l.store.n) {
		if l.store.profileOf(i) == profile {
			if n < len(marks) {
				all[i] = marks[n]
			}
			n++
		}
	}
	if n != len(marks) {
		return nil
	}
	return l.SetMarks(all)
}
