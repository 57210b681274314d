package tui

import (
	"testing"
	"time"

	"detent/paint"
)

// TestAKeyIsNotDroppedForAMessageThatCameJustBefore: a list that streams in must not make a
// key look like one of the read before.
func TestAKeyIsNotDroppedForAMessageThatCameJustBefore(t *testing.T) {
	d := start(t, 120, 40)
	d.press("?").sees("half a page up")
	d.clock.pass(400 * time.Millisecond)
	d.send(minuteMsg{})
	d.clock.pass(time.Millisecond)
	d.send(keyMsg("esc"))
	d.settle()
	d.seesNot("half a page up")
}

// TestArrowsOfOneReadAllMove in a dialog too; what presses a button is one key.
func TestArrowsOfOneReadAllMove(t *testing.T) {
	d := start(t, 120, 40)
	d.press("n").typing("k").press("tab").sees("[90d]")
	d.burst("left", "left").sees("[7d]")
	d.burst("right", "right", "enter", "enter", "enter").sees("▸ 2 Permissions")
}

// TestTheReadersWordBeginsARead: where the terminal's reader says what came together, time decides nothing.
func TestTheReadersWordBeginsARead(t *testing.T) {
	d := start(t, 120, 40)
	d.send(paint.ReadBegin{})
	d.send(keyMsg("?"))
	d.send(paint.ReadBegin{})
	d.send(keyMsg("esc")) // a fast hand: another read, no time after
	d.settle()
	d.seesNot("half a page up")
	d.send(paint.ReadBegin{})
	d.send(keyMsg("?"))
	d.clock.pass(time.Second) // a slow screen: still the same read
	d.send(keyMsg("esc"))
	d.settle()
	d.sees("half a page up")
}
