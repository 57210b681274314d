package rotation

import (
	"context"
	"fmt"

	"detent/client"
)

// making is a way to a new secret: what differs between a key that is created, one that a roll makes, and one that is rolled in place.
type making struct {
	lost  func(context.Context) (*Result, error) // looks for what a call has made whose answer is lost; nil where the call is asked for again
	forgo func(context.Context) (*Result, error) // gives up a new key, or a roll, whose secret nobody has
	may   func(context.Context) (*Result, error) // the last look before the call
	call  func(context.Context) error
	none  func() *Result          // asks what next where the service has no such key; nil where that is a failure
	said  func(how string) string // ends the stage
	never string                  // says what was asked for without a secret, after how many times
}

// maxMints bounds how often one Do asks anew after a lost answer.
const maxMints = 3

// makeBy goes that way until a secret is in hand.
func (r *Rotation) makeBy(ctx context.Context, m making) (Result, error) {
	var open error
	for range maxMints {
		if m.lost != nil && r.j.pending(opCreate) {
			if res, err := m.lost(ctx); err != nil || res != nil {
				return *orNothing(res), err
			}
		}
		if r.j.New != nil {
			have, err := r.needSecret(ctx)
			if err != nil {
				return Result{}, err
			}
			if have {
				return r.created(ctx, m.said("exists"))
			}
			for _, next := range []func(context.Context) (*Result, error){r.stillHeldBack, m.forgo} {
				if res, err := next(ctx); err != nil || res != nil {
					return *orNothing(res), err
				}
			}
		}
		if res, err := m.may(ctx); err != nil || res != nil {
			return *orNothing(res), err
		}
		err := m.call(ctx)
		switch {
		case client.MayHaveHappened(err):
			if open = err; client.IsKind(err, client.BadAnswer) {
				r.odd = append(r.odd, "not known: what came of a call that was answered otherwise than it should be: "+err.Error())
			}
			continue
		case m.none != nil && client.IsKind(err, client.NotFound) && certainlyRefused(err):
			return *m.none(), nil
		case err != nil:
			return Result{}, err
		case r.j.New == nil || r.secret.IsZero():
			continue // the answer came without a secret, or without an id
		}
		return r.created(ctx, m.said("was created"))
	}
	if open != nil {
		return Result{}, fmt.Errorf("%d times %s; the last time: %v", maxMints, m.never, open)
	}
	return Result{}, fmt.Errorf("%d times %s", maxMints, m.never)
}

// unasked is a step that asks nothing.
func unasked(do func(context.Context) error) func(context.Context) (*Result, error) {
	return func(ctx context.Context) (*Result, error) { return nil, do(ctx) }
}

// newKeySaid ends the stage of a key that is new.
func (r *Rotation) newKeySaid(how string) string {
	return "the new key " + how + ": " + keyWords(*r.j.New)
}

// create makes the new key, or finds the one whose create was not answered.
func (r *Rotation) create(ctx context.Context) (Result, error) {
	if r.j.OldFirst {
		r.lookAtDead(ctx)
	}
	switch {
	case r.j.Manual && r.j.New != nil && !r.secret.IsZero(): // pasted, and what was found of it has been answered
		return r.created(ctx, r.newKeySaid("exists"))
	case r.j.Manual:
		return r.askForPaste(), nil
	}
	return r.makeBy(ctx, making{lost: r.findLost, forgo: unasked(r.discardNew), may: r.oldVanished, call: r.mint, said: r.newKeySaid,
		never: "a key was asked for, and no answer brought its secret"})
}

// oldVanished reads the list before a create, where this process has not yet: no key is made for one that is there no more,
// unless it was deleted here or a person wants it. That a deletion was sent, or may have been, or
// that there is no such key, is no answer: somebody else may have deleted it.
func (r *Rotation) oldVanished(ctx context.Context) (*Result, error) {
	if r.listed != nil && r.sawOld {
		return nil, nil
	}
	if r.j.MintAnyway || r.j.OldFirst || r.j.OldGone && !r.j.ToldGone {
		_, err := r.look(ctx)
		return nil, err
	}
	_, there, err := r.lookFor(ctx, r.lostLag(), hasOld)
	if err != nil || there || !rule("both gone: it asks") {
		return nil, err
	}
	return r.bothGone(), nil
}
