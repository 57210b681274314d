package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

const (
	// twice is how close together two clicks on one row are a double click.
	twice = 400 * time.Millisecond
	// notch is how many rows one step of the wheel moves.
	notch = 3
)

// area is a part of the frame, in cells.
type area struct{ x, y, width, height int }

func (r area) has(x, y int) bool {
	return x >= r.x && x < r.x+r.width && y >= r.y && y < r.y+r.height
}

// pointer is the mouse. Where a click lands is read from the frame that was drawn last: what one sees there is what it means.
type pointer struct {
	drawn   []string // the lines of the last frame
	box     area     // of the topmost box in it
	clicked time.Time
	row     int
	over    ui.Screen // that the row is of; nil is the list
	drag    bool      // the divider was taken
	list    int       // how wide the list is, where the divider was moved; 0 where it was not
}

// pointed does what keys do: a click on a hint is its key, the wheel moves, a click on a row selects.
func (a *App) pointed(msg tea.MouseMsg) tea.Cmd {
	m := &a.read.mouse
	switch {
	case a.lock.on || a.tooSmall() || a.spoken.on:
		return nil
	case msg.Action == tea.MouseActionRelease:
		m.drag = false
		return nil
	case msg.Action == tea.MouseActionMotion:
		if m.drag {
			a.divide(msg.X)
		}
		return nil
	case msg.Shift || msg.Ctrl || msg.Alt: // the terminal's own: it selects text
		return nil
	case msg.Button == tea.MouseButtonWheelUp:
		return a.wheel(msg.X, -1, a.env.Keys.Up, a.env.Keys.PageUp)
	case msg.Button == tea.MouseButtonWheelDown:
		return a.wheel(msg.X, 1, a.env.Keys.Down, a.env.Keys.PageDown)
	case msg.Button != tea.MouseButtonLeft:
		return nil
	}
	if cmd, hit := a.hint(msg.X, msg.Y); hit {
		return cmd
	}
	if top := a.top(); top != nil {
		return a.clickRow(top, msg.X, msg.Y)
	}
	return a.click(msg.X, msg.Y)
}

// hint is a click on a key's name or what it does: of the box on top, or of the footer.
func (a *App) hint(x, y int) (tea.Cmd, bool) {
	m, line, from, bindings := &a.read.mouse, len(a.read.mouse.drawn)-1, 0, []key.Binding(nil)
	now, always := a.hints()
	bindings = append(append(bindings, now...), always...)
	if top := a.top(); top != nil && !wantsAll(top) && m.box.has(x, y) {
		line, from, bindings = m.box.y+m.box.height-1, m.box.x, top.Bindings()
	}
	if y != line || line < 0 || line >= len(m.drawn) {
		return nil, false
	}
	at, binding := from, key.Binding{}
	text := ui.Unstyled(m.drawn[line])
	rest := cut(text, from)
	for _, b := range bindings {
		words := b.Help().Key + " " + b.Help().Desc
		before, after, found := strings.Cut(rest, words)
		if !found || !b.Enabled() {
			continue
		}
		at += ui.Width(before)
		if x >= at && x < at+ui.Width(words) {
			binding = b
		}
		at, rest = at+ui.Width(words), after
	}
	if len(binding.Keys()) == 0 {
		return nil, false
	}
	press := ui.Press(binding.Keys()[0])
	if a.guardedHere() && !a.harmless(press) {
		return nil, true
	}
	return a.keys(press), true
}

// cut is what stands in a line from a cell on.
func cut(text string, cells int) string {
	for i, r := range text {
		if cells <= 0 {
			return text[i:]
		}
		cells -= ui.Width(string(r))
	}
	return ""
}

// guardedHere says that what is on top confirms something: no click does.
func (a *App) guardedHere() bool {
	g, ok := a.top().(ui.Guarded)
	return ok && g.Guard() != 0
}

// harmless are the keys that only look, move or go back.
func (a *App) harmless(msg tea.KeyMsg) bool {
	k := a.env.Keys
	return msg.Type != tea.KeyEnter && key.Matches(msg, k.Cancel, k.Evidence, k.Help, k.Next, k.Prev)
}

// wheel moves the cursor of the list, the text of the detail, or what is on top: by pages where a step would choose something.
func (a *App) wheel(x, by int, step, page key.Binding) tea.Cmd {
	press := ui.Press(step.Keys()[0])
	if top := a.top(); top != nil {
		if _, form := top.(ui.Typist); form || a.guardedHere() {
			press = ui.Press(page.Keys()[0])
		}
		return top.Update(press)
	}
	if !a.overDetail(x) {
		a.list.Scroll(by * notch)
		return nil
	}
	var cmds []tea.Cmd
	for range notch {
		cmds = append(cmds, a.detail.Update(press))
	}
	return tea.Batch(cmds...)
}

// overDetail reports whether the detail is under a cell.
func (a *App) overDetail(x int) bool {
	if !a.shared.beside {
		return a.focus == onDetail
	}
	return x > a.shared.list
}

// click selects a row, and opens it where it is the second one; on a title of a column it sorts; on the divider it takes that.
func (a *App) click(x, y int) tea.Cmd {
	m := &a.read.mouse
	switch {
	case a.shared.beside && x == a.shared.list+1 && y > 0 && y < a.height-1:
		m.drag = true
		return nil
	case a.overDetail(x):
		if _, _, ok := a.list.Selected(); ok && a.shared.beside {
			a.focus = onDetail
		}
		return nil
	}
	for _, at := range []func(x, y int) (tea.Cmd, bool){a.list.ClickTitle, a.list.ClickChip} {
		if cmd, hit := at(x-1, y-1); hit {
			return cmd
		}
	}
	row, ok := a.list.Click(x-1, y-1)
	if !ok {
		return nil
	}
	a.focus = onList
	again := row == m.row && m.over == nil && a.env.Now().Sub(m.clicked) < twice
	if m.row, m.over, m.clicked = row, nil, a.env.Now(); again && !a.list.Typing() {
		m.clicked = time.Time{}
		return a.keys(ui.Press(a.env.Keys.Open.Keys()[0]))
	}
	return nil
}

// clickRow puts the cursor of what is on top on the row that is clicked. A second click is enter, where that confirms nothing.
func (a *App) clickRow(top ui.Screen, x, y int) tea.Cmd {
	rows, ok := top.(ui.Rows)
	m := &a.read.mouse
	in := m.box
	if wantsAll(top) {
		in = area{0, 0, a.width, len(m.drawn)}
	}
	if !ok || !in.has(x, y) {
		return nil
	}
	row, ok := rows.RowAt(y - in.y - 1)
	if !ok {
		return nil
	}
	rows.Select(row)
	again := row == m.row && m.over == top && a.env.Now().Sub(m.clicked) < twice
	m.row, m.over, m.clicked = row, top, a.env.Now()
	if !again || a.guardedHere() {
		return nil
	}
	m.clicked = time.Time{}
	return a.keys(ui.Press("enter"))
}

// divide moves the divider to a column, as far as both sides stay of use.
func (a *App) divide(x int) {
	a.read.mouse.list = x - 1
	a.share()
}
