package world

import (
	"fmt"
	"maps"
	"slices"

	"detent/rotation"
)

// This file is what an operator says without being asked: on a command line, with a reason.

// The operator's acts that are flags.
const (
	actClose   = "close"          // ends it as it stands
	actAlone   = "close alone"    // the same by the journal alone: service and places may be gone
	actWithout = "without"        // goes on without a place
	actUndone  = "undone"         // vouches for a place
	actUnknown = "accept unknown" // accepts what cannot be seen
	actNotMine = "not mine"       // another marked key is no rival
	actTurn    = "turn around"    // gives an undo up
)

var flagActs = []string{actClose, actAlone, actWithout, actUndone, actUnknown, actNotMine, actTurn}

const because = "looked at by hand"

// flag carries such an act out; false where it is none.
func (w *world) flag(act string) bool {
	if !slices.Contains(flagActs, act) {
		return false
	}
	if !w.journaled() {
		return true
	}
	switch act {
	case actClose:
		if w.open() {
			w.closes(act, func() outcome { return w.process.close(because) })
		}
	case actAlone:
		w.leave()
		w.closes(act, w.closeAlone)
	case actTurn:
		if w.open() && w.see().undoing {
			w.after(act, w.process.turnAround())
		}
	default:
		w.leave()
		w.after(act, w.resumeWith(act))
	}
	return true
}

// closes: within one act it is over, and nothing is changed at the service and in the places.
func (w *world) closes(act string, do func() outcome) {
	was := w.standing()
	out := do()
	w.after(act, out)
	if is := w.standing(); !maps.Equal(was, is) {
		w.fail("I4", "a close changes something: %v, before %v", is, was)
	}
	if out.status != killed && !w.store.full && (out.status != finished || w.see().state != "closed") {
		w.fail("I4", "a close does not end it: %s: %s", out.status, out.said)
	}
}

// standing is what a close leaves alone.
func (w *world) standing() map[string]string {
	out := map[string]string{"calls": fmt.Sprint(w.calls)}
	for _, k := range w.keys {
		out[k.id] = k.String()
	}
	for _, p := range w.places {
		out[p.String()] = p.content()
	}
	return out
}

// resumeWith opens the rotation with a flag, from the truth.
func (w *world) resumeWith(act string) outcome {
	switch act {
	case actUnknown:
		w.vouched = true
		return w.resume(options{acceptUnknown: because})
	case actNotMine:
		return w.resume(options{notMine: because})
	}
	i := slices.IndexFunc(w.places, func(p *place) bool { return !p.readable() || p.taken && p.content() == "" })
	if i < 0 {
		return w.resume(options{})
	}
	p := w.places[i]
	if act == actUndone {
		if p.readable() {
			return w.resume(options{})
		}
		was := p.content()
		p.put(p.former)
		out := w.resume(options{undone: []string{p.spec()}, reason: because})
		if out.status == failed && w.store.full { // it was not taken down, and said so
			p.put(was)
		}
		return out
	}
	there := p.readable() && p.content() != ""
	out := w.resume(options{without: []string{p.spec()}, reason: because})
	if out.status == moved {
		p.left = true
		if there {
			w.fail("I1", "%s is left out, and can be read", p)
		}
	}
	return out
}

// flagFor is how an operator who cannot be asked says what was asked, from the truth.
func (w *world) flagFor(a ask) (o options, ok bool) {
	if a.kind != rotation.AskAccept && a.kind != rotation.AskUnproven { // a difference that is seen needs a person
		if _, _, ok := w.answerTo(a); !ok {
			return o, false
		}
	}
	switch a.kind {
	case rotation.AskAttest:
		return options{drainZero: true}, true
	case rotation.AskUnread, rotation.AskAccept, rotation.AskUnproven, rotation.AskUnknown:
		if w.saidUnknown {
			return o, false
		}
		if a.kind == rotation.AskUnproven {
			if !w.alive(w.newKey()) {
				return o, false
			}
			w.vouched = true
		}
		w.saidUnknown = true
		return options{acceptUnknown: because}, true
	case rotation.AskUndone:
		return options{undone: []string{a.subject}, reason: because}, true
	case rotation.AskCleanup, rotation.AskAgain, rotation.AskDashboard:
		return o, true
	}
	return o, false
}

// restartWithFlag starts the program anew with a flag, where it stopped and nobody can be asked.
func (w *world) restartWithFlag(a ask) bool {
	o, ok := w.flagFor(a)
	if !ok {
		return false
	}
	w.leave()
	w.note("  says %+v", o)
	if !w.journaled() {
		w.begin()
	} else {
		w.resume(o)
	}
	return w.process != nil
}
