package rotation

import (
	"context"
	"fmt"

	"detent/client"
)

// maxMints bounds how often one Do creates anew after a lost answer.
const maxMints = 3

// create makes the new key, or finds the one whose create was not answered.
func (r *Rotation) create(ctx context.Context) (Result, error) {
	if r.j.OldFirst {
		r.lookAtDead(ctx)
	}
	if r.j.Manual {
		return r.askForPaste(), nil
	}
	for range maxMints {
		if r.j.pending(opCreate) {
			if res, err := r.findLost(ctx); err != nil || res != nil {
				return *orNothing(res), err
			}
		}
		if r.j.New != nil {
			have, err := r.needSecret(ctx)
			if err != nil {
				return Result{}, err
			}
			if have {
				return r.created(ctx, "the new key exists: "+keyWords(*r.j.New))
			}
			if err := r.discardNew(ctx); err != nil {
				return Result{}, err
			}
		}
		if gone, err := r.oldVanished(ctx); err != nil || gone {
			if gone {
				return r.bothGone(), err
			}
			return Result{}, err
		}
		err := r.mint(ctx)
		switch {
		case client.MayHaveHappened(err):
			continue
		case err != nil:
			return Result{}, err
		case r.secret.IsZero():
			continue // the answer came without a secret, or without an id
		}
		return r.created(ctx, "the new key was created: "+keyWords(*r.j.New))
	}
	return Result{}, fmt.Errorf("%d times a key was asked for, and no answer brought its secret", maxMints)
}

// oldVanished reads the list before a create, where this process has not yet: no key is made for one that is there no more,
// unless it was deleted here or a person wants it. That a deletion was sent, or may have been, or
// that there is no such key, is no answer: somebody else may have deleted it.
func (r *Rotation) oldVanished(ctx context.Context) (bool, error) {
	if r.listed != nil && r.sawOld {
		return false, nil
	}
	if r.j.MintAnyway || r.j.OldFirst || r.j.OldGone && !r.j.ToldGone {
		_, err := r.look(ctx)
		return false, err
	}
	_, there, err := r.lookFor(ctx, r.lostLag(), hasOld)
	return !there && rule("both gone: it asks"), err
}
