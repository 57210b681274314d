package keylist

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"
)

// move carries out a movement key and reports whether it was one.
func (l *List) move(msg tea.KeyMsg) bool {
	page := max(l.rowCount(), 1)
	to, moves := l.env.Keys.Move(msg, l.cursor, page, max(page/2, 1), len(l.idx)+len(l.problems)-1)
	if moves {
		l.moved = true
		l.put(to)
	}
	return moves
}

// put places the cursor on a line of the table, within it.
func (l *List) put(line int) {
	l.cursor = max(min(line, len(l.idx)+len(l.problems)-1), 0)
	l.current, l.onProblem = -1, -1
	switch {
	case l.cursor < len(l.idx):
		l.current = l.idx[l.cursor]
	case len(l.problems) > 0:
		l.onProblem = l.cursor - len(l.idx)
	}
	l.follow()
}

// place finds the line of the key that the cursor belongs to. A key that the filter hides
// gives way to the first match; one that is gone, to its neighbour. Until the user
// has moved, the cursor stays on the first line as keys come in.
func (l *List) place(filtered bool) {
	if i := l.seen.find(l.wantedOf, l.wantedID); i >= 0 {
		l.current, l.moved, l.wantedID = i, true, ""
	}
	switch line := slices.Index(l.idx, l.current); {
	case !l.moved:
		l.offset = 0
		l.put(0)
	case l.onProblem >= 0:
		l.put(len(l.idx) + l.onProblem)
	case line >= 0 && l.current >= 0:
		l.put(line)
	case filtered:
		l.put(0)
	default:
		l.put(l.cursor)
	}
}

// follow scrolls as little as keeps the cursor in the window.
func (l *List) follow() {
	page := l.rowCount()
	if l.cursor < l.offset {
		l.offset = l.cursor
	}
	if page > 0 && l.cursor >= l.offset+page {
		l.offset = l.cursor - page + 1
	}
	l.offset = max(min(l.offset, len(l.idx)-page), 0)
}

// rowCount is the number of rows that fit between the lines above them and below.
func (l *List) rowCount() int { return max(l.height-l.linesAbove()-l.linesBelow(), 0) }

// linesBelow are those of the problems: where there is no room for all of them, the one that the cursor stands on is among them.
func (l *List) linesBelow() int { return min(len(l.problems), max(l.height/3, 1)) }

func (l *List) linesAbove() int {
	n := 1 // the column titles
	if l.Filtered() {
		n++
	}
	n += len(l.lessons())
	if l.banner != "" {
		n++
	}
	if l.showsChips() {
		n++
	}
	if l.showsExpiries() {
		n++
	}
	return n
}

// SetSize gives the pane's size.
func (l *List) SetSize(width, height int) {
	if width == l.width && height == l.height {
		return
	}
	l.width, l.height = width, height
	l.relayout()
	l.follow()
}

// SetBanner shows one line above the rows; empty for none.
func (l *List) SetBanner(line string) {
	l.banner = line
	l.follow()
}

// SetProblems shows lines below the rows: what is to be said about profiles that have none.
func (l *List) SetProblems(lines []string) {
	l.problems = lines
	l.onProblem = min(l.onProblem, len(lines)-1)
	l.follow()
}

// SetOverview shows what wants something done as chips, and when keys end as a line; before it is known there are none.
func (l *List) SetOverview(chips []Chip, ends Expiries) {
	l.states, l.ends, l.overview = chips, ends, true
	if l.chip >= len(chips) {
		l.chip = -1
	}
	l.follow()
}

// Select puts the cursor on a key as soon as it is there.
func (l *List) Select(id string) { l.SelectOf(l.refOf(id)) }

// SelectOf puts the cursor on a key of a profile as soon as it is there.
func (l *List) SelectOf(profile int, id string) {
	l.wantedID, l.wantedOf = id, profile
	l.place(false)
}
