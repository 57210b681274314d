package keyserver

import (
	"context"
	"errors"
	"net/http"

	"detent/keyserver/store"

	"detent/keyserver/contract"
)

// newKey is a key that the caller creates now, in its own contract, environment and project.
func (c *call) newKey(name string) *store.Key {
	now := c.now.UnixMilli()
	return &store.Key{Service: c.who.Service, Environment: c.who.Environment, Name: name,
		Project: c.who.Project, ProjectName: c.who.ProjectName, Enabled: true,
		CreatedAt: now, UpdatedAt: now, CreatedBy: c.actor(), UpdatedBy: c.actor()}
}

// remove deletes a key of the caller's contract and environment. Its secret and its tokens are
// refused from the next request on, since the store is asked at each, and may be asked twice: a
// deletion whose answer the database did not give is tried again.
func (c *call) remove(id string) error {
	var before *store.Key
	err := c.store.Settle(c.ctx, func(ctx context.Context, tx store.Tx) error {
		if err := c.recheck(ctx, tx); err != nil {
			return err
		}
		k, err := store.GetOf(ctx, tx, c.who.Service, c.who.Environment, id)
		if tx.Doubt && errors.Is(err, store.ErrNoKey) {
			return nil // the attempt before this one deleted it
		}
		if err != nil {
			return err
		}
		if err := c.keepLast(ctx, tx, c.who, k, nil, c.now); err != nil {
			return err
		}
		before = k
		return store.Delete(ctx, tx, id)
	})
	if err == nil && before != nil {
		c.lag.changed(before, c.now)
		c.committed()
		if reason := c.query.Get("reason"); reason != "" {
			c.tell("deleted", before, "reason", reason)
		} else {
			c.tell("deleted", before)
		}
	}
	return err
}

// committed is called after each write that changed the store and before its answer: what is kept of the store is good for one version
// of it, so that a store whose version does not move is asked each time from now on.
func (c *call) committed() { c.store.Ended(c.at) }

// insert stores a key that the caller creates and returns its secret. Sent once: where the answer of the database is
// lost, it is not known whether the key is there.
func (c *call) insert(k *store.Key) (string, error) {
	var secret string
	err := c.store.Add(c.ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if err := c.recheck(ctx, tx); err != nil {
			return err
		}
		if secret, err = store.Insert(ctx, tx, c.random, k, canMint(k)); err != nil {
			return err
		}
		return c.remember(ctx, tx, k)
	})
	if err == nil {
		c.committed()
		c.tell("created", k, given(k)...)
	}
	return secret, err
}

// creation is a create as one contract has it.
type creation struct {
	fields []string                                     // what it takes beside the name
	asked  func(k *store.Key) error                     // makes the key what is asked for, where the caller may have it
	status int                                          // of the answer
	write  func(k *store.Key, secret string) (b []byte) // the answer
}

// create makes a key and answers with its secret. What was sent before, or by another request at the same moment under the same name, is
// answered as that; what a create that was sent before asks for is not looked at again: an expiry that was in the future then may be past now.
func (c *call) create(how creation) (int, []byte, error) {
	var err error
	if c.once, err = c.onceOf(""); err != nil {
		return 0, nil, err
	}
	if c.once != nil {
		if body, err := c.answerAgain(how.write); err != nil || body != nil {
			return http.StatusOK, body, err
		}
	}
	if err := c.body.Only("a create", append([]string{"name"}, how.fields...)...); err != nil {
		return 0, nil, err
	}
	name, err := c.body.Name("name")
	if err != nil {
		return 0, nil, err
	}
	k := c.newKey(name)
	if err := how.asked(k); err != nil {
		return 0, nil, err
	}
	secret, err := c.insert(k)
	if errors.Is(err, errRepeated) {
		body, err := c.answerAgain(how.write)
		if err == nil && body == nil {
			err = contract.Conflict("another create with this %s was being made: ask again", onceHeader)
		}
		return http.StatusOK, body, err
	}
	if err != nil {
		return 0, nil, err
	}
	return how.status, how.write(k, secret), nil
}

// isOf reports whether the secret that the caller sent is still one of the key's. An exchanged token stands for the key, whichever it has.
func (c *call) isOf(k *store.Key) bool {
	sent := c.who.Rolled.At
	if c.older {
		sent = c.who.Rolled.Former.RolledAt
	}
	return k.Rolled.At == sent || k.Rolled.Former.RolledAt == sent && k.Rolled.Overlaps(c.now)
}

// recheck refuses a caller that lost its key, or what the key may do, since guard let it in: a body may take its time to
// come in, and meanwhile another instance may have deleted the key.
func (c *call) recheck(ctx context.Context, tx store.Queryer) error {
	if c.who.Session {
		return nil
	}
	now, err := store.Get(ctx, tx, c.who.ID)
	now, err = c.lag.accepted(c.who.ID, now, err, c.now)
	switch {
	case errors.Is(err, store.ErrNoKey):
		return errUnknownKey
	case err != nil:
		return err
	case !now.Enabled:
		return errDisabled
	case !c.isOf(now):
		return errUnknownKey
	case now.Role != c.who.Role || now.Permissions != c.who.Permissions || now.Restrictions != c.who.Restrictions:
		return contract.Conflict("the rights of the key that asks were changed meanwhile: ask again")
	}
	return nil
}
