package world

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

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

// maxLook is how long before a call the last look may be: the secret is asked with after the list and the places.
const maxLook = 10 * time.Second

// lately: the last list showed a row, as far as it tells enabled.
func (w *world) lately(k *key) bool {
	for _, e := range slices.Backward(w.events) {
		if e.kind == "listed" {
			return slices.ContainsFunc(e.rows, func(row rowOf) bool { return row.ID == k.id && !row.IsDisabled() })
		}
	}
	return false
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

// rowSeen: the last list showed a row, on or off.
func (w *world) rowSeen(k *key) bool {
	for _, e := range slices.Backward(w.events) {
		if e.kind == "listed" {
			return slices.ContainsFunc(e.rows, func(row rowOf) bool { return row.ID == k.id })
		}
	}
	return false
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
	for _, e := range slices.Backward(w.events) {
		if e.kind == "listed" && e.act == w.act {
			for _, row := range e.rows {
				if row.ID == w.rival.id {
					w.fail("I1", "delete of the old key while another host rotates it, too: %s", w.rival)
				}
			}
			return
		}
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

// check looks at the truth after an act.
func (w *world) check(out outcome) {
	w.leaks("what was said", out.said)
	for _, p := range w.readables() {
		if p.excused && out.status != killed {
			if k := w.keyByText(p.content()); !w.alive(k) && !w.accepts(k) && !(p.read >= 0 && p.changed > p.read) && (out.status == finished || out.status == moved) {
				w.fail("I1", "%s was reverted during the act, and the program goes on without noticing", p)
			}
		}
		if k := w.keyByText(p.content()); p.struck && out.status == finished && !w.alive(k) && w.sawDead(k) {
			w.fail("I1", "what %s holds is dead since our last look, and the program ends without noticing", p)
		}
		p.excused, p.struck = p.excused && out.status == killed, p.struck && out.status != finished
	}
	v := w.see()
	if v == nil {
		return
	}
	w.leaks("certain", strings.Join(v.certain, "\n"))
	w.leaks("unknown", strings.Join(v.unknown, "\n"))
	w.leaks("notes", strings.Join(v.notes, "\n"))
	w.claims(v)
}

func (w *world) leaks(where, text string) {
	if strings.Contains(text, canary) {
		w.fail("I5", "a secret is in %s", where)
	}
}

// checkEnd looks at everything after the longest lag.
func (w *world) checkEnd() {
	v := w.see()
	if v == nil {
		w.nothingDone()
		return
	}
	w.leaks("the view", w.everything())
	w.named(v)
	w.carriesAtEnd(v)
	w.leftFiles(v)
	if v.state == "done" {
		w.access(v)
	}
	if v.state == "done" || v.state == "undone" {
		w.findable(v)
	}
}

// nothingDone: without a journal nothing was changed.
func (w *world) nothingDone() {
	for _, k := range w.keys {
		if k.ours && w.alive(k) {
			w.fail("I3", "%s lives, and there is no journal", k)
		}
	}
	for _, p := range w.places {
		if p.touched {
			w.fail("I2", "%s was changed, and there is no journal", p)
		}
	}
}

// named: at an end no key of ours lives that it does not name.
func (w *world) named(v *view) {
	if v.state == "open" {
		return
	}
	said := v.statements() + w.last.said
	for _, k := range w.keys {
		if !k.ours || !w.alive(k) || v.state == "done" && k.id == v.newID {
			continue
		}
		if w.sc.Manual && k.id != v.newID && strings.Contains(said, "somebody made in the dashboard") {
			continue
		}
		if k.rolled.Known() && strings.Contains(said, "may have a new secret that nobody has") {
			continue
		}
		if strings.Contains(said, fmt.Sprintf("called %q", k.row.Name)) { // by its name: its id nobody has seen
			continue
		}
		if v.state == "undone" || !strings.Contains(said, k.id) {
			w.fail("I3", "%s lives after %q, which does not name it", k, v.state)
		}
	}
	if v.state == "done" && w.alive(w.old) {
		w.fail("I3", "the old key lives after %q", v.state)
	}
}

// carriesAtEnd: after an end what the places hold works.
func (w *world) carriesAtEnd(v *view) {
	for _, p := range w.readables() {
		value := p.content()
		k := w.keyByText(value)
		switch {
		case v.state == "done" && k != nil && k.id == v.newID:
		case p.changed > p.read || p.left: // somebody has written it since
		case v.state == "done":
			w.fail("I1", "after the end %s does not hold the new secret", p)
		case v.state == "undone" && p.touched && value != p.former && !w.alive(k):
			w.fail("I1", "after the undo %s holds neither what it held nor a secret that works", p)
		}
	}
}

// leftFiles: after an end the secrets lie in the places alone.
func (w *world) leftFiles(v *view) {
	if v.state == "open" {
		return
	}
	files := w.allFiles()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		text := files[path]
		if strings.Contains(text, canary) && strings.Contains(path, ".detent-") && !strings.Contains(v.statements(), path) {
			w.fail("I5", "after the end a secret lies in %s", strings.TrimPrefix(path, w.dir))
		}
	}
}

// access: the key that carries may do what was shown, lives as long, and no more.
func (w *world) access(v *view) {
	k := w.keyByID(v.newID)
	if k == nil || !k.gone.IsZero() {
		return
	}
	unasked := append(access(k.asked, k.row), ended(k.asked, k.row)...)
	accepted := func(field string) bool {
		if w.shownTo[field] {
			return true
		}
		for _, d := range v.diff { // what the service does not report was accepted beforehand, where it is as it was asked for
			if d.field == field {
				return d.accepted && (d.new == "unknown" || d.old == "unknown" && !slices.Contains(unasked, field))
			}
		}
		return false
	}
	for _, field := range access(w.old.row, k.row) {
		if !accepted(field) && !w.changedByOthers(k) {
			w.fail("I6", "the new key's %s differs, and nobody saw it", field)
		}
	}
	if w.sc.Roll > 0 { // it is the same row: who has changed its end has changed that of both
		return
	}
	if w.sc.Renew { // the end is taken over as it was, not as long again
		if first := w.firstEnd(); !k.row.ExpiresAt.Equal(first) && !accepted("expires_at") && !w.changedByOthers(k) && !w.changedByOthers(w.old) {
			w.fail("I6", "the new key ends %v, the old one was to end %v, and nobody saw it", k.row.ExpiresAt, first)
		}
		return
	}
	if len(ended(w.old.row, k.row)) > 0 && !accepted("expires_at") && !w.changedByOthers(k) && !w.changedByOthers(w.old) {
		w.fail("I6", "the new key lives %s, the old one lived %s, and nobody saw it", life(k.row), life(w.old.row))
	}
	dead := w.sc.Off || w.sc.Life > 0 && w.sc.Left <= 0
	if dead && !w.revived && w.shownDead() {
		w.fail("I6", "a key that was dead came alive, and nobody said so")
	}
}

// shownDead: something that the service answered before the new secret was put anywhere told that the old key was dead. It may report no end, and not be
// asked with a dead secret, or a wall answers.
func (w *world) shownDead() bool {
	before := w.events
	if put := slices.IndexFunc(before, func(e event) bool { return e.kind == "put" }); put >= 0 {
		before = before[:put]
	}
	return w.sc.Off || w.sc.SilentExpiry == "" || !w.replaced && slices.ContainsFunc(before, func(e event) bool { return e.kind == "probed" && e.secret == w.old && !e.ok })
}

// changedByOthers reports whether somebody else has changed the row.
func (w *world) changedByOthers(k *key) bool { return len(k.past) > 0 && k.struck > 0 }

// findable: the base name finds the one live key.
func (w *world) findable(v *view) {
	late := strings.Contains(v.statements(), "called ")
	if name, _ := apikey.SplitName(v.newName); late || w.sc.Twin || w.homonym || w.rival != nil || w.sc.Manual && v.newID == "" || // what somebody makes by hand has the name, too
		!apikey.SameBase(name, base, w.sc.MaxName) {
		return
	}
	carrier := w.old
	if w.sc.Roll > 0 || w.sc.Renew && w.changedByOthers(w.old) { // it is the same row, or has the name that somebody gave it
		return
	}
	if v.state == "done" {
		carrier = w.keyByID(v.newID)
	}
	if !w.alive(carrier) || carrier.struck > 0 {
		return
	}
	if found := w.findByName(w.listed(), base); len(found) != 1 || found[0] != carrier.id {
		w.fail("I7", "the name %q finds %v, not %s", base, found, carrier)
	}
}
