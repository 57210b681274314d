package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/delivery"
)

// placeState is what an undo found at a place.
type placeState int

const (
	placeNew    placeState = iota // it holds the new secret: the former value is to be put back
	placeBack                     // it holds the former value already, by whosever hand
	placeStuck                    // something else, or nothing can be told
	placeByHand                   // nobody can put it back from here, and a person vouches for it
)

// inspect looks at a place before an undo touches anything.
func (r *Rotation) inspect(ctx context.Context, d delivery.Destination, rec *destinationRecord) (placeState, string, delivery.Held) {
	if rec.Undid != "" {
		return placeByHand, "", delivery.Held{}
	}
	if rec.Without != "" {
		return placeStuck, "it was left out after the new secret was put there", delivery.Held{}
	}
	h, reads := d.(delivery.Holder)
	if !reads {
		return placeStuck, "nobody can put the old value back there from here", delivery.Held{}
	}
	if err := r.settlePlace(ctx, d, rec); err != nil {
		return placeStuck, err.Error(), delivery.Held{}
	}
	held, _, err := r.held(ctx, d, rec)
	if err != nil {
		return placeStuck, err.Error(), held
	}
	if err := elsewhere(rec, held); err != nil && rule("undo: it is the same file") {
		return placeStuck, err.Error(), held
	}
	former, err := h.Former(ctx, r.job(rec))
	if err := r.cameBack(rec, former); err != nil {
		return placeStuck, err.Error(), held
	}
	switch {
	case r.isFormer(rec, held) && !r.isNew(held.Secret):
		return placeBack, "", held
	case r.isForeign(held) && rule("undo: not over a third value"):
		return placeStuck, "it holds neither the new secret nor what it had before: somebody has written it", held
	case err != nil:
		return placeStuck, "the copy of what it had before is not there (" + err.Error() + ")", held
	case former.Exists != rec.Held || former.Exists && !r.fingerprints.is(former.Secret, rec.Former, r.j.ID):
		return placeStuck, "the kept copy does not hold what the place had when the rotation began", held
	}
	return placeNew, "", former
}

// isForeign reports whether a place holds what this rotation has not put there, as far as it knows the secrets that it had.
func (r *Rotation) isForeign(held delivery.Held) bool {
	return (r.j.Print != "" || len(r.j.OldPrints) > 0) && !r.isOurs(held.Secret)
}

// beforePuttingBack looks at every place before any is touched: where one cannot be put back the undo stops, with all as it is. The secret that goes back,
// if it is the old key's, is accepted just now.
func (r *Rotation) beforePuttingBack(ctx context.Context) (*Result, error) {
	var stuck []string
	for d, rec := range r.destinations() {
		if !rec.Begun {
			continue
		}
		state, why, value := r.inspect(ctx, d, rec)
		switch state {
		case placeStuck:
			stuck = append(stuck, rec.Spec)
			r.log("undo: %s: %s", rec.Describe, why)
			if len(stuck) == 1 {
				r.j.StuckWhy = rec.Describe + ": " + why
			}
		case placeNew, placeBack:
			if r.old.IsZero() && rec.WasOld {
				r.old = value.Secret
			}
			if r.j.OldPrint == "" && value.Exists && rec.Former != "" && !r.j.Replace && !rec.Replace { // a journal of an older version
				r.j.OldPrint, rec.WasOld, r.old = rec.Former, true, value.Secret
			}
		}
	}
	if len(stuck) > 0 && rule("undo: every place is looked at before any is touched") {
		return r.askUndone(stuck[0]), r.save("undo stopped")
	}
	r.j.StuckWhy = ""
	return r.oldAccepted(ctx)
}

func (r *Rotation) askUndone(spec string) *Result {
	_, rec, _ := r.destination(spec)
	return ask(Question{Kind: AskUndone, Subject: spec, Text: r.j.StuckWhy + ". Until the old value is there the new key stays, since the application may be using it. Put it back yourself, or go on with the rotation",
		Lines: []string{"The old value is back: " + rec.Describe}, Flag: fmt.Sprintf("rotate --abort %s --undone %s --reason R", r.j.ID, spec), Default: No,
		Choices: []Choice{{ID: Yes, Label: "it is back", Does: "your word counts for this place; where it can be read, it must not hold the new secret", Wants: WantsReason},
			{ID: LookAgain, Label: "look again", Does: "the place is read again"},
			{ID: TurnRound, Label: "go on with the rotation instead", Does: "what was put back is delivered again"},
			{ID: No, Label: "leave it for later", Does: "the rotation stays open, and the new key stays"}}})
}

// putBack puts every former value back, in reverse, reads it back, and then runs the commands again.
func (r *Rotation) putBack(ctx context.Context) (output string, err error) {
	for i, d := range slices.Backward(r.dests) {
		rec := &r.j.Destinations[i]
		if !rec.Begun || rec.Undid != "" {
			continue
		}
		job := r.job(rec)
		job.Expect = func(held delivery.Held) bool {
			return !rule("undo: not over a third value") || !r.isForeign(held)
		}
		err := r.change("undo "+rec.Spec, func() error {
			held, _, err := r.held(ctx, d, rec)
			if err == nil && r.isFormer(rec, held) && !r.isNew(held.Secret) && elsewhere(rec, held) == nil {
				return nil // by whosever hand
			}
			if _, err := d.Undo(ctx, job); err != nil {
				return err
			}
			held, _, err = r.held(ctx, d, rec)
			switch {
			case err != nil:
				return fmt.Errorf("read back: %w", err)
			case !r.isFormer(rec, held) && rule("undo: read back"):
				return errors.New("read back: it does not hold what it had before")
			}
			return nil
		}, func() {
			if !rec.Undone {
				rec.Then = false
			}
			rec.Undone, rec.Put = true, false
		})
		if errors.Is(err, delivery.ErrCopyLeft) {
			r.leftBehind(rec)
			err = errors.Join(err, r.save("a copy is out of reach"))
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", rec.Describe, err)
		}
	}
	out, err := r.runThen(ctx, func(rec *destinationRecord) bool { return rec.Undone })
	return strings.Join(out, "\n"), err
}

// placesBack reads every place, those that were put back earlier too: each holds what it had before.
func (r *Rotation) placesBack(ctx context.Context) error {
	for d, rec := range r.destinations() {
		if !rec.Begun {
			continue
		}
		held, reads, err := r.held(ctx, d, rec)
		switch {
		case !reads:
			continue
		case rec.Undid != "" && err == nil && r.isOurs(held.Secret) && rule("undone: not where the new secret is"):
			rec.Undid = ""
			return fmt.Errorf("%s holds the new secret, although it was said to be put back", rec.Describe)
		case rec.Undid != "":
			continue
		case err != nil:
			return fmt.Errorf("%s cannot be read now: %w; the new key stays", rec.Describe, err)
		}
		if err := elsewhere(rec, held); err != nil {
			return fmt.Errorf("%s: %w; the new key stays", rec.Describe, err)
		}
		if !r.isFormer(rec, held) && rule("undo: every place holds what was put back") {
			rec.Undone = false
			return fmt.Errorf("%s no longer holds what was put back there: something else writes it; the new key stays", rec.Describe)
		}
	}
	return nil
}

// oldAccepted: the secret that goes back, if it is the old key's, is accepted by the service just now; so is what else passed for it.
func (r *Rotation) oldAccepted(ctx context.Context) (*Result, error) {
	if !rule("undo: the old secret is accepted") {
		return nil, nil
	}
	if r.caps.NoTryDead || !r.oldGoesBack(ctx) {
		return nil, nil
	}
	old := r.oldSecret(ctx)
	if old.IsZero() {
		return nil, errors.New("what goes back should be the old key's secret, and no copy of it can be read")
	}
	if res, err := r.triedBack(ctx, SubjectOld, old); err != nil || res != nil {
		return res, err
	}
	for d, rec := range r.destinations() {
		h, reads := d.(delivery.Holder)
		if !reads || !rec.Begun || rec.Undid != "" || !rec.WasOld || rec.Former == r.j.OldPrint || !rule("undo: all that passed for the old secret is accepted") {
			continue
		}
		former, err := h.Former(ctx, r.job(rec))
		if err != nil { // it is back already, and is what the place holds
			if former, err = h.Held(ctx); err != nil {
				return nil, fmt.Errorf("%s cannot be read now: %w; the new key stays", rec.Describe, err)
			}
		}
		if former.Secret.IsZero() || former.Secret.Equal(old) || !r.fingerprints.is(former.Secret, rec.Former, r.j.ID) {
			continue
		}
		if res, err := r.triedBack(ctx, "", former.Secret); err != nil || res != nil { // whose it is, nothing tells
			return res, err
		}
	}
	return nil, nil
}

// triedBack tries a secret that goes back.
func (r *Rotation) triedBack(ctx context.Context, subject string, old apikey.Secret) (*Result, error) {
	_, enabled := r.j.claimed(EnableAnswered, SubjectOld)
	bound := between
	if enabled {
		bound = r.deadBoundOf()
	}
	var t tried
	_, err := r.lookUntil(ctx, bound, func() (bool, error) {
		var err error
		t, err = r.try(ctx, subject, old, "that goes back", "")
		return err == nil && (t.accepted() || t.unproven || t.Verdict == apikey.Known), err
	})
	switch {
	case err != nil:
		return nil, err
	case t.accepted():
		return nil, nil
	case (t.unproven || t.Verdict == apikey.Known) && (r.acceptsProbe() || r.j.Carries[carriesUnproven] != ""):
		return nil, nil
	case t.unproven || t.Verdict == apikey.Known:
		return ask(Question{Kind: AskCarries, Subject: carriesUnproven, Text: "whether the old secret works cannot be seen from here (" + t.Evidence + "). Undo all the same?", Flag: "--accept-unknown REASON",
			Choices: yesNo("undo all the same", "the old value is put back, and the new key is deleted", WantsReason), Default: No}), nil
	case t.Verdict == apikey.Refused:
		return nil, &RefusedError{Reason: "the service refuses the old secret (" + t.Evidence + "): the application would have a key that does not work; the new key stays",
			Next: fmt.Sprintf("go on with `detent rotate --resume %s`, or end it as it stands with `detent rotate --close %s --reason R`", r.j.ID, r.j.ID)}
	}
	return nil, fmt.Errorf("whether the old secret works could not be seen (%s: %s); the new key stays", t.Evidence, t.Why)
}

// oldGoesBack reports whether a place gets the old key's secret back, or has it by the word of a person, where that can be read.
func (r *Rotation) oldGoesBack(ctx context.Context) bool {
	for d, rec := range r.destinations() {
		switch {
		case !rec.Begun:
		case rec.Undid == "" && rec.WasOld:
			return true
		case rec.Undid != "":
			held, reads, err := r.held(ctx, d, rec)
			if reads && err == nil && (r.isOld(held.Secret) || rec.WasOld && held.Exists && r.isFormer(rec, held)) && rule("undone: what was put back by hand is accepted") {
				return true
			}
		}
	}
	return false
}
