package tui

import (
	"sync/atomic"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// TestNewsIsLookedForWhenSomebodyComesBackAndOnceAMinute, and shown.
func TestNewsIsLookedForWhenSomebodyComesBackAndOnceAMinute(t *testing.T) {
	for name, msg := range map[string]tea.Msg{"back at the terminal": tea.FocusMsg{}, "a minute later": minuteMsg{}} {
		var looked atomic.Int32
		lines := make(chan string, 1)
		d := start(t, 120, 40, func(o *Options, _ *fakeHost) {
			o.News = News{Look: func() { looked.Add(1) }, Next: func() (string, bool) {
				select {
				case text := <-lines:
					return text, true
				default:
					return "", false
				}
			}}
		})
		before := looked.Load()
		d.send(msg)
		d.settle()
		if looked.Load() != before+1 {
			t.Errorf("%s: looked %d times", name, looked.Load()-before)
		}
	}
	lines := make(chan string, 2)
	lines <- "the wind has turned"
	close(lines)
	d := start(t, 120, 40, func(o *Options, _ *fakeHost) {
		o.News.Next = func() (string, bool) { text, ok := <-lines; return text, ok }
	})
	d.sees("the wind has turned")
}
