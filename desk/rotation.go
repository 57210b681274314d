package desk

import (
	"context"
	"errors"

	"detent/audit"
	"detent/rotation"
)

// Rotation is a rotation whose abort is recorded as such: what it does to keys and destinations is recorded by these.
type Rotation struct {
	*rotation.Rotation
	ledger *Ledger
}

// Do goes on with an undo that has begun.
func (r Rotation) Do(ctx context.Context) (rotation.Result, error) {
	if v := r.View(); v.Undoing {
		return r.Undo(ctx)
	}
	return r.Rotation.Do(ctx)
}

// Undo records that a rotation was to be undone, and whether it was. One that has changed nothing yet has nothing to record.
func (r Rotation) Undo(ctx context.Context) (rotation.Result, error) {
	v := r.View()
	if v.State != rotation.Open || v.Step == rotation.Preflight && !v.Undoing {
		return r.Rotation.Undo(ctx)
	}
	end, err := r.ledger.begin(Entry{Profile: v.Profile, Service: v.Service, Action: "abort", KeyID: v.Old.ID, KeyName: v.Old.Name, Detail: "rotation " + v.ID})
	if err != nil {
		return rotation.Result{Step: v.Step}, err
	}
	res, err := r.Rotation.Undo(ctx)
	o := outcomeOf(err)
	switch {
	case errors.Is(err, rotation.ErrOldGone):
		o = audit.Outcome{Result: audit.Refused, Certain: true, Reason: rotation.ErrOldGone.Error()}
	case err == nil && res.Status != rotation.Finished:
		o = audit.Outcome{Result: audit.Failed, Certain: true, Reason: "stopped: it needs a person"}
	}
	end(o)
	return res, err
}

// Rotation has the abort of a rotation recorded.
func (l *Ledger) Rotation(r *rotation.Rotation) Rotation { return Rotation{r, l} }
