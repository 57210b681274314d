package apikey

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MaxLifetime bounds a lifetime: beyond a hundred years it is a typing error.
const MaxLifetime = 100 * 365 * 24 * time.Hour

// Expiry is the lifetime asked for: never (the zero value), a span from the
// moment of creation, or an instant.
type Expiry struct {
	After time.Duration
	At    time.Time
}

// IsNever reports whether no end was asked for.
func (e Expiry) IsNever() bool { return e.After == 0 && e.At.IsZero() }

// Instant is when a key created at now would expire; zero for never.
func (e Expiry) Instant(now time.Time) time.Time {
	switch {
	case !e.At.IsZero():
		return e.At
	case e.After != 0:
		return now.Add(e.After)
	}
	return time.Time{}
}

// Seconds is the lifetime of a key created at now in whole seconds, rounded down: a key does not live longer
// than was asked. 0 is never, so that nothing else comes to less than 1.
func (e Expiry) Seconds(now time.Time) int64 {
	if e.IsNever() {
		return 0
	}
	return max(int64(e.Instant(now).Sub(now)/time.Second), 1)
}

// Check says what is wrong with the lifetime, if anything.
func (e Expiry) Check(now time.Time) error {
	if e.IsNever() {
		return nil
	}
	at := e.Instant(now)
	if !at.After(now) {
		return fmt.Errorf("the expiry %s is in the past", at.Format("2006-01-02 15:04 MST"))
	}
	if at.Sub(now) < time.Second {
		return fmt.Errorf("the expiry is less than a second away")
	}
	if at.Sub(now) > MaxLifetime {
		return fmt.Errorf("an expiry over 100 years away is refused: use never")
	}
	return nil
}

const expiryForms = "never, a span such as 30d, 12h, 90m or 3600s, or a date such as 2027-01-31"

var (
	spanPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]{1,12})(s|m|h|d|w)?$`) })
	datePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}`) })
)

// ParseExpiry reads what a user types: "never", "3600s", "90m", "12h", "30d", "4w", bare
// seconds, a date (the end of that day in loc) or an RFC 3339 instant.
func ParseExpiry(text string, now time.Time, loc *time.Location) (Expiry, error) {
	if strings.EqualFold(strings.TrimSpace(text), "never") {
		return Expiry{}, nil
	}
	e, err := parseInstant(text, loc)
	if err != nil {
		return Expiry{}, err
	}
	return e, e.Check(now)
}

// parseInstant reads what ParseExpiry does, but for never: it may be over.
func parseInstant(text string, loc *time.Location) (Expiry, error) {
	s := strings.ToLower(strings.TrimSpace(text))
	if err := notSeconds(s); err != nil {
		return Expiry{}, err
	}
	if spanPattern().MatchString(s) {
		d, err := ParseSpan(s)
		if err != nil {
			return Expiry{}, fmt.Errorf("%w: use never for no expiry", err)
		}
		return Expiry{After: d}, nil
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		_, last, ok := Day(day.Year(), day.Month(), day.Day(), loc)
		if !ok {
			return Expiry{}, fmt.Errorf("%s is a day that %s left out", s, loc)
		}
		return Expiry{At: last}, nil
	}
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(strings.ToUpper(s))); err == nil {
		return Expiry{At: at}, nil
	}
	if date := datePattern().FindString(s); date != "" {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return Expiry{}, fmt.Errorf("%s is a date that does not exist", date)
		}
	}
	return Expiry{}, fmt.Errorf("%q is not an expiry: use %s", clip(text), expiryForms)
}

// notSeconds refuses a bare number that is more likely a date without its dashes, or an instant as programs count it: as seconds it
// would be a lifetime that nobody meant.
func notSeconds(bare string) error {
	n, err := strconv.ParseUint(bare, 10, 40)
	if err != nil {
		return nil
	}
	if day, err := time.Parse("20060102", bare); err == nil {
		return fmt.Errorf("%q may be a date, %s, or seconds, %ss: say which", bare, day.Format(time.DateOnly), bare)
	}
	if n >= 1e9 && n < 5e9 { // from 2001 to 2128
		return fmt.Errorf("%s is too long for bare seconds: as an instant it is %s; say that, or %ss", bare, time.Unix(int64(n), 0).UTC().Format(time.RFC3339), bare)
	}
	return nil
}

// ParseSpan reads a positive span of time: 3600s, 90m, 12h, 30d, 4w, or bare seconds.
func ParseSpan(text string) (time.Duration, error) {
	m := spanPattern().FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if m == nil {
		return 0, fmt.Errorf("%q is no span of time: use for example 30d, 12h, 90m or 3600s", clip(text))
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no span of time: %w", clip(text), err)
	}
	unit := map[string]time.Duration{"": time.Second, "s": time.Second, "m": time.Minute,
		"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	if n == 0 {
		return 0, fmt.Errorf("a span of zero is refused")
	}
	if n > int64(MaxLifetime/unit) {
		return 0, fmt.Errorf("a span over 100 years is refused")
	}
	return time.Duration(n) * unit, nil
}

// clip keeps an error message readable whatever was typed.
func clip(s string) string { return Clip(s, 40) }

// Clip cuts a text to so many characters.
func Clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
