// Package detail is the pane that shows everything a service says about one key.
package detail

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// Subject is what the pane shows: a key, what is to be said about it, and what
// its service can do.
type Subject struct {
	Key      *apikey.Key
	Marks    ui.Marks
	Findings []apikey.Finding
	Caps     apikey.Capabilities
}

// Detail is the pane.
type Detail struct {
	env           *ui.Env
	width, height int
	subject       Subject
	lines         []string // laid out for the width; nil when stale
	offset        int
	focused       bool
	brief         bool
}

// New makes an empty pane.
func New(env *ui.Env) *Detail { return &Detail{env: env} }

// Init has nothing to start.
func (d *Detail) Init() tea.Cmd { return nil }

// Show shows a key; a nil key shows nothing. The place in the text is kept while
// the key stays the same.
func (d *Detail) Show(s Subject) {
	if d.subject.Key == nil || s.Key == nil || d.subject.Key.ID != s.Key.ID {
		d.offset = 0
	}
	d.subject, d.lines = s, nil
}

// Follow shows a key unless it is shown already; what is to be said about it is asked only then.
func (d *Detail) Follow(k *apikey.Key, marks ui.Marks, about func(k *apikey.Key, marks ui.Marks) Subject) {
	if d.subject.Key != k || d.subject.Marks != marks {
		d.Show(about(k, marks))
	}
}

// SetSize gives the pane's size.
func (d *Detail) SetSize(width, height int) {
	if width != d.width {
		d.lines = nil
	}
	d.width, d.height = width, height
}

// SetFocused says whether keys come here.
func (d *Detail) SetFocused(on bool) { d.focused = on }

// SetBrief leaves out explanations: beside the list, where a key is passed on the way to another, they would only
// flicker, and cost a thin line most of its bytes.
func (d *Detail) SetBrief(on bool) {
	if on != d.brief {
		d.brief, d.lines = on, nil
	}
}

// Tick draws the relative times anew.
func (d *Detail) Tick() { d.lines = nil }

// Bindings are the keys that act now.
func (d *Detail) Bindings() []key.Binding { return []key.Binding{d.env.Keys.Back} }

// Update scrolls.
func (d *Detail) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	k := d.env.Keys
	switch {
	case key.Matches(press, k.Up):
		d.offset--
	case key.Matches(press, k.Down):
		d.offset++
	case key.Matches(press, k.HalfUp):
		d.offset -= d.height / 2
	case key.Matches(press, k.HalfDown):
		d.offset += d.height / 2
	case key.Matches(press, k.PageUp):
		d.offset -= d.height
	case key.Matches(press, k.PageDown):
		d.offset += d.height
	case key.Matches(press, k.Top):
		d.offset = 0
	case key.Matches(press, k.Bottom):
		d.offset = len(d.layout())
	}
	return nil
}

func (d *Detail) layout() []string {
	if d.lines == nil && d.subject.Key != nil {
		d.lines = render(d.env, d.subject, d.width, d.brief)
	}
	return d.lines
}

// View is the pane, exactly its size.
func (d *Detail) View() string { return strings.Join(d.Lines(), "\n") }

// Lines is the pane line by line. Where the text is longer than the pane, the last
// line says how much is left.
func (d *Detail) Lines() []string {
	if d.width <= 0 || d.height <= 0 {
		return nil
	}
	all := d.layout()
	room := d.height
	long := len(all) > room
	if long {
		room--
	}
	d.offset = max(min(d.offset, len(all)-room), 0)
	shown := all[d.offset:min(d.offset+room, len(all))]
	lines := ui.Fit(strings.Join(shown, "\n"), d.width, d.height)
	if long {
		lines[d.height-1] = ui.Pad(d.env.Styles.Dim.Render(d.more(len(all)-d.offset-len(shown))), d.width)
	}
	return lines
}

func (d *Detail) more(below int) string {
	switch {
	case below > 0 && d.focused:
		return "↓ " + ui.Count(below, "more line")
	case below > 0:
		return "↓ " + ui.Count(below, "more line") + ": enter"
	}
	return "↑ the end"
}
