package world

import (
	"context"
	"time"

	"detent/apikey"
	"detent/client"
)

// renewWire is a service whose roll makes a key with an id of its own. The one that is rolled ends with the call, or after the overlap.
type renewWire struct{ client.Service }

// Unwrap lets client.As find what the service inside can do.
func (s renewWire) Unwrap() client.Service { return s.Service }

// Capabilities are the scenario's.
func (s renewWire) Capabilities() apikey.Capabilities {
	caps := s.Service.Capabilities()
	caps.Roll = apikey.Roll{Ability: apikey.Can(), NewID: true, AtOnce: true}
	if !inner(s).sc.AtOnce {
		caps.Roll.Overlap, caps.Roll.Keep = 7*24*time.Hour, true
	}
	return caps
}

// Roll makes a key like the one that is rolled, with its name and its end.
func (s renewWire) Roll(_ context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error) {
	w := inner(s)
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

// EndOverlap is a deletion there.
func (s renewWire) EndOverlap(context.Context, string) (apikey.Deleted, error) {
	return apikey.Deleted{}, failure("end the overlap", &trouble{missing, 404, false})
}

// KeepFormer gives a key the end back that it had.
func (s renewWire) KeepFormer(_ context.Context, id string, ends apikey.Moment) (apikey.Deleted, error) {
	w := inner(s)
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
