package apikey

import "time"

// Moment is a time that a service reports, reports as "never", or does not
// report at all. The zero value is "the service does not say". It is half as large as a
// time.Time and a flag would be: a list of 100,000 keys has four hundred thousand of them.
type Moment struct {
	seconds int64 // since 1970
	nanos   int32
	state   momentState
}

type momentState uint8

const (
	nothing momentState = iota
	never
	instant
)

// At is a reported instant. A zero time means "not reported".
func At(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	return Moment{seconds: t.Unix(), nanos: int32(t.Nanosecond()), state: instant}
}

// Never is a reported absence: no expiry, not used yet.
func Never() Moment { return Moment{state: never} }

// Time returns the instant, in UTC, and whether there is one.
func (m Moment) Time() (time.Time, bool) {
	if m.state != instant {
		return time.Time{}, false
	}
	return time.Unix(m.seconds, int64(m.nanos)).UTC(), true
}

// IsNever reports whether the service said "never".
func (m Moment) IsNever() bool { return m.state == never }

// Known reports whether the service said anything.
func (m Moment) Known() bool { return m.state != nothing }

// Before reports whether the moment is a reported instant before t.
func (m Moment) Before(t time.Time) bool {
	at, ok := m.Time()
	return ok && at.Before(t)
}

// Equal reports whether both say the same.
func (m Moment) Equal(o Moment) bool { return m == o }

// IsZero makes encoding/json's omitzero leave an unreported moment out.
func (m Moment) IsZero() bool { return !m.Known() }

// MarshalJSON writes null for never, else RFC 3339 in UTC. Callers leave
// unreported moments out with omitzero.
func (m Moment) MarshalJSON() ([]byte, error) {
	at, ok := m.Time()
	if !ok {
		return []byte("null"), nil
	}
	if at.Year() > 9999 { // RFC 3339 has no room for it, and one key must not keep the others from being written
		at = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return at.MarshalJSON()
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Moment) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*m = Never()
		return nil
	}
	var at time.Time
	if err := at.UnmarshalJSON(b); err != nil {
		return err
	}
	*m = At(at)
	return nil
}
