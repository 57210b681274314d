// Package widget is what the screens are made of: one text field, one choice, one yes or no, one note, one scroller and one box.
// The fields are huh's, the scroller bubbles' viewport, in the styles of the screen's own renderer.
package widget

import (
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"

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
		TextInput: huh.TextInputStyles{Cursor: st.Base.Transform(func(s string) string { return mark + s }), CursorText: st.Input, Placeholder: st.Dim, Prompt: st.Base, Text: st.Input},
	}
	t.Blurred = t.Focused
	t.Blurred.Title = st.Dim
	t.Blurred.SelectSelector = st.Base.SetString("• ")
	t.Blurred.SelectedOption = st.Base
	t.Blurred.UnselectedOption = st.Dim
	t.Blurred.FocusedButton = button(st.Base, "[ ", " ]")
	return t
}

// mark stands before the character that the cursor is on, where a text field finds it and puts Bar in its place: huh's cursor is a
// reversed character, which a terminal without attributes does not show. No text holds it.
const mark = "\uFDD0"

// Bar is the cursor of a text field.
const Bar = "▏"

func button(style lipgloss.Style, before, after string) lipgloss.Style {
	return style.Transform(func(s string) string { return before + s + after })
}
