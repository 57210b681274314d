package keylist

import tea "github.com/charmbracelet/bubbletea"

// Click puts the cursor on the row that was drawn at a line of the pane, and gives its place; ok is false where none was.
func (l *List) Click(_, y int) (row int, ok bool) {
	row = l.offset + y - l.drawn
	if l.drawn == 0 || y < l.drawn || row >= len(l.idx) || y >= l.to {
		return 0, false
	}
	l.moved = true
	l.put(row)
	return row, true
}

// Scroll moves the cursor by rows, and stops at the ends.
func (l *List) Scroll(by int) {
	l.moved = true
	l.put(l.cursor + by)
}

// ClickChip puts the word of the chip that was drawn at a place into the filter, or takes it out.
func (l *List) ClickChip(x, y int) (cmd tea.Cmd, ok bool) {
	if y != l.chipsAt || l.typing {
		return nil, false
	}
	for i, end := range l.chipEnds {
		if x < end && x > 0 {
			return l.toggleWord(l.states[i].Word), true
		}
	}
	return nil, true
}

// ClickTitle sorts by the column whose title was drawn at a place, or turns its order round.
func (l *List) ClickTitle(x, y int) (cmd tea.Cmd, ok bool) {
	if l.drawn == 0 || y != l.drawn-1 || x < marker {
		return nil, false
	}
	at := marker
	for _, c := range l.layout {
		if x >= at && x < at+c.width {
			return l.sortOn(c.title), true
		}
		at += c.width + gap
	}
	return nil, true
}
