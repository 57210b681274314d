package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"detent/apikey"
	"detent/audit"
	"detent/config"
	"detent/desk"
	"detent/sshd"
)

// What is recorded one by one of those who are refused, in each floodSpan; the rest is counted. A scanner, from however many
// addresses, adds at most floodSources * (strangerRecords + 1) + 1 records to it.
const (
	strangerRecords = 3   // of an address
	operatorRecords = 20  // of an operator
	sessionRecords  = 100 // of the beginnings of an operator's sessions, and as many of their ends
	floodSources    = 50
	floodSpan       = time.Hour
	maxOperators    = 10_000
)

// doorkeeper says and records who comes over SSH, who goes and how, and who is refused what.
type doorkeeper struct {
	a                    *app
	log                  *audit.Log
	strangers, operators *audit.Flood
	sessions             *audit.Flood
}

func (a *app) doorkeeper() (*doorkeeper, error) {
	t := a.host.Ledger()
	if t.Broken != nil {
		return nil, t.Broken
	}
	if err := t.Writable(); err != nil {
		a.say("%v; operators can look and change nothing until that is mended", err)
	}
	return &doorkeeper{a: a, log: t.Log, strangers: t.Log.Flood(strangerRecords, floodSources, floodSpan),
		operators: t.Log.Flood(operatorRecords, floodSources, floodSpan),
		// Every operator is a source of two: who is in the configuration was let in.
		sessions: t.Log.Flood(sessionRecords, maxOperators, floodSpan)}, nil
}

// kept tells what could not be recorded. Nobody is kept out by that: without a record an operator can only look.
func (d *doorkeeper) kept(err error) {
	if err != nil {
		d.a.say("not on record: %v", err)
	}
}

// welcome records that a session begins. The function that it gives records how it ended.
func (d *doorkeeper) welcome(o config.Operator, s *sshd.Session, what string) (leave func(how string)) {
	act := desk.Entry{Actor: desk.Actor{Name: o.Name, From: s.From}, Action: "login",
		Detail: fmt.Sprintf("%s, %s, with %s", what, o.Role, gossh.FingerprintSHA256(s.Key))}
	done := audit.Outcome{Result: audit.Done, Certain: true}
	d.a.say("%s from %s: session begins: %s", o.Name, s.From, act.Detail)
	d.kept(d.sessions.Event("in "+o.Name, act, done))
	return func(how string) {
		act.Action, act.Detail, done.Reason = "logout", what, how
		d.a.say("%s from %s: session ends: %s, %s", o.Name, s.From, what, how)
		d.kept(d.sessions.Event("out "+o.Name, act, done))
	}
}

// turnedAway records who did not get in.
func (d *doorkeeper) turnedAway(r sshd.Refusal) {
	act := desk.Entry{Actor: desk.Actor{Name: r.Operator, From: r.From}, Action: "login", Detail: r.Detail}
	o := audit.Outcome{Result: audit.Refused, Certain: true, Reason: r.Why}
	if r.Why == sshd.NoSession {
		o.Result = audit.Failed
	}
	who, flood, source := r.From, d.strangers, r.Address
	if r.Operator != "" {
		who, flood, source = r.Operator+" from "+r.From, d.operators, r.Operator
	}
	d.a.say("%s: %s %s", who, r.Why, r.Detail)
	d.kept(flood.Event(source, act, o))
}

// tick records what was counted, when its time is over.
func (d *doorkeeper) tick() {
	d.kept(errors.Join(d.strangers.Tick(), d.operators.Tick(), d.sessions.Tick()))
}

// close records what was counted so far.
func (d *doorkeeper) close() {
	d.kept(errors.Join(d.strangers.Close(), d.operators.Close(), d.sessions.Close()))
}

// refused records what an operator may not do.
func (r *guest) refused(act audit.Action, why string) {
	act.Actor = desk.Actor{Name: r.operator.Name, From: r.session.From}
	act.Detail = "as " + string(r.operator.Role)
	r.door.kept(r.door.operators.Event(r.operator.Name, act, audit.Outcome{Result: audit.Refused, Certain: true, Reason: why}))
}

// refusedOnScreen records such an action, where the screens refuse it.
func (r *guest) refusedOnScreen(profile, action string, k apikey.Key, why string) {
	if why != desk.ViewerOnly && why != desk.DeleteIsAdmins {
		return
	}
	if known, ok := map[string]string{"new": "create", "edit": "update"}[action]; ok {
		action = known
	}
	r.refused(desk.Entry{Profile: profile, Action: action, KeyID: k.ID, KeyName: k.Name}, desk.BeyondRole)
}

// The ends of sessions that the server brings about.
var (
	errRemoved = errors.New("your access was removed or changed in the server's configuration")
	errShut    = fmt.Errorf("the server's configuration cannot be read for %s; nobody is let in until that is mended", failClosed)
	errStopped = errors.New("the server was stopped; an open rotation is kept")
)

// idleError ends a session that nobody used.
type idleError struct{ text string }

func (e *idleError) Error() string { return e.text }

// howItEnded says it in few words, for the record. shell: the TUI, not a command.
func howItEnded(ctx context.Context, err error, code int, shell bool) string {
	var idle *idleError
	why := context.Cause(ctx)
	switch {
	case err == nil && shell:
		return "left"
	case err == nil:
	case errors.As(err, &idle):
		return "idle"
	case errors.Is(why, errRemoved):
		return "access removed or changed"
	case errors.Is(why, errShut):
		return "configuration cannot be read"
	case errors.Is(why, errStopped):
		return "server stopped"
	case errors.Is(why, sshd.ErrGone):
		return "connection closed or lost"
	}
	return fmt.Sprintf("exit code %d", code)
}
