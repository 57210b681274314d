package widget

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"detent/tui/ui"
)

// YesNo is huh's confirm: one of two answers, of which the first is yes.
type YesNo struct {
	in *huh.Confirm
	on *bool
}

// NewYesNo asks; the answers are words for the two.
func NewYesNo(env *ui.Env, yes, no string, on bool) *YesNo {
	y := &YesNo{on: &on}
	y.in = huh.NewConfirm().Affirmative(yes).Negative(no).Inline(true).Value(y.on)
	y.in.WithTheme(Theme(env))
	y.in.WithKeyMap(huh.NewDefaultKeyMap())
	return y
}

// On is the answer.
func (y *YesNo) On() bool { return *y.on }

// Focus shows the cursor, Blur hides it.
func (y *YesNo) Focus() { y.in.Focus() }

// Blur hides the cursor.
func (y *YesNo) Blur() { y.in.Blur() }

// Update answers: left, right and space change it, y and n say it.
func (y *YesNo) Update(msg tea.KeyMsg) {
	switch msg.String() {
	case " ", "x":
		msg = tea.KeyMsg{Type: tea.KeyRight}
	case "enter", "tab", "shift+tab": // they are the form's
		return
	}
	y.in.Update(msg)
}

// Lines are the two answers.
func (y *YesNo) Lines(width int) []string {
	y.in.WithWidth(width)
	return strings.Split(y.in.View(), "\n")
}
