package keyserver

import (
	"context"
	"errors"
	"sync"
	"time"
)

// readyFor is how long an answer of the store about itself is good: whoever asks /readyz costs it no more than that.
const readyFor = time.Second

type readiness struct {
	mu    sync.Mutex
	asked time.Time
	err   error
}

var errEnding = errors.New("the service is ending")

// Ready reports whether the service can answer: its store does, within a second, can write as far as is known, and it is not ending.
func (s *Server) Ready(ctx context.Context) error {
	if s.ending.Load() {
		return errEnding
	}
	r := &s.readiness
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := s.now(); r.asked.IsZero() || now.Sub(r.asked) >= readyFor || now.Before(r.asked) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		var one int
		r.err = s.store.Reader.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
		if r.err == nil {
			r.err = s.store.Writable(ctx)
		}
		r.asked = now
	}
	return r.err
}
