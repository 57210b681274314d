package rotate

import (
	"errors"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

type (
	queuedMsg struct {
		screen *QueueScreen
		queue  Queue
	}
	filledMsg struct {
		screen *QueueScreen
		at     int
		spec   string // the place as it was written out; empty for a named one
		item   Queued
	}
	progressMsg struct {
		screen *QueueScreen
		came   []Progress
		over   bool
	}
)

// QueueScreen is the plan of several rotations, and then how they go.
type QueueScreen struct {
	env   *ui.Env
	host  Queuer
	of    func(profile string) apikey.Setting
	asked []Item

	queue  Queue
	items  []Queued
	states []Progress
	begun  bool
	over   bool
	mail   *progressBox
	beginning
	problem string
	hand    *hand
	hole         // that is being filled
	busy    bool // a preflight is under way
	text    widget.Scroller
	width   int
	height  int
}

func (s *QueueScreen) ready() int { return count(s.items, func(q Queued) bool { return q.Why == "" }) }

func (s *QueueScreen) holes() int { return count(s.items, func(q Queued) bool { return q.Hole }) }

// filling reports whether a place is typed.
func (s *QueueScreen) filling() bool { return s.hole.open && !s.begun }

// stopped counts what has not come to its end and may go on: what asks a person goes on by R.
func (s *QueueScreen) stopped() (n int) {
	for i, now := range s.states {
		if s.items[i].Why == "" && now.Done && now.Err != nil && !errors.Is(now.Err, ErrAsks) {
			n++
		}
	}
	return n
}

func (s *QueueScreen) sum() (done, asks, failed int) {
	for _, p := range s.states {
		switch {
		case !p.Done:
		case p.Err == nil:
			done++
		case errors.Is(p.Err, ErrAsks):
			asks++
		default:
			failed++
		}
	}
	return done, asks, failed
}

// Title names the frame.
func (s *QueueScreen) Title() string { return "Rotate " + ui.Count(len(s.asked), "key") }

// WantsAll takes the whole frame.
func (s *QueueScreen) WantsAll() bool { return true }

// Place is that of the keys, where they are of one profile; it is live where one of them is.
func (s *QueueScreen) Place() ui.Place {
	out := ui.Place{Profile: s.asked[0].Profile}
	for _, i := range s.asked {
		if i.Profile != out.Profile {
			out.Profile = "all profiles"
		}
		if set := s.of(i.Profile).ForKey(i.Key.Environment); set.LooksLive() || out.Setting == (apikey.Setting{}) {
			out.Setting = set
		}
	}
	return out
}

// Guard keeps the key that opened the plan from beginning it.
func (s *QueueScreen) Guard() int {
	if s.begun {
		return 0
	}
	return 1
}

// Typing is true while the number is typed, or a place.
func (s *QueueScreen) Typing() bool {
	return s.queue != nil && !s.begun && !s.busy && (s.ready() > 0 || s.filling())
}

// KeptID keeps the queue behind the list while it goes on.
func (s *QueueScreen) KeptID() string {
	if s.begun && !s.over {
		return "queue"
	}
	return ""
}

// Waits are those that count down.
func (s *QueueScreen) Waits() []ui.Wait {
	var out []ui.Wait
	for _, p := range s.states {
		if s.begun && !p.Done && p.View.ID != "" {
			out = append(out, ui.Wait{Rotation: p.View.ID, Step: p.View.PublicStep(), Ends: p.Ends, Total: p.Total, Busy: p.Ends.IsZero()})
		}
	}
	return out
}
