package world

import (
	"slices"
	"time"

	"detent/apikey"
)

// A service may give a key a new secret in place. In truth each secret is a key of its own here: the one that the key had before ends
// with the overlap. On the wire they are one row.

// isRolled reports whether a key is one of the secrets of the rolled key.
func (w *world) isRolled(k *key) bool { return k == w.old || k.rolled.Known() }

// lineOf are the secrets of the rolled key that a list of that moment knows, the latest last.
func (w *world) lineOf(at time.Time) []*key {
	return slices.DeleteFunc(slices.Clone(w.keys), func(k *key) bool {
		return !w.isRolled(k) || k.born.After(at) || w.unlisted(k, at)
	})
}

// oneRow makes the rolled key's secrets one row, as the wire has them.
func (w *world) oneRow(at time.Time) (row apikey.Key, there bool) {
	line := w.lineOf(at)
	if len(line) == 0 || slices.ContainsFunc(w.keys, func(k *key) bool { return w.isRolled(k) && slices.Contains(w.hidden, k.id) }) {
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
		if w.isRolled(k) && k.gone.IsZero() {
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

// sameRow are the secrets of the key that one is of: what is changed of it is changed of all.
func (w *world) sameRow(k *key) []*key {
	if w.sc.Roll == 0 || !w.isRolled(k) {
		return []*key{k}
	}
	return slices.DeleteFunc(slices.Clone(w.keys), func(k *key) bool { return !w.isRolled(k) || !k.gone.IsZero() })
}

// rolledFrom are the keys that rolls have made since of a key, with the access that it had.
func (w *world) rolledFrom(k *key) []*key {
	at := slices.Index(w.keys, k)
	return slices.DeleteFunc(slices.Clone(w.keys[at+1:]), func(k *key) bool { return !w.sc.Renew || !k.ours || !k.gone.IsZero() })
}

// endsOnTheWire: the end of a key is that of all its secrets.
func (w *world) endsOnTheWire(k *key, end apikey.Moment) {
	if w.sc.Roll == 0 || !w.isRolled(k) {
		return
	}
	for _, other := range w.keys {
		if other != k && w.isRolled(other) && other.gone.IsZero() && !other.expired(w.now) {
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
