package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"
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
			return r.undo(r.within(ctx))
		}
		if again := r.takeVouchesBack(); again != "" {
			return r.move(Deliver, again+" had the old value by your word: the new one is delivered there again next")
		}
		return r.step(r.within(ctx))
	})
}

// takeVouchesBack takes back a person's word that a place has its old value, where the undo that it was given for has not begun and the
// rotation goes on: the new secret goes there again. It names those places where that is a step back.
func (r *Rotation) takeVouchesBack() string {
	var again []*destinationRecord
	for i := range r.j.Destinations {
		if rec := &r.j.Destinations[i]; rec.Undid != "" && rule("undone: delivered to again where the rotation goes on") {
			rec.Undid = ""
			if rec.Begun && rec.Without == "" {
				rec.Put, rec.Then = false, false
				again = append(again, rec)
			}
		}
	}
	if len(again) == 0 || r.j.New == nil || r.j.Step == Create || r.j.Step == Deliver {
		return ""
	}
	return placesText(again)
}

// act does one thing to the rotation, alone, and shows what came of it.
func (r *Rotation) act(do func() (Result, error)) (Result, error) {
	r.busy.Lock()
	defer r.busy.Unlock()
	switch {
	case r.release == nil:
		return Result{}, errClosed
	case r.planOnly:
		return Result{}, &RefusedError{Reason: "this was opened to see the plan alone"}
	}
	did := r.j.Step
	res, err := do()
	if res.Did == "" {
		res.Did = did
	}
	res.Step = r.j.Step
	if err != nil {
		err = r.explain(did, err)
		r.asked = res.Question // only what an answer was refused to stands
	} else if res.Question != nil || res.Status == Moved || res.Status == Finished {
		r.asked = res.Question
	}
	r.publish()
	return res, err
}

func (r *Rotation) isOver() Result {
	return Result{Status: Finished, Message: "the rotation is over: " + string(r.j.State)}
}

var errClosed = errors.New("the rotation is closed")

func (r *Rotation) step(ctx context.Context) (Result, error) {
	stage, known := r.strategy.stage(r.j.Step)
	if !known {
		return Result{}, &RefusedError{Reason: fmt.Sprintf("%.40q is no stage of the strategy %s", r.j.Step, r.strategy.ID),
			Next: fmt.Sprintf("end it as it stands with `detent rotate --close %s --reason R`", r.j.ID)}
	}
	return stage.Run(ctx, r)
}

// Undo goes back: the old value is put where it was, the commands after it run again, and only
// then is the new key deleted. Refused with ErrOldGone once a deletion of the old key was sent. In preflight it just ends.
func (r *Rotation) Undo(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) {
		if r.j.State != Open {
			return r.isOver(), nil
		}
		return r.undo(r.within(ctx))
	})
}

// Reenable turns a disabled old key on again, and goes back to the drain.
func (r *Rotation) Reenable(ctx context.Context) (Result, error) {
	return r.act(func() (Result, error) { return r.reenable(r.within(ctx)) })
}

// SecretInHand reports whether leaving now loses the new secret.
func (r *Rotation) SecretInHand() bool { return r.View().SecretInHand }

// advance ends a stage: the one that follows it in this rotation is next.
func (r *Rotation) advance(said string, notes ...string) (Result, error) {
	v := viewOf(r.j, r.strategy, false)
	return r.move(r.strategy.after(r.j.Step, &v), said, notes...)
}

// Advance ends the stage at hand: the one that follows it in this rotation is next. It is for a Stage's Run.
func (r *Rotation) Advance(said string, notes ...string) (Result, error) {
	return r.advance(said, notes...)
}

// WaitFor is one look of a stage that waits: once the time has passed, on this process's clock, it goes on with then. It is for a Stage's Run.
func (r *Rotation) WaitFor(total time.Duration, said string, then func() (Result, error)) (Result, error) {
	return r.waitOut(total, then, said)
}

// Change journals that a call begins, makes it, and journals what came of it. It is for a Stage's Run.
func (r *Rotation) Change(op string, call func() error) error { return r.change(op, call, func() {}) }

// move ends a step: the journal says so before the next one may begin.
func (r *Rotation) move(to Step, said string, notes ...string) (Result, error) {
	from, part := r.j.Step, r.part()
	r.j.Step = to
	r.wait = waiting{}
	r.log("%s: %s", from, said)
	if err := r.save("step " + string(to)); err != nil {
		return Result{}, err
	}
	r.stageOver(part, to)
	return Result{Status: Moved, Message: said, Notes: notes}, nil
}
