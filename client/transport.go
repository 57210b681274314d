package client

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"detent/apikey"

	"github.com/go-resty/resty/v2"
)

// How often and how patiently a read is tried; writes are sent once.
const (
	maxAttempts = 4
	firstWait   = 200 * time.Millisecond
	maxPaced    = 10 // replays of a request that was told its pace
	minPace     = 10 * time.Millisecond
	maxHops     = 3

	defaultTimeout = 15 * time.Second
	dialTimeout    = 10 * time.Second
	maxHeader      = 256 << 10
)

// call is one request of an operation. Whether it writes is said here, never guessed from the
// method: Prosopo lists with a POST, Vertesia mints a public key with a GET.
type call struct {
	op     string // as the user would say it: "list keys"
	method string
	path   string // a template: /api/v1/apikeys/{id}
	id     string // fills {id}
	query  url.Values
	body   any
	write  bool
	list   bool // the answer may be as large as a list
	needs  string
	// bearer replaces the profile's own credential, origin the profile's own origin.
	bearer apikey.Secret
	origin *url.URL
	header map[string]string
	// once sends a call that is no write one time: a POST of Vertesia's.
	once bool
	// paced replays an answer of 429 that came before any handler ran, a write included.
	paced bool
}

// answer is a successful answer. handed is set by its reader once something has been passed on
// that cannot be taken back: from there on the call is not repeated.
type answer struct {
	status int
	body   *guard
	handed bool
}

// transport carries the calls of one profile: limits, deadlines, redirects, retries, the log and
// the typed errors are the same for every service.
type transport struct {
	opts   Options
	origin *url.URL
	hints  hints
	reads  *resty.Client
	// Each write has a connection of its own: net/http repeats a GET whose kept-alive connection
	// turns out to be closed, and Vertesia mints with a GET.
	writes *resty.Client

	mu      sync.Mutex
	server  time.Time
	local   time.Time
	session apikey.Secret // the JWT in use, for redaction
	logging sync.Mutex
}

// hints are a service's own words on refusals.
type hints func(e *Error, c call)

func newTransport(opts Options, h hints) (*transport, *Error) {
	origin, bad := parseOrigin(opts.URL)
	if bad != nil {
		return nil, bad
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Sleep == nil {
		opts.Sleep = sleep
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "detent"
	}
	t := &transport{opts: opts, origin: origin, hints: h}
	t.reads = newResty(newHTTP(opts, false), resty.RedirectPolicyFunc(sameOrigin))
	t.writes = newResty(newHTTP(opts, true), resty.RedirectPolicyFunc(neverRedirect))
	return t, nil
}

func newHTTP(opts Options, fresh bool) *http.Client {
	dialer := &net.Dialer{Timeout: min(dialTimeout, opts.Timeout), KeepAlive: 30 * time.Second}
	return &http.Client{Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: opts.RootCAs},
		TLSHandshakeTimeout:    min(dialTimeout, opts.Timeout),
		ResponseHeaderTimeout:  opts.Timeout,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        60 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      fresh,
	}}
}

// newResty sends a length with every request: resty's usual way is to send no body as an empty chunk.
func newResty(hc *http.Client, redirects resty.RedirectPolicy) *resty.Client {
	return resty.NewWithClient(hc).SetLogger(silent{}).SetDisableWarn(true).SetRedirectPolicy(redirects).SetContentLength(true)
}

// silent takes resty's own log, which goes to standard error and holds URLs.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// sameOrigin follows a redirect within the origin, as the same kind of request.
func sameOrigin(r *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxHops || r.Method != first.Method || r.URL.Scheme != first.URL.Scheme ||
		!strings.EqualFold(r.URL.Host, first.URL.Host) || r.URL.User != nil {
		return http.ErrUseLastResponse
	}
	return nil
}

func neverRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// operation bounds everything that one method of a Service does.
func (t *transport) operation(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, t.opts.Timeout)
}

// ServerTime is the time that the service showed last, and ours at that moment.
func (t *transport) ServerTime() (server, local time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.server, t.local, !t.server.IsZero()
}

// now is the service's own time as far as it is known, for what is compared with its answers.
func (t *transport) now() time.Time {
	now := t.opts.Now()
	if server, local, ok := t.ServerTime(); ok {
		now = now.Add(server.Sub(local))
	}
	return now
}

// do makes a call until it is answered, and has the answer read. A read is tried again after what
// may pass; a write is not, but for a pace that the service asked for before it looked at it.
func (t *transport) do(ctx context.Context, c call, read func(*answer) error) error {
	if c.write && t.opts.ReadOnly {
		return readOnly(c.op)
	}
	if strings.Contains(c.path, "{id}") && !usableID(c.id) {
		return noID(c.op)
	}
	paced := 0
	for attempt := 1; ; attempt++ {
		failed, again := t.try(ctx, c, attempt, read)
		if failed == nil {
			return nil
		}
		if again.paced {
			if paced++; paced > maxPaced {
				return failed
			}
			attempt--
		} else if c.write || c.once || !again.retry || attempt >= maxAttempts {
			return failed
		}
		wait := again.wait
		if wait == 0 {
			wait = firstWait << (attempt - 1)
		}
		if deadline, ok := ctx.Deadline(); ok && wait >= time.Until(deadline) {
			if again.wait > 0 {
				failed.Hint = "The service asks to wait " + wait.Round(time.Second).String() + ". Try again then."
			}
			return failed
		}
		if err := t.opts.Sleep(ctx, wait); err != nil {
			if ctx.Err() == context.Canceled {
				failed = t.broken(c, err, false)
			}
			return failed
		}
	}
}

// usableID keeps an id from becoming another path.
func usableID(id string) bool { return id != "" && id != "." && id != ".." }

func readOnly(op string) *Error {
	return &Error{Op: op, Kind: ReadOnly, Outcome: NotDone, Message: "this profile is read-only; nothing was sent",
		Hint: "Leave read-only mode (--read-only, DETENT_READ_ONLY, read_only of the profile) to change keys."}
}
