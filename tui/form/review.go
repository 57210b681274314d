package form

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// review is the last page: exactly what will be done, and the button that does it.
type review struct {
	base
	facts   func() []fact
	buttons buttons
	press   func(button int) tea.Cmd
	below   func(width int) []string // what went wrong, or what is under way
	busy    bool
	text    widget.Scroller
	note    *widget.Note
	pressed bool
}

// fact is one line of a review: what, and its value. A mark of "! " warns; a fact without a
// label belongs to the one before.
type fact struct{ label, mark, value string }

func newReview(env *ui.Env, title string, labels []string) *review {
	r := &review{base: base{env: env, title: title}, buttons: buttons{labels: labels}, note: widget.NewNote(env), text: widget.NewScroller(env)}
	r.text.Hint = "↓"
	r.self = r
	return r
}

// wants takes every key that would move on, and up and down, which scroll: there is
// nothing behind the last page. shift+tab goes back.
func (r *review) wants(msg tea.KeyMsg) bool {
	return key.Matches(msg, r.env.Keys.Next, r.env.Keys.Confirm) || msg.Type == tea.KeyUp
}

// Update moves between the buttons and presses one.
func (r *review) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok || r.busy:
	case key.Matches(k, r.env.Keys.Confirm):
		r.pressed = true
	case !widget.IsText(k) && r.text.Update(k):
	default:
		r.buttons.update(r.env, k)
	}
	return r, nil
}

// take acts for the button that was pressed. It does so after huh's update, which would put this page in the place of the one
// that a button goes to.
func (r *review) take() tea.Cmd {
	if !r.pressed {
		return nil
	}
	r.pressed = false
	return r.press(r.buttons.at)
}

func (r *review) lines(width int) []string {
	body := r.note.Lines(factLines(r.env, r.facts(), width), width)
	var foot []string
	if r.below != nil {
		foot = r.below(width)
	}
	foot = append(foot, "")
	if !r.busy {
		foot = append(foot, r.buttons.lines(r.env, width, r.focused)...)
	}
	r.text.SetSize(width, 0)
	if r.height > 0 {
		r.text.Height = max(r.height-1, len(foot)+2)
	}
	return r.text.Lines(body, foot)
}

func factLines(env *ui.Env, facts []fact, width int) []string {
	st := env.Styles
	label := 0
	for _, f := range facts {
		label = max(label, ui.Width(f.label))
	}
	label = min(label, 14) + 2
	var out []string
	for _, f := range facts {
		render := st.Base.Render
		if f.mark == "! " {
			render = st.Warn.Render
		}
		for i, l := range ui.Hanging(render, f.mark, f.value, width-label) {
			head := ""
			if i == 0 {
				head = f.label
			}
			out = append(out, st.Dim.Render(ui.Pad(head, label))+l)
		}
	}
	return out
}
