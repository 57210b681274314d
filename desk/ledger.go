package desk

import (
	"errors"
	"sync"

	"detent/audit"
	"detent/client"
	"detent/delivery"
	"detent/rotation"
)

// Entry is what is done, for its record.
type Entry = audit.Action

// Actor is who acts, and from where.
type Actor = audit.Actor

// Ledger records what is done, by its actor. The zero Log, with Broken, is one that cannot be written.
type Ledger struct {
	Log    *audit.Log
	Broken error // why there is no log
	Actor  audit.Actor
	// Strict refuses what cannot be recorded, before it is sent. On the operator's own machine it is done, and told: who has
	// the token could do it without us, and a full disk must not keep a leaked key alive.
	Strict bool

	mu   sync.Mutex
	lost []error
}

// Lost are the errors of what could not be recorded.
func (l *Ledger) Lost() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

func (l *Ledger) keep(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = append(l.lost, err)
}

// Writable proves that actions can be recorded.
func (l *Ledger) Writable() error {
	if l.Broken != nil {
		return l.Broken
	}
	return l.Log.Writable()
}

// begin records an action before it is done. The function that it gives records what came of it; that this fails changes
// nothing of what was done.
func (l *Ledger) begin(e Entry) (end func(audit.Outcome), err error) {
	e.Actor = l.Actor
	var entry *audit.Entry
	if err = l.Broken; err == nil {
		entry, err = l.Log.Begin(e)
	}
	switch {
	case err != nil && l.Strict:
		return nil, &client.Error{Op: e.Action, Kind: client.Unavailable, Outcome: client.NotDone, Message: err.Error(), Err: err,
			Hint: "Nothing is done here that cannot be recorded. Tell who runs this host."}
	case err != nil:
		l.keep(err)
		return func(audit.Outcome) {}, nil
	}
	return func(o audit.Outcome) {
		if err := entry.End(o); err != nil {
			l.keep(err)
		}
	}, nil
}

// event records what is over as it is told. That this fails changes nothing of it.
func (l *Ledger) event(e Entry) {
	e.Actor = l.Actor
	err := l.Broken
	if err == nil {
		err = l.Log.Event(e, audit.Outcome{Result: audit.Done, Certain: true})
	}
	if err != nil {
		l.keep(err)
	}
}

// Record records an action that is no order: an administrator key that is minted, a store that is copied.
func (l *Ledger) Record(e Entry, do func() error) error {
	end, err := l.begin(e)
	if err == nil {
		err = do()
		end(outcomeOf(err))
	}
	return err
}

// UnchangedError marks an error after which all is as it was.
type UnchangedError struct{ Err error }

func (u UnchangedError) Error() string { return u.Err.Error() }

// Unwrap gives the error itself.
func (u UnchangedError) Unwrap() error { return u.Err }

// outcomeOf is what came of an action, by its error.
func outcomeOf(err error) audit.Outcome {
	var e *client.Error
	var run *delivery.RunError
	switch {
	case err == nil:
		return audit.Outcome{Result: audit.Done, Certain: true}
	case rotation.NotSent(err):
		return audit.Outcome{Result: audit.Failed, Certain: true, Reason: "not sent"}
	case errors.As(err, &UnchangedError{}):
		return audit.Outcome{Result: audit.Failed, Certain: true}
	case errors.As(err, &run):
		return audit.Outcome{Result: audit.Failed, Certain: run.Certain, Reason: run.How}
	case !errors.As(err, &e):
		return audit.Outcome{Result: audit.Failed}
	}
	o := audit.Outcome{Result: audit.Failed, Certain: e.Outcome == client.NotDone, Reason: string(e.Kind)}
	switch e.Kind {
	case client.Unauthorized, client.Forbidden, client.NotFound, client.Conflict, client.Invalid, client.RateLimited, client.ReadOnly, client.Unsupported:
		o.Result = audit.Refused
	}
	return o
}
