package audit

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Limiter records events that anybody can cause, without letting them fill the disk. In each span, the first few of a source
// are on record one by one, and of so many sources; what comes beyond is counted, and told in one record a source when the
// span is over. A process that is killed takes with it what it had counted.
type Limiter struct {
	log     *Log
	each    int // records of one source in a span
	sources int // sources in a span; the others are counted as one
	span    time.Duration

	mu    sync.Mutex
	began time.Time // of the span; zero while nothing happens
	seen  map[string]*source
	order []*source // as they came first
	rest  source    // all those beyond
}

// source is what is remembered of one, and what its latest event was.
type source struct {
	written, counted int
	action           Action
	outcome          Outcome
}

// Limiter makes one.
func (l *Log) Limiter(each, sources int, span time.Duration) *Limiter {
	return &Limiter{log: l, each: each, sources: sources, span: span, seen: map[string]*source{}}
}

// Event records an event of a source, or counts it.
func (f *Limiter) Event(from string, a Action, o Outcome) error {
	err := f.Tick()
	if f.count(from, a, o) {
		err = errors.Join(err, f.log.Event(a, o))
	}
	return err
}

// count reports whether an event is to be recorded by itself.
func (f *Limiter) count(from string, a Action, o Outcome) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.began.IsZero() {
		f.began = f.log.now()
	}
	s := f.seen[from]
	switch {
	case s != nil:
	case len(f.seen) < f.sources:
		s = &source{}
		f.seen[from] = s
		f.order = append(f.order, s)
	default:
		s = &f.rest
		s.written = f.each
	}
	s.action, s.outcome = a, o
	if s.written < f.each {
		s.written++
		return true
	}
	s.counted++
	return false
}

// Tick records what was counted when the span is over. It is called now and then, since events may stop.
func (f *Limiter) Tick() error {
	f.mu.Lock()
	over := !f.began.IsZero() && f.log.now().Sub(f.began) >= f.span
	f.mu.Unlock()
	if !over {
		return nil
	}
	return f.Close()
}

// Close records what was counted so far, and begins anew.
func (f *Limiter) Close() error {
	f.mu.Lock()
	began, order, rest := f.began, f.order, f.rest
	f.began, f.seen, f.order, f.rest = time.Time{}, map[string]*source{}, nil, source{}
	f.mu.Unlock()
	var errs []error
	tell := func(s *source, from string) {
		if s.counted > 0 {
			s.action.Detail = fmt.Sprintf("%d more since %s%s; the last: %s", s.counted, began.UTC().Format(time.DateTime), from, s.action.Detail)
			errs = append(errs, f.log.Event(s.action, s.outcome))
		}
	}
	for _, s := range order {
		tell(s, "")
	}
	tell(&rest, " from other addresses")
	return errors.Join(errs...)
}
