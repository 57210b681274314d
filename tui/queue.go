package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/desk"
	"detent/tui/rotate"
)

// queue opens the plan of the rotations of all marked keys.
func (a *App) queue() tea.Cmd {
	rotates := a.env.Keys.Rotate.Help().Desc
	if a.rotateAll == nil {
		return a.say(rotates+": several keys cannot be rotated together here", false)
	}
	var items []rotate.Item
	for _, m := range a.list.Marked() {
		p := a.ofMark(m)
		why, no := a.noWritesOf(p)
		if p.conn == nil {
			why, no = "the profile "+p.want+" is not open", true
		}
		if no {
			return tea.Batch(a.say(rotates+": "+why, false), a.lock.refused(p.want, desk.Order{What: desk.Rotate, Key: m.Key}, why))
		}
		items = append(items, rotate.Item{Profile: p.want, Key: m.Key})
	}
	if len(items) == 0 {
		return nil
	}
	a.list.ClearMarks()
	return a.push(a.rotateAll(a.env, items))
}
