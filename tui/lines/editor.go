package lines

import (
	"io"
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// editor is the one line that is typed: letters, and what takes them back.
type editor struct{ text []rune }

func (e *editor) empty() bool { return len(e.text) == 0 }

// take takes a key, and reports whether the line is done. A secret has no echo.
func (e *editor) take(msg tea.KeyMsg, v *voice, secret bool) (done bool) {
	if secret {
		v = &voice{}
	}
	switch msg.Type {
	case tea.KeyEnter, tea.KeyCtrlJ:
		return true
	case tea.KeyBackspace:
		e.cut(max(len(e.text)-1, 0), v)
	case tea.KeyCtrlU:
		e.cut(0, v)
	case tea.KeyCtrlW:
		words := strings.TrimRightFunc(string(e.text), unicode.IsSpace)
		e.cut(len([]rune(words[:strings.LastIndexFunc(words, unicode.IsSpace)+1])), v)
	case tea.KeyRunes, tea.KeySpace:
		if msg.Alt {
			return false
		}
		for _, r := range msg.Runes {
			if unicode.IsPrint(r) {
				e.text = append(e.text, r)
				v.echo(string(r))
			}
		}
	}
	return false
}

// cut leaves the first n characters.
func (e *editor) cut(n int, v *voice) {
	for _, r := range e.text[n:] {
		v.echo(strings.Repeat("\b \b", ui.Width(string(r))))
	}
	clear(e.text[n:])
	e.text = e.text[:n]
}

// done gives the line, and forgets it.
func (e *editor) done() string {
	out := string(e.text)
	e.wipe()
	return out
}

func (e *editor) wipe() {
	clear(e.text[:cap(e.text)])
	e.text = nil
}

// voice writes lines to a terminal that takes them as they are: no sequence moves its cursor, but those that take a letter back.
type voice struct {
	out   io.Writer
	text  []byte // that is not written yet
	lines int    // that were said
	open  bool   // the cursor stands behind what was asked or typed
}

func (v *voice) write(text string) { v.text = append(v.text, text...) }

// flush writes what was said at once: a question and what is typed behind it, say.
func (v *voice) flush() {
	if len(v.text) > 0 {
		_, _ = v.out.Write(v.text)
		clear(v.text)
		v.text = v.text[:0]
	}
}

// say writes one line.
func (v *voice) say(line string) {
	v.end()
	v.lines++
	v.write(ui.Clean(line) + "\r\n")
}

// prompt asks, and leaves the cursor where the answer is typed.
func (v *voice) prompt(words string) {
	v.end()
	v.write(ui.Clean(words) + ": ")
	v.open = true
}

// echo writes what is typed.
func (v *voice) echo(text string) {
	v.write(text)
	v.open = true
}

// end ends the line of a prompt.
func (v *voice) end() {
	if v.open {
		v.write("\r\n")
	}
	v.open = false
}
