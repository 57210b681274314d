package keyserver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// The headers of every answer. Nobody writes to them.
var (
	headerJSON    = []string{"application/json; charset=utf-8"}
	headerNoStore = []string{"no-store"}
	headerNoSniff = []string{"nosniff"}
)

const (
	maxBody    = 1 << 20
	maxDiscard = 64 << 20 // of a body over maxBody, read and thrown away
)

// call is one request on its way through a handler.
type call struct {
	*Server
	w     http.ResponseWriter // &out
	out   answerWriter
	r     *http.Request
	ctx   context.Context
	now   time.Time
	who   *store.Key // the caller's key
	older bool       // it sent the key's former secret
	at    store.Seen // the store's version, asked for when the request had come in, or with its key
	id    string     // what {id} in the path stood for
	query url.Values
	body  contract.Object // of a call that sends one; nil where it was empty
	once  *once           // of a create that may be sent again
}

// route is one line of a contract: who may call what, and who answers. A handler that has
// answered itself returns a nil body.
type route struct {
	method  string
	path    string
	service string
	need    need
	handle  func(*call) (status int, body []byte, err error)
}

// match compares segment by segment; {id} takes any one that is not empty.
func (rt route) match(path string) (id string, ok bool) {
	want, got := rt.path, path
	for {
		w, wantRest, wantMore := strings.Cut(want, "/")
		g, gotRest, gotMore := strings.Cut(got, "/")
		switch {
		case w == "{id}" && g != "":
			id = g
		case w != g:
			return "", false
		}
		if wantMore != gotMore {
			return "", false
		}
		if !wantMore {
			return id, true
		}
		want, got = wantRest, gotRest
	}
}

// contractOf is the contract whose shape an error takes at a path that no route has.
func contractOf(path string) string {
	for _, c := range []struct{ prefix, service string }{
		{"/v1/prosopo/", wirename.Prosopo}, {"/api/", wirename.Vertesia}, {"/token/", wirename.Vertesia}, {"/v1/", wirename.Generic},
		{"/api-keys/", wirename.Prosopo}, {"/access-control/", wirename.Prosopo}, {"/sites/", wirename.Prosopo}, {"/users/", wirename.Prosopo},
	} {
		if strings.HasPrefix(path+"/", c.prefix) {
			return c.service
		}
	}
	return wirename.Generic
}

// Handler answers all three contracts on one origin.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serveHTTP) }

func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if s.health(w, r) {
		return
	}
	h := w.Header()
	h["Content-Type"], h["Cache-Control"], h["X-Content-Type-Options"] = headerJSON, headerNoStore, headerNoSniff
	c := &call{Server: s, r: r, ctx: r.Context(), now: s.now()}
	c.out.ResponseWriter = w
	out := &c.out
	c.w = out
	service := ""
	var rt route
	if s.meter != nil {
		begun := time.Now()
		defer func() { s.meter.answered(service, rt, out, time.Since(begun)) }()
	}
	defer s.recoverPanic(out, r, &service)
	rt, id, err := s.find(w, r)
	if err != nil {
		service = contractOf(r.URL.Path)
		s.fail(out, r, service, err)
		return
	}
	service, c.id, out.method, out.path = rt.service, id, rt.method, rt.path
	sent := r.Body
	r.Body = http.MaxBytesReader(out, sent, maxBody)
	status, body, err := c.answer(&rt)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			// Most clients send all before they read: cut off, they would not be told why.
			_, _ = io.CopyN(io.Discard, sent, maxDiscard)
		}
		s.fail(out, r, service, err)
		return
	}
	if body != nil {
		send(out, status, body)
	}
}

// answer lets the caller in and its call be handled. Whoever is refused, by whomever, has not used its key.
func (c *call) answer(rt *route) (status int, body []byte, err error) {
	c.at = c.store.Version.Now()
	c.who, c.older, err = c.guard(c.r, rt.service, rt.need, c.now, &c.at)
	if c.who != nil {
		c.out.who = c.actor()
	}
	if err != nil {
		return 0, nil, err
	}
	if rt.service == wirename.Vertesia {
		if err := c.sweepOften(c.ctx, c.now); err != nil {
			return 0, nil, err
		}
	}
	if c.r.URL.RawQuery != "" {
		if c.query, err = contract.ParseQuery(c.r.URL.RawQuery); err == nil {
			err = contract.CheckQuery(rt.method+" "+rt.path, c.query)
		}
		if err != nil {
			return 0, nil, err
		}
	}
	if c.who.Session {
		return c.handle(rt)
	}
	secret, hash := secretName{c.who.ID, c.who.Rolled.At}, c.who.Hash
	if c.older {
		secret.rolled, hash = c.who.Rolled.Former.RolledAt, c.who.Rolled.Former.Hash
	}
	before := c.usage.touch(secret, hash, c.now.UnixMilli())
	status, body, err = c.handle(rt)
	if refusedCall(err) {
		c.usage.undo(secret, c.now.UnixMilli(), before)
	}
	return status, body, err
}

// handle reads what a call sends, and has it handled.
func (c *call) handle(rt *route) (status int, body []byte, err error) {
	if rt.method == http.MethodPost || rt.method == http.MethodPut {
		if c.body, err = contract.ReadBody(c.r); err != nil {
			return 0, nil, err
		}
	}
	return rt.handle(c)
}

func refusedCall(err error) bool {
	var no *contract.Refusal
	return err != nil && errors.As(err, &no) && (no.Status == http.StatusForbidden || no.Status == http.StatusUnauthorized)
}

// find looks the route up. A trailing slash is not part of a path. HEAD is a GET whose body net/http leaves out.
func (s *Server) find(w http.ResponseWriter, r *http.Request) (route, string, error) {
	path := r.URL.Path
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	var allowed []string
	for _, rt := range s.routes {
		id, ok := rt.match(path)
		if !ok {
			continue
		}
		if rt.method == r.Method || rt.method == http.MethodGet && r.Method == http.MethodHead {
			return rt, id, nil
		}
		if !slices.Contains(allowed, rt.method) {
			allowed = append(allowed, rt.method)
		}
	}
	if len(allowed) == 0 {
		return route{}, "", contract.Refuse(http.StatusNotFound, "there is no %s here", contract.Clip(path))
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return route{}, "", contract.Refuse(http.StatusMethodNotAllowed, "%s takes %s", contract.Clip(path), strings.Join(allowed, ", "))
}

// fail answers with an error in the contract's own shape. What is not a refusal is the
// service's own failure: it is logged here and named to nobody.
func (s *Server) fail(w *answerWriter, r *http.Request, service string, err error) {
	var e *contract.Refusal
	var tooLarge *http.MaxBytesError
	var down *store.Unavailable
	switch {
	case errors.As(err, &e):
	case errors.As(err, &tooLarge):
		e = &contract.Refusal{Status: http.StatusBadRequest, Message: "the body is over 1 MiB"}
	case errors.Is(err, store.ErrNoKey):
		e = &contract.Refusal{Status: http.StatusNotFound, Message: "no such key"}
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody is there to be answered
	case errors.As(err, &down):
		s.log.Printf("%s %s: the store cannot be used: %v", r.Method, routeName(r), err)
		e = &contract.Refusal{Status: http.StatusServiceUnavailable, Message: "the service cannot reach its store now: nothing was changed; try again"}
		if down.Unknown {
			e.Message = "the service lost its store while it was writing: this may have happened or not; look before you ask again"
		} else {
			w.Header().Set("Retry-After", "1")
		}
	default:
		s.log.Printf("%s %s: %v", r.Method, routeName(r), err)
		e = &contract.Refusal{Status: http.StatusInternalServerError, Message: "the service failed; its log says why"}
	}
	if w.wrote {
		panic(http.ErrAbortHandler) // half a list must not look like a whole one
	}
	if e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="detent"`)
	}
	w.reason = reasonOf(err, e.Status)
	s.events.refused(r, service, w, e)
	send(w, e.Status, contract.AppendError(nil, service, e))
}

// routeName is a path as it may be logged: without what stands for an id, which might be a mistyped secret.
func routeName(r *http.Request) string { return contractOf(r.URL.Path) + " contract" }

func (s *Server) recoverPanic(w *answerWriter, r *http.Request, service *string) {
	v := recover()
	switch {
	case v == nil:
	case v == http.ErrAbortHandler:
		panic(v)
	default:
		// The value may quote what a client sent; its type and the stack say enough.
		s.log.Printf("%s %s: panic of type %T\n%s", r.Method, routeName(r), v, debug.Stack())
		if w.wrote {
			panic(http.ErrAbortHandler)
		}
		send(w, http.StatusInternalServerError, contract.AppendError(nil, *service,
			&contract.Refusal{Status: http.StatusInternalServerError, Message: "the service failed; its log says why"}))
	}
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is no failure of ours
}

// answerWriter remembers whether an answer has begun.
type answerWriter struct {
	http.ResponseWriter
	wrote  bool
	status int    // 0 before
	reason string // of an answer other than yes
	who    string // the caller's id, where it is known
	method string // the call, as the contract
	path   string // has it
}

func (w *answerWriter) WriteHeader(status int) {
	w.wrote, w.status = true, status
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	if !w.wrote {
		w.wrote, w.status = true, http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

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

// Metrics answers /metrics in Prometheus' text format, and /healthz and /readyz. It asks nobody who they are: it belongs on a
// port of loopback. Options.Metrics turns the counting on.
func (s *Server) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.health(w, r):
		case r.URL.Path != "/metrics" || s.meter == nil:
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			s.meter.set.WritePrometheus(w)
		}
	})
}
