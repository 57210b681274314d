package form

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// option is one of a few.
type option = widget.Option

// choice picks one of a few options, each with what it means beside it. Up and down are its own; tab and enter go on.
type choice struct {
	base
	in      *widget.Choice
	first   string
	alone   bool // on its page: where there are many options it scrolls itself
	changed func()
}

func newChoice(env *ui.Env, title, value string, options []option) *choice {
	c := &choice{base: base{env: env, title: title}, in: widget.NewChoice(env, options, value)}
	c.first = c.value()
	c.self = c
	return c
}

func (c *choice) value() string { return c.in.Value() }
func (c *choice) dirty() bool   { return c.value() != c.first }

// begin chooses what it begins with.
func (c *choice) begin(value string) {
	c.in.Set(value)
	c.first = c.value()
}

// wants are the keys that choose. At the ends they stay: who presses up once too often has not asked for the page before.
func (c *choice) wants(msg tea.KeyMsg) bool { return msg.Type == tea.KeyUp || msg.Type == tea.KeyDown }

// Focus and Blur show and hide the cursor.
func (c *choice) Focus() tea.Cmd { c.in.Focus(); return c.base.Focus() }
func (c *choice) Blur() tea.Cmd  { c.in.Blur(); return c.base.Blur() }

// Update chooses.
func (c *choice) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok && c.in.Update(k) && c.changed != nil {
		c.changed()
	}
	return c, nil
}

func (c *choice) lines(width int) []string {
	room := 0
	if c.alone && c.height > 0 {
		room = max(c.height-6, 2) // title, help and advice have their lines
	}
	return c.in.Lines(width, room)
}

// tick is a yes or no.
type tick struct {
	base
	in    *widget.YesNo
	label string // what yes means
	first bool
}

func newTick(env *ui.Env, title, label string, on bool) *tick {
	t := &tick{base: base{env: env, title: title}, in: widget.NewYesNo(env, "yes", "no", on), label: label, first: on}
	t.self = t
	return t
}

func (t *tick) on() bool    { return t.in.On() }
func (t *tick) dirty() bool { return t.on() != t.first }

// Focus and Blur show and hide the cursor.
func (t *tick) Focus() tea.Cmd { t.in.Focus(); return t.base.Focus() }
func (t *tick) Blur() tea.Cmd  { t.in.Blur(); return t.base.Blur() }

// Update answers.
func (t *tick) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok {
		t.in.Update(k)
	}
	return t, nil
}

func (t *tick) lines(width int) []string {
	return append(t.in.Lines(width), ui.Styled(t.env.Styles.Dim.Render, "yes: "+t.label, width)...)
}
