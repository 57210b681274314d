package widget

import (
	"strings"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"detent/tui/ui"
)

// Text is a line of text being typed: huh's input, whose commands are dropped. They blink, which would wake the program and a slow
// line twice a second, and one of them reads the clipboard of the machine that detent runs on.
//
// A secret shows a mask and its length. Its characters lie behind a pointer, where no printing of a screen finds them, and can be wiped.
type Text struct {
	env     *ui.Env
	in      *huh.Input
	text    *string
	hidden  *[]rune // of a secret
	lines   bool    // it may have several lines
	problem string  // why the last paste was refused
	hint    string  // stands there while nothing is typed
	focused bool
	width   int // that the part on show was chosen for
}

// NewText is a field that holds a value.
func NewText(env *ui.Env, value string) *Text {
	t := &Text{env: env}
	t.Set(value)
	return t
}

// NewSecret is a field that shows a mask of what is typed.
func NewSecret(env *ui.Env) *Text {
	return &Text{env: env, hidden: new([]rune), hint: "paste it here; it is not shown"}
}

// NewSecretText is one that takes a text in which a secret is: several lines too.
func NewSecretText(env *ui.Env) *Text {
	t := NewSecret(env)
	t.lines = true
	return t
}

// maxSecretText is how much a field takes: beyond, it is no paste that somebody meant.
const maxSecretText = 1 << 17

// Value is what was typed.
func (t *Text) Value() string {
	if t.hidden != nil {
		return string(*t.hidden)
	}
	return *t.text
}

// Len counts the characters.
func (t *Text) Len() int { return len([]rune(t.Value())) }

// Set puts a value in the place of what was typed, with the cursor at its end. A secret can only be wiped.
func (t *Text) Set(value string) {
	text := strings.ReplaceAll(value, mark, "")
	t.text = &text
	if t.in != nil {
		t.in.Value(t.text) // its cursor stays where it was, where that is within the text
		t.in.Focus()
		if t.in.Update(tea.KeyMsg{Type: tea.KeyEnd}); !t.focused {
			t.in.Blur()
		}
		return
	}
	t.in = huh.NewInput().Prompt("").Placeholder(t.hint).Value(t.text)
	t.in.WithTheme(Theme(t.env))
	t.in.WithKeyMap(huh.NewDefaultKeyMap())
}

// Example shows what a value may look like while there is none.
func (t *Text) Example(text string) { t.setHint("e.g. " + text) }

// Meaning says what it means that there is none.
func (t *Text) Meaning(text string) { t.setHint("(" + text + ")") }

// Now is what is in the field, behind its title in a question that is heard.
func (t *Text) Now() string {
	if v := t.Value(); v != "" {
		return ", now " + ui.Clean(v)
	}
	if t.hint != "" {
		return ", " + strings.Trim(t.hint, "()")
	}
	return ""
}

func (t *Text) setHint(text string) {
	t.hint = text
	if t.in != nil {
		t.in.Placeholder(text)
	}
}

// Wipe overwrites a secret and forgets it; of any other text it only forgets it.
func (t *Text) Wipe() {
	t.problem = ""
	if t.hidden == nil {
		t.Set("")
		return
	}
	clear((*t.hidden)[:cap(*t.hidden)])
	*t.hidden = nil
}

// Problem says why the last paste was refused.
func (t *Text) Problem() string { return t.problem }

// Focus shows the cursor, Blur hides it.
func (t *Text) Focus() {
	t.focused = true
	if t.in != nil {
		t.in.Focus()
	}
}

// Blur hides the cursor.
func (t *Text) Blur() {
	t.focused = false
	if t.in != nil {
		t.in.Blur()
	}
}

// Focused reports whether the cursor shows.
func (t *Text) Focused() bool { return t.focused }

// IsText reports whether a key is text to be typed.
func IsText(msg tea.KeyMsg) bool {
	return (msg.Type == tea.KeyRunes || msg.Type == tea.KeySpace) && !msg.Alt
}

// Update types, and reports whether the key did something: at the start of the text, left does not. What is typed into has the focus. Letters that arrive in one
// read are one message, and "up" or "end" typed so must not become the keys of that name: the input takes keys by their text, but
// never those of a paste.
func (t *Text) Update(msg tea.KeyMsg) (used bool) {
	if t.hidden != nil {
		return t.typeSecret(msg)
	}
	switch {
	case IsText(msg):
		msg.Paste, msg.Runes = true, []rune(strings.ReplaceAll(string(msg.Runes), mark, ""))
	case msg.Type == tea.KeyCtrlV:
		return false
	case msg.Type == tea.KeyEnter, msg.Type == tea.KeyTab, msg.Type == tea.KeyShiftTab: // they are the screen's
		return false
	}
	if !t.focused {
		t.Focus()
	}
	if msg.Type != tea.KeyLeft {
		t.in.Update(msg)
		return true
	}
	before := t.in.View()
	t.in.Update(msg)
	return t.in.View() != before
}

func (t *Text) typeSecret(msg tea.KeyMsg) (used bool) {
	switch {
	case IsText(msg):
		t.insert(msg.Runes)
		return true
	case msg.Type == tea.KeyBackspace && len(*t.hidden) > 0:
		last := len(*t.hidden) - 1
		(*t.hidden)[last] = 0
		*t.hidden = (*t.hidden)[:last]
		t.problem = ""
		return true
	case msg.Type == tea.KeyCtrlU, msg.Type == tea.KeyCtrlW:
		t.Wipe()
		return true
	}
	return false
}

// insert takes a paste whole or not at all: joined lines would be another secret.
func (t *Text) insert(runes []rune) {
	t.problem = ""
	if t.lines && len(*t.hidden)+len(runes) > maxSecretText {
		t.problem = "what was pasted is over 128 KiB and was not taken: paste the part that has the secret"
		return
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(runes), "\n"), "\r")
	if !t.lines && strings.ContainsAny(text, "\r\n") {
		t.problem = "what was pasted has more than one line and was not taken: paste the secret alone"
		return
	}
	next := make([]rune, len(*t.hidden), len(*t.hidden)+len(text))
	copy(next, *t.hidden)
	next = append(next, []rune(text)...)
	t.Wipe()
	*t.hidden = next
}

// View is the field in exactly width cells; of a longer text it shows the part round the cursor.
func (t *Text) View(width int) string {
	if width < 4 {
		return strings.Repeat(" ", max(width, 0))
	}
	if t.hidden != nil {
		return ui.Pad(t.mask(width), width)
	}
	if width != t.width {
		t.fit(width)
	}
	return ui.Pad(t.drawn(t.in.View()), width)
}

// drawn is huh's line with its text made fit for cells, and a bar where the cursor is.
func (t *Text) drawn(line string) string {
	st := t.env.Styles
	before, rest, focused := strings.Cut(line, mark)
	if !focused {
		return cleanStyled(line)
	}
	if strings.HasSuffix(before, "m") { // the style of the character under the cursor
		if style := strings.LastIndexByte(before, '\x1b'); style >= 0 {
			before = before[:style]
		}
	}
	_, size := utf8.DecodeRuneInString(rest)
	under, rest := rest[:size], strings.TrimPrefix(rest[size:], endOfStyle)
	style := st.Input
	if *t.text == "" {
		style = st.Dim
	}
	return cleanStyled(before) + st.Accent.Render(Bar) + cleanStyled(style.Render(under)+rest)
}

// fit chooses the part on show for another width: the input does that when a key comes, and only if it has the focus.
func (t *Text) fit(width int) {
	t.width = width
	t.in.WithWidth(width - 1)
	t.in.Focus()
	if t.in.Update(tea.KeyMsg{}); !t.focused {
		t.in.Blur()
	}
}

func (t *Text) mask(width int) string {
	st := t.env.Styles
	at := ""
	if t.focused {
		at = st.Accent.Render(Bar)
	}
	if len(*t.hidden) == 0 {
		return at + st.Dim.Render(ui.Truncate(t.hint, width-1))
	}
	note := " " + ui.Count(len(*t.hidden), "character")
	dots := min(len(*t.hidden), max(width-ui.Width(note)-3, 1), 32)
	return st.Input.Render(strings.Repeat("•", dots)) + at + st.Dim.Render(note)
}

// cleanStyled makes the text between styles fit for cells, as ui.Clean does with plain text: an input draws what was pasted as it is.
func cleanStyled(s string) string {
	var b strings.Builder
	for s != "" {
		at := strings.IndexByte(s, '\x1b')
		if at < 0 {
			at = len(s)
		}
		b.WriteString(ui.Clean(s[:at]))
		s = s[at:]
		if end := strings.IndexByte(s, 'm'); end >= 0 { // the input takes no control characters: these are all styles
			b.WriteString(s[:end+1])
			s = s[end+1:]
		}
	}
	return b.String()
}
