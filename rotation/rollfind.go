package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// emptyPatience is how long the tries before a delivery may hold it up where nobody answers: the application may have a dead secret.
const emptyPatience = 5 * time.Second

// rolledNothing sees, before the former secret is written over, whether a roll at once that was answered with a yes did anything. It did not where
// the new secret is refused and the former one accepted, both for as long as the service may take to know either; one that the service says is
// another key's is no new secret either. Anything else is delivered.
func (r *Rotation) rolledNothing(ctx context.Context) (*Result, error) {
	if !r.j.inPlace() || !r.j.atOnce() || r.j.touched() {
		return nil, nil
	}
	old := r.oldSecret(ctx)
	if r.isNew(old) || r.cannotFindOut(old) != "" {
		return nil, nil
	}
	var fresh, former tried
	again, err := r.lookUntil(ctx, r.deadBoundOf(), func() (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, emptyPatience)
		defer cancel()
		var err error
		if fresh, err = r.try(ctx, SubjectNew, r.secret, "in hand", ""); err != nil || fresh.Verdict != apikey.Refused {
			return true, nil
		}
		former, err = r.try(ctx, SubjectOld, old, "as it was before the roll", fresh.Call)
		return err != nil || !former.accepted(), nil
	})
	if whose := fresh.Key; err == nil && fresh.accepted() && whose != nil && whose.ID != "" && whose.ID != r.j.New.ID {
		return r.bothGone().asking(fmt.Sprintf("the service answered the roll with a secret that it accepts as that of another key, %s. Nothing was written", whose.Quoted())), nil
	}
	if err != nil || again {
		return nil, err
	}
	return r.bothGone().asking(fmt.Sprintf("the service answered the roll, and it did nothing that can be seen: the new secret is refused (%s), and the former one still accepted (%s). Nothing was written",
		fresh.Evidence, former.Evidence)), nil
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
