package desk

import (
	"errors"
	"time"

	"detent/audit"
)

// What is recorded one by one of those who are refused, in each limitSpan; the rest is counted. A scanner, from however many
// addresses, adds at most limitSources * (StrangerRecords + 1) + 1 records to it.
const (
	StrangerRecords = 3   // of an address
	operatorRecords = 20  // of an operator
	SessionRecords  = 100 // of the beginnings of an operator's sessions, and as many of their ends
	limitSources    = 50
	limitSpan       = time.Hour
	maxOperators    = 10_000
)

// AccessLog records who comes from elsewhere, who goes and how, and who is refused what. Whoever it may be can cause such records,
// which must not fill the disk. Its errors say what is not on record.
type AccessLog struct {
	strangers, operators, sessions *audit.Limiter
}

// AccessLog is that of a ledger whose log can be opened.
func (l *Ledger) AccessLog() (*AccessLog, error) {
	if l.Broken != nil {
		return nil, l.Broken
	}
	return &AccessLog{strangers: l.Log.Limiter(StrangerRecords, limitSources, limitSpan), operators: l.Log.Limiter(operatorRecords, limitSources, limitSpan),
		// Every operator is a source of two: who is in the configuration was let in.
		sessions: l.Log.Limiter(SessionRecords, maxOperators, limitSpan)}, nil
}

// Login records that an operator's session begins.
func (d *AccessLog) Login(who Actor, detail string) error {
	return d.sessions.Event("in "+who.Name, Entry{Actor: who, Action: "login", Detail: detail}, audit.Outcome{Result: audit.Done, Certain: true})
}

// Logout records that a session ends, and how.
func (d *AccessLog) Logout(who Actor, detail, how string) error {
	return d.sessions.Event("out "+who.Name, Entry{Actor: who, Action: "logout", Detail: detail}, audit.Outcome{Result: audit.Done, Certain: true, Reason: how})
}

// LoginRefused records who did not get in: an operator, or a stranger who is known by the address alone. failed is one who was not
// refused, and began nothing.
func (d *AccessLog) LoginRefused(who Actor, address, detail, why string, failed bool) error {
	o := audit.Outcome{Result: audit.Refused, Certain: true, Reason: why}
	if failed {
		o.Result = audit.Failed
	}
	limiter, source := d.strangers, address
	if who.Name != "" {
		limiter, source = d.operators, who.Name
	}
	return limiter.Event(source, Entry{Actor: who, Action: "login", Detail: detail}, o)
}

// Refused records what an operator may not do.
func (d *AccessLog) Refused(e Entry, why string) error {
	return d.operators.Event(e.Name, e, audit.Outcome{Result: audit.Refused, Certain: true, Reason: why})
}

// Tick records what was counted, when its time is over.
func (d *AccessLog) Tick() error {
	return errors.Join(d.strangers.Tick(), d.operators.Tick(), d.sessions.Tick())
}

// Close records what was counted so far.
func (d *AccessLog) Close() error {
	return errors.Join(d.strangers.Close(), d.operators.Close(), d.sessions.Close())
}
