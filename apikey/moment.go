package apikey

import "time"

// Moment is a time that a service reports, reports as "never", or does not
// report at all. The zero value is "the service does not say".
type Moment struct {
	at    time.Time
	never bool
}

// At is a reported instant. A zero time means "not reported".
func At(t time.Time) Moment { return Moment{at: t} }

// Never is a reported absence: no expiry, not used yet.
func Never() Moment { return Moment{never: true} }

// Time returns the instant and whether there is one.
func (m Moment) Time() (time.Time, bool) { return m.at, !m.at.IsZero() }

// IsNever reports whether the service said "never".
func (m Moment) IsNever() bool { return m.never }

// Known reports whether the service said anything.
func (m Moment) Known() bool { return m.never || !m.at.IsZero() }

// Before reports whether the moment is a reported instant before t.
func (m Moment) Before(t time.Time) bool { return !m.at.IsZero() && m.at.Before(t) }

// Equal reports whether both say the same.
func (m Moment) Equal(o Moment) bool { return m.never == o.never && m.at.Equal(o.at) }

// IsZero makes encoding/json's omitzero leave an unreported moment out.
func (m Moment) IsZero() bool { return !m.Known() }

// MarshalJSON writes null for never, else RFC 3339 in UTC. Callers leave
// unreported moments out with omitzero.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.at.IsZero() {
		return []byte("null"), nil
	}
	return m.at.UTC().MarshalJSON()
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Moment) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*m = Never()
		return nil
	}
	return m.at.UnmarshalJSON(b)
}
