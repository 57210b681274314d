package form

import (
	"strings"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// line is one line of text being typed.
type line struct {
	env         *ui.Env
	input       textinput.Model
	placeholder string
}

func newLine(env *ui.Env, value string) *line {
	l := &line{env: env, input: ui.NewInput(env)}
	l.input.Focus()
	l.set(value)
	return l
}

func (l *line) value() string { return l.input.Value() }

func (l *line) set(value string) {
	l.input.SetValue(value)
	l.input.CursorEnd()
}

// isText reports whether a key is text to be typed.
func isText(msg tea.KeyMsg) bool {
	return (msg.Type == tea.KeyRunes || msg.Type == tea.KeySpace) && !msg.Alt
}

// update types. Letters that arrive in one read are one message, and "up" or "end" typed so must not
// become the keys of that name: textinput takes keys by their text, but never those of a paste.
func (l *line) update(msg tea.KeyMsg) {
	if isText(msg) {
		msg.Paste = true
	}
	l.input, _ = l.input.Update(msg)
}

// atStart reports whether the cursor is before the first character.
func (l *line) atStart() bool { return l.input.Position() == 0 }

// view is the line in at most width cells, moved so that the cursor shows.
func (l *line) view(width int, focused bool) string {
	st := l.env.Styles
	switch {
	case width < 4:
		return ""
	case !focused && l.value() == "":
		return st.Dim.Render(ui.Truncate(l.placeholder, width))
	case !focused:
		return st.Input.Render(ui.Truncate(ui.Clean(l.value()), width))
	case l.value() == "":
		return cursorBar(l.env) + st.Dim.Render(ui.Truncate(l.placeholder, width-1))
	}
	return ui.InputLine(l.env, &l.input, width)
}

func cursorBar(env *ui.Env) string { return env.Styles.Accent.Render("▏") }

// hiddenLine is a secret being typed or pasted: it shows a mask and its length. The
// characters lie behind a pointer, where no printing of the screen finds them, and can be wiped.
type hiddenLine struct {
	text    *[]rune
	problem string // why the last paste was refused
}

func newHiddenLine() *hiddenLine { return &hiddenLine{text: new([]rune)} }

func (h *hiddenLine) value() string { return string(*h.text) }
func (h *hiddenLine) len() int      { return len(*h.text) }

// wipe overwrites what was typed and forgets it.
func (h *hiddenLine) wipe() {
	clear((*h.text)[:cap(*h.text)])
	*h.text = nil
}

func (h *hiddenLine) update(msg tea.KeyMsg) {
	switch {
	case isText(msg):
		h.insert(msg.Runes)
	case msg.Type == tea.KeyBackspace && h.len() > 0:
		(*h.text)[h.len()-1] = 0
		*h.text = (*h.text)[:h.len()-1]
		h.problem = ""
	case msg.Type == tea.KeyCtrlU, msg.Type == tea.KeyCtrlW:
		h.wipe()
		h.problem = ""
	}
}

// insert takes a paste whole or not at all: joined lines would be another secret.
func (h *hiddenLine) insert(runes []rune) {
	h.problem = ""
	text := strings.TrimSuffix(strings.TrimSuffix(string(runes), "\n"), "\r")
	if strings.ContainsAny(text, "\r\n") {
		h.problem = "what was pasted has more than one line and was not taken: paste the secret alone"
		return
	}
	next := make([]rune, h.len(), h.len()+len(text))
	copy(next, *h.text)
	next = append(next, []rune(text)...)
	h.wipe()
	*h.text = next
}

// view is a mask that says how much is there.
func (h *hiddenLine) view(env *ui.Env, width int) string {
	if h.len() == 0 {
		return cursorBar(env) + env.Styles.Dim.Render(ui.Truncate("paste it here; it is not shown", width-2))
	}
	note := " " + ui.Count(h.len(), "character")
	dots := min(h.len(), max(width-ui.Width(note)-3, 1), 32)
	return env.Styles.Input.Render(strings.Repeat("•", dots)) + cursorBar(env) + env.Styles.Dim.Render(note)
}
