package widget

import (
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/viewport"
	"github.com/muesli/termenv"

	"detent/tui/ui"
)

var drawn string

// What a pane of 38 lines costs a frame: the lines cut out, and as viewport draws them itself.
func BenchmarkPaneCut(b *testing.B) {
	env := environment(termenv.ANSI)
	s := NewScroller(env)
	s.SetSize(40, 38)
	lines := styledLines(env)
	for b.Loop() {
		drawn = strings.Join(s.Lines(lines, nil), "\n")
	}
}

func BenchmarkPaneByViewport(b *testing.B) {
	lines := styledLines(environment(termenv.ANSI))
	port := viewport.New(40, 38)
	port.SetContent(strings.Join(lines, "\n"))
	for b.Loop() {
		drawn = port.View()
	}
}

func styledLines(env *ui.Env) []string {
	lines := numbered(60)
	for i := range lines {
		lines[i] = env.Styles.Dim.Render("label      ") + lines[i]
	}
	return lines
}

// bubbles' help, given a width, draws a binding that does not fit where there is no room for its ellipsis either. Hints choose what
// fits, and help draws that.
func TestHelpAloneIsWiderThanItsPlace(t *testing.T) {
	h := help.New()
	h.Width = 12
	k := key.NewBinding(key.WithKeys("a"), key.WithHelp("a", "0123456789"))
	if got := h.ShortHelpView([]key.Binding{k, k}); ui.Width(got) <= h.Width {
		t.Errorf("help keeps to its width now (%q): let it choose", got)
	}
}
