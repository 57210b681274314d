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

// first opens what the program begins with.
func (a *App) first() tea.Cmd {
	if a.begin.all {
		return a.openAll()
	}
	return a.open(a.profile.want)
}

// staged are the screens that go on behind the list from the start.
type staged struct{ screens func(env *ui.Env) []ui.Screen }

// stage asks for them, once.
func (a *App) stage() tea.Cmd {
	stage := a.begin.stage
	if a.begin.stage = nil; stage == nil {
		return nil
	}
	return func() tea.Msg { return staged{stage()} }
}

// staged has them go on, and lists what is new.
func (a *App) staged(msg staged) tea.Cmd {
	cmds := []tea.Cmd{a.reload()}
	for _, s := range msg.screens(a.env) {
		s.SetSize(a.room(s))
		a.kept = append(a.kept, s)
		cmds = append(cmds, ui.Begin(s))
	}
	return tea.Batch(cmds...)
}
