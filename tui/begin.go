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

// keep takes an overlay off the screen without ending it: what it waits for goes on.
func (a *App) keep(s ui.Screen) {
	a.pop(s)
	a.kept = append(a.kept, s)
}

// back brings a kept overlay back in place of a new one for the same thing.
func (a *App) back(s ui.Screen) (kept ui.Screen, begin func() tea.Cmd, found bool) {
	wanted, ok := s.(ui.Kept)
	if !ok {
		return nil, nil, false
	}
	for i, k := range a.kept {
		if kept := k.(ui.Kept); kept.KeptID() == wanted.KeptID() && wanted.KeptID() != "" {
			a.kept = append(a.kept[:i:i], a.kept[i+1:]...)
			return k, kept.Back, true
		}
	}
	return nil, nil, false
}

// quit stops what is under way and ends the program.
func (a *App) quit() tea.Cmd {
	a.load.stop()
	a.leaveFleet()
	return tea.Quit
}
