package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// begin is what the program begins with.
type begin struct {
	all   bool
	stage func() (screens func(env *ui.Env) []ui.Screen) // nil once it was asked for
}

// first opens what the program begins with, once what goes on behind the list is there: the list is drawn once, and stays as it is.
func (a *App) first() tea.Cmd {
	if stage := a.begin.stage; stage != nil {
		return func() tea.Msg { return staged{stage()} }
	}
	if a.begin.all {
		return a.openAll()
	}
	return a.open(a.profile.want)
}

// staged are the screens that go on behind the list from the start.
type staged struct{ screens func(env *ui.Env) []ui.Screen }

// staged has them go on, and opens the list, unless somebody has opened another meanwhile.
func (a *App) staged(msg staged) tea.Cmd {
	a.begin.stage = nil
	var cmds []tea.Cmd
	if a.fleet != nil || a.profile.gen > 0 {
		cmds = append(cmds, a.reload())
	} else {
		cmds = append(cmds, a.first())
	}
	for _, s := range msg.screens(a.env) {
		s.SetSize(a.room(s))
		a.kept = append(a.kept, s)
		cmds = append(cmds, ui.Begin(s))
	}
	return tea.Batch(cmds...)
}
