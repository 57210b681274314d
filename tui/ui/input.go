package ui

import (
	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/textinput"
)

// NewInput is a text input in our styles, with a cursor that does not blink: a
// blinking one would wake the program, and a slow line, twice a second.
func NewInput(env *Env) textinput.Model {
	in := textinput.New()
	in.Prompt = ""
	in.PromptStyle = env.Styles.Accent
	in.TextStyle = env.Styles.Input
	in.PlaceholderStyle = env.Styles.Dim
	in.CompletionStyle = env.Styles.Dim
	in.Cursor.Style = env.Styles.Base
	in.Cursor.TextStyle = env.Styles.Input
	in.Cursor.SetMode(cursor.CursorStatic)
	in.KeyMap.Paste.SetEnabled(false) // it would read the clipboard of the machine, not of the user
	return in
}

// InputLine is an input's text with a cursor that is there without colours too,
// in width cells; of a longer text it shows the part round the cursor.
func InputLine(env *Env, in *textinput.Model, width int) string {
	text := []rune(in.Value())
	at := min(in.Position(), len(text))
	bar := ""
	if in.Focused() {
		bar = env.Styles.Accent.Render("▏")
	}
	before, after := Clean(string(text[:at])), Clean(string(text[at:]))
	if over := Width(before) + 2 - width; over > 0 {
		before = "…" + cutLeft(before, over+1)
	}
	return Pad(env.Styles.Input.Render(before)+bar+env.Styles.Input.Render(after), width)
}

// cutLeft drops at least n cells from the left.
func cutLeft(s string, n int) string {
	runes := []rune(s)
	for n > 0 && len(runes) > 0 {
		n -= Width(string(runes[0]))
		runes = runes[1:]
	}
	return string(runes)
}
