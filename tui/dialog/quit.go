package dialog

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// Quit asks before the program ends with a change on its way.
type Quit struct {
	env   *ui.Env
	width int
	n     int
}

// NewQuit makes the question; n is how many changes are under way.
func NewQuit(env *ui.Env, n int) *Quit { return &Quit{env: env, n: n} }

// Title names the box.
func (q *Quit) Title() string { return "Quit now?" }

// Guard keeps a hurried y from answering.
func (q *Quit) Guard() int { return 1 }

// SetSize gives the largest content.
func (q *Quit) SetSize(width, _ int) { q.width = min(width, 60) }

// Bindings are the keys that act now.
func (q *Quit) Bindings() []key.Binding {
	return []key.Binding{q.env.Keys.Cancel, q.env.Keys.Yes}
}

// Update answers: yes quits, everything else that leaves stays in the program.
func (q *Quit) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	k := q.env.Keys
	switch {
	case key.Matches(press, k.Yes):
		return ui.Do(ui.Quit{})
	case key.Matches(press, k.Dismiss), key.Matches(press, k.No):
		return ui.Do(ui.Pop{Screen: q})
	}
	return nil
}

// View is the question.
func (q *Quit) View() string { return strings.Join(ui.Wrap(q.words(), q.width), "\n") }

func (q *Quit) words() string {
	text := "A change is on its way to the service, and its answer has not come."
	if q.n > 1 {
		text = ui.Count(q.n, "change") + " are on their way to the service, and the answers have not come."
	}
	return text + " If you quit now, you will not see what came of it."
}
