package form

import (
	"errors"
	"io"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"detent/tui/ui"
)

// field is a huh field that the pages move by hand and check when they leave it.
type field interface {
	huh.Field
	// check says what is wrong with the value, in words for the user.
	check() error
	// fail shows what is wrong until the value changes; nil takes it away.
	fail(error)
	// typing reports whether printable keys are text now.
	typing() bool
	// wants reports whether the field acts on a key that would otherwise move on.
	wants(msg tea.KeyMsg) bool
	// dirty reports whether the value is another than the one it began with.
	dirty() bool
	// lines is the field in width cells; base frames them.
	lines(width int) []string
}

// base is what all fields have in common. self is the field that embeds it.
type base struct {
	env           *ui.Env
	self          field
	title         string
	help          string // one or two short sentences under the value
	err           error
	focused       bool
	width, height int
}

func (b *base) Init() tea.Cmd  { return nil }
func (b *base) Focus() tea.Cmd { b.focused = true; return nil }
func (b *base) Blur() tea.Cmd  { b.focused = false; return nil }

// Error is always nil: a group with an error cannot be left backwards. Pages keep the errors.
func (b *base) Error() error { return nil }

func (b *base) check() error            { return nil }
func (b *base) fail(err error)          { b.err = err }
func (b *base) typing() bool            { return false }
func (b *base) wants(tea.KeyMsg) bool   { return false }
func (b *base) dirty() bool             { return false }
func (b *base) Skip() bool              { return false }
func (b *base) Zoom() bool              { return false }
func (b *base) GetKey() string          { return b.title }
func (b *base) GetValue() any           { return nil }
func (b *base) KeyBinds() []key.Binding { return nil }

var errNoProgram = errors.New("a field of detent runs inside its screen only")

func (b *base) Run() error                               { return errNoProgram }
func (b *base) RunAccessible(io.Writer, io.Reader) error { return errNoProgram }

func (b *base) WithTheme(*huh.Theme) huh.Field           { return b.self }
func (b *base) WithAccessible(bool) huh.Field            { return b.self }
func (b *base) WithKeyMap(*huh.KeyMap) huh.Field         { return b.self }
func (b *base) WithWidth(width int) huh.Field            { b.width = width; return b.self }
func (b *base) WithPosition(huh.FieldPosition) huh.Field { return b.self }

// WithHeight does nothing: huh only ever shrinks fields with it. Pages give heights with room.
func (b *base) WithHeight(int) huh.Field { return b.self }

// room says how many lines a field that can scroll may take.
func (b *base) room(height int) { b.height = height }

// View frames the lines: a bar at the left of the focused field.
func (b *base) View() string {
	st := b.env.Styles
	width := max(b.width-2, 8)
	bar, title := "  ", st.Dim.Render(ui.Truncate(b.title, width))
	if b.focused {
		bar, title = st.Accent.Render("┃")+" ", st.Strong.Render(ui.Truncate(b.title, width))
	}
	lines := append([]string{title}, b.self.lines(width)...)
	if b.err != nil {
		lines = append(lines, ui.Hanging(st.Bad.Render, "✗ ", b.err.Error(), width)...)
	} else if b.help != "" && b.focused {
		lines = append(lines, ui.Styled(st.Dim.Render, b.help, width)...)
	}
	for i, l := range lines {
		lines[i] = bar + ui.Truncate(l, width)
	}
	return clamp(lines, b.width, 0)
}
