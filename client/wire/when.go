package wire

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"detent/apikey"
)

// Time is a date of the wire, read tolerantly: RFC 3339, a plain date, an epoch in any unit, as a number or a string. What is no date at all is not reported, never made up.
type Time struct {
	At     time.Time
	Set    bool // the field is there
	Absent bool // there, and null, 0 or empty: never
}

func (w *Time) UnmarshalJSON(b []byte) error {
	*w = Time{Set: true}
	if at, ok := commonTime(b); ok {
		w.found(at)
		return nil
	}
	if string(b) == "null" {
		w.Absent = true
		return nil
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil && n > 0 {
		if at, ok := epoch(float64(n)); ok {
			w.found(at)
		}
		return nil
	}
	var s string
	if inside, ok := unquoted(b); ok {
		s = string(inside)
	} else if s = string(b); len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "", "null", "0", "0.0", "never", "infinity", "+infinity", "inf", "none", "unlimited", "permanent":
		w.Absent = true
		return nil
	}
	if at, ok := ParseTime(s); ok {
		w.found(at)
	}
	return nil
}

// found takes a date. The instant 0 is 0, however it is written: no key ended in the moment in which 1970 began.
func (w *Time) found(at time.Time) {
	if w.Absent = at.Unix() == 0; !w.Absent {
		w.At = at
	}
}

// commonTime reads a date as most services write it.
func commonTime(b []byte) (time.Time, bool) {
	if len(b) < 13 || b[0] != '"' || b[11] != 'T' {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(b[1:len(b)-1]))
	if err != nil {
		return time.Time{}, false
	}
	return inRange(at)
}

// An epoch is in the smallest of the units seconds, milli-, micro- and nanoseconds in which it is no
// earlier than 2008. Nobody's key is older: what would be long ago in one unit is far ahead in the larger one.
const (
	epochMillis = 1.2e12
	epochMicros = 1.2e15
	epochNanos  = 1.2e18
)

// maxTime is the last instant that RFC 3339 can write; what lies beyond is far, and shown as this.
var maxTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05", "2006-01-02", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04Z07:00",
	time.RFC1123, time.RFC1123Z, "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05 MST"}

// farText are dates after the year 9999, which no layout reads, and the words for what has no end.
var farText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\+?(?:[1-9]\d{4,}-\d\d-\d\d|9999-12-31[T ]24:|9999-12-31[T ]23:59:60)`)
})

// ParseTime reads a date in any of the layouts that services write, or an epoch; ok is false for what is none.
func ParseTime(s string) (time.Time, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return epoch(n)
	}
	s = strings.ToUpper(s) // RFC 3339 has t and z too
	if farText().MatchString(s) {
		return maxTime, true
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			return inRange(at)
		}
	}
	return time.Time{}, false
}

// epoch is a number of seconds, milli-, micro- or nanoseconds since 1970.
func epoch(n float64) (time.Time, bool) {
	switch {
	case math.IsNaN(n) || n <= 0:
		return time.Time{}, false
	case n >= epochNanos:
		n /= 1e9
	case n >= epochMicros:
		n /= 1e6
	case n >= epochMillis:
		n /= 1e3
	}
	if n >= float64(maxTime.Unix()) {
		return maxTime, true
	}
	whole, part := math.Modf(n)
	return time.Unix(int64(whole), int64(math.Round(part*1e3))*1e6).UTC(), true
}

// inRange is a date in UTC as RFC 3339 can write it: a zone may carry 9999 into the year 10000. The year 1 is what services
// say that have no date.
func inRange(at time.Time) (time.Time, bool) {
	if at = at.UTC(); at.After(maxTime) {
		at = maxTime
	}
	return at, at.Year() > 1
}

// Reported is the instant of something that was, or "the service does not say": nothing was in the year 9999.
func (w Time) Reported() apikey.Moment {
	if w.At.IsZero() || w.At.Year() == maxTime.Year() {
		return apikey.Moment{}
	}
	return apikey.At(w.At)
}

// Use is reported; never where the service says null or 0.
func (w Time) Use() apikey.Moment {
	if w.Absent {
		return apikey.Never()
	}
	return w.Reported()
}

// OrNever is the instant; never where the service says null or 0.
func (w Time) OrNever() apikey.Moment {
	if w.Absent {
		return apikey.Never()
	}
	return apikey.At(w.At)
}

// Expiry is orNever for a service that leaves the field out of a key without an end.
func (w Time) Expiry() apikey.Moment {
	if !w.Set {
		return apikey.Never()
	}
	return w.OrNever()
}

// FirstTime is the first that is a date, else the first that is there: null under one name takes nothing from a date
// under another.
func FirstTime(values ...Time) Time {
	var first Time
	for _, w := range values {
		if !w.At.IsZero() {
			return w
		}
		if w.Set && !first.Set {
			first = w
		}
	}
	return first
}
