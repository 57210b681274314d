package world

import (
	"slices"
	"time"
)

// This file is what must hold at the moment at which the program sends a call or writes a place: it is asked before that has an effect.

// aboutToDie looks at the truth at the moment at which the program sends a call that takes a key out of service.
func (w *world) aboutToDie(k *key, how string) {
	w.event(event{kind: how + " decided", id: k.id})
	first := w.step == "retire" && k == w.old // given up knowingly, and said
	for _, p := range w.readables() {
		if p.content() != k.text || first || p.left {
			continue
		}
		if p.read >= 0 && p.changed > p.read {
			p.excused = true
			continue
		}
		w.fail("I1", "%s of %s while %s holds its secret", how, k, p)
	}
	if k != w.old && !k.ours {
		w.fail("I1", "%s of %s, which is not this rotation's", how, k)
	}
	fresh := w.newKey()
	switch {
	case k == w.old && !first:
		w.carries(how, k, w.readables())
		w.cuts(how)
		w.rivals(how)
	case k == fresh && w.step == undoing:
		w.carries(how, k, slices.DeleteFunc(w.readables(), func(p *place) bool { return !p.touched }))
	}
}

// carries: what the places hold works without the key that goes.
func (w *world) carries(how string, k *key, places []*place) {
	for _, p := range places {
		value := p.content()
		carrier := w.keyByText(value)
		switch {
		case value == k.text || p.left: // looked at above
		case carrier != k && w.alive(carrier) && (carrier == w.newKey() || w.step == undoing):
		case w.step == undoing && value == p.former && (carrier == nil || !carrier.before || p.dead): // as it was
		case p.read >= 0 && p.changed > p.read:
			p.excused = true
		case carrier != nil && carrier.probed >= 0 && carrier.struck > carrier.probed:
			p.struck = true
		case carrier != nil && !w.alive(carrier) && (w.accepts(carrier) || w.now.Sub(carrier.taken) <= maxLook): // the service still takes it, or did when it was asked last: nobody can see yet that it is dead
		case carrier != nil && w.acceptAll && (w.vouched || w.controlled || w.sc.AcceptUnknown || w.saidUnknown): // nobody can see whether anything works: somebody said that it does, or the service began to lie after it was tried
		case w.step == undoing && carrier == w.old && w.sc.NoTryDead && w.lately(w.old): // its row is all that may be looked at
		case carrier == nil:
			w.fail("I1", "%s of %s while %s holds a value that is no key's", how, k, p)
		case w.alive(carrier):
			w.fail("I6", "%s of %s while %s holds the secret of another key than was shown, %s", how, k, p, carrier)
		default:
			w.fail("I1", "%s of %s while %s holds the secret of %s", how, k, p, carrier)
		}
	}
}

// cuts: an application that uses the old key all the time, where use is reported, is not cut unless somebody said so.
func (w *world) cuts(how string) {
	if !w.sc.SeesUse || w.attested || w.sc.Drain < 0 || w.sc.mode() != "planned" || !w.accepts(w.old) || !w.lately(w.old) && w.sc.Drain > 0 { // what is not listed cannot be watched: then the time that was named counts
		return
	}
	for _, a := range w.apps {
		if a.off || w.secretOf(a) != w.old.text || a.place != nil && a.place.readable() {
			continue
		}
		if a.every > w.sc.quiet()/2 || a.since.After(w.drained.Add(-w.sc.quiet()-a.every)) || a.place != nil && a.place.changed > 0 {
			continue
		}
		w.fail("I1b", "%s of the old key while the application %s uses it every %s", how, a.name, a.every)
	}
}

// rivals: another host's marked key of the same base, which the last list of this act showed, holds the deletion back.
func (w *world) rivals(how string) {
	if w.rival == nil || how != "delete" || w.notMine {
		return
	}
	if w.lastList().act == w.act && w.rowSeen(w.rival) {
		w.fail("I1", "delete of the old key while another host rotates it, too: %s", w.rival)
	}
}

// aboutToMint: where both keys are gone, no other is made for one that somebody deleted, unasked.
func (w *world) aboutToMint() {
	if w.sc.Roll > 0 && w.current() != nil { // the key is there
		return
	}
	first := !slices.ContainsFunc(w.keys, func(k *key) bool { return k.ours })
	if first || w.remade || w.sc.OldFirst || w.old.gone.IsZero() || !w.old.byOthers || w.rowSeen(w.old) || w.now.Before(w.old.gone.Add(w.sc.ListLag+w.sc.GoneLag)) {
		return
	}
	sent := 0
	for _, e := range w.events {
		if e.kind == "delete sent" && e.id == w.old.id {
			sent++
		}
	}
	if sent > 1 { // "no such key" is what a deletion of our own is answered with, whose answer was lost
		return
	}
	w.fail("I6", "a key is made for one that somebody deleted, and nobody was asked")
}

// aboutToWrite: a value that is neither the old key's nor ours is not written over unasked.
func (w *world) aboutToWrite(p *place, how string) {
	w.countRedelivery(p)
	value := p.content()
	if value == "" && !(w.sc.Wrong == "other variable" && p.n == 0 && !p.touched && p.changed == 0 && p.kind != filePlace) || p.left || w.replaced {
		return
	}
	if k := w.keyByText(value); k == w.old || k != nil && k.ours || p.read >= 0 && p.changed > p.read || k == w.other && !w.sc.tells() || w.blind {
		return
	}
	if p.oldDead && value == p.former && !w.sc.Masks && w.passesForDead(value) { // the service refuses it, as it refuses the old key's
		return
	}
	w.fail("I1", "%s over a value in %s that is neither the old key's nor ours, unasked", how, p)
}

// passesForDead: a value of a shape that can be this issuer's, and nothing but its refusal says whose it is.
func (w *world) passesForDead(value string) bool {
	if k := w.keyByText(value); k != nil {
		return !w.alive(k) && !w.accepts(k)
	}
	return w.sc.Prefix == ""
}

// maxLook is how long before a call the last look may be: the secret is asked with after the list and the places.
const maxLook = 10 * time.Second

// lastList is the last list that the program was shown.
func (w *world) lastList() event {
	for _, e := range slices.Backward(w.events) {
		if e.kind == "listed" {
			return e
		}
	}
	return event{}
}

// lately: the last list showed a row, as far as it tells enabled.
func (w *world) lately(k *key) bool {
	return slices.ContainsFunc(w.lastList().rows, func(row rowOf) bool { return row.ID == k.id && !row.IsDisabled() })
}

// rowSeen: the last list showed a row, on or off.
func (w *world) rowSeen(k *key) bool {
	return slices.ContainsFunc(w.lastList().rows, func(row rowOf) bool { return row.ID == k.id })
}

// sawDead: in this act the service refused a key's secret, or its last list lacked the key or showed its end.
func (w *world) sawDead(k *key) bool {
	listed := false
	for _, e := range slices.Backward(w.events) {
		switch {
		case e.act != w.act:
			return false
		case e.kind == "probed" && e.secret == k:
			return !e.ok
		case e.kind == "listed" && !listed:
			listed = true
			i := slices.IndexFunc(e.rows, func(row rowOf) bool { return k != nil && row.ID == k.id })
			if i < 0 || e.rows[i].ExpiresAt.Before(w.now) {
				return true
			}
		}
	}
	return false
}

// countRedelivery counts the deliveries over the old value that a program makes that cannot ask: twice a rotation, and no more.
func (w *world) countRedelivery(p *place) {
	if !w.sc.Headless || w.step == undoing || !p.touched || p.content() != w.old.text || !w.old.gone.IsZero() || w.turned {
		return
	}
	if w.delivered++; w.delivered > 2 {
		w.fail("I4", "%s is delivered to again, for the %d. time, and nobody asked for it", p, w.delivered)
	}
}
