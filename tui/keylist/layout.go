package keylist

import (
	"maps"
	"slices"

	"detent/tui/ui"
)

const (
	gap      = 2  // cells between columns
	marker   = 2  // cells for the cursor
	minName  = 12 // the name is never narrower while another column is there
	someName = 24 // a longer name gets that much before the other columns,
	manyName = 30 // that much before those are whole,
	longName = 40 // and that much before a sign has its words
	// wholeMost is the widest that a column becomes where there is room for all of what it says.
	wholeMost = 48
)

// placed is a column on screen.
type placed struct {
	*column
	width int
}

// relayout chooses columns and widths: what the service reports, as far as it fits, the columns that are dropped last before the others.
// What is left makes names longer and columns whole before the last ones stand; then it is for longer names and the words of a sign.
func (l *List) relayout() {
	clear(l.rows)
	l.layout = l.layout[:0]
	profile, several := l.columnAt(profileColumn), len(l.profiles) > 1
	if l.store.shown[profile] = several; several {
		for _, p := range l.profiles {
			l.store.widths[profile] = max(l.store.widths[profile], ui.Width(ui.Clean(p.Name)))
		}
	}
	free := l.width - marker - 1 // a cell of air at the end
	names := l.nameWidth() + ui.Width(" "+ui.OwnMark)
	least := min(l.nameWidth(), someName, max(free/2, minName))
	widths, left := map[int]int{0: min(least, free)}, free-least
	give := func(i, to int) {
		if more := min(to-widths[i], left); widths[i] > 0 && more > 0 {
			widths[i], left = widths[i]+more, left-more
		}
	}
	whole := func() {
		give(0, min(names, manyName))
		for _, i := range l.byDrop {
			give(i, l.wholeWidth(i))
		}
	}
	lost := false // what matters less does not stand where what matters more had no room
	for _, i := range l.byDrop {
		if l.columns[i].drop >= last {
			whole()
		}
		switch need := l.columnWidth(i) + gap; {
		case !l.shows(i), lost && l.columns[i].drop > matters:
		case need <= left:
			widths[i], left = need-gap, left-need
		default:
			lost = true
		}
	}
	whole()
	give(0, min(names, longName))
	for _, i := range l.byDrop {
		if l.columns[i].ofAccess && l.store.signed {
			give(i, min(l.store.widths[i]+ui.Width(" "+mintSign+mintWords), wholeMost))
		}
	}
	give(0, names)
	for i := range l.columns {
		if i == 0 || widths[i] > 0 {
			l.layout = append(l.layout, placed{&l.columns[i], widths[i]})
		}
	}
}

// nameWidth is what the names take, but for the mark of an own key.
func (l *List) nameWidth() int { return max(l.columnWidth(0), minName) }

// columnWidth is what a column takes where it is not given more.
func (l *List) columnWidth(i int) int {
	c := &l.columns[i]
	title := ui.Width(c.title)
	if i == l.sortBy {
		title += 2
	}
	if c.byNeed && len(l.rotating) > 0 {
		return max(c.width, title, ui.Width(waitsForYou))
	}
	if c.width > 0 {
		return max(c.width, title)
	}
	widest := l.store.widths[i]
	if c.ofAccess && l.store.signed {
		widest += ui.Width(" " + mintSign)
	}
	return max(min(widest, c.most), title)
}

// shows reports whether there is something to show in a column: of some key, or, of its environment, of some profile.
func (l *List) shows(i int) bool {
	return l.store.shown[i] || l.ctx.several() && i == l.columnAt(environmentColumn) &&
		slices.ContainsFunc(l.profiles, func(p Profile) bool { return elsewhere(p).Word != "" })
}

const (
	matters = 30 // the highest drop of the columns that the list does not lose for another pane
	last    = 90 // the lowest of those that stand only where the others are whole
)

// Wants is the width at which all columns are there that matter.
func (l *List) Wants() int {
	n := marker + 1 + min(l.nameWidth(), someName)
	for _, i := range l.byDrop {
		if l.columns[i].drop <= matters && l.shows(i) {
			n += l.columnWidth(i) + gap
		}
	}
	return n
}

// Whole is the width at which no column is cut but those that stand only where there is room for more.
func (l *List) Whole() int {
	n := marker + 1 + min(l.nameWidth()+ui.Width(" "+ui.OwnMark), manyName)
	for _, i := range l.byDrop {
		if l.columns[i].drop < last && l.shows(i) {
			n += l.wholeWidth(i) + gap
		}
	}
	return n
}

// wholeWidth is what a column takes so that nothing in it is cut.
func (l *List) wholeWidth(i int) int {
	widest := l.store.widths[i]
	if l.columns[i].ofAccess && l.store.signed {
		widest = min(widest+ui.Width(" "+mintSign), wholeMost)
	}
	return max(widest, l.columnWidth(i))
}

// SetProfiles says whose keys are in the list; the column of profiles is there where they are several.
func (l *List) SetProfiles(profiles ...Profile) {
	l.profiles = profiles
	l.ctx.profiles = profiles
	l.idxQuery = nil // what was found before was found with other settings
	l.relayout()
}

// SetRotating says of old keys of open rotations what those wait for.
func (l *List) SetRotating(rows map[Of]Rotating) {
	if maps.Equal(rows, l.rotating) {
		return
	}
	wider := (len(rows) > 0) != (len(l.rotating) > 0)
	l.rotating, l.ctx.rotating = rows, rows
	if wider {
		l.relayout()
	}
	l.TickRotating()
}

// TickRotating draws the rows that count down anew.
func (l *List) TickRotating() {
	if len(l.rotating) == 0 {
		return
	}
	for i := range l.rows {
		if _, is := l.rotating[l.named(i)]; is {
			delete(l.rows, i)
		}
	}
}
