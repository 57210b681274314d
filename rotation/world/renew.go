package world

import (
	"context"
	"time"

	"detent/apikey"
)

// A service whose roll makes a key with an id of its own. The one that is rolled ends with the call, or after the overlap.

// renew makes a key like the one that is rolled, with its name and its end.
func (s *service) renew(_ context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error) {
	w := s.w
	var made *key
	if order.Overlap == 0 {
		w.event(event{kind: "delete sent", id: id})
	}
	before := func() {
		if k := w.keyByID(id); k != nil && k.gone.IsZero() { // of what is gone no key is made, however late a list shows that
			w.aboutToMint()
		}
	}
	t := w.call("create", true, before, func() *trouble {
		k := w.keyByID(id)
		if k == nil || !k.gone.IsZero() || k.expired(w.now) {
			return &trouble{missing, 404, false}
		}
		row := k.row
		row.ID, row.CreatedAt = "", apikey.At(w.now.Truncate(time.Second))
		made = w.addKey(row, w.now)
		made.ours, made.asked = true, made.row
		if order.Overlap == 0 {
			w.remove(k)
			w.event(event{kind: "delete done", id: id})
		} else {
			w.change(k, func(row *apikey.Key) { row.ExpiresAt = apikey.At(w.now.Add(order.Overlap).Truncate(time.Second)) })
		}
		return nil
	})
	if t != nil {
		return apikey.Rolled{}, failure("give the key a new secret", t)
	}
	if order.Overlap == 0 {
		w.event(event{kind: "delete answered", id: id})
	}
	w.event(event{kind: "created", id: made.id, secret: made})
	return apikey.Rolled{Key: w.reported(w.shown(made, w.now)), Secret: made.secret}, nil
}

// giveEndBack gives a key the end back that it had.
func (s *service) giveEndBack(_ context.Context, id string, ends apikey.Moment) (apikey.Deleted, error) {
	w := s.w
	gone := false
	t := w.call("update", true, func() {}, func() *trouble {
		k := w.keyByID(id)
		if gone = k == nil || !k.gone.IsZero(); gone {
			return nil
		}
		w.change(k, func(row *apikey.Key) { row.ExpiresAt = ends })
		return nil
	})
	return apikey.Deleted{AlreadyGone: gone}, failure("give the key back to its former secret", t)
}
