package rotate

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"detent/rotation"
)

func openView(step rotation.Step, change ...func(*rotation.View)) rotation.View {
	r := newScript()
	r.at(step)
	for _, f := range change {
		f(&r.view)
	}
	return r.view
}

func inMemory(v *rotation.View) { v.SecretInHand = true }
func undoBegun(v *rotation.View) {
	v.Undoing = true
	v.Next.Waits = false
}
func closedNow(v *rotation.View) { v.State = rotation.Closed }

var errAny = errors.New("it broke")

// A line of the table: from a phase, by an event, to a phase with effects.
func TestNext(t *testing.T) {
	again := rotation.Question{Kind: rotation.AskAgain, Subject: "payments", Text: "it holds the old value", Choices: yesOrNo("deliver it again", rotation.WantsNothing), Default: rotation.Yes}
	accept := rotation.Question{Kind: rotation.AskAccept, Text: "not the same", Choices: yesOrNo("accept", rotation.WantsReason), Default: rotation.No}
	attests := rotation.Question{Kind: rotation.AskAttest, Text: "is it so?", Lines: []string{"one", "two"}, Each: true, Choices: yesOrNo("all of it is so", rotation.WantsNothing), Default: rotation.No}
	stopped := func(q rotation.Question) rotation.Result {
		return rotation.Result{Status: rotation.Stopped, Question: &q, Message: q.Text}
	}
	wait := rotation.Result{Status: rotation.Waiting, Wait: time.Minute, Left: 10 * time.Minute, Total: 15 * time.Minute}
	waits := waiting{last: wait, since: noon, ends: noon.Add(10 * time.Minute)}
	second := wake{time.Second}
	at := func(step rotation.Step, change ...func(*rotation.View)) input {
		return input{now: noon, view: openView(step, change...)}
	}
	later := func(s input, d time.Duration) input { s.now = s.now.Add(d); return s }
	away := func(s input) input { s.away = true; return s }
	doing, undoes := working{verb: toDo, since: noon}, working{verb: toUndo, undo: true, since: noon}
	moved := rotation.Result{Status: rotation.Moved, Message: "ok"}
	asks := asking{q: again, last: stopped(again), ticked: []bool{}}
	answered := asks
	undoAsked := asking{q: undoQuestion(openView(rotation.Verify)), back: ready{}, ticked: make([]bool, 2)}

	for _, c := range []struct {
		name string
		from phase
		in   input
		by   event
		to   phase
		does []effect
	}{
		{"a preflight begins by itself", opening{}, at(rotation.Preflight), opened{}, doing, []effect{call{}, second, tell{}}},
		{"a wait that is resumed begins by itself", opening{}, at(rotation.Drain), opened{}, doing, []effect{call{}, second, tell{}}},
		{"what changes something waits for enter", opening{}, at(rotation.Create), opened{}, ready{}, []effect{tell{}, plan{}}},
		{"an undo that had begun waits for enter", opening{}, at(rotation.Drain, undoBegun), opened{}, ready{}, []effect{tell{}, plan{}}},
		{"what cannot be opened is said", opening{}, at(rotation.Create), opened{errAny}, failed{err: errAny, fatal: true}, nil},
		{"left while it was opened", opening{exit: quits}, at(rotation.Preflight), opened{}, left{}, []effect{exits{true}}},
		{"esc while it is opened", opening{}, at(rotation.Preflight), pressed{pressLeave}, opening{exit: leaves}, nil},

		{"enter does the step", ready{}, at(rotation.Create), pressed{pressEnter}, doing, []effect{call{}, second}},
		{"enter goes on with an undo", ready{}, at(rotation.Deliver, undoBegun), pressed{pressEnter}, undoes, []effect{call{verb: toUndo}, second}},
		{"u asks", ready{}, at(rotation.Verify), pressed{pressUndo}, undoAsked, nil},
		{"u where there is nothing to undo", ready{}, at(rotation.Delete, func(v *rotation.View) { v.Next.Undo = "" }), pressed{pressUndo}, ready{}, nil},
		{"esc leaves", ready{}, at(rotation.Verify), pressed{pressLeave}, left{}, []effect{exits{}}},
		{"esc with the secret in hand asks", ready{}, at(rotation.Deliver, inMemory), pressed{pressLeave}, asking{q: leaveQuestion(), back: ready{}, ticked: []bool{}}, nil},
		{"t where no undo has begun", ready{}, at(rotation.Verify), pressed{pressTurn}, ready{}, nil},
		{"t gives an undo up", ready{}, at(rotation.Verify, undoBegun), pressed{pressTurn}, working{verb: toTurn, since: noon}, []effect{call{verb: toTurn}, second}},
		{"a is for waits", ready{}, at(rotation.Verify), pressed{pressAttest}, ready{}, nil},

		{"a key during a call is kept for its end", doing, at(rotation.Create), pressed{pressLeave}, working{verb: toDo, since: noon, exit: leaves}, nil},
		{"enter during a call does nothing", doing, at(rotation.Create), pressed{pressEnter}, doing, nil},
		{"u during a call does nothing", doing, at(rotation.Create), pressed{pressUndo}, doing, nil},
		{"a step that moved on", doing, at(rotation.Verify), callDone{result: moved}, ready{moved}, []effect{plan{}, tell{}}},
		{"a create makes the list stale", doing, at(rotation.Deliver), callDone{result: rotation.Result{Status: rotation.Moved, Did: rotation.Create}},
			ready{rotation.Result{Status: rotation.Moved, Did: rotation.Create}}, []effect{plan{}, tell{true}}},
		{"a wait begins by itself", doing, at(rotation.Drain), callDone{result: moved}, doing, []effect{call{}, second, tell{}}},
		{"an undo goes on by itself", undoes, at(rotation.Verify, undoBegun), callDone{result: moved}, undoes, []effect{call{verb: toUndo}, second, tell{true}}},
		{"left between two steps", working{verb: toDo, exit: leaves}, at(rotation.Drain), callDone{result: moved}, left{}, []effect{plan{}, tell{}, exits{}}},
		{"left with the secret that this step brought", working{verb: toDo, exit: quits}, at(rotation.Deliver, inMemory), callDone{result: moved},
			asking{q: leaveQuestion(), back: ready{moved}, ticked: []bool{}}, []effect{plan{}, tell{}}},
		{"a failure is seen before one leaves", working{verb: toDo, exit: quits}, at(rotation.Deliver), callDone{err: errAny}, failed{err: errAny}, []effect{tell{}}},
		{"an end", doing, at(rotation.Delete, closedNow), callDone{result: rotation.Result{Status: rotation.Finished}}, finished{rotation.Result{Status: rotation.Finished}}, []effect{tell{}}},

		{"a wait", doing, at(rotation.Drain), callDone{result: wait}, waits, []effect{second, tell{}}},
		{"a wait that is left goes on", working{verb: toDo, exit: leaves, over: &waits}, at(rotation.Drain), callDone{result: wait}, waits, []effect{second, tell{}, keep{}}},
		{"a tick of a wait", waits, later(at(rotation.Drain), 30*time.Second), timerFired{}, waits, []effect{second}},
		{"nothing counts down behind the list", waits, away(later(at(rotation.Drain), 30*time.Second)), timerFired{}, waits, []effect{wake{30 * time.Second}}},
		{"a look that is due", waits, later(at(rotation.Drain), time.Minute), timerFired{}, working{verb: toDo, since: noon.Add(time.Minute), over: &waits}, []effect{call{}, second}},
		{"enter looks at once", waits, at(rotation.Drain), pressed{pressEnter}, working{verb: toDo, since: noon, over: &waits}, []effect{call{}, second}},
		{"esc keeps a wait", waits, at(rotation.Drain), pressed{pressLeave}, waits, []effect{keep{}}},
		{"ctrl+c ends it", waits, at(rotation.Drain), pressed{pressQuit}, left{}, []effect{exits{true}}},
		{"a wait that is over behind the list says so", working{verb: toDo, over: &waits}, away(at(rotation.Disable)), callDone{result: moved}, ready{moved}, []effect{plan{}, tell{}, news{"ok", true}}},
		{"it is on the screen again", waits, at(rotation.Drain), returned{}, waits, []effect{second}},
		{"x where the old key is on", waits, at(rotation.Drain), pressed{pressReenable}, waits, nil},
		{"x turns it on", waits, at(rotation.Soak, func(v *rotation.View) { v.OldOff = true }), pressed{pressReenable}, working{verb: toReenable, since: noon}, []effect{call{verb: toReenable}, second}},
		{"a asks", waits, at(rotation.Soak), pressed{pressAttest}, asking{q: waitQuestion(openView(rotation.Soak)), back: waits, ticked: []bool{false}}, nil},

		{"a question", doing, at(rotation.Drain), callDone{result: stopped(again)}, asks, []effect{tell{}}},
		{"enter is the default", asks, at(rotation.Drain), pressed{pressEnter}, working{verb: toAnswer, since: noon, redo: &answered},
			[]effect{call{verb: toAnswer, answer: rotation.Answer{Kind: again.Kind, Subject: "payments", Choice: rotation.Yes}}, second}},
		{"esc is for later", asks, at(rotation.Drain), pressed{pressLeave}, left{}, []effect{exits{}}},
		{"esc is not for later while a secret is in hand", asks, at(rotation.Deliver, inMemory), pressed{pressLeave}, asking{q: leaveQuestion(), back: asks, ticked: []bool{}}, nil},
		{"a choice that wants a reason", asking{q: accept}, at(rotation.Delete), chose{rotation.Yes}, asking{q: accept, typing: rotation.Yes, wants: rotation.WantsReason}, []effect{write{rotation.WantsReason}}},
		{"no reason", asking{q: accept, typing: rotation.Yes, wants: rotation.WantsReason}, at(rotation.Delete), wrote{reason: "  "},
			asking{q: accept, typing: rotation.Yes, wants: rotation.WantsReason, why: "say why: the reason is recorded"}, nil},
		{"back to the choices", asking{q: accept, typing: rotation.Yes, wants: rotation.WantsReason}, at(rotation.Delete), pressed{pressLeave}, asking{q: accept}, []effect{write{}}},
		{"what can be written for the safe answer is", doing, at(rotation.Create), callDone{result: stopped(pasteQuestion)},
			asking{q: pasteQuestion, last: stopped(pasteQuestion), ticked: []bool{}, typing: rotation.Yes, wants: rotation.WantsSecret}, []effect{write{rotation.WantsSecret}, tell{}}},
		{"an answer that was not taken is asked for again, and why", working{verb: toAnswer, redo: &answered}, at(rotation.Drain), callDone{err: errAny}, working{verb: toDo, since: noon, why: "it broke"},
			[]effect{call{}, second, tell{}}},
		{"and then", working{verb: toDo, why: "it broke"}, at(rotation.Drain), callDone{result: stopped(again)}, asking{q: again, last: stopped(again), ticked: []bool{}, why: "it broke"}, []effect{tell{}}},
		{"an answer goes on", working{verb: toAnswer, redo: &answered}, at(rotation.Deliver), callDone{result: moved}, doing, []effect{call{}, second, tell{}}},
		{"an answer to an undo goes on with that", working{verb: toAnswer, undo: true, redo: &asking{undo: true}}, at(rotation.Verify), callDone{result: moved}, undoes, []effect{call{verb: toUndo}, second, tell{true}}},
		{"an answer that gives the undo up stops there", working{verb: toAnswer, undo: true, redo: &asking{undo: true, begun: true}}, at(rotation.Deliver), callDone{result: moved}, ready{moved}, []effect{plan{}, tell{true}}},
		{"an attested wait goes on", working{verb: toAttest}, at(rotation.Soak), callDone{}, doing, []effect{call{}, second, tell{}}},

		{"enter before every line is ticked", asking{q: attests, ticked: []bool{true, false}}, at(rotation.Drain), pressed{pressEnter},
			asking{q: attests, ticked: []bool{true, false}, why: "tick every line that is so: space, or * for all of them"}, nil},
		{"space ticks and goes to the next", asking{q: attests, ticked: []bool{false, false}}, at(rotation.Drain), pressed{pressTick}, asking{q: attests, ticked: []bool{true, false}, at: 1}, nil},
		{"space again", asking{q: attests, ticked: []bool{true, true}, at: 1}, at(rotation.Drain), pressed{pressTick}, asking{q: attests, ticked: []bool{true, false}, at: 1}, nil},
		{"y ticks nothing", asking{q: attests, ticked: []bool{false, false}}, at(rotation.Drain), chose{rotation.Yes},
			asking{q: attests, ticked: []bool{false, false}, why: "tick every line that is so: space, or * for all of them"}, nil},

		{"enter does not undo", undoAsked, at(rotation.Verify), pressed{pressEnter}, ready{}, nil},
		{"y does", undoAsked, at(rotation.Verify), chose{rotation.Yes}, undoes, []effect{call{verb: toUndo}, second}},
		{"u twice is one question", undoAsked, at(rotation.Verify), pressed{pressUndo}, undoAsked, nil},
		{"a wait goes on after the question", asking{q: undoAsked.q, back: waits}, at(rotation.Drain), pressed{pressLeave}, waits, []effect{second}},
		{"an undo that failed before it had begun", undoes, at(rotation.Verify), callDone{err: errAny}, failed{err: errAny, undo: true}, []effect{tell{true}}},
		{"is tried again by enter", failed{err: errAny, undo: true}, at(rotation.Verify), pressed{pressEnter}, undoes, []effect{call{verb: toUndo}, second}},
		{"and given up by esc", failed{err: errAny, undo: true}, at(rotation.Verify), pressed{pressLeave}, ready{}, []effect{plan{}}},
		{"a failed step is tried again", failed{err: errAny}, at(rotation.Verify), pressed{pressEnter}, doing, []effect{call{}, second}},
		{"a rotation that cannot be opened is left", failed{err: errAny, fatal: true}, at(rotation.Verify), pressed{pressEnter}, left{}, []effect{exits{}}},
		{"and undoes nothing", failed{err: errAny, fatal: true}, at(rotation.Verify), pressed{pressUndo}, failed{err: errAny, fatal: true}, nil},
		{"an end is left", finished{}, at(rotation.Delete, closedNow), pressed{pressEnter}, left{}, []effect{exits{}}},
		{"an end is not undone", finished{}, at(rotation.Delete, closedNow), pressed{pressUndo}, finished{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			to, does := next(c.from, c.in, c.by)
			if !reflect.DeepEqual(to, c.to) {
				t.Errorf("to\n%+v, want\n%+v", to, c.to)
			}
			if len(does)+len(c.does) > 0 && !reflect.DeepEqual(does, c.does) {
				t.Errorf("does\n%+v, want\n%+v", does, c.does)
			}
		})
	}
}

// What a rotation cannot take back is done by a key of its own alone: no key that only moves, shows or leaves begins a call.
func TestOnlyConfirmingKeysBeginACall(t *testing.T) {
	q := rotation.Question{Kind: rotation.AskReplace, Text: "?", Choices: yesOrNo("replace it", rotation.WantsNothing), Default: rotation.No}
	phases := map[string]phase{"ready": ready{}, "failed": failed{err: errAny}, "finished": finished{}, "waiting": waiting{}, "asking": asking{q: q},
		"undo": own(ready{}, undoQuestion(openView(rotation.Verify))), "close": own(ready{}, closeQuestion(openView(rotation.Verify))),
		"wait": own(waiting{}, waitQuestion(openView(rotation.Drain)))}
	for name, p := range phases {
		for _, key := range []press{pressUp, pressDown, pressLeave, pressQuit, pressTick, pressTickAll, pressUndo, pressClose, pressAttest} {
			_, does := next(p, input{now: noon, view: openView(rotation.Verify)}, pressed{key})
			for _, x := range does {
				if c, calls := x.(call); calls {
					t.Errorf("%s: key %d began %+v", name, key, c)
				}
			}
		}
		if name == "ready" || name == "failed" || name == "waiting" {
			continue
		}
		if _, does := next(p, input{now: noon, view: openView(rotation.Verify)}, pressed{pressEnter}); len(does) > 0 {
			if c, calls := does[0].(call); calls {
				t.Errorf("%s: enter began %+v, which is not the default", name, c)
			}
		}
	}
}
