package keylist

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"
)

// Above these numbers of keys the work leaves Update for a command.
const (
	sortAtOnce   = 4_000
	filterAtOnce = 30_000
)

// reuse says what an arrangement may keep of the one before.
type reuse int

const (
	reuseOrder  reuse = iota // the order: only the filter changed
	reusePrefix              // the order of the keys that were there: more came
	reuseNone                // nothing
)

// rearrange brings idx up to date: at once where that is quick, else in a command,
// one at a time, with the old order on screen until it is done.
func (l *List) rearrange(keep reuse) tea.Cmd {
	if keep != reuseOrder {
		l.ordered, l.paused = l.store.n, l.env.Now()
		l.sortGen++
		if l.sorted != nil {
			l.before, l.sorted = l.sorted, nil
		}
	}
	if keep == reuseNone {
		l.before = nil
		l.round++
	}
	l.gen++
	w := &work{
		gen: l.gen, sortGen: l.sortGen, round: l.round, store: l.store, now: l.env.Now(),
		view:   store{packedList: l.store.packedList, marks: l.store.marks, profiles: l.profiles, access: accesses{of: l.store.access.of, names: l.store.access.names}},
		column: l.columns[l.sortBy], reverse: l.reverse, sorted: l.sorted, before: l.before, names: l.names, query: l.query, ctx: context{now: l.env.Now(), profiles: l.profiles},
	}
	if l.sorted != nil && l.seen == l.store && len(l.idxQuery) > 0 && l.idxQuery.narrows(l.query) {
		w.base = l.idx
	}
	n := l.store.n
	if l.sorted == nil && n > sortAtOnce || w.base == nil && n > filterAtOnce && len(l.query) > 0 {
		if l.busy {
			return nil // arrived sees that gen has moved on
		}
		l.busy = true
		return func() tea.Msg { return w.run() }
	}
	return l.apply(w.run(), w.query)
}

func (l *List) arrived(msg arranged) tea.Cmd {
	l.busy = false
	if msg.store == l.store && len(msg.names) > len(l.names) {
		l.names = msg.names
	}
	if msg.gen == l.gen {
		return l.apply(msg, l.query)
	}
	switch {
	case msg.store != l.store || msg.round != l.round:
	case len(msg.sorted) == l.store.n && msg.sortGen == l.sortGen:
		l.sorted = msg.sorted // the order is still wanted, only the filter has moved on
	case l.sorted == nil && len(msg.sorted) > len(l.before):
		l.before = msg.sorted // more came meanwhile
	}
	return l.rearrange(reuseOrder)
}

func (l *List) apply(msg arranged, q query) tea.Cmd {
	filtered := !slices.Equal(q, l.idxQuery)
	if l.seen != msg.store {
		id, of := "", -1
		if l.current >= 0 {
			id, of = l.seen.at(l.current).keyID(), l.seen.profileOf(l.current)
		}
		l.seen, l.current = msg.store, msg.store.find(of, id)
		clear(l.rows)
		clear(l.reported)
		l.taught = taught{}
	}
	l.sorted, l.before, l.names, l.idx, l.idxQuery = msg.sorted, nil, msg.names, msg.idx, q
	l.missing = l.query.unreported(l.store, l.profiles, len(l.idx) > 0)
	l.place(filtered)
	return nil
}

func (l *List) resort() tea.Cmd {
	l.relayout()
	return l.rearrange(reuseNone)
}

// sortNext goes to the next column that some key reports, first value first.
func (l *List) sortNext() tea.Cmd {
	for i := 1; i <= len(l.columns); i++ {
		next := (l.sortBy + i) % len(l.columns)
		if l.columns[next].sortable() && (next == 0 || l.shows(next)) {
			l.sortBy, l.reverse = next, false
			break
		}
	}
	return l.resort()
}

// sortOn sorts by a column, or the other way round where it is sorted by it already.
func (l *List) sortOn(title string) tea.Cmd {
	switch i := l.columnAt(title); {
	case i < 0 || !l.columns[i].sortable():
		return nil
	case l.sortBy == i:
		l.reverse = !l.reverse
	default:
		l.sortBy, l.reverse = i, false
	}
	return l.resort()
}
