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
	someName = 24 // a longer name gets that much before the other columns
	manyName = 40 // of a longer one, the other columns are whole before it is
	// wholeMost is the widest that a column becomes where there is room for all of what it says.
	wholeMost = 48
)

// placed is a column on screen.
type placed struct {
	*column
	width int
}

// relayout chooses columns and widths: what the service reports, as far as it fits, the columns that are dropped last
// before the others, and what is left over goes to the name.
func (l *List) relayout() {
	clear(l.rows)
	l.layout = l.layout[:0]
	profile, several := l.columnAt(profileColumn), len(l.profiles) > 1
	if l.store.shown[profile] = several; several {
		for _, p := range l.profiles {
			l.store.widths[profile] = max(l.store.widths[profile], ui.Width(ui.Clean(p.Name)))
		}
	}
	width := l.columnWidth
	free := l.width - marker - 1 // a cell of air at the end
	wanted := max(width(0), minName)
	least := min(wanted, someName, max(free/2, minName))
	chosen := map[int]bool{0: true}
	left := free - least
	lost := false // what matters less does not stand where what matters more had no room
	for _, i := range l.byDrop {
		switch need := width(i) + gap; {
		case !l.shows(i), lost && l.columns[i].drop > matters:
		case need <= left:
			chosen[i] = true
			left -= need
		default:
			lost = true
		}
	}
	ownMark := ui.Width(" " + ui.OwnMark)
	whole := l.whole(chosen, &left, min(wanted+ownMark, manyName)-least)
	for i := range l.columns {
		if !chosen[i] {
			continue
		}
		w := width(i) + whole[i]
		if i == 0 {
			w = min(least+left, max(wanted, least)+ownMark)
			w = min(w, free)
		}
		l.layout = append(l.layout, placed{&l.columns[i], w})
	}
}

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

// matters is the highest drop of the columns that the list does not lose for another pane.
const matters = 30

// Wants is the width at which all columns are there that matter.
func (l *List) Wants() int {
	n := marker + 1 + min(max(l.columnWidth(0), minName), someName)
	for _, i := range l.byDrop {
		if l.columns[i].drop <= matters && l.shows(i) {
			n += l.columnWidth(i) + gap
		}
	}
	return n
}

// whole shares what is left among the columns whose content was cut, those that stay longest first, once the names have theirs.
func (l *List) whole(chosen map[int]bool, left *int, names int) map[int]int {
	out := map[int]int{}
	spare := *left - max(names, 0)
	for _, i := range l.byDrop {
		c := &l.columns[i]
		widest := l.store.widths[i]
		if c.ofAccess && l.store.signed {
			widest = min(widest+ui.Width(" "+mintSign+mintWords), wholeMost)
		}
		if more := min(widest-l.columnWidth(i), spare); chosen[i] && c.width == 0 && more > 0 {
			out[i] = more
			spare -= more
			*left -= more
		}
	}
	return out
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
