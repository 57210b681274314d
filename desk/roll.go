package desk

import (
	"context"

	"detent/apikey"
	"detent/audit"
	"detent/client"
)

// What a roll begins, and what ends it. Each makes a secret die sooner or later, so that it is for whoever may delete.
func init() {
	const noRoll, noCall = "this service gives no key a new secret", "the service has no call for it"
	abilities := func(c *apikey.Capabilities) []*apikey.Ability { return []*apikey.Ability{&c.Roll.Ability} }
	asked := func(_ *Desk, _ Order, was apikey.Key, e *Entry) {
		e.Before = fieldsOf(&was, apikey.FieldRolled, apikey.FieldFormerEnds)
	}
	kinds[Roll] = kind{
		op: "give a key a new secret", admins: true, abilities: abilities,
		can: func(c apikey.Capabilities) apikey.Ability { return c.Roll.Ability },
		recordAsked: func(d *Desk, o Order, was apikey.Key, e *Entry) {
			asked(d, o, was, e)
			if e.Detail = "at once"; o.Overlap > 0 {
				e.Detail = "with an overlap of " + o.Overlap.String()
			}
		},
		recordResult: func(_ *Desk, _ Order, out Outcome, err error, r *audit.Outcome) {
			if err != nil {
				return
			}
			r.After = fieldsOf(&out.Rolled.Key, apikey.FieldRolled, apikey.FieldFormerEnds)
			if out.Rolled.Secret.IsZero() {
				r.Reason = "done before, under the same name"
			}
		},
		call: byCall(noRoll, func(can client.Abilities) bool { return can.Roll != nil }, func(ctx context.Context, can client.Abilities, o Order) (out Outcome, err error) {
			out.Rolled, err = can.Roll(ctx, o.Key.ID, apikey.RollOrder{Overlap: o.Overlap, Once: o.Once, Expiry: o.Draft.Expiry})
			return out, err
		}),
	}
	ending := func(op string, can func(apikey.Roll) bool, has func(client.Abilities) bool, call func(client.Abilities, context.Context, apikey.Key) (apikey.Deleted, error)) kind {
		return kind{
			op: op, admins: true, abilities: abilities, recordAsked: asked,
			can: func(c apikey.Capabilities) apikey.Ability {
				if c.Roll.OK && !can(c.Roll) {
					return apikey.Cannot(noCall)
				}
				return c.Roll.Ability
			},
			recordResult: recordGone("no overlap runs"),
			call: byCall(noCall, has, func(ctx context.Context, can client.Abilities, o Order) (out Outcome, err error) {
				out.Deleted, err = call(can, ctx, o.Key)
				return out, err
			}),
		}
	}
	kinds[EndOverlap] = ending("end an overlap", func(r apikey.Roll) bool { return r.End }, func(can client.Abilities) bool { return can.EndOverlap != nil },
		func(can client.Abilities, ctx context.Context, k apikey.Key) (apikey.Deleted, error) {
			return can.EndOverlap(ctx, k.ID)
		})
	kinds[KeepFormer] = ending("give a key back to its former secret", func(r apikey.Roll) bool { return r.Keep }, func(can client.Abilities) bool { return can.KeepFormer != nil },
		func(can client.Abilities, ctx context.Context, k apikey.Key) (apikey.Deleted, error) {
			return can.KeepFormer(ctx, k.ID, k.ExpiresAt)
		})
}

func (s *ordering) roll(ctx context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error) {
	out, err := s.d.handle(ctx, Order{What: Roll, Key: apikey.Key{ID: id}, Overlap: order.Overlap, Once: order.Once, Draft: apikey.Draft{Expiry: order.Expiry}, Act: s.act})
	return out.Rolled, err
}

func (s *ordering) endOverlap(ctx context.Context, id string) (apikey.Deleted, error) {
	out, err := s.d.handle(ctx, Order{What: EndOverlap, Key: apikey.Key{ID: id}, Act: s.act})
	return out.Deleted, err
}

func (s *ordering) keepFormer(ctx context.Context, id string, ends apikey.Moment) (apikey.Deleted, error) {
	out, err := s.d.handle(ctx, Order{What: KeepFormer, Key: apikey.Key{ID: id, ExpiresAt: ends}, Act: s.act})
	return out.Deleted, err
}
