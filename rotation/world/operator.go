package world

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"detent/rotation"
)

// The operator's acts.
const (
	actRun     = "run"     // goes on until something is needed, and answers it from the truth
	actDo      = "do"      // one step
	actUndo    = "undo"    // goes back, as far as that comes
	actRestart = "restart" // leaves, and opens the rotation again
	actLeave   = "leave"   // leaves it; the next act opens it again
	actAway    = "away"    // is away for ten minutes
	actMinute  = "minute"  // for one
	actEnable  = "reenable"
	actRestore = "restore" // puts right what others took away
)

var operatorActs = []string{actRun, actRun, actRun, actDo, actDo, actDo, actUndo, actRestart, actLeave, actAway, actMinute, actEnable, actRestore}

// operator carries out one act.
func (w *world) operator(act string) {
	if w.flag(act) {
		return
	}
	switch act {
	case actAway:
		w.pass(10*time.Minute, true)
		return
	case actMinute:
		w.pass(time.Minute, true)
		return
	case actRestore:
		w.putRight()
		return
	case actLeave, actRestart:
		w.leave()
		if act == actLeave {
			return
		}
	}
	if !w.open() {
		w.after(act, w.last)
		return
	}
	switch act {
	case actRun:
		w.after(act, w.run(false))
	case actUndo:
		w.after(act, w.run(true))
	case actDo:
		w.after(act, w.process.do())
	case actEnable:
		if v := w.see(); v.step == "soak" {
			w.after(act, w.process.reenable())
		}
	}
}

// maxSteps bounds what one act may do.
const maxSteps = 120

// run goes on, or back, until something stands in the way that the operator cannot answer from the truth.
func (w *world) run(back bool) (out outcome) {
	polls, answers := 0, 0
	for range maxSteps {
		if w.process == nil {
			return out
		}
		w.goingBack = back
		if back {
			out = w.process.undo()
		} else {
			out = w.process.do()
		}
		if w.logging {
			w.note("  %s %s", out.status, strings.ReplaceAll(strings.TrimSpace(out.said), "\n", " | "))
		}
		switch out.status {
		case moved:
		case waiting:
			if polls++; polls == 12 {
				w.moveApps()
			}
			pause := max(out.wait, time.Millisecond)
			if polls > maxSteps/2 { // who has looked that often looks again a minute later: a wait may be for as long as a use takes to show
				pause = max(pause, time.Minute)
			}
			w.pass(pause, true)
		case stopped:
			if answers++; answers > 12 || out.ask == nil {
				return out
			}
			if w.sc.Headless {
				if !w.restartWithFlag(*out.ask) {
					return out
				}
			} else if !w.reply(*out.ask) {
				return out
			}
		default:
			return out
		}
	}
	return out
}

// reply answers what a rotation asks, from the truth; false where the truth has no answer that lets it go on.
func (w *world) reply(a ask) bool {
	choice, secret, ok := w.answerTo(a)
	if !ok {
		return false
	}
	out := w.process.answer(a, choice, secret)
	w.note("  answered %s with %s: %s %s", a.kind, choice, out.status, out.said)
	if a.kind == rotation.AskBothGone && choice == rotation.Yes && out.status == refused { // no other key can be made: the choices are to close and to leave
		out = w.process.answer(a, rotation.CloseIt, secret)
		w.note("  answered %s with %s: %s %s", a.kind, rotation.CloseIt, out.status, out.said)
	}
	if a.kind == rotation.AskPaste && out.status == refused && w.pastedKey != nil {
		switch {
		case strings.Contains(out.said, "no new key is in the list"), strings.Contains(out.said, "this is not the secret of") && w.pastedKey.ours:
			w.refusedPaste[w.pastedKey.id] = true
		case strings.Contains(out.said, "several keys appeared"):
			for _, k := range w.keys {
				if k.ours && k != w.pastedKey && k.gone.IsZero() && !w.heldAnywhere(k.text) {
					w.remove(k)
				}
			}
		default:
			w.putRight()
		}
		return true
	}
	if out.status == stopped && out.ask != nil && out.ask.kind != a.kind {
		return w.reply(*out.ask)
	}
	return out.status == moved || out.status == finished || out.status == stopped
}

// mendPlaces takes out of the places what somebody else has written there: one of the two values goes back.
func (w *world) mendPlaces(back bool) {
	fresh := w.newKey()
	for _, p := range w.readables() {
		value := p.content()
		if _, err := os.Stat(p.path); p.kind == linkPlace && p.touched && errors.Is(err, fs.ErrNotExist) { // a link that leads nowhere: it is said to be created
			p.write(p.text(""))
			continue
		}
		k := w.keyByText(value)
		if k == w.old && p.former != value && !back { // it had something else, or nothing, when the rotation began
			p.put(p.former)
			continue
		}
		if value == "" || value == p.former || k == w.old || k != nil && k.ours {
			continue
		}
		if back || fresh == nil || !p.touched {
			p.put(p.former)
		} else {
			p.put(fresh.text)
		}
	}
}
