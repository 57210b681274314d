package dialog

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// Line asks for one line of text.
type Line struct {
	env   *ui.Env
	title string
	was   string
	in    *widget.Text
	does  func(text string) tea.Msg
	width int
}

// NewLine asks for a line in the place of the one that there is; does is what the root is to do with another one.
func NewLine(env *ui.Env, title, was string, does func(text string) tea.Msg) *Line {
	l := &Line{env: env, title: title, was: was, in: widget.NewText(env, was), does: does}
	l.in.Focus()
	return l
}

// Title names the box.
func (l *Line) Title() string { return l.title }

// SetSize gives the largest content.
func (l *Line) SetSize(width, _ int) { l.width = min(width, 60) }

// Typing says that letters are text here.
func (l *Line) Typing() bool { return true }

// Bindings are the keys that act now.
func (l *Line) Bindings() []key.Binding {
	return []key.Binding{l.env.Keys.Confirm, l.env.Keys.Cancel}
}

// Update types; a line that is empty, or as it was, changes nothing.
func (l *Line) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	switch text := strings.TrimSpace(l.in.Value()); {
	case press.Type == tea.KeyEsc:
		return ui.Do(ui.Pop{Screen: l})
	case press.Type != tea.KeyEnter:
		l.in.Update(press)
		return nil
	case text == "" || text == l.was:
		return ui.Do(ui.Toast{Text: "it is called " + l.was + " already; type another name, or esc"})
	default:
		return tea.Sequence(ui.Do(ui.Pop{Screen: l}), ui.Do(l.does(text)))
	}
}

// View is the field.
func (l *Line) View() string { return l.in.View(l.width) }

// Speak asks for the line.
func (l *Line) Speak() ui.Speech {
	return ui.Speech{Ask: &ui.Ask{Words: l.title + ", now " + l.in.Value(), Text: ui.Line(l.in), Choices: ui.ChoicesOf(l.env.Keys, l.Bindings()[1:])}}
}
