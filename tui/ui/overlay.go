package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
)

// An overlay is a Screen on the root's stack. It draws its content alone: the root
// puts the box, the title and the place on the screen. SetSize gives the largest
// content that fits; a View may be smaller, and the box shrinks with it. These
// small interfaces say more about it; each is optional. The root passes every key to
// the top overlay, esc and q too, which it answers with Pop; ctrl+c quits, unless a
// Leaver in the stack holds it.
type (
	// Titled names the box. Without it the box has no title.
	Titled interface{ Title() string }
	// Danger makes the box red: it destroys something.
	Danger interface{ Dangerous() bool }
	// Wide asks for the whole width and height of the frame instead of a box round
	// the content: a form of several pages that should not jump about.
	Wide interface{ WantsAll() bool }
	// Guarded does not take enter or y from the read that opened it, nor in its
	// first 300 ms: a confirmation, or a step of a rotation. The root drops them.
	// Guard is asked after each message; a screen that turns from a form into a confirmation,
	// or comes to its next step, returns another number, and the guard starts anew. 0 is no guard.
	Guarded interface{ Guard() int }
	// Rows are chosen by a click: RowAt is the row on a line of the content as it was drawn last, and Select puts the cursor on one.
	Rows interface {
		RowAt(line int) (row int, ok bool)
		Select(row int)
	}
	// Placed says whose a screen is that takes the whole frame, where that may be another profile than the
	// list's: the frame names it, and has its colour.
	Placed interface{ Place() Place }
	// Leaked begins as for a key that somebody else has.
	Leaked interface{ Compromised() }
	// DeletedBy has a secret delete its own key, by a call of the service.
	DeletedBy interface {
		BySecret(call string, secret apikey.Secret)
	}
	// Waits is rotations at work: what each waits for.
	Waits interface{ Waits() []Wait }
	// Kept may be left and go on: a rotation that waits. KeptID tells what it is about; empty for
	// nothing to go on with. Back is called when it is on the screen again.
	Kept interface {
		KeptID() string
		Back() tea.Cmd
	}
)

// Wait is what a rotation of this program waits for: a time, or a person where there is none.
type Wait struct {
	Rotation string
	Step     string
	Ends     time.Time // zero: it waits for a person
	Total    time.Duration
	Busy     bool // a call is under way
}

// Place is what the frame says of the screen in it.
type Place struct {
	Profile string
	Service string
	Setting apikey.Setting
	// Alarm is a word that stands out in the header: COMPROMISED.
	Alarm string
}
