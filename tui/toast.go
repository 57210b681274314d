package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// toastTime is how long a line stays in the footer.
const toastTime = 5 * time.Second

// toast is one line in the footer's place. Good news goes after a while, and wakes the
// program once for it; what went wrong stays until the next key.
type toast struct {
	text string
	good bool
	id   int
}

type toastOver struct{ id int }

func (t *toast) end(msg toastOver) {
	if msg.id == t.id {
		t.text = ""
	}
}

// say shows a toast.
func (a *App) say(text string, good bool) tea.Cmd {
	a.toast = toast{text: ui.Clean(text), good: good, id: a.toast.id + 1}
	if !good {
		return nil
	}
	return a.env.Later(toastTime, toastOver{a.toast.id})
}

// seen takes away what stays until a key.
func (t *toast) seen() {
	if !t.good {
		t.text = ""
	}
}
