package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
)

// Calls whose end a later start must know about.
const (
	opDisable = "disable the old key"
	opDelete  = "delete the old key"
)

var (
	errNewMissing = errors.New("the new key is not on the service: it was deleted elsewhere, or has expired")
	errNewOff     = errors.New("the new key is disabled: without the old one there would be none that works")
)

// watched reports whether the old key's last use can be watched.
func (r *Rotation) watched(old *apikey.Key) bool {
	return r.j.SeesUse && r.j.LastUseMoves && old.LastUsedAt.Known()
}

// drain waits until the old key is quiet: its last use did not change for the whole drain time on our
// own clock, at three looks or more. The old key is never used by us meanwhile.
func (r *Rotation) drain(ctx context.Context) (Result, error) {
	if a, ok := r.attestedAt(Drain); ok {
		return r.leaveDrain("you confirmed that nobody uses the old key: " + a.Reason)
	}
	if r.j.DrainExplicit && r.j.Drain == 0 {
		return r.leaveDrain("no drain, as you said (--drain 0)")
	}
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	switch {
	case s.new == nil:
		return Result{}, errNewMissing
	case s.old == nil:
		return r.move(Delete, "the old key is already gone: somebody deleted it, or it has expired")
	case r.watched(s.old) && s.old.Own: // our own looks would use it, and it would never be quiet
		return r.askForSwitch(), nil
	case r.watched(s.old):
		return r.watch(s)
	case r.j.DrainExplicit:
		return r.waitOut(r.j.Drain, func() (Result, error) {
			return r.leaveDrain(fmt.Sprintf("the drain of %s that you named is over", span(r.j.Drain)))
		}, "the service does not show whether the old key is in use: waiting the time that you named")
	}
	said := "the service does not show whether the old key is still in use: confirm that every consumer has the new one"
	if r.caps.UsagePage != "" {
		said += ". Look at " + r.caps.UsagePage
	}
	return stop(NeedAttest, said), nil
}

// watch looks once at the old key's last use.
func (r *Rotation) watch(s *sight) (Result, error) {
	now, w := r.w.Now(), &r.wait
	first := w.begun.IsZero()
	if first {
		w.begun = now
	}
	moved := !first && !w.used.Equal(s.old.LastUsedAt)
	w.looks++
	if moved {
		w.moves++
	}
	if first || moved {
		w.quiet, w.used, w.polls = now, s.old.LastUsedAt, 0
	}
	w.polls++
	seen := &Watch{Visible: true, OldUsed: s.old.LastUsedAt, NewUsed: s.new.LastUsedAt, Moved: moved, Polls: w.polls,
		QuietFor: now.Sub(w.quiet), Elapsed: now.Sub(w.begun), OwnTraces: w.looks > 3 && w.moves == w.looks-1}
	if seen.QuietFor >= r.j.Drain && w.polls >= 3 {
		return r.leaveDrain(fmt.Sprintf("the old key was quiet for %s, at %d looks", span(seen.QuietFor), w.polls))
	}
	left := r.j.Drain - seen.QuietFor
	res := Result{Status: Waiting, Watch: seen, Left: left, Total: r.j.Drain, Wait: pollEvery(r.j.Drain)}
	if left > 0 {
		res.Wait = min(res.Wait, left)
	}
	switch {
	case seen.OwnTraces:
		res.Said = "the old key's last use moves with every look of ours: it may be the one that detent itself uses"
	case moved:
		res.Said = "the old key was used again: the quiet time begins anew"
	default:
		res.Said = "the old key is quiet"
	}
	return res, nil
}

// pollEvery gives a drain at least three looks, and the service no more than it needs.
func pollEvery(drain time.Duration) time.Duration {
	return min(max(drain/10, 200*time.Millisecond), max(drain/3, 10*time.Millisecond), 30*time.Second)
}

// waitOut waits on our own clock, then goes on.
func (r *Rotation) waitOut(total time.Duration, then func() (Result, error), said string) (Result, error) {
	now := r.w.Now()
	if r.wait.begun.IsZero() {
		r.wait.begun = now
	}
	left := total - now.Sub(r.wait.begun)
	if left <= 0 {
		return then()
	}
	return Result{Status: Waiting, Wait: left, Left: left, Total: total, Said: said}, nil
}

func (r *Rotation) leaveDrain(said string) (Result, error) {
	to := Disable
	if !r.j.CanDisable || r.j.Old.key().IsDisabled() {
		to = Delete
	}
	return r.move(to, said)
}

func (r *Rotation) attestedAt(step Step) (attestation, bool) {
	for _, a := range slices.Backward(r.j.Attested) {
		if a.Step == step && !a.Undo {
			return a, true
		}
	}
	return attestation{}, false
}

// disable is the reversible rehearsal of the deletion.
func (r *Rotation) disable(ctx context.Context) (Result, error) {
	if a, ok := r.attestedAt(Disable); ok {
		return r.move(Delete, "no rehearsal, as you said: "+a.Reason)
	}
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	switch {
	case s.old == nil:
		return r.move(Delete, "the old key is already gone: somebody deleted it, or it has expired")
	case s.new == nil:
		return Result{}, errNewMissing
	case s.new.IsDisabled():
		return Result{}, errNewOff
	case s.old.Own:
		return r.askForSwitch(), nil
	case s.old.IsDisabled() && !r.maybeDisabled():
		return r.move(Soak, "somebody has disabled the old key already")
	}
	if err := r.setEnabled(ctx, false); err != nil {
		return Result{}, err
	}
	return r.move(Soak, "the old key is disabled; it can be turned on again until it is deleted")
}

// setEnabled turns the old key on or off. Where the answer is lost it asks once more: that does no harm.
func (r *Rotation) setEnabled(ctx context.Context, on bool) error {
	op := opDisable
	if on {
		op = "enable the old key"
	}
	return r.change(op, func() error {
		_, err := r.svc.Update(ctx, r.j.Old.ID, apikey.Patch{Enabled: &on})
		if client.MayHaveHappened(err) && ctx.Err() == nil {
			_, err = r.svc.Update(ctx, r.j.Old.ID, apikey.Patch{Enabled: &on})
		}
		return err
	}, func() {
		r.j.OldDisabled = !on
		r.j.settled(opDisable)
		r.log("%s: done", op)
	})
}

// maybeDisabled reports whether we turned the old key off, or may have.
func (r *Rotation) maybeDisabled() bool { return r.j.OldDisabled || r.j.pending(opDisable) }

func (r *Rotation) reenable(ctx context.Context) (Result, error) {
	if !r.maybeDisabled() || r.j.OldGone || r.j.Undoing {
		return Result{}, &RefusedError{Reason: "the old key was not disabled by this rotation"}
	}
	if r.j.OldFirst {
		return Result{}, &RefusedError{Reason: "the old key is compromised: undo is the way to turn it on again"}
	}
	if err := r.setEnabled(ctx, true); err != nil {
		return Result{}, err
	}
	r.j.Attested = slices.DeleteFunc(r.j.Attested, func(a attestation) bool { return !a.Undo })
	res, err := r.move(Drain, "the old key is on again; the rotation is back at the drain")
	res.Did, res.Step = Soak, r.j.Step
	return res, err
}

func (r *Rotation) soak(ctx context.Context) (Result, error) {
	if a, ok := r.attestedAt(Soak); ok {
		return r.move(Delete, "the rehearsal was ended by you: "+a.Reason)
	}
	if r.j.Soak == 0 {
		return r.move(Delete, "no soak, as you said (--soak 0)")
	}
	return r.waitOut(r.j.Soak, func() (Result, error) {
		return r.move(Delete, fmt.Sprintf("the old key was off for %s", span(r.j.Soak)))
	}, "the old key is off; if something breaks, turn it on again")
}

// retire takes the compromised key out of service before anything else.
func (r *Rotation) retire(ctx context.Context) (Result, error) {
	switch {
	case r.j.Old.key().IsDisabled():
		return r.move(Create, "the compromised key is disabled already")
	case r.j.CanDisable:
		if err := r.setEnabled(ctx, false); err != nil {
			return Result{}, err
		}
		return r.move(Create, "the compromised key is disabled")
	}
	if err := r.deleteOld(ctx); err != nil {
		return Result{}, err
	}
	return r.move(Create, "the compromised key is deleted")
}

func (r *Rotation) askForSwitch() Result {
	return stop(NeedSwitch, fmt.Sprintf("detent still authenticates with the old key: put the new secret where it reads its credential (%s), and resume with a new start", r.credentialWords()))
}

func (r *Rotation) credentialWords() string {
	if r.w.Switcher == nil {
		return "its configuration"
	}
	return r.w.Switcher.Describe()
}

// deleteKey deletes, and where the answer is lost, looks, and deletes again if the key is still there.
func (r *Rotation) deleteKey(ctx context.Context, id string) error {
	_, err := r.svc.Delete(ctx, id)
	if !client.MayHaveHappened(err) || ctx.Err() != nil {
		return err
	}
	there, lookErr := r.listed(ctx, id)
	switch {
	case lookErr != nil:
		return err
	case !there:
		return nil
	}
	_, err = r.svc.Delete(ctx, id)
	return err
}

func (r *Rotation) listed(ctx context.Context, id string) (bool, error) {
	found := false
	r.w.Hook("before: list")
	err := r.svc.List(ctx, func(batch []apikey.Key) {
		found = found || slices.ContainsFunc(batch, func(k apikey.Key) bool { return k.ID == id })
	})
	r.w.Hook("after: list")
	return found, err
}

// deleteOld deletes the old key and proves by the list that it is gone.
func (r *Rotation) deleteOld(ctx context.Context) error {
	if r.j.OldGone {
		return nil
	}
	there, err := r.listed(ctx, r.j.Old.ID)
	if err != nil {
		return err
	}
	if there {
		err := r.change(opDelete, func() error { return r.deleteKey(ctx, r.j.Old.ID) }, func() { r.log("the service deleted the old key") })
		if err != nil {
			return err
		}
	}
	gone, err := r.lookUntil(ctx, func() (bool, error) {
		there, err := r.listed(ctx, r.j.Old.ID)
		return !there, err
	})
	switch {
	case err != nil:
		return err
	case !gone:
		return errors.New("the service said that the old key is deleted, but still lists it")
	}
	r.j.OldGone = true
	r.j.settled(opDelete, opDisable)
	return r.save("old key gone")
}

// lookUntil looks several times for what the service may need a moment to show.
func (r *Rotation) lookUntil(ctx context.Context, shown func() (bool, error)) (bool, error) {
	for i := range looks {
		if i > 0 {
			if err := r.w.Sleep(ctx, between); err != nil {
				return false, err
			}
		}
		if yes, err := shown(); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}
