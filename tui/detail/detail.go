// Package detail is the pane that shows everything a service says about one key.
package detail

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Subject is what the pane shows: a key, what is to be said about it, and what
// its service can do.
type Subject struct {
	Key      *apikey.Key
	Marks    ui.Marks
	Findings []apikey.Finding
	Caps     apikey.Capabilities
	// Profile is that of the key and Environment the word for where it works, where the frame does not say them.
	Profile, Environment string
	// Past are the last acts on record.
	Past []ui.Act
}

// Detail is the pane.
type Detail struct {
	env     *ui.Env
	text    widget.Scroller
	subject Subject
	lines   []string // laid out for the width; nil when stale
	focused bool
	brief   bool
}

// New makes an empty pane.
func New(env *ui.Env) *Detail {
	d := &Detail{env: env, text: widget.NewScroller(env)}
	d.SetFocused(false)
	return d
}

// Show shows a key; a nil key shows nothing. The place in the text is kept while
// the key stays the same.
func (d *Detail) Show(s Subject) {
	if d.subject.Key == nil || s.Key == nil || d.subject.Key.ID != s.Key.ID {
		d.text.Top()
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
	if width != d.text.Width {
		d.lines = nil
	}
	d.text.SetSize(width, height)
}

// SetFocused says whether keys come here.
func (d *Detail) SetFocused(on bool) {
	if d.focused, d.text.Hint = on, ""; !on {
		d.text.Hint = d.env.Keys.Open.Help().Key
	}
}

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
	if press, ok := msg.(tea.KeyMsg); ok {
		d.text.Update(press)
	}
	return nil
}

func (d *Detail) layout() []string {
	if d.lines == nil && d.subject.Key != nil {
		d.lines = render(d.env, d.subject, d.text.Width, d.brief)
	}
	return d.lines
}

// Words are all that is to be said of the key, a line each.
func (d *Detail) Words() []string {
	if d.subject.Key == nil {
		return nil
	}
	return render(d.env, d.subject, ui.Unbroken, false)
}

// View is the pane, exactly its size.
func (d *Detail) View() string { return strings.Join(d.Lines(), "\n") }

// Lines is the pane line by line. Where the text is longer than the pane, the last
// line says how much is left.
func (d *Detail) Lines() []string {
	if d.text.Width <= 0 || d.text.Height <= 0 {
		return nil
	}
	return ui.Fit(strings.Join(d.text.Lines(d.layout(), nil), "\n"), d.text.Width, d.text.Height)
}
