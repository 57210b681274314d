package rotation

import (
	"context"
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
