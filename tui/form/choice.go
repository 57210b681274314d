package form

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// option is one of a few.
type option struct {
	value string
	label string
	about string // what it means, shown for the one that is chosen
	mark  string // "! " where about is a warning
}

// choice picks one of a few options. In a row, left and right choose; in a column, up and
// down, and every option shows what it means.
type choice struct {
	base
	options []option
	at      int
	first   int
	column  bool
	changed func()
}

func newChoice(env *ui.Env, title, value string, options []option) *choice {
	c := &choice{base: base{env: env, title: title}, options: options}
	for i, o := range options {
		if o.value == value {
			c.at = i
		}
	}
	c.first = c.at
	c.self = c
	return c
}

func (c *choice) value() string { return c.options[c.at].value }
func (c *choice) dirty() bool   { return c.at != c.first }

// wants are the keys that choose in a column. At its ends they stay: who presses up once too
// often has not asked for the page before.
func (c *choice) wants(msg tea.KeyMsg) bool {
	return c.column && (msg.Type == tea.KeyUp || msg.Type == tea.KeyDown)
}

// Update chooses.
func (c *choice) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return c, nil
	}
	at := c.at
	switch s := k.String(); {
	case s == "left", s == "h", s == "k", c.column && s == "up":
		at = max(at-1, 0)
	case s == "right", s == "l", s == "j", c.column && s == "down":
		at = min(at+1, len(c.options)-1)
	case s == " ":
		at = (at + 1) % len(c.options)
	case s == "home":
		at = 0
	case s == "end":
		at = len(c.options) - 1
	}
	if at != c.at {
		c.at = at
		if c.changed != nil {
			c.changed()
		}
	}
	return c, nil
}

func (c *choice) lines(width int) []string {
	if c.column {
		return c.columnLines(width)
	}
	st := c.env.Styles
	var out []string
	row, used := "", 0
	for i, o := range c.options {
		text := " " + o.label + " "
		style := st.Dim
		if i == c.at {
			text, style = "["+o.label+"]", st.Base
			if c.focused {
				style = st.Accent
			}
		}
		shown := style.Render(text)
		if i == c.at && o.value == string(apikey.Live) {
			shown = style.Render("[") + badge(c.env, o.value) + style.Render("]")
		}
		w := ui.Width(shown)
		if used > 0 && used+1+w > width {
			out, row, used = append(out, row), "", 0
		}
		if used > 0 {
			row += " "
			used++
		}
		row += shown
		used += w
	}
	out = append(out, row)
	if o := c.options[c.at]; o.about != "" {
		out = append(out, ui.Hanging(noteStyle(c.env, o.mark), o.mark, o.about, width)...)
	}
	return out
}

// columnLines are the options round the chosen one, as many as there is room for.
func (c *choice) columnLines(width int) []string {
	st := c.env.Styles
	labels := 0
	for _, o := range c.options {
		labels = max(labels, ui.Width(o.label))
	}
	labels = min(labels, width/2)
	room := len(c.options)
	if c.height > 0 {
		room = max(min(room, c.height-6), 1) // title, count, meaning and help have their lines
	}
	from := min(max(c.at-room/2, 0), len(c.options)-room)
	var out []string
	for i := from; i < from+room; i++ {
		o := c.options[i]
		mark, style := "( ) ", st.Base
		if i == c.at {
			mark = "(•) "
			if c.focused {
				style = st.Accent
			}
		}
		line := style.Render(mark + ui.Pad(o.label, labels))
		about := ui.Truncate(o.mark+o.about, width-labels-6)
		if o.mark != "" {
			line += "  " + st.Warn.Render(about)
		} else {
			line += "  " + st.Dim.Render(about)
		}
		out = append(out, line)
	}
	if room < len(c.options) {
		out = append(out, st.Dim.Render(ui.Count(len(c.options)-room, "more option")+" (↑↓)"))
	}
	if o := c.options[c.at]; ui.Width(o.mark+o.about) > width-labels-6 {
		out = append(out, ui.Hanging(noteStyle(c.env, o.mark), o.mark, o.about, width)...)
	}
	return out
}

// tick is a yes or no.
type tick struct {
	base
	label string
	on    bool
	first bool
}

func newTick(env *ui.Env, title, label string, on bool) *tick {
	t := &tick{base: base{env: env, title: title}, label: label, on: on, first: on}
	t.self = t
	return t
}

func (t *tick) dirty() bool { return t.on != t.first }

// Update ticks.
func (t *tick) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok {
		switch k.String() {
		case " ", "x", "left", "right", "h", "l":
			t.on = !t.on
		case "y":
			t.on = true
		case "n":
			t.on = false
		}
	}
	return t, nil
}

func (t *tick) lines(width int) []string {
	box := "[ ] "
	if t.on {
		box = "[x] "
	}
	return ui.Hanging(t.env.Styles.Base.Render, box, t.label, width)
}
