package world

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"detent/apikey"
)

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
		if k == w.former() && strings.Contains(said, "its former secret is left as it is, and dies at") { // of a further roll: nobody has it, and it dies
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

// firstEnd is when the old key was to end before it was rolled.
func (w *world) firstEnd() apikey.Moment {
	if len(w.old.past) > 0 {
		return w.old.past[0].row.ExpiresAt
	}
	return w.old.row.ExpiresAt
}

// after looks at what an act has come to.
func (w *world) after(act string, out outcome) {
	w.act++
	w.last = out
	w.note("%s: %s %s", act, out.status, strings.ReplaceAll(strings.TrimSpace(out.said), "\n", " | "))
	w.check(out)
	if w.walk.GoesOn {
		w.putRight()
	}
}
