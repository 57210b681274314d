package tui

import (
	"slices"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

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

// question is a confirmation that notes the keys it is given.
type question struct{ taken []string }

func (q *question) Init() tea.Cmd           { return nil }
func (q *question) View() string            { return "sure?" }
func (q *question) SetSize(int, int)        {}
func (q *question) Bindings() []key.Binding { return nil }
func (q *question) Guard() int              { return 1 }
func (q *question) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok {
		q.taken = append(q.taken, k.String())
	}
	return nil
}

// TestWhatConfirmsIsNotTakenWhileTheQuestionIsNew: enter, y, and the d that deletes a new key whose secret is in hand.
func TestWhatConfirmsIsNotTakenWhileTheQuestionIsNew(t *testing.T) {
	d := start(t, 120, 40)
	q := &question{}
	d.run(d.app.push(q))
	d.send(minuteMsg{}) // the root sees what is on top
	for _, k := range []string{"enter", "y", "d", "n"} {
		d.clock.pass(guardTime / 5) // a read of its own
		d.send(keyMsg(k))
	}
	if !slices.Equal(q.taken, []string{"n"}) {
		t.Errorf("too early: %v", q.taken)
	}
	for _, k := range []string{"enter", "y", "d"} {
		d.clock.pass(guardTime / 2)
		d.send(keyMsg(k))
	}
	if !slices.Equal(q.taken, []string{"n", "enter", "y", "d"}) {
		t.Errorf("after the guard: %v", q.taken)
	}
}
