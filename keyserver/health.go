package keyserver

import (
	"context"
	"errors"
	"net/http"
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

// health answers /healthz (the process serves) and /readyz (send it requests), to anybody: they say yes or no and nothing else. No contract has
// these paths.
func (s *Server) health(w http.ResponseWriter, r *http.Request) bool {
	var err error
	switch r.URL.Path {
	case "/healthz":
	case "/readyz":
		err = s.Ready(r.Context())
	default:
		return false
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		send(w, http.StatusMethodNotAllowed, []byte(`{"status":"method not allowed"}`))
	case errors.Is(err, errEnding):
		send(w, http.StatusServiceUnavailable, []byte(`{"status":"ending"}`))
	case err != nil:
		send(w, http.StatusServiceUnavailable, []byte(`{"status":"the store does not answer"}`))
	default:
		send(w, http.StatusOK, []byte(`{"status":"ok"}`))
	}
	return true
}
