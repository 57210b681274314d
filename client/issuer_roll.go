package client

import (
	"context"
	"encoding/json"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// roll makes the declared call.
func (s *issuer) roll(ctx context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error) {
	ctx, done := s.operation(ctx)
	defer done()
	switch most := s.rolls().Overlap; {
	case order.Overlap < 0 || order.Overlap%time.Second != 0:
		return apikey.Rolled{}, invalid(opRoll, "an overlap is whole seconds, or none")
	case order.Overlap > 0 && most == 0:
		return apikey.Rolled{}, invalid(opRoll, "the service makes the former secret die with the call: there is no overlap")
	case order.Overlap > most:
		return apikey.Rolled{}, invalid(opRoll, "the service takes an overlap of "+most.String()+" at the longest")
	}
	d := s.d.Roll
	values := map[apikey.Field]any{kit.FieldOverlap: order.Overlap}
	if d.NewID && !order.Expiry.IsNever() {
		end := s.newEnd(order.Expiry)
		if bad := end.check(d.As(apikey.FieldExpiry)); bad != nil {
			return apikey.Rolled{}, bad
		}
		values[apikey.FieldExpiry] = end
	}
	c, err := s.about(ctx, opRoll, &d.Call, id, values)
	if err != nil {
		return apikey.Rolled{}, err
	}
	c.write = true
	if d.Again {
		c.idempotencyKey = order.Once
	}
	var out apikey.Rolled
	err = s.send(ctx, c, func(a *answer) (err error) {
		out, err = s.rolledTo(a, id)
		return err
	})
	return out, err
}

// rolledTo reads the answer to a roll. One without a secret is the answer to a call that was sent before; it says that by its row.
func (s *issuer) rolledTo(a *answer, id string) (out apikey.Rolled, err error) {
	m, err := s.readMade(a, s.d.Roll.Key)
	if err != nil {
		return out, err
	}
	if m.secret.IsZero() && s.d.Roll.Secret != "" {
		m.secret = secretAt(m.whole, s.d.Roll.Secret)
		m.row.SetSecret(m.secret)
	}
	row, named := m.row, wire.FirstOf(m.row.ID...) != ""
	out.Secret = s.withHalf(m.row, m.secret)
	switch {
	case !named && s.d.Roll.NewID:
		return apikey.Rolled{}, wire.BadAnswer("the answer to the roll does not name the key that it made")
	case !named: // what was asked for is known
		row.SetID(wire.Text(s.spelling.Raw(id)))
		if out.Secret.IsZero() {
			return out, noRoll()
		}
	}
	out.Key, err = s.key(row)
	switch {
	case err != nil:
		return out, err
	case s.d.Roll.NewID && out.Key.ID == id:
		return apikey.Rolled{}, wire.BadAnswer("the answer names the key that was rolled, and none that it made")
	case !s.d.Roll.NewID && out.Key.ID != id:
		return apikey.Rolled{}, wire.BadAnswer("the answer is about another key")
	case out.Secret.IsZero() && (!s.d.Roll.Again || !out.Key.RolledAt.Known()):
		return out, noRoll()
	}
	if !wire.FirstTime(row.ExpiresAt...).Set { // a short answer says nothing of it
		out.Key.ExpiresAt = apikey.Moment{}
	}
	out.Secret = s.withID(out.Key.ID, out.Secret)
	return out, nil
}

// secretAt is the secret that a path leads to; absent where there is no text.
func secretAt(whole []byte, path string) apikey.Secret {
	var found string
	if json.Unmarshal(wire.Dig(wire.Object(whole), path), &found) != nil {
		return apikey.Secret{}
	}
	return apikey.NewSecret(found)
}

func noRoll() error {
	return wire.BadAnswer("the answer to the roll holds no secret, and does not say that the key was rolled")
}

func (s *issuer) endOverlap(ctx context.Context, id string) (apikey.Deleted, error) {
	return s.overlapping(ctx, opEnd, s.d.Roll.End, id, nil, func(k *apikey.Key) bool {
		return len(s.d.Row.Former.Members) > 0 && k.ID != "" && !k.FormerEndsAt.Known()
	})
}

func (s *issuer) keepFormer(ctx context.Context, id string, ends apikey.Moment) (apikey.Deleted, error) {
	values := map[apikey.Field]any{}
	if at, has := ends.Time(); has {
		values[apikey.FieldExpiry] = end{Expiry: apikey.Expiry{At: at}, now: s.now()}
	}
	return s.overlapping(ctx, opKeep, s.d.Roll.Keep, id, values, func(k *apikey.Key) bool { // in place, no row tells a key that was given back from one whose overlap is over
		given := apikey.Expiry{}
		given.At, _ = ends.Time()
		return s.d.Roll.NewID && k.ExpiresAt.Known() && s.showsLimits(*k, apikey.Patch{Expiry: &given}, s.d.Roll.Keep)
	})
}

// overlapping makes a call about the former secret. What its answer leaves open, a row tells that fits.
func (s *issuer) overlapping(ctx context.Context, op string, declared *kit.Call, id string, values map[apikey.Field]any, fits func(*apikey.Key) bool) (apikey.Deleted, error) {
	c, err := s.aboutInTime(ctx, op, declared, id, values)
	if err != nil {
		return apikey.Deleted{}, err
	}
	c.write, c.emptyYes = true, declared.EmptyYes
	out, said, err := s.removed(ctx, c, s.send)
	if err != nil || said.open == "" {
		return out, err
	}
	if _, shown, _ := s.awaited(ctx, id, fits); !shown {
		return apikey.Deleted{}, openAnswer(c, said.open, "the list does not show that it was done")
	}
	return apikey.Deleted{Evidence: "the service answered " + said.open + ", and its list shows that it was done"}, nil
}
