package rotation

import (
	"context"
	"time"
)

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
