package desk

import (
	"errors"
	"time"

	"detent/audit"
)

// What is recorded one by one of those who are refused, in each floodSpan; the rest is counted. A scanner, from however many
// addresses, adds at most floodSources * (StrangerRecords + 1) + 1 records to it.
const (
	StrangerRecords = 3   // of an address
	operatorRecords = 20  // of an operator
	SessionRecords  = 100 // of the beginnings of an operator's sessions, and as many of their ends
	floodSources    = 50
	floodSpan       = time.Hour
	maxOperators    = 10_000
)

// Door records who comes from elsewhere, who goes and how, and who is refused what. Whoever it may be can cause such records,
// which must not fill the disk. Its errors say what is not on record.
type Door struct {
	strangers, operators, sessions *audit.Flood
}

// Door is that of a ledger whose log can be opened.
func (l *Ledger) Door() (*Door, error) {
	if l.Broken != nil {
		return nil, l.Broken
	}
	return &Door{strangers: l.Log.Flood(StrangerRecords, floodSources, floodSpan), operators: l.Log.Flood(operatorRecords, floodSources, floodSpan),
		// Every operator is a source of two: who is in the configuration was let in.
		sessions: l.Log.Flood(SessionRecords, maxOperators, floodSpan)}, nil
}

// In records that an operator's session begins.
func (d *Door) In(who Actor, detail string) error {
	return d.sessions.Event("in "+who.Name, Entry{Actor: who, Action: "login", Detail: detail}, audit.Outcome{Result: audit.Done, Certain: true})
}

// Out records that it ends, and how.
func (d *Door) Out(who Actor, detail, how string) error {
	return d.sessions.Event("out "+who.Name, Entry{Actor: who, Action: "logout", Detail: detail}, audit.Outcome{Result: audit.Done, Certain: true, Reason: how})
}

// TurnedAway records who did not get in: an operator, or a stranger who is known by the address alone. failed is one who was not
// refused, and began nothing.
func (d *Door) TurnedAway(who Actor, address, detail, why string, failed bool) error {
	o := audit.Outcome{Result: audit.Refused, Certain: true, Reason: why}
	if failed {
		o.Result = audit.Failed
	}
	flood, source := d.strangers, address
	if who.Name != "" {
		flood, source = d.operators, who.Name
	}
	return flood.Event(source, Entry{Actor: who, Action: "login", Detail: detail}, o)
}

// Refused records what an operator may not do.
func (d *Door) Refused(e Entry, why string) error {
	return d.operators.Event(e.Name, e, audit.Outcome{Result: audit.Refused, Certain: true, Reason: why})
}

// Tick records what was counted, when its time is over.
func (d *Door) Tick() error {
	return errors.Join(d.strangers.Tick(), d.operators.Tick(), d.sessions.Tick())
}

// Close records what was counted so far.
func (d *Door) Close() error {
	return errors.Join(d.strangers.Close(), d.operators.Close(), d.sessions.Close())
}
