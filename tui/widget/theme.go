// Package widget is what the screens are made of: one text field, one choice, one yes or no, one note, one scroller and one box.
// The fields are huh's, the scroller bubbles' viewport, in the styles of the screen's own renderer.
package widget

import (
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"detent/tui/ui"
)

// Theme is a huh theme of our own styles alone, so that it belongs to the screen's renderer.
func Theme(env *ui.Env) *huh.Theme {
	st := env.Styles
	t := &huh.Theme{}
	t.Form.Base, t.Group.Base = st.Base, st.Base
	t.Group.Title, t.Group.Description = st.Strong, st.Dim
	t.FieldSeparator = st.Base.SetString("\n\n")
	t.Focused = huh.FieldStyles{
		Base: st.Base, Card: st.Base, Title: st.Strong, NoteTitle: st.Strong, Description: st.Dim, ErrorMessage: st.Bad,
		SelectSelector: st.Accent.SetString("▸ "), Option: st.Base, SelectedOption: st.Accent, UnselectedOption: st.Base,
		FocusedButton: button(st.Focused, "▸ ", " ◂"), BlurredButton: button(st.Button, "  ", "  "),
		TextInput: huh.TextInputStyles{Cursor: cursor(st), CursorText: st.Input, Placeholder: st.Dim, Prompt: st.Base, Text: st.Input},
	}
	t.Blurred = t.Focused
	t.Blurred.Title = st.Dim
	t.Blurred.SelectSelector = st.Base.SetString("• ")
	t.Blurred.SelectedOption = st.Base
	t.Blurred.UnselectedOption = st.Dim
	t.Blurred.FocusedButton = button(st.Base, "[ ", " ]")
	return t
}

// cursor is a block, and a bar before the character where a terminal has no attributes to make one of.
func cursor(st *ui.Styles) lipgloss.Style {
	if st.Renderer.ColorProfile() == termenv.Ascii {
		return st.Base.Transform(func(s string) string { return Bar + s })
	}
	return st.Accent
}

// Bar is the cursor of a text field where nothing can be reversed.
const Bar = "▏"

func button(style lipgloss.Style, before, after string) lipgloss.Style {
	return style.Transform(func(s string) string { return before + s + after })
}
