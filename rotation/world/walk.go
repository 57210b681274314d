package world

import (
	"os"
	"strings"
	"time"
)

// Run carries a walk out. It is the same each time.
func Run(walk Walk, o Options) Outcome {
	w := newWorld(walk, o)
	defer func() { _ = os.RemoveAll(w.dir) }()
	w.operate()
	within := w.end()
	w.finale()
	end := w.end()
	if w.process != nil {
		w.process.drop()
	}
	return Outcome{Acts: w.act, End: end, Within: within, Failures: w.failures, Met: w.met, Log: w.log}
}

func (w *world) end() string {
	if v := w.see(); v != nil && v.over() {
		return v.state
	}
	return "stopped"
}

// operate is the walk's own part: the operator and the adversary.
func (w *world) operate() {
	out := w.begin()
	w.after("start", out)
	if w.process == nil {
		return
	}
	for _, act := range w.walk.Acts {
		w.operator(act)
		if w.walk.GoesOn { // who goes on looks again after a moment
			w.pass(time.Minute, true)
		}
		if w.walk.GoesOn && w.process == nil && !w.journaled() { // killed before there was anything to go on with: begun anew
			w.after("start", w.begin())
		}
		if w.over() || w.process == nil && !w.journaled() {
			return
		}
	}
}

// maxActs is within how many acts a rotation ends once everything is right.
const maxActs = 20

// finale: the adversary is quiet, what was taken away is back, and the rotation comes to an end; then everything is looked at after the
// longest lag.
func (w *world) finale() {
	w.strikes = nil
	w.putRight()
	w.lies, w.createLie, w.frozen, w.hidden = nil, "", time.Time{}, nil
	for _, p := range w.places {
		p.failPut, p.failThen = 0, 0
	}
	w.step, w.sc.Headless = "", false // somebody comes to the terminal
	w.leave()
	if w.journaled() && !w.over() {
		back := !w.walk.GoesOn && len(w.walk.Acts)%2 == 1
		one := w.ends(back)
		first := w.last.said
		if !one && !w.ends(!back) && !w.afterOverlap() {
			w.fail("I4", "it ends neither way: %s: %s\n  the other way: %s", w.last.status, strings.TrimSpace(w.last.said), first)
		}
	}
	w.pass(w.longest(), true)
	w.checkEnd()
}

// ends goes one way until the rotation is over, within maxActs.
func (w *world) ends(back bool) bool {
	same, before := 0, ""
	for range maxActs {
		if w.over() {
			return true
		}
		if !w.open() {
			return false
		}
		w.after("finale", w.run(back))
		w.mendPlaces(back)
		if w.process != nil && w.last.status != finished {
			w.process.drop()
		}
		if same++; w.last.said != before {
			same, before = 0, w.last.said
		}
		if same == 4 { // nothing comes of it any more
			break
		}
		w.pass(time.Minute, true)
	}
	return w.over()
}

// afterOverlap: where a roll's new secret is lost and may be in use, and an undo is refused, the overlap's end is waited for: from there on the key
// is rolled once more.
func (w *world) afterOverlap() bool {
	if w.sc.Roll == 0 {
		return false
	}
	w.pass(w.sc.Roll, true)
	return w.ends(false) || w.ends(true)
}
