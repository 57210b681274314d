package client

import (
	"context"
	"net/http"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// checkID refuses an id that is another call's path.
func (s *issuer) checkID(op, id string) *Error {
	wire := s.spelling.Raw(id)
	if !usableID(wire) {
		return noID(op)
	}
	for _, other := range s.d.OtherIDs {
		if wire == other {
			return noID(op)
		}
	}
	return nil
}

// about is a call about one key. Where the issuer names it by its secret, that is looked for in the list first.
func (s *issuer) about(ctx context.Context, op string, declared *kit.Call, id string, values map[apikey.Field]any) (call, error) {
	if bad := s.checkID(op, id); bad != nil {
		return call{}, bad
	}
	if values == nil {
		values = map[apikey.Field]any{}
	}
	if !s.d.Row.SecretIsID {
		values[apikey.FieldID] = s.spelling.Raw(id)
		return s.request(op, declared, id, values), nil
	}
	if s.opts.ReadOnly && op != opGet {
		return call{}, readOnly(op)
	}
	found, err := s.inList(ctx, id)
	if err != nil {
		return call{}, err
	}
	if found.secret.IsZero() {
		return call{}, &Error{Op: op, Kind: NotFound, Status: http.StatusNotFound, Outcome: NotDone, Message: "the list has no such key", Own: true}
	}
	values[apikey.FieldID] = found.secret
	c := s.request(op, declared, id, values)
	c.idSecret = found.secret
	return c, nil
}

// aboutInTime is about, as an operation of its own.
func (s *issuer) aboutInTime(ctx context.Context, op string, declared *kit.Call, id string, values map[apikey.Field]any) (call, error) {
	ctx, done := s.operation(ctx)
	defer done()
	return s.about(ctx, op, declared, id, values)
}

// one makes a call whose answer is one key.
func (s *issuer) one(ctx context.Context, c call, names []string) (key apikey.Key, secret apikey.Secret, err error) {
	err = s.send(ctx, c, func(a *answer) error {
		r := wire.NewRecord(&s.d.Row)
		if err := r.Read(a.body, names); err != nil {
			return err
		}
		key, err = s.key(r)
		secret = s.withHalf(r, r.Secret())
		return err
	})
	return key, secret, err
}
