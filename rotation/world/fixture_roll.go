package world

import (
	"context"
	"time"

	"detent/apikey"
)

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

// roll is the world's, and in its log a create.
func (s *noted) roll(ctx context.Context, id string, order apikey.RollOrder) (out apikey.Rolled, err error) {
	err = s.f.during("create", "", func() error {
		out, err = s.Service.Abilities().Roll(ctx, id, order)
		return err
	})
	if err != nil {
		return apikey.Rolled{}, err
	}
	return out, nil
}

// endOverlap is the world's, and in its log a deletion of the old key.
func (s *noted) endOverlap(ctx context.Context, id string) (out apikey.Deleted, err error) {
	err = s.f.during("delete", "old", func() error {
		out, err = s.Service.Abilities().EndOverlap(ctx, id)
		return err
	})
	return out, err
}

// keepFormer is the world's, and in its log a deletion of the new key.
func (s *noted) keepFormer(ctx context.Context, id string, ends apikey.Moment) (out apikey.Deleted, err error) {
	err = s.f.during("delete", "new", func() error {
		out, err = s.Service.Abilities().KeepFormer(ctx, id, ends)
		return err
	})
	return out, err
}
