package form

import (
	"fmt"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// pane is a dialog's text above its buttons. Where the terminal is too low for
// both, the text scrolls and the buttons stay.
type pane struct {
	width, height int
	offset        int
}

func (p *pane) setSize(width, height int) { p.width, p.height = width, height }

// scroll moves the text by a page or to an end; it reports whether the key was one of those.
func (p *pane) scroll(msg tea.KeyMsg) bool {
	step := max(p.height/2, 1)
	switch msg.Type {
	case tea.KeyPgDown, tea.KeyCtrlD:
		p.offset += step
	case tea.KeyPgUp, tea.KeyCtrlU:
		p.offset = max(p.offset-step, 0)
	default:
		return false
	}
	return true
}

// view joins body and foot within the pane's size. Empty lines are the first to go.
func (p *pane) view(env *ui.Env, body, foot []string) string {
	if p.height > 0 && len(body)+len(foot) > p.height {
		isEmpty := func(l string) bool { return l == "" }
		body, foot = slices.DeleteFunc(slices.Clone(body), isEmpty), slices.DeleteFunc(slices.Clone(foot), isEmpty)
	}
	if p.height <= 0 || len(body)+len(foot) <= p.height {
		p.offset = 0
		return clamp(append(body, foot...), p.width, p.height)
	}
	room := max(p.height-len(foot)-1, 1)
	p.offset = min(p.offset, max(len(body)-room, 0))
	shown := append([]string{}, body[p.offset:min(p.offset+room, len(body))]...)
	more := len(body) - p.offset - len(shown)
	note := ""
	switch {
	case more > 0:
		note = fmt.Sprintf("↓ %s below (pgdn)", ui.Count(more, "line"))
	case p.offset > 0:
		note = fmt.Sprintf("↑ %s above (pgup)", ui.Count(p.offset, "line"))
	}
	shown = append(shown, env.Styles.Dim.Render(note))
	return clamp(append(shown, foot...), p.width, p.height)
}
