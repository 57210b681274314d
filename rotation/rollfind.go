package rotation

import (
	"context"
	"errors"
	"fmt"

	"detent/apikey"
)

// A roll whose answer is lost, at a service that takes no name for it and whose list does not show when a key was rolled: whether it was done
// is told by the former secret.

// settleUnnamed finds out what became of such a roll. Without a result it is settled, one way or the other, and may be made anew: where it
// was done, nobody has the secret that it gave, and another one harms nobody.
func (r *Rotation) settleUnnamed(ctx context.Context) (*Result, error) {
	old := r.oldSecret(ctx)
	if why := r.cannotFindOut(old); why != "" {
		return r.askRolled(why), nil
	}
	refused, err := r.oldTells(ctx, old)
	if err != nil {
		return nil, err
	}
	r.j.settled(opCreate)
	r.j.Roll.Lost, r.j.Roll.Once = true, ""
	if !refused {
		r.log("the former secret is accepted, as before: the roll whose answer was lost was not done")
		return nil, r.save("the roll was not done")
	}
	r.j.Roll.NoWayBack = true
	r.log("the former secret, which was accepted before, is refused: the roll whose answer was lost was done, and nobody has its secret")
	return nil, r.save("the roll was done")
}

// cannotFindOut says why the former secret does not tell; empty where it does.
func (r *Rotation) cannotFindOut(old apikey.Secret) string {
	_, accepted := r.j.claimed(SecretAccepted, SubjectOld)
	switch {
	case r.caps.NoTryDead:
		return "the service must not be asked with a secret that may be dead"
	case old.IsZero():
		return "the former secret is not at hand"
	case r.j.unproven():
		return r.madeUpWords()
	case !accepted:
		return "the former secret was not seen to be accepted before"
	}
	return ""
}

// askRolled: what cannot be found out is somebody's word. Rolled once more the key has a secret that is known, whatever became of the first
// call.
func (r *Rotation) askRolled(why string) *Result {
	text := "whether the key was rolled is not known: the answer is missing, and " + why
	return r.askOrClose(text, Choice{ID: Yes, Label: "roll it once more", Wants: WantsReason,
		Does: "the secret that it has then is delivered; what uses the former one, or one that somebody else gave it, stops"})
}

// oldTells tries the former secret until it is refused, which it is twice, or until it is accepted though the call has had the time to take
// effect and the service that of its own to refuse what is dead.
func (r *Rotation) oldTells(ctx context.Context, old apikey.Secret) (refused bool, err error) {
	var last tried
	var silent error
	times := 0
	refused, err = r.lookUntil(ctx, max(r.w.settle(), r.deadBoundOf()), func() (bool, error) {
		last, silent = r.try(ctx, SubjectOld, old, "as it was before the roll", "")
		switch {
		case silent != nil && !noAnswer(silent):
			return false, silent
		case silent == nil && last.Verdict == apikey.Refused:
			times++
		default:
			times = 0
		}
		return times > 1, nil
	})
	switch {
	case err != nil || refused:
		return refused, err
	case silent == nil && last.accepted():
		return false, nil
	}
	return false, fmt.Errorf("whether the key was rolled could not be seen: %s to the former secret", answerWords(last.Proof, silent))
}

// mayRollUnnamed looks at the key before it is rolled. The list does not show which secret it has.
func (r *Rotation) mayRollUnnamed(ctx context.Context) (*Result, error) {
	s, _, err := r.lookFor(ctx, r.lostLag(), hasOld)
	switch {
	case err != nil:
		return nil, err
	case r.keyOver():
		return r.bothGone(), nil
	case s.old.IsDisabled(): // its secrets are refused, whichever it has
		return nil, errors.New("somebody has switched the key off: what it is rolled to would be refused; switch it on first")
	}
	r.j.MintAnyway = false
	if !r.j.pending(opCreate) {
		return nil, nil
	}
	return r.settleUnnamed(ctx)
}
