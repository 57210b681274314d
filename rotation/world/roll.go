package world

import (
	"context"
	"time"

	"detent/apikey"
)

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
			if last, _ := k.rolled.Time(); at.Equal(last) || !at.After(last) && !w.sc.Unnamed { // by the time of the call one may take effect late
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
			if w.recognised(w.old) {
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

// roll gives the key a new secret.
func (s *service) roll(_ context.Context, _ string, order apikey.RollOrder) (apikey.Rolled, error) {
	row, secret, t := s.w.roll(order.Overlap, order.Once)
	return apikey.Rolled{Key: row, Secret: secret}, failure("give the key a new secret", t)
}

// endOverlap makes the former secret die.
func (s *service) endOverlap(context.Context, string) (apikey.Deleted, error) {
	w := s.w
	already, t := w.ending(w.old.id, w.former, func() {})
	return apikey.Deleted{AlreadyGone: already}, failure("end the overlap", t)
}

// keepFormer gives the key back to its former secret.
func (s *service) keepFormer(context.Context, string, apikey.Moment) (apikey.Deleted, error) {
	w := s.w
	id := w.old.id
	for _, k := range w.keys {
		if k.rolled.Known() {
			id = k.id
		}
	}
	already, t := w.ending(id, w.current, w.givenBack)
	return apikey.Deleted{AlreadyGone: already}, failure("give the key back to its former secret", t)
}
