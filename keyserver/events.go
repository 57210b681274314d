package keyserver

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// EventFormats are how a service may tell what happened to its keys.
var EventFormats = []string{"text", "json"}

// logTo keeps a password out of a log.
func logTo(w io.Writer, password string) io.Writer {
	if w == nil {
		return io.Discard
	}
	if password == "" {
		return w
	}
	return redactor{w, password}
}

// redactor takes a password out of all that is written, should a driver or a server ever quote it.
type redactor struct {
	io.Writer
	password string
}

func (w redactor) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.Writer, strings.ReplaceAll(string(p), w.password, "****")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// events tells who created, changed and deleted a key, who was refused, and why: one line each. Nothing that could be
// a secret is in it: of a request that is the contract's call, never its path.
type events struct {
	*slog.Logger // nil tells nothing
	now          func() time.Time
	refusals     bucket
}

func (s *Server) openEvents(o Options, password string) {
	s.events.now = s.now
	options := &slog.HandlerOptions{}
	switch w := logTo(o.Log, password); o.Events {
	case "text":
		s.events.Logger = slog.New(slog.NewTextHandler(w, options))
	case "json":
		s.events.Logger = slog.New(slog.NewJSONHandler(w, options))
	default:
		return
	}
	s.log = log.New(failureLines{s.events.Logger}, "", 0)
}

// failureLines makes the service's own failures lines like the others.
type failureLines struct{ *slog.Logger }

func (f failureLines) Write(p []byte) (int, error) {
	f.Error("failure", "what", strings.TrimSpace(string(p)))
	return len(p), nil
}

// tell writes what a call did to a key.
func (c *call) tell(what string, k *store.Key, more ...any) {
	if c.events.Logger == nil {
		return
	}
	c.events.Info(what, append([]any{"contract", k.Service, "key", k.ID, "name", k.Name, "by", c.actor(), "from", c.r.RemoteAddr}, more...)...)
}

// actor names the caller in created_by and updated_by.
func (c *call) actor() string {
	if c.who.Session {
		return "detent"
	}
	return c.who.ID
}

// given is what a new key may do, for the log.
func given(k *store.Key) []any {
	var more []any
	switch k.Service {
	case wirename.Prosopo:
		more = append(more, "permissions", k.Permissions)
	case wirename.Vertesia:
		more = append(more, "type", k.Type, "role", k.Role, "project", k.Project)
	default:
		more = append(more, "environment", string(k.Environment), "restricted", k.Restrictions != "")
	}
	if k.ExpiresAt > 0 {
		more = append(more, "expires", time.UnixMilli(k.ExpiresAt).UTC())
	}
	return more
}

// changes are the fields of a key that an update changed, as "role=reader→admin".
func changes(before, after *store.Key) []any {
	var more []any
	if before.Name != after.Name {
		more = append(more, "name_before", before.Name)
	}
	if before.Role != after.Role {
		more = append(more, "role_before", before.Role, "role", after.Role)
	}
	if before.Enabled != after.Enabled {
		more = append(more, "enabled", after.Enabled)
	}
	if before.Extra != after.Extra {
		more = append(more, "attributes", "changed")
	}
	return more
}

// refused tells that a call was answered with no. Whoever asks on and on is not told each time.
func (e *events) refused(r *http.Request, service string, w *answerWriter, no *contract.Refusal) {
	if e.Logger == nil || no.Status != http.StatusUnauthorized && no.Status != http.StatusForbidden && no.Status != http.StatusConflict {
		return
	}
	left, ok := e.refusals.take(e.now())
	if !ok {
		return
	}
	call, why := w.method+" "+w.path, no.Message
	if path := r.URL.Path; len(path) > 1 {
		why = strings.ReplaceAll(why, path, w.path)
	}
	attrs := []any{"contract", service, "call", call, "status", no.Status, "reason", w.reason, "why", why, "from", r.RemoteAddr}
	if w.who != "" {
		attrs = append(attrs, "by", w.who)
	}
	if left > 0 {
		attrs = append(attrs, "not_told_before", left)
	}
	e.Log(context.Background(), slog.LevelWarn, "refused", attrs...)
}

// bucket bounds how many refusals a second are told.
type bucket struct {
	mu   sync.Mutex
	full float64
	at   time.Time
	left int // not told since the last one that was
}

const (
	refusalsAtOnce = 50
	refusalsPerSec = 5
)

// take reports whether one may be told, and how many were not since the last.
func (b *bucket) take(now time.Time) (left int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at.IsZero() || now.Before(b.at) {
		b.full, b.at = refusalsAtOnce, now
	}
	b.full = min(refusalsAtOnce, b.full+now.Sub(b.at).Seconds()*refusalsPerSec)
	b.at = now
	if b.full < 1 {
		b.left++
		return 0, false
	}
	b.full--
	left, b.left = b.left, 0
	return left, true
}
