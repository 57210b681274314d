package client

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"detent/apikey"
)

// when is a date of the wire, read tolerantly: RFC 3339, a plain date, epoch seconds or
// milliseconds, as a number or a string. What is no date at all is not reported, never made up.
type when struct {
	at     time.Time
	set    bool // the field is there
	absent bool // there, and null, 0 or empty: never
}

func (w *when) UnmarshalJSON(b []byte) error {
	*w = when{set: true}
	if at, ok := usualWhen(b); ok {
		w.at = at
		return nil
	}
	s, ok := unquoted(b)
	if !ok {
		s = string(b)
	}
	if !ok && len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	s = strings.TrimSpace(s)
	switch s {
	case "null", "", "0", "0.0", "never", "Never":
		w.absent = true
		return nil
	}
	if at, ok := parseWhen(s); ok {
		w.at = at
	}
	return nil
}

// usualWhen reads a date as most services write it.
func usualWhen(b []byte) (time.Time, bool) {
	if len(b) < 13 || b[0] != '"' || b[11] != 'T' {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(b[1:len(b)-1]))
	if err != nil {
		return time.Time{}, false
	}
	return inRange(at)
}

// Beyond this an epoch is in milliseconds: as seconds it would be the year 5138.
const epochMillis = 1e11

var whenLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05", "2006-01-02", "2006-01-02T15:04:05.999999999Z0700"}

func parseWhen(s string) (time.Time, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if n >= epochMillis {
			n /= 1000
		}
		if math.IsNaN(n) || n <= 0 || n >= epochMillis {
			return time.Time{}, false
		}
		whole, part := math.Modf(n)
		return time.Unix(int64(whole), int64(math.Round(part*1e3))*1e6).UTC(), true
	}
	s = strings.ToUpper(s) // RFC 3339 has t and z too
	for _, layout := range whenLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			return inRange(at)
		}
	}
	return time.Time{}, false
}

// inRange is a date in UTC, and whether RFC 3339 can write it there: a zone may carry 9999 into the year 10000. The
// year 1 is what services say that have no date.
func inRange(at time.Time) (time.Time, bool) {
	at = at.UTC()
	return at, at.Year() > 1 && at.Year() <= 9999
}

// reported is the instant, or "the service does not say".
func (w when) reported() apikey.Moment { return apikey.At(w.at) }

// orNever is the instant; never where the service says null or 0.
func (w when) orNever() apikey.Moment {
	if w.absent {
		return apikey.Never()
	}
	return apikey.At(w.at)
}

// expiry is orNever for a service that leaves the field out of a key without an end.
func (w when) expiry() apikey.Moment {
	if !w.set {
		return apikey.Never()
	}
	return w.orNever()
}

// firstWhen is the first that is a date, else the first that is there: null under one name takes nothing from a date
// under another.
func firstWhen(values ...when) when {
	var first when
	for _, w := range values {
		if !w.at.IsZero() {
			return w
		}
		if w.set && !first.set {
			first = w
		}
	}
	return first
}
