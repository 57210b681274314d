package tui

import (
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/rotation"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// minuteMsg refreshes relative times. What did not change on screen is not drawn.
type minuteMsg struct{}

func (a *App) minute() tea.Cmd { return a.env.Later(time.Minute, minuteMsg{}) }

func (a *App) tick() tea.Cmd {
	a.list.Tick()
	a.detail.Tick()
	return tea.Batch(a.minute(), a.lock.look(), a.ahead())
}

// tickMsg redraws what counts down, at the time that it carries. While nothing does, none is on its way.
type tickMsg time.Time

// ticked draws anew, unless an earlier tick took its place.
func (a *App) ticked(msg tickMsg) {
	if a.countdown.due.Equal(time.Time(msg)) {
		a.countdown.due = time.Time{}
		a.list.TickRotating()
	}
}

// countdown follows the rotations that wait.
type countdown struct {
	due     time.Time // of the tick that is on its way; zero where none is
	waiting int       // rotations that wait for a person
	bell    func(text string)
}

// waitOf is the wait of a rotation that goes on in this program, on the screen or behind the list.
func (a *App) waitOf(id string) (ui.Wait, bool) {
	for _, s := range slices.Concat(a.kept, a.overlays) {
		if w, can := s.(ui.Waits); can {
			for _, wait := range w.Waits() {
				if wait.Rotation == id {
					return wait, true
				}
			}
		}
	}
	return ui.Wait{}, false
}

// count tells the list which rows wait and for whom, and keeps a tick on its way while one counts down where it is seen.
func (a *App) count() tea.Cmd {
	rows, next := map[keylist.Of]keylist.Rotating{}, time.Duration(0)
	a.countdown.waiting = 0
	for at, views := range a.openViews() {
		for _, v := range views {
			if v.Err != nil || v.State != rotation.Open || v.Holder != nil {
				continue
			}
			wait, here := a.waitOf(v.ID)
			row := keylist.Rotating{}
			switch {
			case here && wait.Busy:
				continue
			case here && wait.Ends.After(a.env.Now()):
				row = keylist.Rotating{Step: wait.Step, Ends: wait.Ends}
				if d := row.Changes(a.env.Now()); next == 0 || d < next {
					next = d
				}
			default:
				a.countdown.waiting++
			}
			rows[keylist.Of{Profile: at, ID: v.Old.ID}] = row
		}
	}
	a.list.SetRotating(rows)
	at := a.env.Now().Add(next)
	if next == 0 || a.lock.on || !a.countdown.due.IsZero() && !at.Before(a.countdown.due) {
		return nil
	}
	a.countdown.due = at
	return a.env.Later(next, tickMsg(at))
}

// ring tells somebody who looks elsewhere.
func (a *App) ring(text string) tea.Cmd {
	if a.bell == nil || a.spoken.on { // a line says it, and rings nothing
		return nil
	}
	ring := a.bell
	return func() tea.Msg { ring(ui.Clean(text)); return nil }
}
