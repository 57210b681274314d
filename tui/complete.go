package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// complete asks the machine that the operator sits at how a destination may go on.
func (a *App) complete(msg ui.Complete) tea.Cmd {
	host, can := a.host.(ui.Completer)
	if !can || a.env.Remote {
		return ui.Do(ui.Completed{Ticket: msg.Ticket})
	}
	return func() tea.Msg {
		return ui.Completed{Ticket: msg.Ticket, Found: host.Complete(context.Background(), msg.Text)}
	}
}
