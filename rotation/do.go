package rotation

import (
	"context"
	"errors"
	"strings"
	"time"

	"detent/apikey"
)

// Do does the next step, or the next look of a step that waits, and says what
// came of it. A rotation whose undo has begun goes on with the undo. An error leaves the
// rotation where the journal says; Do again tries again, Undo goes back.
func (r *Rotation) Do(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) {
		switch {
		case r.j.State != Open:
			return r.isOver(), nil
		case r.j.Undoing:
			return r.undo(ctx)
		}
		return r.step(ctx)
	})
}

// act does one thing to the rotation, alone, and shows what came of it.
func (r *Rotation) act(do func() (Result, error)) (Result, error) {
	r.busy.Lock()
	defer r.busy.Unlock()
	if r.lock == nil {
		return Result{}, errClosed
	}
	did := r.j.Step
	res, err := do()
	if res.Did == "" {
		res.Did = did
	}
	res.Step = r.j.Step
	if err != nil {
		err = r.explain(did, err)
	}
	r.publish()
	return res, err
}

func (r *Rotation) isOver() Result {
	return Result{Status: Finished, Said: "the rotation is over: " + string(r.j.State)}
}

var errClosed = errors.New("the rotation is closed")

func (r *Rotation) step(ctx context.Context) (Result, error) {
	switch r.j.Step {
	case Preflight:
		return r.preflight(ctx)
	case Retire:
		return r.retire(ctx)
	case Create:
		return r.create(ctx)
	case Deliver:
		return r.deliver(ctx)
	case Verify:
		return r.verify(ctx)
	case Drain:
		return r.drain(ctx)
	case Disable:
		return r.disable(ctx)
	case Soak:
		return r.soak(ctx)
	}
	return r.delete(ctx)
}

// Undo goes back: the old value is put where it was, the commands after it run again, and only
// then is the new key deleted. Refused with ErrOldGone once the old key is gone. In preflight it just ends.
func (r *Rotation) Undo(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) {
		if r.j.State != Open {
			return r.isOver(), nil
		}
		return r.undo(ctx)
	})
}

// Accept takes the differences of old and new access, with the reason, which is
// recorded. unknownOnly leaves real differences standing.
func (r *Rotation) Accept(reason string, unknownOnly bool) error {
	r.busy.Lock()
	defer r.busy.Unlock()
	if reason = strings.TrimSpace(reason); reason == "" {
		return &RefusedError{Reason: "a difference is accepted with a reason"}
	}
	if r.j.New == nil {
		return &RefusedError{Reason: "there is no new key to compare yet"}
	}
	for _, d := range r.j.diff() {
		if d.Verdict == NotTold || d.Verdict == Differs && !unknownOnly {
			r.j.Accepted = append(r.j.Accepted, acceptance{Field: d.Field, Reason: reason, Old: d.Old, New: d.New, At: r.w.Now().UTC()})
		}
	}
	return r.save("accepted")
}

// Attest records the operator's word for what detent cannot see, and ends the wait at hand: every
// consumer has the new key (drain), the rehearsal may be skipped or ended (disable, soak), or a
// destination without undo has its old value again (undo).
func (r *Rotation) Attest(reason string) error {
	r.busy.Lock()
	defer r.busy.Unlock()
	if reason = strings.TrimSpace(reason); reason == "" {
		return &RefusedError{Reason: "say what was confirmed"}
	}
	switch {
	case r.j.Undoing:
	case r.j.Step == Drain, r.j.Step == Disable, r.j.Step == Soak:
	default:
		return &RefusedError{Reason: "there is nothing to confirm at the step " + string(r.j.Step)}
	}
	r.j.Attested = append(r.j.Attested, attestation{Step: r.j.Step, Undo: r.j.Undoing, Reason: reason, At: r.w.Now().UTC()})
	return r.save("attested")
}

// Paste takes the secret of the key that the operator has created by hand: it is
// checked, proved against the service and matched to the row that appeared.
func (r *Rotation) Paste(ctx context.Context, secret apikey.Secret) (Result, error) {
	return r.act(func() (Result, error) { return r.paste(ctx, secret) })
}

// Reenable turns a disabled old key on again, and goes back to the drain.
func (r *Rotation) Reenable(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) { return r.reenable(ctx) })
}

// SecretInHand reports whether leaving now loses the new secret.
func (r *Rotation) SecretInHand() bool { return r.View().SecretInHand }

func stop(need Need, said string, notes ...string) Result {
	return Result{Status: Stopped, Need: need, Said: said, Notes: notes}
}

// move ends a step: the journal says so before the next one may begin.
func (r *Rotation) move(to Step, said string, notes ...string) (Result, error) {
	from := r.j.Step
	r.j.Step = to
	r.wait = waiting{}
	r.log("%s: %s", from, said)
	if err := r.save("step " + string(to)); err != nil {
		return Result{}, err
	}
	return Result{Status: Moved, Said: said, Notes: notes}, nil
}

// waiting is a wait on our own clock; it starts anew in every process.
type waiting struct {
	begun time.Time // of the step
	quiet time.Time // since when nothing moved
	used  apikey.Moment
	polls int
	moves int // looks at which the old key had moved
	looks int
}
