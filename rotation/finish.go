package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client"
)

// delete removes the old key, proves that it is gone, and clears up: strays with our nonce, the
// name, the kept copies. It is refused while old and new differ and nobody has accepted that.
func (r *Rotation) delete(ctx context.Context) (Result, error) {
	if !r.j.OldGone {
		if res, ready, err := r.mayDelete(ctx); err != nil || !ready {
			return res, err
		}
		if err := r.deleteOld(ctx); err != nil {
			return Result{}, err
		}
	}
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	if s.new == nil {
		r.startOver()
		return r.move(Create, "the new key is gone from the service as well, and the old one with it: another new key is created next")
	}
	if err := r.deleteStrays(ctx, s); err != nil {
		return Result{}, err
	}
	notes := r.restoreName(ctx, s)
	if err := r.finishDestinations(ctx); err != nil {
		return Result{}, err
	}
	r.secret = apikey.Secret{}
	r.j.State, r.j.Print, r.j.Pending = Over, "", nil
	res, err := r.move(Done, "the old key is gone; the rotation is done", notes...)
	res.Status = Finished
	return res, err
}

// mayDelete holds the deletion back until nothing speaks against it.
func (r *Rotation) mayDelete(ctx context.Context) (Result, bool, error) {
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, false, err
	}
	switch {
	case s.new == nil:
		return Result{}, false, errNewMissing
	case s.new.IsDisabled():
		return Result{}, false, errNewOff
	case s.old == nil:
		return Result{}, true, nil // gone already; deleteOld proves it
	case s.old.Own:
		return r.askForSwitch(), false, nil
	}
	if open := blocked(r.j.diff()); len(open) > 0 {
		return stop(NeedAccept, "old and new are not proved to have the same access; the old key stays until you accept that with a reason", diffWords(open)...), false, nil
	}
	return Result{}, true, nil
}

// deleteStrays removes every other key of ours: lost secrets, and creates that took effect late.
func (r *Rotation) deleteStrays(ctx context.Context, s *sight) error {
	for _, k := range s.ours {
		if r.j.New != nil && k.ID == r.j.New.ID {
			continue
		}
		err := r.change("delete the stray "+k.ID, func() error { return r.deleteKey(ctx, k.ID) }, func() {
			r.log("deleted the stray key %q (%s)", k.Name, k.ID)
			r.j.Superseded = slices.DeleteFunc(r.j.Superseded, func(id string) bool { return id == k.ID })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// restoreName gives the new key the old one's name. A failure is only said: the key works, and
// the journal knows its id.
func (r *Rotation) restoreName(ctx context.Context, s *sight) []string {
	if !r.caps.Rename.OK || s.new.Name == r.j.Base || r.j.Base == "" {
		return nil
	}
	err := r.change(opRename, func() error {
		k, err := r.svc.Update(ctx, s.new.ID, apikey.Patch{Name: &r.j.Base})
		if err == nil && k.ID == s.new.ID {
			rec := record(k)
			r.j.New = &rec
		}
		return err
	}, func() { r.j.Renamed = true })
	if err == nil {
		return nil
	}
	if client.MayHaveHappened(err) {
		r.j.settled(opRename)
	}
	return []string{fmt.Sprintf("the new key keeps the name %q: %v", s.new.Name, err)}
}

func (r *Rotation) finishDestinations(ctx context.Context) error {
	for i, d := range r.dests {
		r.w.Hook("before: finish " + d.Spec())
		err := d.Finish(ctx, r.job())
		r.w.Hook("after: finish " + d.Spec())
		if err != nil {
			return fmt.Errorf("%s: remove the kept copy: %w", r.j.Destinations[i].Describe, err)
		}
	}
	if r.j.Own && r.w.Switcher != nil { // after an undo of the switch, too
		return r.w.Switcher.Finish(ctx, r.job())
	}
	return nil
}

// undo goes back. What fails in it is the undo, wherever the rotation is.
func (r *Rotation) undo(ctx context.Context) (Result, error) {
	res, err := r.goBack(ctx)
	if err != nil {
		err = r.explain(undoing, err)
	}
	return res, err
}

// goBack puts the old value back where it was, and only then deletes the new key.
func (r *Rotation) goBack(ctx context.Context) (Result, error) {
	if !r.saved {
		r.j.State = Aborted
		return Result{Status: Finished, Said: "nothing was begun, nothing was changed"}, nil
	}
	if err := r.refuseWithoutOld(ctx); err != nil {
		return Result{}, err
	}
	if !r.j.Undoing {
		r.j.Undoing = true
		if err := r.save("undo begins"); err != nil {
			return Result{}, err
		}
	}
	if r.maybeDisabled() {
		if err := r.setEnabled(ctx, true); err != nil {
			return Result{}, err
		}
	}
	output, stuck, err := r.undoDestinations(ctx)
	if err != nil {
		return Result{Output: output}, err
	}
	if len(stuck) > 0 {
		return Result{Status: Stopped, Need: NeedAttest, Output: output, Said: "detent cannot put the old value back in " + strings.Join(stuck, " and in ") +
			": do that yourself and confirm it; until then the new key stays, since something may use it"}, nil
	}
	if err := r.switchBack(ctx); err != nil {
		return Result{Output: output}, err
	}
	if s, err := r.look(ctx); err != nil {
		return Result{Output: output}, err
	} else if s.new != nil && s.new.Own {
		return Result{Status: Stopped, Need: NeedSwitch, Output: output, Said: fmt.Sprintf("detent authenticates with the new key, which the undo deletes: "+
			"put the old secret back where it reads its credential (%s), and undo with a new start", r.credentialWords())}, nil
	}
	if err := r.deleteNew(ctx); err != nil {
		return Result{Output: output}, err
	}
	if err := r.finishDestinations(ctx); err != nil {
		return Result{Output: output}, err
	}
	r.secret = apikey.Secret{}
	r.j.State, r.j.Print, r.j.Pending = Aborted, "", nil
	r.log("undone at the step %s", r.j.Step)
	if err := r.save("aborted"); err != nil {
		return Result{Output: output}, err
	}
	return Result{Status: Finished, Output: output, Said: "undone: the old key is as it was, the new one is gone"}, nil
}

// switchBack gives detent its old credential again and opens the service with it, even where nothing was
// switched: a destination that has its old value again may be the file that the credential is read from.
func (r *Rotation) switchBack(ctx context.Context) error {
	if r.w.Switcher == nil || !r.j.Switched && !(r.j.Own && r.w.Switcher.CanSwitch()) {
		return nil
	}
	var back client.Service
	err := r.change("switch own credential back", func() (err error) {
		back, err = r.w.Switcher.Undo(ctx, r.job())
		return err
	}, func() { r.svc, r.j.Switched = back, false })
	if err != nil {
		return fmt.Errorf("%s: %w", r.w.Switcher.Describe(), err)
	}
	return nil
}

// refuseWithoutOld makes sure that there is something to go back to.
func (r *Rotation) refuseWithoutOld(ctx context.Context) error {
	refusal := &RefusedError{Reason: ErrOldGone.Error(), Next: "go on with `detent rotate --resume " + r.j.ID + "`", Err: ErrOldGone}
	if r.j.OldGone {
		return refusal
	}
	if r.j.pending(opDelete) { // it may still take effect
		if err := r.w.Sleep(ctx, r.w.settle()); err != nil {
			return err
		}
	}
	s, err := r.look(ctx)
	if err != nil {
		return err
	}
	if s.old != nil {
		return nil
	}
	r.j.OldGone = true
	r.j.settled(opDelete, opDisable)
	if r.j.Undoing {
		r.turnAround()
	}
	if s.new == nil {
		r.startOver()
	}
	return errors.Join(refusal, r.save("old key gone"))
}

// turnAround makes going on possible where the old key vanished in the middle of an undo: what was
// put back is delivered again.
func (r *Rotation) turnAround() {
	r.j.Undoing, r.j.Step = false, Create
	for i := range r.j.Destinations {
		r.j.Destinations[i].Undone, r.j.Destinations[i].Then = false, false
	}
}

// startOver forgets a new key that is gone. Where its secret was put, another will be.
func (r *Rotation) startOver() {
	r.j.New, r.j.Print, r.j.Proved, r.secret = nil, "", 0, apikey.Secret{}
	for i := range r.j.Destinations {
		r.j.Destinations[i].Put, r.j.Destinations[i].Then = false, false
	}
}

// undoDestinations puts every old value back, in reverse, and then runs the commands again. stuck
// are the ones that have the new value and no undo, and that nobody has vouched for.
func (r *Rotation) undoDestinations(ctx context.Context) (output string, stuck []string, err error) {
	attested := slices.ContainsFunc(r.j.Attested, func(a attestation) bool { return a.Undo })
	for i, d := range slices.Backward(r.dests) {
		rec := &r.j.Destinations[i]
		switch {
		case !rec.Begun || rec.Undone:
		case d.CanUndo():
			err := r.change("undo "+rec.Spec, func() error {
				_, err := d.Undo(ctx, r.job())
				return err
			}, func() { rec.Undone, rec.Put, rec.Then = true, false, false })
			if err != nil {
				return "", nil, fmt.Errorf("%s: %w", rec.Describe, err)
			}
		case !attested:
			stuck = append(stuck, rec.Describe)
		}
	}
	out, err := r.runThen(ctx, func(rec *destinationRecord) bool { return rec.Undone })
	return strings.Join(out, "\n"), stuck, err
}

// deleteNew removes the new key and everything else with our nonce, and proves it.
func (r *Rotation) deleteNew(ctx context.Context) error {
	if r.j.pending(opCreate) {
		if err := r.w.Sleep(ctx, r.w.settle()); err != nil {
			return err
		}
	}
	s, err := r.look(ctx)
	if err != nil {
		return err
	}
	for _, k := range s.ours {
		if k.ID == r.j.Old.ID {
			continue
		}
		err := r.change("delete the new key "+k.ID, func() error { return r.deleteKey(ctx, k.ID) }, func() {
			r.log("deleted %q (%s)", k.Name, k.ID)
		})
		if err != nil {
			return err
		}
	}
	gone, err := r.lookUntil(ctx, func() (bool, error) {
		s, err = r.look(ctx)
		return err == nil && len(s.ours) == 0, err
	})
	if err == nil && !gone {
		err = fmt.Errorf("the service still lists %s", names(s.ours))
	}
	return err
}
