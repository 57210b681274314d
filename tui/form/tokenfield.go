package form

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// tokenField takes the name of a token's place, or the token itself, hidden; or nothing, where the token stays.
type tokenField struct {
	text
	hidden *widget.Text
	source func() string
	kept   string // what stays, in words
}

func newTokenField(env *ui.Env, value string) *tokenField {
	t := &tokenField{text: *newText(env, "", value), hidden: widget.NewSecret(env)}
	t.self = t
	return t
}

// secret is the token that was typed.
func (t *tokenField) secret() (apikey.Secret, error) { return apikey.ParseSecret(t.hidden.Value()) }

func (t *tokenField) typing() bool { return t.source() != sourceKeep }
func (t *tokenField) dirty() bool  { return t.text.dirty() || t.hidden.Len() > 0 }

// Focus and Blur show and hide the cursor.
func (t *tokenField) Focus() tea.Cmd { t.hidden.Focus(); return t.text.Focus() }
func (t *tokenField) Blur() tea.Cmd  { t.hidden.Blur(); return t.text.Blur() }

// Update takes what is typed.
func (t *tokenField) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyMsg); ok {
		switch t.source() {
		case sourceKeep:
		case sourceTyped:
			t.hidden.Update(msg)
		default:
			t.line.Update(msg)
		}
	}
	return t, nil
}

func (t *tokenField) lines(width int) []string {
	st := t.env.Styles
	switch t.source() {
	case sourceKeep:
		return ui.Hanging(st.Base.Render, "  ", t.kept, width)
	case sourceTyped:
		if !t.focused && t.hidden.Len() == 0 {
			return []string{st.Dim.Render("› not typed yet")}
		}
		out := []string{st.Dim.Render("› ") + t.hidden.View(width-2)}
		if t.hidden.Problem() != "" && t.err == nil {
			out = append(out, ui.Hanging(st.Bad.Render, "✗ ", t.hidden.Problem(), width)...)
		}
		return out
	}
	return t.text.lines(width)
}
