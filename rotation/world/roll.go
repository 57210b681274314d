package world

import (
	"context"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
)

// A service that gives a key a new secret in place. In truth each secret is a key of its own here: the one that the key had before ends
// with the overlap. On the wire they are one row.

// rollWire is the service as it is where keys are rolled.
type rollWire struct{ client.Service }

// Unwrap lets client.As find what the service inside can do.
func (s rollWire) Unwrap() client.Service { return s.Service }

// Capabilities are the scenario's.
func (s rollWire) Capabilities() apikey.Capabilities {
	caps := s.Service.Capabilities()
	caps.Roll = apikey.Roll{Ability: apikey.Can(), AtOnce: true, Overlap: 7 * 24 * time.Hour, Again: true, End: true, Keep: true}
	if inner(s).sc.Unnamed {
		caps.Roll = apikey.Roll{Ability: apikey.Can(), AtOnce: true}
	}
	return caps
}

// fitRoll leaves out what a wire that rolls keys does not have, and what a roll has no use for.
func (sc *Scenario) fitRoll() {
	sc.Manual, sc.Disable, sc.Rename, sc.Retrieve, sc.Announced, sc.OldFirst, sc.Off, sc.Pastes = false, false, false, false, false, false, false, ""
	if sc.Left < time.Hour {
		sc.Left = 20 * 24 * time.Hour
	}
}

// lineOf are the secrets of the rolled key that a list of that moment knows, the latest last.
func (w *world) lineOf(at time.Time) []*key {
	return slices.DeleteFunc(slices.Clone(w.keys), func(k *key) bool {
		return k != w.old && !k.rolled.Known() || k.born.After(at) || w.unlisted(k, at)
	})
}

// oneRow makes the rolled key's secrets one row, as the wire has them.
func (w *world) oneRow(at time.Time) (row apikey.Key, there bool) {
	line := w.lineOf(at)
	if hidden := func(k *key) bool { return slices.Contains(w.hidden, k.id) }; len(line) == 0 || slices.ContainsFunc(w.keys, func(k *key) bool { return (k == w.old || k.rolled.Known()) && hidden(k) }) {
		return row, false
	}
	last := line[len(line)-1]
	row = w.shown(last, at)
	row.ID, row.RolledAt = w.old.id, last.rolled
	if last.earlier != nil && slices.Contains(line, last.earlier) {
		former := w.shown(last.earlier, at)
		if !last.gone.IsZero() { // the list is behind
			former.ExpiresAt = last.overlaps
		}
		if end, ends := former.ExpiresAt.Time(); ends && end.After(at.Add(w.sc.Skew)) {
			row.FormerEndsAt, row.FormerUsedAt = former.ExpiresAt, former.LastUsedAt
		}
	}
	if w.sc.Unnamed {
		row.RolledAt = apikey.Moment{}
	}
	return row, true
}

// asTwo are the rows of a list as they are two keys, for the claims that are made of them.
func (w *world) asTwo(rows []apikey.Key) []apikey.Key {
	out := slices.Clone(rows)
	i := slices.IndexFunc(out, func(k apikey.Key) bool { return k.ID == w.old.id })
	if i < 0 || !out[i].RolledAt.Known() {
		return out
	}
	row := out[i]
	fresh := row
	fresh.ID = rolledID(row.RolledAt)
	out[i] = fresh
	if row.FormerEndsAt.Known() {
		former := row
		former.LastUsedAt, former.ExpiresAt = row.FormerUsedAt, row.FormerEndsAt
		out = append(out, former)
	}
	return out
}

// rolledID is what the program calls a key with that secret.
func rolledID(at apikey.Moment) string {
	when, _ := at.Time()
	return "old rolled " + when.Format(time.RFC3339Nano)
}

// current and former are the secrets that the rolled key truly has now.
func (w *world) current() *key {
	for _, k := range slices.Backward(w.keys) {
		if (k == w.old || k.rolled.Known()) && k.gone.IsZero() {
			return k
		}
	}
	return nil
}

func (w *world) former() *key {
	now := w.current()
	if now == nil || now.earlier == nil || !now.earlier.gone.IsZero() || now.earlier.expired(w.now) {
		return nil
	}
	return now.earlier
}

// roll gives the key a new secret.
func (w *world) roll(overlap time.Duration, once string) (row apikey.Key, secret apikey.Secret, t *trouble) {
	replay := false
	var rolled apikey.Moment
	if overlap == 0 {
		w.event(event{kind: "delete sent", id: w.old.id})
	}
	t = w.call("create", true, w.aboutToMint, func() *trouble {
		if made := w.rollNamed[once]; made != nil && !w.sc.Unnamed {
			row, _ = w.oneRow(w.now)
			replay, rolled = true, made.rolled
			return nil
		}
		k := w.current()
		switch {
		case k == nil || k.expired(w.now):
			return &trouble{missing, 404, false}
		case w.former() != nil:
			return &trouble{conflict, 409, false}
		}
		fresh := k.row
		at := w.now.Truncate(time.Millisecond)
		if w.sc.Unnamed { // it is called by when it was asked for
			at, _ = time.Parse(time.RFC3339Nano, once)
		}
		for _, k := range w.keys { // no roll is named like one that was taken back
			if last, _ := k.rolled.Time(); !at.After(last) {
				at = last.Add(time.Millisecond)
			}
		}
		fresh.ID = rolledID(apikey.At(at))
		n := w.addKey(fresh, w.now)
		rolled = apikey.At(at)
		n.ours, n.rolled, n.earlier, n.asked = true, apikey.At(at), k, n.row
		n.kept = k.row.ExpiresAt
		n.overlaps = apikey.At(w.now.Add(overlap))
		if overlap == 0 { // given up knowingly, and said
			if !w.sc.AtOnce {
				w.fail("I1", "the key is rolled at once, and nobody said that it may be")
			}
			w.remove(k)
			w.event(event{kind: "delete done", id: k.id})
		} else {
			end := w.now.Add(overlap).Truncate(time.Second)
			if has, ends := k.row.ExpiresAt.Time(); !ends || has.After(end) {
				w.change(k, func(row *apikey.Key) { row.ExpiresAt = apikey.At(end) })
			}
		}
		if w.rollNamed == nil {
			w.rollNamed = map[string]*key{}
		}
		w.rollNamed[once] = n
		secret = n.secret
		switch w.createLie {
		case "old secret":
			if w.sc.Masks || slices.ContainsFunc(w.readables(), func(p *place) bool { return p.former == w.old.text }) {
				secret = w.old.secret
			}
		case "no secret":
			secret = apikey.Secret{}
		case "existing id", "old id", "no id": // the client takes an answer about another key for none
			w.createLie = ""
			return &trouble{emptyAnswer, 200, true}
		}
		w.createLie = ""
		row, _ = w.oneRow(w.now)
		return nil
	})
	if t != nil {
		return apikey.Key{}, apikey.Secret{}, t
	}
	if overlap == 0 {
		w.event(event{kind: "delete answered", id: w.old.id})
	}
	if !replay {
		w.event(event{kind: "created", id: rolledID(rolled), secret: w.keyBySecret(secret)})
	}
	return w.reported(row), secret, nil
}

// ending makes one of the two secrets die, where an overlap runs.
func (w *world) ending(id string, which func() *key, and func()) (already bool, t *trouble) {
	w.event(event{kind: "delete sent", id: id})
	t = w.call("delete", true, func() {
		if k := which(); w.former() != nil {
			w.aboutToDie(k, "delete")
		}
	}, func() *trouble {
		if w.former() == nil {
			already = true
			return nil
		}
		k := which()
		and()
		w.remove(k)
		w.event(event{kind: "delete done", id: k.id})
		return nil
	})
	if t == nil {
		w.event(event{kind: "delete answered", id: id})
	}
	return already, t
}

// givenBack restores the end that the former secret had before the roll.
func (w *world) givenBack() {
	now := w.current()
	w.change(now.earlier, func(row *apikey.Key) { row.ExpiresAt = now.kept })
}

// keyOver: no new secret brings the key back.
func (w *world) keyOver() bool {
	k := w.current()
	return k == nil || k.expired(w.now.Add(time.Minute))
}

// another is the answer to whether another key is to take the place of one that is gone. Where keys are rolled there is none for a key that is over.
func (w *world) another() string {
	if w.sc.Roll > 0 && w.keyOver() || w.sc.Renew && w.noneToRoll() {
		return rotation.CloseIt
	}
	return rotation.Yes
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

// sameRow are the secrets of the key that one is of: what is changed of it is changed of all.
func (w *world) sameRow(k *key) []*key {
	if w.sc.Roll == 0 || k != w.old && !k.rolled.Known() {
		return []*key{k}
	}
	return slices.DeleteFunc(slices.Clone(w.keys), func(k *key) bool { return k != w.old && !k.rolled.Known() || !k.gone.IsZero() })
}

// endsOnTheWire: the end of a key is that of all its secrets.
func (w *world) endsOnTheWire(k *key, end apikey.Moment) {
	if w.sc.Roll == 0 || k != w.old && !k.rolled.Known() {
		return
	}
	for _, other := range w.keys {
		if other != k && (other == w.old || other.rolled.Known()) && other.gone.IsZero() && !other.expired(w.now) {
			w.struck(other)
			w.change(other, func(row *apikey.Key) { row.ExpiresAt = end })
		}
		other.kept = end
	}
}

// deletedOnTheWire is what the end of one of its secrets by somebody else is on such a wire: an overlap that is ended, a key that is given back to
// its former secret, or the end of the key.
func (w *world) deletedOnTheWire(k *key) {
	switch {
	case k.earlier == nil || !k.earlier.gone.IsZero():
	case k.earlier.expired(w.now):
		w.remove(k.earlier)
	default:
		w.change(k.earlier, func(row *apikey.Key) { row.ExpiresAt = k.kept })
	}
}

// Roll gives the key a new secret.
func (s rollWire) Roll(_ context.Context, _ string, order apikey.RollOrder) (apikey.Rolled, error) {
	row, secret, t := inner(s).roll(order.Overlap, order.Once)
	if t != nil {
		return apikey.Rolled{}, failure("give the key a new secret", t)
	}
	return apikey.Rolled{Key: row, Secret: secret}, nil
}

// EndOverlap makes the former secret die.
func (s rollWire) EndOverlap(context.Context, string) (apikey.Deleted, error) {
	w := inner(s)
	already, t := w.ending(w.old.id, w.former, func() {})
	if t != nil {
		return apikey.Deleted{}, failure("end the overlap", t)
	}
	return apikey.Deleted{AlreadyGone: already}, nil
}

// KeepFormer gives the key back to its former secret.
func (s rollWire) KeepFormer(context.Context, string, apikey.Moment) (apikey.Deleted, error) {
	w := inner(s)
	id := w.old.id
	for _, k := range w.keys {
		if k.rolled.Known() {
			id = k.id
		}
	}
	already, t := w.ending(id, w.current, w.givenBack)
	if t != nil {
		return apikey.Deleted{}, failure("give the key back to its former secret", t)
	}
	return apikey.Deleted{AlreadyGone: already}, nil
}
