package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detent/client"
)

// change journals that a call begins, makes it, and journals what came of it:
// applied where it succeeded, nothing where it certainly did not happen, and still
// pending where that is not known.
func (r *Rotation) change(op string, call func() error, apply func()) error {
	unsettled := r.j.pending(op)
	r.j.begun(op)
	if err := r.save(op + " begins"); err != nil {
		if !unsettled {
			r.j.settled(op)
		}
		return err
	}
	r.w.Hook("before: " + op)
	err := call()
	r.w.Hook("after: " + op)
	switch {
	case err == nil:
		apply()
		r.j.settled(op)
		return r.save(op + " done")
	case client.MayHaveHappened(err) || errors.Is(err, errUnnamed) || unsettled && !errors.Is(err, errNotSent):
		r.publish()
		return err
	}
	if !unsettled {
		r.j.settled(op)
	}
	return errors.Join(err, r.save(op+" failed"))
}

// Change journals that a call begins, makes it, and journals what came of it. It is for a Stage's Run.
func (r *Rotation) Change(op string, call func() error) error { return r.change(op, call, func() {}) }

// errUnnamed is the end of a create that was answered, and whose key is not known by it: what it made, if anything, is found by its mark. The
// call stays pending in the journal from before it was sent, so that nothing has to be written for that.
var errUnnamed = errors.New("the create was answered without the new key")

// errNotSent marks the end of a call that a gate held back: certainly nothing was sent.
var errNotSent = errors.New("not sent")

// notSent is why a gate did not open.
type notSent struct{ err error }

func (e *notSent) Error() string { return e.err.Error() }

func (e *notSent) Unwrap() []error { return []error{e.err, errNotSent} }

// NotSent reports whether a call that was announced was held back by the last look at everything: certainly nothing was sent.
func NotSent(err error) bool { return errors.Is(err, errNotSent) }

// certainlyRefused reports whether an error says that a call that takes a key out of service did not take effect: the service's
// own no, or nothing left this machine. 429, 5xx, a wall and silence say nothing of the kind.
func certainlyRefused(err error) bool {
	var e *client.Error
	if !errors.As(err, &e) || e.Outcome == client.Unknown {
		return false
	}
	switch e.Kind {
	case client.Unreachable, client.BadTLS, client.ReadOnly, client.Unsupported:
		return true
	}
	return client.Refused(err) || !rule("answered: a limit or silence is no refusal") && e.Kind != client.NotFound
}

// maxGate is how old the first look of a gate may be when the call goes out, by either clock.
const maxGate = 10 * time.Second

// maxGates bounds how often a gate that took too long runs again.
const maxGates = 3

// guarded makes a call that takes a key out of service, with the gate right before it. The intent is journaled and recorded
// first, so that nothing lies between the last look and the call; a gate that then stops journals that nothing was sent. A call
// that was sent before stays pending, whatever this gate says.
func (r *Rotation) guarded(ctx context.Context, op, action, id string, gate func(ctx context.Context) (*Result, error), call func(ctx context.Context) error, apply func()) (*Result, error) {
	sentBefore := r.j.pending(op)
	r.j.begun(op)
	action, id = r.onRecord(action, id)
	callCtx, end, err := r.w.Announce(ctx, action, id)
	if err == nil {
		err = r.save(op + " begins")
	}
	if err != nil {
		if !sentBefore {
			r.j.settled(op)
		}
		return nil, err
	}
	if !sentBefore {
		r.unsent = op
	}
	defer func() { r.unsent = "" }()
	back := func(res *Result, err error) (*Result, error) {
		end(errNotSent)
		if !sentBefore {
			r.j.settled(op)
		}
		r.log("%s: not sent", op)
		if err != nil {
			err = &notSent{err}
		}
		return res, errors.Join(err, r.save(op+" was not sent"))
	}
	for range maxGates {
		mono, wall := r.w.Now(), r.w.Wall()
		if res, err := gate(ctx); err != nil || res != nil {
			return back(res, err)
		}
		r.w.Hook("before: " + op)
		if r.w.Now().Sub(mono) > maxGate || r.w.Wall().Sub(wall).Abs() > maxGate && rule("gate: within ten seconds") {
			continue
		}
		r.unsent = ""
		err := call(callCtx)
		r.w.Hook("after: " + op)
		end(err)
		if err == nil {
			apply()
			r.j.settled(op)
			return nil, r.save(op + " done")
		}
		if certainlyRefused(err) {
			if !sentBefore {
				r.j.settled(op)
			}
			return nil, errors.Join(err, r.save(op+" failed"))
		}
		r.publish()
		return nil, err
	}
	return back(nil, fmt.Errorf("%d times the last look at everything took over %s: the service or a place answers too slowly to go on safely", maxGates, maxGate))
}

// noGate lets a call through.
func noGate(context.Context) (*Result, error) { return nil, nil }

// guardedTwice asks once more where the answer is lost, through the gate anew: to a key that is gone the service says so.
func (r *Rotation) guardedTwice(ctx context.Context, op, action, id string, gate func(ctx context.Context) (*Result, error), call func(ctx context.Context) error, apply func()) (*Result, error) {
	res, err := r.guarded(ctx, op, action, id, gate, call, apply)
	if err == nil || NotSent(err) || certainlyRefused(err) || !r.j.pending(op) || ctx.Err() != nil {
		return res, err
	}
	if sleepErr := r.w.Sleep(ctx, between); sleepErr != nil {
		return res, err
	}
	if !rule("gate: a second delete passes it anew") {
		gate = noGate
	}
	res, again := r.guarded(ctx, op, action, id, gate, call, apply)
	if NotSent(again) { // the first one was sent all the same: what became of it is not known
		again = fmt.Errorf("%w; it was to be asked again, and was not: %w", err, again)
	}
	return res, again
}

// onRecord is how a call that takes a key out of service is recorded.
func (r *Rotation) onRecord(action, id string) (string, string) {
	switch {
	case !r.j.inPlace():
		return action, id
	case id == r.j.Old.ID:
		return "end-overlap", id
	}
	return "keep-former", r.j.Old.ID
}

// deleteSent reports whether a deletion of the old key was sent and not refused: it is deleted, or being deleted, for ever after.
// What is only journaled while the gate before it looks is not sent.
func (r *Rotation) deleteSent() bool {
	return r.j.deleteSent() && (r.unsent != opDelete || r.j.OldGone)
}
