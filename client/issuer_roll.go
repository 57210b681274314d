package client

import (
	"context"
	"encoding/json"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// rolls says how the issuer gives a key a new secret.
func (s *issuer) rolls() apikey.Roll {
	d := s.d.Roll
	can := s.ability("roll", d != nil && s.setting(d.Setting))
	if !can.OK {
		return apikey.Roll{Ability: can}
	}
	return apikey.Roll{Ability: can, AtOnce: true, Overlap: d.Longest.Duration, Again: d.Again, End: d.End != nil, Keep: d.Keep != nil}
}

// Roll implements Roller.
func (s *issuer) Roll(ctx context.Context, id string, overlap time.Duration, once string) (apikey.Rolled, error) {
	if can := s.rolls(); !can.OK {
		return apikey.Rolled{}, unsupported(opRoll, can.Ability)
	}
	ctx, done := s.operation(ctx)
	defer done()
	return s.newSecret(ctx, id, overlap, once)
}

// newSecret makes the declared call.
func (s *issuer) newSecret(ctx context.Context, id string, overlap time.Duration, once string) (apikey.Rolled, error) {
	switch can := s.rolls(); {
	case overlap < 0 || overlap%time.Second != 0:
		return apikey.Rolled{}, &Error{Op: opRoll, Kind: Invalid, Outcome: NotDone, Message: "an overlap is whole seconds, or none"}
	case overlap > can.Overlap:
		return apikey.Rolled{}, &Error{Op: opRoll, Kind: Invalid, Outcome: NotDone, Message: "the service takes an overlap of " + can.Overlap.String() + " at the longest"}
	}
	d := s.d.Roll
	c, err := s.about(ctx, opRoll, &d.Call, id, map[apikey.Field]any{kit.FieldOverlap: overlap})
	if err != nil {
		return apikey.Rolled{}, err
	}
	c.write = true
	if d.Again {
		c.idempotencyKey = once
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
	row := m.row
	out.Secret = m.secret
	if firstOf(row.id...) == "" { // what was asked for is known
		row.setID(text(s.spelling.wire(id)))
		if out.Secret.IsZero() {
			return out, noRoll()
		}
	}
	out.Key, err = s.key(row)
	switch {
	case err != nil:
		return out, err
	case out.Key.ID != id:
		return apikey.Rolled{}, badAnswer("the answer is about another key")
	case out.Secret.IsZero() && !out.Key.RolledAt.Known():
		return out, noRoll()
	}
	return out, nil
}

func noRoll() error {
	return badAnswer("the answer to the roll holds no secret, and does not say that the key was rolled")
}

// EndOverlap implements Roller.
func (s *issuer) EndOverlap(ctx context.Context, id string) (apikey.Deleted, error) {
	if s.d.Roll == nil {
		return apikey.Deleted{}, unsupported(opEnd, s.rolls().Ability)
	}
	return s.overlapping(ctx, opEnd, s.d.Roll.End, id)
}

// KeepFormer implements Roller.
func (s *issuer) KeepFormer(ctx context.Context, id string) (apikey.Deleted, error) {
	if s.d.Roll == nil {
		return apikey.Deleted{}, unsupported(opKeep, s.rolls().Ability)
	}
	return s.overlapping(ctx, opKeep, s.d.Roll.Keep, id)
}

func (s *issuer) overlapping(ctx context.Context, op string, declared *kit.Call, id string) (apikey.Deleted, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if declared == nil {
		return apikey.Deleted{}, unsupported(op, apikey.Cannot("the service has no call for it"))
	}
	c, err := s.about(ctx, op, declared, id, nil)
	if err != nil {
		return apikey.Deleted{}, err
	}
	c.write, c.emptyYes = true, declared.EmptyYes
	return s.remove(ctx, c)
}

// formerOf reads what a row says of a former secret.
func formerOf(raw json.RawMessage, declared *kit.Former) (ends, used apikey.Moment) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return ends, used
	}
	var dies, last wireTime
	_, _ = json.Unmarshal(members[declared.Ends], &dies), json.Unmarshal(members[declared.Used], &last)
	return dies.reported(), last.use()
}
