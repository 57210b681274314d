package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
)

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

// Advance ends the stage at hand: the one that follows it in this rotation is next.
func (r *Rotation) Advance(said string, notes ...string) (Result, error) {
	v := viewOf(r.j, r.strategy, false)
	return r.move(r.strategy.after(r.j.Step, &v), said, notes...)
}

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

// waiting is a wait on our own clock; it starts anew in every process.
type waiting struct {
	begun time.Time // of the step
	quiet time.Time // since when the old key's last use did not move
	used  apikey.Moment
	off   bool // the key was switched off since then: nobody could use it, and that says nothing about who would
	polls int
	moves int // looks at which the old key had moved
	looks int

	newUsed  apikey.Moment // the new key's last use, as the last look showed it
	newMoved time.Time     // when a look saw it move
	probed   time.Time     // our last probe of it before that
	answered time.Time     // when that was answered, by the service's clock; zero where it shows none
	tries    int           // of the old secret
	nextTry  time.Time
}

// WaitFor is one look of a stage that waits: once the time has passed, on this process's clock, it goes on with then.
func (r *Rotation) WaitFor(total time.Duration, said string, then func() (Result, error)) (Result, error) {
	now := r.w.Now()
	if r.wait.begun.IsZero() {
		r.wait.begun = now
	}
	left := total - now.Sub(r.wait.begun)
	if left <= 0 {
		return then()
	}
	return Result{Status: Waiting, Wait: left, Left: left, Total: total, Message: said}, nil
}

// explain wraps a failure with what is certain and the safe way on.
func (r *Rotation) explain(step Step, err error) error {
	if isRefusal(err) {
		return err
	}
	e := &StepError{Step: step, Err: err, Certain: r.j.certain()}
	again := "go on"
	switch {
	case !r.saved:
		again = "try again"
	case step == undoing: // whether it has begun or not: what failed was not the step that is next
		again = "undo again"
	}
	switch {
	case client.IsKind(err, client.Unauthorized):
		e.Next = "the service refuses detent's own credential: mend it, then " + again
	case client.IsKind(err, client.Forbidden):
		e.Next = "detent's own credential may not do this: use one that may, then " + again
	case client.IsKind(err, client.RateLimited), client.IsKind(err, client.Unavailable), client.IsKind(err, client.Unreachable), client.IsKind(err, client.Timeout):
		e.Next = "wait a moment, then " + again
	default:
		e.Next = "mend what it names, then " + again
	}
	switch {
	case !r.saved:
		e.Certain = []string{"nothing was changed"}
	case !r.deleteSent() && !r.j.Undoing && step != undoing:
		e.Undo = r.j.undoWords()
	}
	return e
}

// isRefusal reports whether an error is already in words for the operator.
func isRefusal(err error) bool {
	var refused *RefusedError
	var step *StepError
	return errors.As(err, &refused) || errors.As(err, &step)
}

// End closes a rotation as it stands: nothing is changed at the service and in destinations, and what is left where is said.
func (r *Rotation) End(_ context.Context, reason string) (Result, error) {
	return r.act(func() (Result, error) { return r.end(reason) })
}

func (r *Rotation) end(reason string) (Result, error) {
	if reason = strings.TrimSpace(r.withoutSecrets(reason)); reason == "" {
		return Result{}, &RefusedError{Reason: "say why the rotation is closed as it stands: the reason is recorded"}
	}
	if r.j.State != Open {
		return Result{}, &RefusedError{Reason: fmt.Sprintf("the rotation %s is over: %s", r.j.ID, r.j.State)}
	}
	r.j.State, r.j.ClosedFor, r.j.Undoing = Closed, reason, false
	r.recordStatement(SubjectNew, "closed as it stands (%s)", reason)
	r.secret, r.old = apikey.Secret{}, apikey.Secret{}
	if !r.saved {
		return Result{Status: Finished, Message: "closed; nothing was begun"}, nil
	}
	return Result{Status: Finished, Message: "closed as it stands", Notes: r.j.left()}, r.save("closed")
}
