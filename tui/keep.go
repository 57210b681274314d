package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

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

// typing reports whether a text input owns the printable keys.
func (a *App) typing() bool {
	if top := a.top(); top != nil {
		t, ok := top.(ui.Typist)
		return ok && t.Typing()
	}
	return a.list.Typing()
}
