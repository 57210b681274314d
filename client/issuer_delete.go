package client

import (
	"context"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// remove makes a delete idempotent: a key that the service does not know is gone already. id is that of the key; what the answer leaves
// open, the list tells.
func (s *issuer) remove(ctx context.Context, c call, id string, send func(context.Context, call, func(*answer) error) error) (apikey.Deleted, error) {
	out, said, err := s.removed(ctx, c, send)
	if err != nil || said.open == "" {
		return out, err
	}
	open := said.open
	shown, gone, err := s.awaited(ctx, id, func(k *apikey.Key) bool { return k.ID == "" || k.IsDisabled() && !s.d.Can("disable") })
	switch e := asError(err); {
	case e != nil:
		return apikey.Deleted{}, openAnswer(c, open, "the list, which would tell, could not be read: "+e.Message)
	case !gone:
		e := openAnswer(c, open, "the list still has the key")
		if e.Err = ErrStillListed; said.took {
			e.Err = ErrBegun
		}
		return apikey.Deleted{}, e
	case shown.ID != "":
		return apikey.Deleted{Evidence: "the service answered " + open + ", and its list has the key as one that is off"}, nil
	}
	return apikey.Deleted{Evidence: "the service answered " + open + ", and its list does not have the key"}, nil
}

// removed makes the call of remove.
func (s *issuer) removed(ctx context.Context, c call, send func(context.Context, call, func(*answer) error) error) (out apikey.Deleted, told said, err error) {
	ctx, done := s.operation(ctx)
	defer done()
	err = send(ctx, c, func(a *answer) error {
		told, err = s.acknowledged(a, c, "the delete")
		out = apikey.Deleted{AlreadyGone: told.none}
		return err
	})
	if IsKind(err, NotFound) {
		return apikey.Deleted{AlreadyGone: true}, said{}, nil
	}
	if err != nil {
		return apikey.Deleted{}, said{}, err
	}
	return out, told, nil
}

// Delete implements Service.
func (s *issuer) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	if s.d.Delete == nil {
		return apikey.Deleted{}, unsupported(opDelete, s.Capabilities().Delete)
	}
	c, err := s.aboutInTime(ctx, opDelete, s.d.Delete, id, nil)
	if IsKind(err, NotFound) && s.d.Row.SecretIsID {
		return apikey.Deleted{AlreadyGone: true}, nil
	}
	if err != nil {
		return apikey.Deleted{}, err
	}
	c.write, c.emptyYes = true, s.d.Delete.EmptyYes
	switched := false
	if s.d.Delete.OffFirst {
		_, _, failed := s.change(ctx, id, apikey.Patch{Enabled: new(bool)}) // the deletion tells why: a key may be off already, or gone
		switched = failed == nil
	}
	gone, err := s.remove(ctx, c, id, s.send)
	if e := asError(err); e != nil && switched {
		e.Message += "; before, the service answered that the key is off"
	}
	if e := asError(err); e != nil && e.Outcome == NotDone && s.d.Delete.MaybeGone != "" && wire.AnyOf(strings.ToLower(e.Message), s.d.Delete.MaybeGone) {
		ctx, done := s.operation(ctx)
		defer done()
		if listed, failed := s.inList(ctx, id); failed == nil && listed.key.ID == "" {
			return apikey.Deleted{AlreadyGone: true}, nil
		}
	}
	return gone, err
}

func (s *issuer) deleteBySecret(ctx context.Context, id string, secret apikey.Secret) (apikey.Deleted, error) {
	if bad := s.checkID(opDelete, id); bad != nil {
		return apikey.Deleted{}, bad
	}
	c := s.byKey(s.request(opDelete, &kit.Call{Call: s.selfDelete()}, id, nil), secret)
	c.write, c.emptyYes = true, s.d.Delete.EmptyYes
	out, err := s.remove(ctx, c, id, s.do)
	if e := asError(err); e != nil && e.Kind == Unauthorized {
		e.Hint = "It is the leaked secret that was refused: it is dead already, or may not do this. Verify it, or delete the key with the profile's credential."
	}
	return out, err
}
