package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/delivery"
)

// deliver puts the new secret to every destination, reads it back, then runs
// what is to run after it. What was already done is not done again.
func (r *Rotation) deliver(ctx context.Context) (Result, error) {
	if r.j.OldFirst {
		r.lookAtDead(ctx)
	}
	var notes, printed []string
	for d, rec := range r.destinations() {
		if rec.Put || rec.Without != "" {
			continue
		}
		have, err := r.needSecret(ctx)
		if err != nil {
			return Result{}, err
		}
		if !have {
			return r.replaceLost(ctx)
		}
		if res, err := r.notOff(ctx); err != nil || res != nil {
			return *orNothing(res), err
		}
		for _, dead := range []func(context.Context) (*Result, error){r.rolledNothing, r.unlisted} {
			if res, err := dead(ctx); err != nil || res != nil {
				return *orNothing(res), err
			}
		}
		if err := r.follow(ctx, d, rec); err != nil {
			return Result{}, fmt.Errorf("%s: %w", rec.Describe, err)
		}
		report, err := r.put(ctx, d, rec)
		if errors.Is(err, delivery.ErrUnexpected) {
			err = errors.New("it holds something else than when the rotation began: somebody has written it since, and it was left alone. Put back what it had, or undo")
		}
		if err != nil {
			return Result{Output: strings.Join(printed, "\n")}, fmt.Errorf("%s: %w", rec.Describe, err)
		}
		notes = append(notes, report.Notes...)
		if report.Output != "" {
			printed = append(printed, report.Output)
		}
	}
	after, err := r.runThen(ctx, func(*destinationRecord) bool { return true })
	output := strings.Join(append(printed, after...), "\n")
	if err != nil {
		return Result{Output: output}, err
	}
	said := "the new secret goes to detent's own credential alone"
	if recs := r.inUse(); len(recs) > 0 {
		said = "the new secret was delivered to " + placesText(recs)
	}
	res, err := r.Advance(said, notes...)
	res.Output = output
	return res, err
}

// notOff refuses to deliver a key that was seen to be switched off: what reads the place would stop. One that is gone since is asked about.
func (r *Rotation) notOff(ctx context.Context) (*Result, error) {
	if r.j.New == nil || !r.j.New.key().IsDisabled() || !rule("put: a key that is on") {
		return nil, nil
	}
	s, there, err := r.lookFor(ctx, r.lag(), hasNew) // somebody may have switched it on since
	switch {
	case err != nil:
		return nil, err
	case !there && r.neitherLeft(s):
		return r.bothGone(), nil
	case !there:
		return r.newMissing(), nil
	case r.j.New.key().IsDisabled():
		return nil, errNewOff
	}
	return nil, nil
}

// unlisted tries a new key that no list has shown before the secret of a living one is written over: a create that was answered with a yes may
// have made none. One that stays refused is not delivered; anything else is.
func (r *Rotation) unlisted(ctx context.Context) (*Result, error) {
	if _, listed := r.j.claimed(RowSeen, SubjectNew); listed || r.j.Roll != nil || r.j.OldFirst || r.j.OldGone || r.j.touched() {
		return nil, nil
	}
	var t tried
	times := 0
	told, err := r.lookUntil(ctx, patience*between, func() (bool, error) {
		times++
		var err error
		t, err = r.try(ctx, SubjectNew, r.secret, "in hand", "")
		return err != nil || t.Verdict != apikey.Refused, nil
	})
	if err != nil || told {
		return nil, err
	}
	return r.refusedNew(ctx, times, t)
}

// put delivers over what the place held when the rotation began, or over the new secret of an attempt before, and over
// nothing else.
func (r *Rotation) put(ctx context.Context, d delivery.Destination, rec *destinationRecord) (report delivery.Report, err error) {
	fresh, earlier := !rec.Begun, rec.Fresh
	rec.Begun, rec.Fresh = true, false
	job := r.job(rec)
	job.Expect = func(held delivery.Held) bool {
		return !rule("put: over what was there alone") || r.isNew(held.Secret) || rec.Where == "" || r.isFormer(rec, held) || r.isOld(held.Secret) || r.isSuperseded(held.Secret) || !held.Exists && r.overNothing[rec.Spec] ||
			held.Exists && r.fingerprints.is(held.Secret, rec.Over, r.j.ID)
	}
	nothing := false // was written
	err = r.change("put "+rec.Spec, func() (err error) {
		report, err = d.Put(ctx, job, r.secret)
		if report.Kept {
			if rec.Copied == rec.Backup && rec.Copied != "" { // the copy that was made before is out of reach: its volume is not there now
				r.leftBehind(rec)
			}
			rec.Copied = rec.Backup
			if h, reads := d.(delivery.Holder); reads && (!rec.Held || rec.Over != "") {
				if copied, err := h.Former(ctx, job); err == nil {
					if err := r.cameBack(rec, copied); err != nil {
						return err
					}
				}
			}
		}
		if err != nil {
			var noPlace *delivery.PlaceError
			nothing = errors.Is(err, delivery.ErrUnexpected) || errors.As(err, &noPlace)
			return err
		}
		match, err := d.ReadBack(ctx, r.secret)
		switch {
		case err != nil:
			return fmt.Errorf("read back: %w", err)
		case match == delivery.Different:
			return errors.New("read back: it does not hold what was just put there: does something else write it?")
		case match == delivery.CannotTell:
			report.Notes = append(report.Notes, rec.Describe+": handed over; it cannot be read back")
		default:
			r.placeHolds(rec, delivery.Held{Exists: true, Secret: r.secret})
		}
		return nil
	}, func() { rec.Put, rec.Used, r.foreignUse = true, "", false })
	rec.Fresh = earlier && nothing
	if fresh && nothing { // there is nothing to undo
		rec.Begun = false
		var noPlace *delivery.PlaceError
		if errors.As(err, &noPlace) || errors.Is(err, delivery.ErrCopyLeft) { // it was swapped or moved away meanwhile: a copy may lie beside that file
			r.leftBehind(rec)
		}
		err = errors.Join(err, r.save("nothing was put"))
	} else if errors.Is(err, delivery.ErrCopyLeft) {
		r.leftBehind(rec)
		err = errors.Join(err, r.save("a copy is out of reach"))
	}
	return report, err
}

// runThen runs the commands of those destinations that have not run since the last put or undo. Running one
// again is harmless: it restarts what reads the secret.
func (r *Rotation) runThen(ctx context.Context, of func(*destinationRecord) bool) (out []string, err error) {
	for d, rec := range r.destinations() {
		if rec.Then || rec.Without != "" || !of(rec) {
			continue
		}
		ran := false
		err := r.change("then "+rec.Spec, func() error {
			text, err := d.Then(ctx)
			if text != "" {
				out = append(out, text)
			}
			ran = d.HasThen()
			return err
		}, func() {
			rec.Then = true
			if ran {
				r.commandEnded(rec, "the command after it")
			}
		})
		if err != nil {
			return out, fmt.Errorf("%s: the command after it: %w", rec.Describe, err)
		}
	}
	return out, nil
}

func (r *Rotation) commandEnded(rec *destinationRecord, which string) {
	r.observed(CommandEnded, rec.Spec, "command", "%s: %s ended with exit 0", rec.Describe, which)
}
