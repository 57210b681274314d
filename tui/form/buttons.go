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
	texts := make([]string, len(b.labels))
	for i, label := range b.labels {
		text := "  " + label + "  "
		style := env.Styles.Button
		if focused && i == b.at {
			if text = "▸ " + label + " ◂"; !env.Early {
				style = env.Styles.Focused
			}
		}
		texts[i] = style.Render(ui.Truncate(text, width))
	}
	return ui.Flow(texts, "  ", width)
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

// answer gives a key to the question of a screen, which is over with its answer, unless that asks another.
func answer(asked **question, env *ui.Env, msg tea.KeyMsg) tea.Cmd {
	q, picked := *asked, 0
	switch {
	case key.Matches(msg, env.Keys.Confirm):
		picked = q.buttons.at
	case key.Matches(msg, env.Keys.Cancel), q.yes >= 0 && key.Matches(msg, env.Keys.No):
	case q.yes >= 0 && key.Matches(msg, env.Keys.Yes):
		picked = q.yes
	default:
		q.buttons.update(env, msg)
		return nil
	}
	cmd := q.pick(picked)
	if *asked == q {
		*asked = nil
	}
	return cmd
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
