package rotation

import (
	"context"
	"fmt"
	"time"
)

// overlapOver reports whether a list shows that the former secret is dead: it shows the key with the new one, and no overlap.
func (r *Rotation) overlapOver(s *listing) bool {
	return r.j.inPlace() && s.new != nil && s.old == nil
}

// overlapIsOver reports the same of the lists of as long as they may be behind: the service answered when the former secret dies, and before that one
// list alone is no word against it.
func (r *Rotation) overlapIsOver(ctx context.Context, s *listing) (bool, error) {
	if ends, known := r.j.rollEnds(); !r.overlapOver(s) || known && !r.serviceNow().Before(ends) || !rule("roll: over where the lists say so until their lag is over") {
		return r.overlapOver(s), nil
	}
	runs, err := r.lookUntil(ctx, r.lag(), func() (bool, error) {
		var err error
		s, err = r.look(ctx)
		return err == nil && s.old != nil, err
	})
	return err == nil && !runs && r.overlapOver(s), err
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

// refuseRoll says why a key cannot be given a new secret.
func (r *Rotation) refuseRoll(s *listing) error {
	rec, k := r.j.Roll, s.old
	r.j.Roll.Before = moment{k.RolledAt}
	other := "use --strategy " + strategyCreate
	switch {
	case k.Own && rule("roll: not detent's own key"):
		return &RefusedError{Reason: "this is the key that detent itself uses, and it would have to change its credential in between", Next: other}
	case k.FormerEndsAt.Known() && !k.FormerEndsAt.Before(r.serviceNow()) && rule("roll: no earlier overlap runs"):
		return &RefusedError{Reason: "the overlap of an earlier roll runs", Next: "wait until it is over, or end it first"}
	case (k.ExpiresAt.Before(r.serviceNow()) || k.IsDisabled()) && rule("roll: a key that is on"):
		return &RefusedError{Reason: "the key is expired or disabled, and with a new secret it would be refused as well", Next: other}
	case rec.Overlap > r.caps.Roll.Overlap && rule("roll: no longer than the service takes"):
		return &RefusedError{Reason: fmt.Sprintf("the service takes an overlap of %s at the longest", span(r.caps.Roll.Overlap)), Next: "give a shorter --overlap"}
	case rec.Overlap > 0 && r.j.Mode == Planned && rec.Overlap <= r.j.Drain && rule("roll: longer than the drain"):
		return &RefusedError{Reason: fmt.Sprintf("the old secret would be dead after %s, before the drain of %s is over", span(rec.Overlap), span(r.j.Drain)), Next: "give a longer --overlap, or a shorter --drain"}
	}
	if end, ends := k.ExpiresAt.Time(); ends && end.Before(r.serviceNow().Add(minLife+r.j.Drain)) && rule("roll: a key that lives on") {
		return &RefusedError{Reason: "the key ends " + end.UTC().Format(time.RFC3339) + ", whatever its secret is", Next: other}
	}
	if rec.Overlap > 0 {
		r.note("the old secret dies %s after the roll, whoever uses it: until then an undo gives the key back to it, and after that going on is the only way", span(rec.Overlap))
	}
	return nil
}
