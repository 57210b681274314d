package dialog

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// pager shows a text that may be longer than the box above a foot that always shows.
type pager struct {
	width, height int
	offset        int
}

func (p *pager) setSize(width, height int) { p.width, p.height = width, height }

func (p *pager) update(env *ui.Env, msg tea.KeyMsg) {
	k := env.Keys
	page := max(p.height-3, 1)
	switch {
	case key.Matches(msg, k.Up):
		p.offset--
	case key.Matches(msg, k.Down):
		p.offset++
	case key.Matches(msg, k.HalfUp), key.Matches(msg, k.PageUp):
		p.offset -= page
	case key.Matches(msg, k.HalfDown), key.Matches(msg, k.PageDown):
		p.offset += page
	case key.Matches(msg, k.Top):
		p.offset = 0
	case key.Matches(msg, k.Bottom):
		p.offset = 1 << 20
	}
}

func (p *pager) view(env *ui.Env, body, foot []string) string {
	room := p.height - len(foot)
	if len(body) <= room {
		p.offset = 0
		return strings.Join(append(body, foot...), "\n")
	}
	room = max(room-1, 1)
	p.offset = max(min(p.offset, len(body)-room), 0)
	end := min(p.offset+room, len(body))
	more := "↑ the end"
	if below := len(body) - end; below > 0 {
		more = "↓ " + ui.Count(below, "more line")
	}
	shown := append(append([]string{}, body[p.offset:end]...), env.Styles.Dim.Render(more))
	return strings.Join(append(shown, foot...), "\n")
}
