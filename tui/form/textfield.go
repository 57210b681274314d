package form

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// text is a field of one line.
type text struct {
	base
	line   *widget.Text
	first  string
	verify func(value string) error
	// note is what to say about the value while it is typed: a warning, or what it comes to.
	note func(value string) (mark, text string)
}

func newText(env *ui.Env, title, value string) *text {
	t := &text{base: base{env: env, title: title}, line: widget.NewText(env, value), first: value}
	t.self = t
	return t
}

func (t *text) value() string { return t.line.Value() }
func (t *text) typing() bool  { return true }
func (t *text) dirty() bool   { return t.value() != t.first }

func (t *text) check() error {
	if t.verify == nil {
		return nil
	}
	return t.verify(t.value())
}

// Focus and Blur show and hide the cursor.
func (t *text) Focus() tea.Cmd { t.line.Focus(); return t.base.Focus() }
func (t *text) Blur() tea.Cmd  { t.line.Blur(); return t.base.Blur() }

// Update takes what is typed.
func (t *text) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyMsg); ok {
		t.line.Update(msg)
	}
	return t, nil
}

func (t *text) lines(width int) []string {
	mark := t.env.Styles.Dim.Render("› ")
	out := []string{mark + t.line.View(width-2)}
	if t.note != nil && t.err == nil {
		if mark, note := t.note(t.value()); note != "" {
			out = append(out, ui.Hanging(noteStyle(t.env, mark), mark, note, width)...)
		}
	}
	return out
}

// noteStyle is the look of a note by its mark: "! " warns, anything else tells.
func noteStyle(env *ui.Env, mark string) func(...string) string {
	if mark == "! " {
		return env.Styles.Warn.Render
	}
	return env.Styles.Base.Render
}
