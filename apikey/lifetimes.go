package apikey

import (
	"fmt"
	"slices"
	"time"
)

// Lifetimes are those that a service gives a new key; the zero value is any, and none.
type Lifetimes struct {
	Spans   []time.Duration // the only ones, the shortest first; empty for any
	Longest time.Duration   // 0 for no limit that is known
	Always  bool            // no key is without an end
	Days    bool            // a key ends with a day, whatever time of that day it was made at
}

// Check says why no new key can be given a lifetime, if so. What an instant comes to is not asked where now is not known.
func (l Lifetimes) Check(e Expiry, now time.Time) error {
	life := e.After
	if !e.At.IsZero() && !now.IsZero() {
		life = e.At.Sub(now)
	}
	switch {
	case e.IsNever() && l.Always:
		return fmt.Errorf("the service gives no key without an end: %s", l.Words())
	case e.IsNever():
	case len(l.Spans) > 0 && !e.At.IsZero():
		return fmt.Errorf("the service gives a key %s: an instant is none of these", l.Words())
	case len(l.Spans) > 0 && !slices.Contains(l.Spans, e.After):
		return fmt.Errorf("the service gives a key %s, not %s", l.Words(), SpanWords(e.After))
	case l.Longest > 0 && life > l.Longest:
		return fmt.Errorf("the service gives a key %s at the longest", SpanWords(l.Longest))
	}
	return nil
}

// Fit is the longest lifetime that the service gives and that is none longer than e; false where each is longer. A key that was made
// with one of a few spans lives a moment less, or ends at a midnight: it is given the same again. Else it would lose a part of a day each
// time that another takes its place.
func (l Lifetimes) Fit(e Expiry, now time.Time) (Expiry, bool) {
	if whole := (e.After + day - 1).Truncate(day); l.Days && whole > 3*day {
		e.After = whole
	}
	if l.Check(e, now) == nil {
		return e, true
	}
	if len(l.Spans) == 0 {
		return Expiry{After: l.Longest}, l.Longest > 0
	}
	if e.IsNever() {
		return Expiry{After: l.Spans[len(l.Spans)-1]}, true
	}
	life := e.Instant(now).Sub(now)
	for _, span := range slices.Backward(l.Spans) {
		if span-life <= min(day, span/20) {
			return Expiry{After: span}, true
		}
	}
	return Expiry{}, false
}

// Suggested is what a form begins with, where a person sees it and changes it: 90 days, or what the service has in their place. A command that says
// nothing of an end makes a key without one, and says so: what scripts rely on (docs/REFERENCE.md).
func (l Lifetimes) Suggested() time.Duration {
	e, fits := l.Fit(Expiry{After: 90 * day}, time.Time{})
	if !fits {
		return l.Spans[0]
	}
	return e.After
}

// Words are the lifetimes as a sentence about them goes on: "30d, 60d or 90d".
func (l Lifetimes) Words() string {
	if len(l.Spans) == 0 {
		return "at most " + SpanWords(l.Longest)
	}
	words := make([]string, 0, len(l.Spans)+1)
	for _, span := range l.Spans {
		words = append(words, SpanWords(span))
	}
	if !l.Always {
		words = append(words, "never")
	}
	return Alternatives(words)
}
