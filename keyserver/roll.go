package keyserver

import (
	"context"
	"errors"
	"net/http"
	"time"

	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

var rollRoutes = []route{
	{http.MethodPost, contract.GenericKeysPath + "/{id}/roll", wirename.Generic, need{}, genericRoll},
	{http.MethodPost, contract.GenericKeysPath + "/{id}/roll/end", wirename.Generic, need{}, genericEndOverlap},
	{http.MethodPost, contract.GenericKeysPath + "/{id}/roll/keep", wirename.Generic, need{}, genericKeepFormer},
}

// maxOverlap is how long a former secret may live on beside the new one.
const maxOverlap = 7 * 24 * time.Hour

// genericRoll gives a key a new secret: the row stays, with its id and rights. The former secret is refused at once, or when the overlap ends.
// The caller gets the secret, so that it must not be more restricted than the key.
func genericRoll(c *call) (_ int, _ []byte, err error) {
	if c.once, err = c.onceOf("roll " + c.id); err != nil {
		return 0, nil, err
	}
	if c.once == nil {
		return 0, nil, contract.Invalid("%s is needed: a roll whose answer is lost is asked for again under the same one, and done once", onceHeader)
	}
	if body, err := c.answerAgain(c.oneGeneric); err != nil || body != nil {
		return http.StatusOK, body, err
	}
	overlap, err := overlapOf(c.body)
	if err != nil {
		return 0, nil, err
	}
	var diesAt int64
	if overlap > 0 {
		diesAt = c.now.Add(overlap).UnixMilli()
	}
	var k, before *store.Key
	var secret string
	err = c.store.Add(c.ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if k, err = c.rollable(ctx, tx); err != nil {
			return err
		}
		if k.Rolled.Overlaps(c.now) {
			return contract.Conflict("the overlap of an earlier roll runs until %s: end it, or keep the former secret, first",
				time.UnixMilli(k.Rolled.Former.DiesAt).UTC().Format(time.RFC3339))
		}
		was := *k
		before = &was
		k.UpdatedBy = c.actor()
		diesAt := diesAt
		if k.ExpiresAt > 0 {
			diesAt = min(diesAt, k.ExpiresAt)
		}
		if secret, err = store.Roll(ctx, tx, c.random, k, c.now.UnixMilli(), diesAt); err != nil {
			return err
		}
		return c.remember(ctx, tx, k)
	})
	switch {
	case errors.Is(err, errRepeated):
		body, err := c.answerAgain(c.oneGeneric)
		return http.StatusOK, body, err
	case errors.Is(err, store.ErrNoKey) && k != nil:
		return 0, nil, contract.Conflict("the key was rolled or deleted at the same moment: look at it")
	case err != nil:
		return 0, nil, err
	}
	if overlap == 0 {
		c.lag.changed(before, c.now)
	}
	c.committed()
	c.tell("rolled", k, "overlap", overlap.String())
	return http.StatusOK, c.oneGeneric(k, secret), nil
}

// overlapOf reads how long the former secret lives on. It must be said: left out is not at once.
func overlapOf(o contract.Object) (time.Duration, error) {
	const field, most = "overlap_seconds", int64(maxOverlap / time.Second)
	if err := o.Only("a roll", field); err != nil {
		return 0, err
	}
	raw, ok := o[field]
	if !ok {
		return 0, contract.Invalid("%s is missing", field)
	}
	outside := contract.Invalid("%s must be from 0, which is at once, to %d, which is 7 days", field, most)
	if raw[0] == '-' {
		return 0, outside
	}
	seconds, err := contract.ParseSeconds(field, string(raw))
	if err != nil {
		return 0, err
	}
	if seconds > most {
		return 0, outside
	}
	return time.Duration(seconds) * time.Second, nil
}

// rollable is the key that the call names, where the caller may have its secret changed.
func (c *call) rollable(ctx context.Context, tx store.Tx) (*store.Key, error) {
	if err := c.recheck(ctx, tx); err != nil {
		return nil, err
	}
	k, err := store.GetOf(ctx, tx, wirename.Generic, c.who.Environment, c.id)
	if err != nil {
		return nil, err
	}
	limits, err := k.Limits()
	if err == nil {
		err = c.mayGive("rolls", limits)
	}
	if err != nil {
		return nil, err
	}
	if k.Expired(c.now) {
		return nil, contract.Conflict("the key has expired, and a new secret of it would be refused too: create another one")
	}
	return k, nil
}

// genericEndOverlap refuses the former secret from now on.
func genericEndOverlap(c *call) (int, []byte, error) {
	return c.overlapping("ended the overlap of", store.EndOverlap)
}

// genericKeepFormer gives the key back to its former secret, and refuses the new one from now on: the undo of a roll.
func genericKeepFormer(c *call) (int, []byte, error) {
	return c.overlapping("kept the former secret of", func(ctx context.Context, q store.Queryer, k *store.Key) error {
		return store.KeepFormer(ctx, q, k, c.now.UnixMilli())
	})
}

// overlapping changes a key while its overlap runs.
func (c *call) overlapping(what string, change func(context.Context, store.Queryer, *store.Key) error) (int, []byte, error) {
	if len(c.body) > 0 {
		return 0, nil, contract.Invalid("this call takes no fields")
	}
	var k, before *store.Key
	err := c.store.Settle(c.ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if k, err = c.rollable(ctx, tx); err != nil {
			return err
		}
		if !k.Rolled.Overlaps(c.now) {
			if tx.Doubt {
				return nil // the attempt before this one did it
			}
			return contract.Refuse(http.StatusNotFound, "no overlap of this key runs")
		}
		was := *k
		before = &was
		k.UpdatedBy = c.actor()
		return change(ctx, tx, k)
	})
	if err != nil {
		return 0, nil, err
	}
	if before != nil {
		c.lag.changed(before, c.now)
		c.committed()
		c.tell(what, k)
	}
	return http.StatusOK, c.oneGeneric(k, ""), nil
}
