package apikey

import (
	"fmt"
	"strings"
	"time"
)

const day = 24 * time.Hour

// slack is how far two lifetimes may differ and still be the same: rounding, and the time between
// asking and creating.
func slack(life time.Duration) time.Duration { return min(2*time.Minute, max(5*time.Second, life/20)) }

// Lifetime is how long the key lives from its creation; false where the service does not say, or
// where what it says makes no sense.
func Lifetime(k Key) (time.Duration, bool) { return lifetime(&k) }

func lifetime(k *Key) (time.Duration, bool) {
	end, ends := k.ExpiresAt.Time()
	start, starts := k.CreatedAt.Time()
	if !ends || !starts || !end.After(start) || end.Sub(start) > MaxLifetime {
		return 0, false
	}
	return end.Sub(start), true
}

// NeverEnds reports whether the key has no end: the service says so, or names one so far away that it stands for that.
func (k Key) NeverEnds() bool {
	end, ok := k.ExpiresAt.Time()
	if !ok {
		return k.ExpiresAt.IsNever()
	}
	if start, ok := k.CreatedAt.Time(); ok && end.After(start) {
		return end.Sub(start) > MaxLifetime
	}
	return end.Year() >= 2200
}

// LifetimeOf is the lifetime for a key that takes the place of old: the same, never a longer one. Where only the end is
// known, it is the end.
func LifetimeOf(old Key) Expiry {
	if old.NeverEnds() {
		return Expiry{}
	}
	if d, ok := Lifetime(old); ok {
		return Expiry{After: max(d.Truncate(time.Second), time.Second)}
	}
	if end, ok := old.ExpiresAt.Time(); ok {
		return Expiry{At: end}
	}
	return Expiry{}
}

// LifetimeWords say how long a key lives.
func LifetimeWords(k Key) string {
	end, ok := k.ExpiresAt.Time()
	switch {
	case k.NeverEnds():
		return wordNever
	case !ok:
		return wordUnknown
	}
	if d, ok := Lifetime(k); ok {
		return "lives " + SpanWords(d)
	}
	return "expires " + end.Format(time.RFC3339)
}

// RestWords are the time that is left, without the fractions that nobody asks for: never more than there is, but for the last second.
func RestWords(d time.Duration) string {
	unit := time.Second
	if d >= time.Hour {
		unit = time.Minute
	}
	return SpanWords(max(d.Truncate(unit), time.Second))
}

// TypedSpan is a length of time in whole seconds as ParseSpan reads it, never longer than it is.
func TypedSpan(d time.Duration) string {
	switch {
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// SpanWords are a length of time as people say it, rounded to its larger units.
func SpanWords(d time.Duration) string {
	switch hours := d.Round(time.Hour); {
	case hours >= day && (d-hours).Abs() <= slack(hours): // asked for 30 days, a key may live a moment less
		d = hours
	case d > time.Second:
		d = d.Round(time.Second)
	case d > 0: // what is measured comes in nanoseconds
		d = max(d.Round(time.Millisecond), time.Millisecond)
	}
	days, rest := d/day, d%day
	switch {
	case days > 0 && rest < time.Hour:
		return fmt.Sprintf("%dd", days)
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, rest/time.Hour)
	}
	text := d.String() // 15m, not 15m0s
	if d >= time.Minute && d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d >= time.Hour && d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
