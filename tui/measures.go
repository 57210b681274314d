package tui

const (
	sideBySide = 90 // from this width on, list and detail share the frame, if the list keeps the columns that matter
	leastPane  = 36 // an instant with its zone fits beside its label
	narrow     = 40 // a detail that is read beside the list
	short      = 90 // below, the header says less
	minWidth   = 40
	minHeight  = 10
)

// measures are the cells inside the frame.
type measures struct {
	list, detail, body int
	beside             bool // both are on the screen
}

// measure shares a terminal out: a border round everything, one cell of air beside the detail. Where there is nothing to show in it, or
// not enough room, the list has all.
func (a *App) measure() measures {
	width := a.width
	m := measures{list: width - 2, detail: width - 4, body: a.height - 2}
	_, _, selected := a.list.Selected()
	room := width - 3 - a.list.Wants()
	if width < sideBySide || room < leastPane || !selected {
		return m
	}
	pane := min(max(min(width/3, 60), narrow), room)
	if rest := width - 3 - a.list.Whole(); rest >= narrow { // a list that is whole says more than a detail that is wide
		pane = min(pane, rest)
	}
	if a.focus == onDetail {
		pane = width * 3 / 5
	}
	if to := a.read.mouse.list; to > 0 { // where the divider was dragged
		pane = max(min(width-3-to, width-3-leastPane), leastPane)
	}
	m.list, m.detail, m.beside = width-3-pane, pane-2, true
	return m
}

// share gives list and detail their sizes, where those have changed.
func (a *App) share() {
	if m := a.measure(); m != a.shared {
		a.shared = m
		a.list.SetSize(m.list, m.body)
		a.detail.SetSize(m.detail, m.body)
	}
}

func (a *App) tooSmall() bool { return a.width < minWidth || a.height < minHeight }
