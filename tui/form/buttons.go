package form

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
	"detent/tui/widget"
)

// buttons is a row of choices of which one is highlighted. Brackets and an arrow say which without colour.
type buttons struct {
	labels []string
	at     int
}

// update moves the highlight.
func (b *buttons) update(env *ui.Env, msg tea.KeyMsg) {
	switch {
	case msg.Type == tea.KeyLeft, msg.String() == "h", key.Matches(msg, env.Keys.Prev):
		b.at = (b.at + len(b.labels) - 1) % len(b.labels)
	case msg.Type == tea.KeyRight, msg.String() == "l", key.Matches(msg, env.Keys.Next):
		b.at = (b.at + 1) % len(b.labels)
	}
}

// lines are the buttons, on as many lines as the width needs.
func (b *buttons) lines(env *ui.Env, width int, focused bool) []string {
	var out []string
	row, used := "", 0
	for i, label := range b.labels {
		text := "  " + label + "  "
		style := env.Styles.Button
		if focused && i == b.at {
			if text = "▸ " + label + " ◂"; !env.Early {
				style = env.Styles.Focused
			}
		}
		w := ui.Width(text)
		if used > 0 && used+2+w > width {
			out = append(out, row)
			row, used = "", 0
		}
		if used > 0 {
			row += "  "
			used += 2
		}
		row += style.Render(ui.Truncate(text, width))
		used += w
	}
	return append(out, row)
}

// question is a choice asked inside a screen before something is lost or destroyed.
// The first button is the safe one and is highlighted.
type question struct {
	lines   []string
	buttons buttons
	pick    func(i int) tea.Cmd
	yes     int // the button that y picks; -1 for none
}

func ask(lines []string, labels []string, pick func(i int) tea.Cmd) *question {
	return &question{lines: lines, buttons: buttons{labels: labels}, pick: pick, yes: -1}
}

// answer says whether the question was answered, and the command that follows.
func (q *question) answer(env *ui.Env, msg tea.KeyMsg) (done bool, cmd tea.Cmd) {
	switch {
	case key.Matches(msg, env.Keys.Confirm):
		return true, q.pick(q.buttons.at)
	case key.Matches(msg, env.Keys.Cancel), q.yes >= 0 && key.Matches(msg, env.Keys.No):
		return true, q.pick(0)
	case q.yes >= 0 && key.Matches(msg, env.Keys.Yes):
		return true, q.pick(q.yes)
	}
	q.buttons.update(env, msg)
	return false, nil
}

func (q *question) view(env *ui.Env, width int) []string {
	var out []string
	for _, l := range q.lines {
		out = append(out, ui.Wrapped(l, width)...)
	}
	out = append(out, "")
	return append(out, q.buttons.lines(env, width, true)...)
}

func (q *question) bindings(env *ui.Env) []key.Binding {
	out := []key.Binding{env.Keys.Next, env.Keys.Confirm, env.Keys.Cancel}
	if q.yes >= 0 {
		out = append(out, env.Keys.Yes, env.Keys.No)
	}
	return out
}

// scrolled is a text above what always shows.
func scrolled(p *widget.Scroller, body, foot []string) string {
	return strings.Join(p.Lines(body, foot), "\n")
}

// clamp joins lines into a block of at most width by height.
func clamp(lines []string, width, height int) string {
	if height > 0 && len(lines) > height {
		lines = lines[:height]
	}
	for i, l := range lines {
		lines[i] = ui.Truncate(l, width)
	}
	return strings.Join(lines, "\n")
}
