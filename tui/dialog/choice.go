package dialog

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// Option is one answer of a Choice.
type Option struct {
	Label, About string
	Then         func() ui.Screen // the screen that takes its place, or
	Do           tea.Msg          // what the root is to do
}

// Choice asks which of a few ways to go.
type Choice struct {
	env     *ui.Env
	title   string
	options []Option
	in      *widget.Choice
	width   int
	guard   int
}

// NewChoice makes a choice with the cursor on the first option.
func NewChoice(env *ui.Env, title string, options []Option) *Choice {
	shown := make([]widget.Option, len(options))
	for i, o := range options {
		shown[i] = widget.Option{Label: o.Label, About: o.About, Value: o.Label}
	}
	c := &Choice{env: env, title: title, options: options, in: widget.NewChoice(env, shown, "")}
	c.in.Focus()
	return c
}

// Title names the box.
func (c *Choice) Title() string { return c.title }

// SetSize gives the largest content.
func (c *Choice) SetSize(width, _ int) { c.width = min(width, 72) }

// Bindings are the keys that act now.
func (c *Choice) Bindings() []key.Binding {
	return []key.Binding{c.env.Keys.Confirm, c.env.Keys.Cancel}
}

// Update moves and chooses.
func (c *Choice) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	k := c.env.Keys
	switch {
	case key.Matches(press, k.Confirm):
		next := c.options[c.in.At()].Do
		if next == nil {
			next = ui.Push{Screen: c.options[c.in.At()].Then()}
		}
		return tea.Sequence(ui.Do(ui.Pop{Screen: c}), ui.Do(next))
	case key.Matches(press, k.Dismiss):
		return ui.Do(ui.Pop{Screen: c})
	case press.Type == tea.KeyTab:
		press = tea.KeyMsg{Type: tea.KeyDown}
	case press.Type == tea.KeyShiftTab:
		press = tea.KeyMsg{Type: tea.KeyUp}
	}
	c.in.Update(press)
	return nil
}

// RowAt is the option on a line.
func (c *Choice) RowAt(line int) (int, bool) { return line, line >= 0 && line < len(c.options) }

// Select puts the cursor on an option.
func (c *Choice) Select(row int) {
	for _, press := range ui.Way(c.in.At(), row) {
		c.in.Update(press)
	}
}

// Guarded makes it one that takes no enter from the read that opened it, and none from the mouse: it loses something.
func (c *Choice) Guarded() *Choice {
	c.guard = 1
	return c
}

// Guard is 0 where nothing is lost.
func (c *Choice) Guard() int { return c.guard }

// View is one option a line.
func (c *Choice) View() string { return strings.Join(c.in.Lines(c.width, 0), "\n") }
