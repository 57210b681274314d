package rotate

import (
	"detent/rotation"
	"detent/tui/widget"
)

// The rows of the form, top to bottom: destinations, the typed one, the modes, the waits, begin.
func (s *Setup) otherRow() int {
	if s.env.Remote {
		return -1 // only named ones
	}
	return len(s.named)
}

// rememberRow is the row that asks whether the typed place is kept; -1 where it cannot be.
func (s *Setup) rememberRow() int {
	if !s.keeps() {
		return -1
	}
	return s.otherRow() + 1
}

func (s *Setup) modeRow() int {
	if s.env.Remote {
		return len(s.named)
	}
	if s.keeps() {
		return len(s.named) + 2
	}
	return len(s.named) + 1
}
func (s *Setup) drainRow() int { return s.modeRow() + len(s.modes) }
func (s *Setup) soakRow() int  { return s.drainRow() + 1 }
func (s *Setup) rows() int     { return s.soakRow() + 2 }

// chosen is how the rotation would run: the row under the cursor is the choice, else the one that was picked.
func (s *Setup) chosen() mode {
	if s.focus >= s.modeRow() && s.focus < s.drainRow() {
		return s.modes[s.focus-s.modeRow()]
	}
	return s.modes[s.mode]
}

func (s *Setup) drains() bool {
	return s.chosen().mode == rotation.Planned && s.chosen().strategy != rotation.RollAtOnce.ID
}
func (s *Setup) soaks() bool    { return s.drains() && s.off && !s.overlaps() }
func (s *Setup) overlaps() bool { return s.chosen().strategy == rotation.RollWithOverlap.ID }

func (s *Setup) input() *widget.Text {
	switch s.focus {
	case s.otherRow():
		return s.other
	case s.drainRow():
		if s.drains() {
			return s.drain
		}
	case s.soakRow():
		switch {
		case s.overlaps():
			return s.overlap
		case s.soaks():
			return s.soak
		}
	}
	return nil
}

func (s *Setup) refocus() {
	s.other.Blur()
	s.drain.Blur()
	s.soak.Blur()
	s.overlap.Blur()
	if in := s.input(); in != nil {
		in.Focus()
	}
}
