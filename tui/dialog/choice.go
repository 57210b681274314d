package dialog

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// Option is one answer of a Choice.
type Option struct {
	Label, About string
	Then         func() ui.Screen // the screen that takes its place
}

// Choice asks which of a few ways to go.
type Choice struct {
	env     *ui.Env
	title   string
	options []Option
	cursor  int
	width   int
}

// NewChoice makes a choice with the cursor on the first option.
func NewChoice(env *ui.Env, title string, options []Option) *Choice {
	return &Choice{env: env, title: title, options: options}
}

// Title names the box.
func (c *Choice) Title() string { return c.title }

// Init has nothing to start.
func (c *Choice) Init() tea.Cmd { return nil }

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
	case key.Matches(press, k.Up), key.Matches(press, k.Prev):
		c.cursor = max(c.cursor-1, 0)
	case key.Matches(press, k.Down), key.Matches(press, k.Next):
		c.cursor = min(c.cursor+1, len(c.options)-1)
	case key.Matches(press, k.Confirm):
		next := c.options[c.cursor].Then()
		return tea.Sequence(ui.Do(ui.Pop{Screen: c}), ui.Do(ui.Push{Screen: next}))
	case key.Matches(press, k.Dismiss):
		return ui.Do(ui.Pop{Screen: c})
	}
	return nil
}

// View is one option a line.
func (c *Choice) View() string {
	st := c.env.Styles
	label := 0
	for _, o := range c.options {
		label = max(label, ui.Width(o.Label))
	}
	var lines []string
	for i, o := range c.options {
		text := ui.Pad(o.Label, label+2)
		if i == c.cursor {
			lines = append(lines, st.Accent.Render("▸ "+text)+ui.Truncate(o.About, max(c.width-label-4, 0)))
			continue
		}
		lines = append(lines, "  "+text+st.Dim.Render(ui.Truncate(o.About, max(c.width-label-4, 0))))
	}
	return strings.Join(lines, "\n")
}
