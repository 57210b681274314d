package widget

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"

	"detent/tui/ui"
)

// Option is one of a few.
type Option struct {
	Value string
	Label string
	About string // what it means
	Mark  string // "! " where About is a warning
}

// style is that of what an option means.
func (o Option) style(s *ui.Styles) lipgloss.Style {
	if o.Mark != "" {
		return s.Warn
	}
	return s.Dim
}

// Choice picks one of a few options: huh's select, each option with what it means beside it. At its ends it stays: who presses up
// once too often has not asked for the last one.
type Choice struct {
	env     *ui.Env
	in      *huh.Select[int]
	at      *int
	options []Option
	focused bool
	width   int
	view    Scroller
}

// NewChoice makes a choice of these, with the cursor on the option of a value, or on the first.
func NewChoice(env *ui.Env, options []Option, value string) *Choice {
	c := &Choice{env: env, options: options, at: new(int), view: NewPager(env)}
	c.view.Hint = "↓"
	*c.at = max(c.place(value), 0)
	c.build()
	return c
}

// Offer takes other options. What is chosen stays, where it is among them.
func (c *Choice) Offer(options []Option) {
	was := c.Value()
	c.options = options
	*c.at = max(c.place(was), 0)
	c.build()
}

// build makes huh's select anew: it scrolls to where it was when its options or its size change.
func (c *Choice) build() {
	label := 0
	for _, o := range c.options {
		label = max(label, ui.Width(o.Label))
	}
	label = min(label, max(c.width/2, 8))
	room := c.width - label - 4
	options := make([]huh.Option[int], len(c.options))
	for i, o := range c.options {
		text := ui.Pad(o.Label, label)
		if about := ui.Truncate(o.Mark+o.About, room); about != "" {
			text += "  " + o.style(c.env.Styles).Render(about)
		}
		options[i] = huh.NewOption(strings.TrimRight(text, " "), i)
	}
	c.in = huh.NewSelect[int]().Options(options...).Value(c.at)
	c.in.WithTheme(Theme(c.env))
	c.in.WithKeyMap(huh.NewDefaultKeyMap())
	if c.in.WithWidth(c.width); c.focused {
		c.in.Focus()
	}
	c.in.Update(tea.KeyMsg{}) // or it would begin with the chosen option, and leave out those before it
}

// Value is what is chosen.
func (c *Choice) Value() string { return c.options[*c.at].Value }

// Option is what is chosen, whole.
func (c *Choice) Option() Option { return c.options[*c.at] }

// Options are all there are.
func (c *Choice) Options() []Option { return c.options }

// At is the place of what is chosen, Len how many there are.
func (c *Choice) At() int  { return *c.at }
func (c *Choice) Len() int { return len(c.options) }

// Set chooses by a value; one that there is not changes nothing.
func (c *Choice) Set(value string) {
	if at := c.place(value); at >= 0 {
		*c.at = at
		c.build()
	}
}

// place is where the option of a value stands, or -1.
func (c *Choice) place(value string) int {
	return slices.IndexFunc(c.options, func(o Option) bool { return o.Value == value })
}

// Focus shows the cursor, Blur hides it.
func (c *Choice) Focus() {
	c.focused = true
	c.in.Focus()
}

// Blur hides the cursor.
func (c *Choice) Blur() {
	c.focused = false
	c.in.Blur()
}

// Update chooses, and reports whether another option is chosen now.
func (c *Choice) Update(msg tea.KeyMsg) (moved bool) {
	was := *c.at
	move := func(key tea.KeyType) { c.in.Update(tea.KeyMsg{Type: key}) }
	switch s := msg.String(); {
	case s == "up" || s == "k" || s == "left" || s == "h":
		if was > 0 {
			move(tea.KeyUp)
		}
	case s == "down" || s == "j" || s == "right" || s == "l":
		if was < len(c.options)-1 {
			move(tea.KeyDown)
		}
	case s == " ": // goes round
		move(tea.KeyDown)
	case s == "home":
		move(tea.KeyHome)
	case s == "end":
		for *c.at < len(c.options)-1 {
			move(tea.KeyDown)
		}
	}
	return *c.at != was
}

// Lines are the options in width cells: those round the chosen one, where there is room for height lines alone; 0 is all. Of an option
// whose meaning was cut, the whole stands below.
func (c *Choice) Lines(width, height int) []string {
	if width != c.width {
		c.width = width
		c.build()
	}
	lines := strings.Split(c.in.View(), "\n")
	o := c.Option()
	var more []string
	if o.About != "" && strings.HasSuffix(strings.TrimRight(ui.Unstyled(lines[min(*c.at, len(lines)-1)]), " "), "…") {
		more = ui.Hanging(o.style(c.env.Styles).Render, o.Mark, o.About, width)
	}
	if height > 0 {
		if height-len(more) < 2 {
			more = nil
		}
		c.view.SetSize(width, max(height-len(more), 2))
		c.view.Show(*c.at, 0, 0)
		lines = c.view.Lines(lines, nil)
	}
	return append(lines, more...)
}
