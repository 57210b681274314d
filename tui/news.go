package tui

import tea "github.com/charmbracelet/bubbletea"

// News is what happens outside of the screens while they are open: the configuration is changed, say.
type News struct {
	// Next waits for a line to show, and returns false when there will be none any more. It is called in a command; nil for no news.
	Next func() (string, bool)
	// Look looks whether there is any, where nobody does by themselves. It is called in a command, when somebody comes back to the
	// terminal and once a minute; nil for never.
	Look func()
}

type newsMsg struct{ text string }

// listen waits for the next line.
func (n News) listen() tea.Cmd {
	if n.Next == nil {
		return nil
	}
	return func() tea.Msg {
		if text, ok := n.Next(); ok {
			return newsMsg{text}
		}
		return nil
	}
}

// look looks whether there is one.
func (n News) look() tea.Cmd {
	if n.Look == nil {
		return nil
	}
	return func() tea.Msg { n.Look(); return nil }
}
