package world

import (
	"context"
	"time"

	"detent/apikey"
	"detent/client"
)

// Delegates is for client.As: what rolls is here where it is in the world's service.
func (s *noted) Delegates() {}

// Rolled has somebody else give the old key a new secret; without an overlap the former one dies at once.
func (f *World) Rolled(overlap time.Duration) {
	was := f.w.current()
	row, at := was.row, apikey.At(f.w.now.Truncate(time.Millisecond))
	row.ID = rolledID(at)
	k := f.w.addKey(row, f.w.now)
	k.rolled, k.earlier, k.kept, k.overlaps = at, was, was.row.ExpiresAt, apikey.At(f.w.now.Add(overlap))
	if overlap == 0 {
		f.w.remove(was)
		return
	}
	f.w.change(was, func(row *apikey.Key) { row.ExpiresAt = k.overlaps })
}

// Roll is the world's, and in its log a create.
func (s *noted) Roll(ctx context.Context, id string, order apikey.RollOrder) (out apikey.Rolled, err error) {
	err = s.f.during("create", "", func() error {
		roller, _ := client.As[client.Roller](s.Service)
		out, err = roller.Roll(ctx, id, order)
		return err
	})
	if err != nil {
		return apikey.Rolled{}, err
	}
	return out, nil
}

// EndOverlap is the world's, and in its log a deletion of the old key.
func (s *noted) EndOverlap(ctx context.Context, id string) (out apikey.Deleted, err error) {
	return s.ending("old", func(r client.Roller) (apikey.Deleted, error) { return r.EndOverlap(ctx, id) })
}

// KeepFormer is the world's, and in its log a deletion of the new key.
func (s *noted) KeepFormer(ctx context.Context, id string, ends apikey.Moment) (out apikey.Deleted, err error) {
	return s.ending("new", func(r client.Roller) (apikey.Deleted, error) { return r.KeepFormer(ctx, id, ends) })
}

func (s *noted) ending(whose string, call func(client.Roller) (apikey.Deleted, error)) (out apikey.Deleted, err error) {
	err = s.f.during("delete", whose, func() error {
		roller, _ := client.As[client.Roller](s.Service)
		out, err = call(roller)
		return err
	})
	return out, err
}
