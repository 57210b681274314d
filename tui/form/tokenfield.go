package form

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// tokenField takes the name of a token's place, or the token itself, hidden; or nothing, where the token stays.
type tokenField struct {
	text
	hidden *hiddenLine
	source func() string
	kept   string // what stays, in words
}

func newTokenField(env *ui.Env, value string) *tokenField {
	t := &tokenField{text: *newText(env, "", value), hidden: newHiddenLine()}
	t.self = t
	return t
}

// secret is the token that was typed.
func (t *tokenField) secret() (apikey.Secret, error) { return apikey.ParseSecret(t.hidden.value()) }

func (t *tokenField) typing() bool { return t.source() != sourceKeep }
func (t *tokenField) dirty() bool  { return t.text.dirty() || t.hidden.len() > 0 }

// Update takes what is typed.
func (t *tokenField) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if msg, ok := msg.(tea.KeyMsg); ok {
		switch t.source() {
		case sourceKeep:
		case sourceTyped:
			t.hidden.update(msg)
		default:
			t.line.update(msg)
		}
	}
	return t, nil
}

func (t *tokenField) lines(width int) []string {
	st := t.env.Styles
	switch t.source() {
	case sourceKeep:
		return hanging(st.Base.Render, "  ", t.kept, width)
	case sourceTyped:
		if !t.focused && t.hidden.len() == 0 {
			return []string{st.Dim.Render("› not typed yet")}
		}
		out := []string{st.Dim.Render("› ") + t.hidden.view(t.env, width-2)}
		if t.hidden.problem != "" && t.err == nil {
			out = append(out, hanging(st.Bad.Render, "✗ ", t.hidden.problem, width)...)
		}
		return out
	}
	return t.text.lines(width)
}
