package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
)

// delete removes the old key, sees that its secret is refused, and clears up: strays with our nonce, the
// name, the kept copies. The gate is passed right before the call.
func (r *Rotation) delete(ctx context.Context) (Result, error) {
	if err := r.overByItself(ctx); err != nil {
		return Result{}, err
	}
	if !r.j.OldGone {
		if !r.caps.Delete.OK {
			return r.askDashboard(), nil
		}
		if r.j.OldFirst && !r.j.pending(opDelete) {
			r.lookAtDead(ctx)
		}
		r.j.Unanswered = r.j.Unanswered || r.j.pending(opDelete)
		res, err := r.guardedTwice(ctx, opDelete, "delete", r.j.Old.ID, r.gate, r.sendDelete, r.isDeleted)
		if err != nil || res != nil {
			return *orNothing(res), err
		}
	}
	if res, err := r.afterDelete(ctx); err != nil || res != nil {
		return *orNothing(res), err
	}
	if dead, res, err := r.seeDead(ctx, deadAfterDelete); rule("dead: refused after delete") && (err != nil || !dead) {
		return res, err
	}
	if r.j.OldFirst || r.j.atOnce() || r.j.Roll != nil && r.j.Roll.ByItself { // what the gate would have asked before, had the old key not gone first
		if res, err := r.gate(ctx); err != nil || res != nil {
			return *orNothing(res), err
		}
	}
	listed, err := r.seeGone(ctx)
	if errors.Is(err, errOverlapRuns) {
		return r.overlapRuns()
	}
	if err != nil {
		return Result{}, err
	}
	if r.j.ToldGone && listed.old != nil {
		return r.refusedAsUnknown(fmt.Sprintf("still lists the key %s later", r.sinceDeleted()))
	}
	return r.clearUp(ctx, listed)
}

// afterDelete reads the places once more: one that was put back in the moment of the call, or since, holds a dead secret now, and is
// delivered to at once. Where the new secret is gone meanwhile another key takes its place.
func (r *Rotation) afterDelete(ctx context.Context) (*Result, error) {
	if !rule("gate: read once more afterwards") {
		return nil, nil
	}
	for d, rec := range r.destinations() {
		if rec.Without != "" || !rec.Reads {
			continue
		}
		held, _, err := r.held(ctx, d, rec)
		if err != nil || r.isNew(held.Secret) {
			continue // one that cannot be read now is said by what was seen of it last
		}
		if !r.isFormer(rec, held) && !r.isOld(held.Secret) && !r.isSuperseded(held.Secret) {
			return r.strayed(rec, held)
		}
		have, err := r.needSecret(ctx)
		if err != nil {
			return nil, err
		}
		if !have {
			res, err := r.replaceLost(ctx)
			return &res, err
		}
		if err := r.follow(ctx, d, rec); err != nil {
			return nil, fmt.Errorf("%s: %w", rec.Describe, err)
		}
		rec.Put, rec.Then = false, false
		if _, err := r.put(ctx, d, rec); err != nil {
			return nil, fmt.Errorf("%s was put back in the moment of the deletion, and could not be delivered to again: %w", rec.Describe, err)
		}
		if _, err := r.runThen(ctx, func(of *destinationRecord) bool { return of == rec }); err != nil {
			return nil, err
		}
		r.log("%s was put back in the moment of the deletion: it was delivered to again at once", rec.Describe)
	}
	return nil, nil
}

// seeGone looks until the list no longer shows the old key, for as long as it may be behind. That it still shows it is no word
// against the service's answer, unless nothing else speaks for the deletion.
func (r *Rotation) seeGone(ctx context.Context) (*listing, error) {
	s, gone, err := r.lookFor(ctx, r.lag(), func(s *listing) bool { // one that ended with a roll may be listed as that
		return s.old == nil || r.j.renews() && r.overByRoll(*s.old)
	})
	switch {
	case err != nil:
		return nil, err
	case !gone && !r.j.Dead.Refused && r.j.inPlace() && r.j.Roll.ByItself && rule("roll: an overlap that is seen again runs"):
		return nil, errOverlapRuns
	case !gone && !r.j.Dead.Refused:
		r.j.OldGone, r.j.Unanswered = false, true // sent again, once it is gone on with; to go back there is no way all the same
		r.j.begun(opDelete)
		if err := r.save("the deletion was not seen"); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s, but %s later it is still listed, and its secret was not seen to be refused", r.j.deletedWords("the old key", r.j.Old.ID), r.sinceDeleted())
	}
	return s, nil
}

// sinceDeleted is how long ago the deletion was answered.
func (r *Rotation) sinceDeleted() string {
	if r.j.DeletedAt.IsZero() {
		return span(r.lag())
	}
	return span(max(r.w.Wall().Sub(r.j.DeletedAt), 0).Round(time.Second))
}

func (r *Rotation) clearUp(ctx context.Context, s *listing) (Result, error) {
	if s.new != nil && s.new.IsDisabled() {
		return Result{}, errNewOff
	}
	if s.new == nil || s.new.ExpiresAt.Before(r.serviceNow()) && rule("end: the new key has not ended") {
		// The list may be behind, and the secret tells more than the row and its end.
		if lives, err := r.newLives(ctx); err != nil {
			return Result{}, err
		} else if !lives {
			return *r.bothGone(), nil // the new one is forgotten by a yes alone: a list may be behind
		}
	}
	if open := blocked(r.j.diff(r.w.Wall())); len(open) > 0 && rule("end: the same access") { // of a key that was made when the old one was gone
		return *r.askAccept("the old key is gone, and the new one is not proved to have the same access; the rotation is not over until you accept that with a reason", open), nil
	}
	if err := r.deleteStrays(ctx, s); err != nil {
		return Result{}, err
	}
	// Had what was refused been of another key of that name, this list would show it. How far behind lists are was not
	// measured on keys that somebody makes.
	if !r.pasteRefused.IsZero() && s.at.Sub(r.pasteRefused) >= cmp.Or(r.caps.ListLag, defaultLag) {
		r.j.PasteRefused = false
	}
	notes := append(r.restoreName(ctx, s), r.j.untold()...)
	if r.j.New != nil && r.j.New.key().IsDisabled() {
		return Result{}, errNewOff
	}
	if open := slices.DeleteFunc(blocked(r.j.diff(r.w.Wall())), func(d Difference) bool { return d.Verdict != Differs }); len(open) > 0 {
		return *r.askAccept("the service changed more of the new key than its name; the rotation is not over until you accept that with a reason", open), nil
	}
	if res, err := r.finishAll(ctx); err != nil || res != nil {
		return *orNothing(res), err
	}
	r.secret, r.old = apikey.Secret{}, apikey.Secret{}
	r.j.State, r.j.Pending = Over, nil
	res, err := r.move(Done, "the rotation is done: "+r.j.deletionWords(), notes...)
	res.Status = Finished
	return res, err
}

// deleteStrays removes every other key of ours: lost secrets, and creates that took effect late.
func (r *Rotation) deleteStrays(ctx context.Context, s *listing) error {
	if !rule("end: no key of ours stays") {
		return nil
	}
	ids := slices.Clone(r.j.Superseded)
	for _, k := range s.ours {
		if !slices.Contains(ids, k.ID) {
			ids = append(ids, k.ID)
		}
	}
	for _, id := range ids {
		if r.j.New != nil && id == r.j.New.ID || id == r.j.Old.ID {
			continue
		}
		err := r.change(opDeleteStray+" "+id, func() error { return r.deleteByID(ctx, id) }, func() {
			r.log("deleted the stray key %s", id)
			r.strayDeleted(id)
			r.j.Superseded = slices.DeleteFunc(r.j.Superseded, func(s string) bool { return s == id })
		})
		if err != nil {
			return err
		}
	}
	if len(r.j.NoSuch) == 0 {
		return nil
	}
	s, _, err := r.lookFor(ctx, r.lag(), func(s *listing) bool { return len(r.deniedButListed(s)) == 0 })
	if err != nil {
		return err
	}
	if denied := r.deniedButListed(s); len(denied) > 0 {
		return r.notDeleted(denied)
	}
	return nil
}

// restoreName gives the new key the old one's name. A failure is only said: the key works, and
// the journal knows its id.
func (r *Rotation) restoreName(ctx context.Context, s *listing) []string {
	if !r.caps.Rename.OK || s.new == nil || s.new.Name == r.j.Base || r.j.Base == "" || r.j.Old.Name == "" {
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
		return []string{fmt.Sprintf("whether the new key keeps the name %q is not known: %v", s.new.Name, err)}
	}
	return []string{fmt.Sprintf("the new key keeps the name %q: %v", s.new.Name, err)}
}

// finishAll finishes every place. One that is seen to hold something else while that is done is dealt with as after the deletion: what was put back is
// delivered to again, and finished again.
func (r *Rotation) finishAll(ctx context.Context) (*Result, error) {
	for range maxRedelivery + 1 {
		if err := r.finishDestinations(ctx); err != nil {
			return nil, err
		}
		if !r.reverted || !rule("gate: read once more afterwards") {
			return nil, nil
		}
		if res, err := r.afterDelete(ctx); err != nil || res != nil {
			return res, err
		}
	}
	return nil, errors.New("a place holds the old value again, each time that it is delivered to: something else writes it")
}

func (r *Rotation) finishDestinations(ctx context.Context) error {
	r.reverted = false
	for d, rec := range r.destinations() {
		if rec.Without != "" || rec.Undid != "" && !rec.Undone {
			continue // what lies there is said at the end
		}
		r.w.Hook("before: finish " + d.Spec())
		if !rule("end: no kept copy stays") {
			continue
		}
		err := d.Finish(ctx, r.job(rec))
		r.w.Hook("after: finish " + d.Spec())
		if err != nil && rec.Begun { // nothing of ours lies where nothing was begun
			return fmt.Errorf("%s: remove the kept copy: %w", rec.Describe, err)
		}
		held, reads, err := r.held(ctx, d, rec)
		if reads && rec.Begun && (err != nil || !r.isNew(held.Secret) && !r.isFormer(rec, held)) {
			r.leftBehind(rec) // on a volume that is not there now, it may be
		}
		r.reverted = r.reverted || reads && err == nil && !r.j.Undoing && held.Exists && !r.isNew(held.Secret)
	}
	if r.j.Own && r.w.Switcher != nil { // after an undo of the switch, too
		return r.w.Switcher.Finish(ctx, r.job(nil))
	}
	return nil
}

// overlapRuns takes back that the overlap is over, where a later list shows it: nothing was sent, and the use of the former secret was not watched.
func (r *Rotation) overlapRuns() (Result, error) {
	r.j.OldGone, r.j.Roll.ByItself, r.j.DeletedAt, r.j.Dead = false, false, time.Time{}, deadState{}
	const said = "an earlier list showed no former secret any more, and the last one shows it: the overlap runs"
	if r.j.Mode != Planned {
		return r.move(Delete, said)
	}
	return r.move(Drain, said+", and whether it is in use is looked at first")
}

// overByItself notes that the former secret has died without a call of ours.
func (r *Rotation) overByItself(ctx context.Context) error {
	if !r.j.inPlace() || r.j.OldGone || r.j.pending(opDelete) {
		return nil
	}
	s, err := r.look(ctx)
	if err != nil {
		return err
	}
	if over, err := r.overlapIsOver(ctx, s); err != nil || !over {
		return err
	}
	r.j.OldGone, r.j.Roll.ByItself, r.j.DeletedAt = true, true, r.w.Wall().UTC()
	r.log("the overlap is over: the list shows no former secret any more")
	return r.save("the overlap is over")
}
