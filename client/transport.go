package client

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
	"detent/loopback"

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
	spelt  string // the same as it is declared, the parents' places open; empty where it is path
	id     string // fills {id}
	query  url.Values
	body   any
	form   bool // the body is written as a form, not as JSON
	write  bool
	// emptyYes says that an empty answer of 200 is the service's yes.
	emptyYes bool
	list     bool // the answer may be as large as a list
	needs    string
	// bearer replaces the profile's own credential, origin the profile's own origin.
	bearer apikey.Secret
	origin *url.URL
	header map[string]string
	// ifMatch is the state of the object that a write was made from, as the service named it; empty where it did not.
	ifMatch string
	// auth is how the credential is sent, nil for a bearer; anonymous sends none, as what is in the body is one.
	auth      *kit.Auth
	anonymous bool
	// idSecret fills {id} in id's place, where an issuer names a key by its secret.
	idSecret apikey.Secret
	// tried is a secret that the body holds, for redaction.
	tried apikey.Secret
	// once sends a call that is no write one time: a POST of Vertesia's.
	once bool
	// idempotencyKey is what a service that knows such keys takes a call once by, however often it comes; empty for none.
	idempotencyKey string
	// paced replays an answer of 429 that came before any handler ran, a write included.
	paced bool
}

// answer is a successful answer. handed is set by its reader once something has been passed on
// that cannot be taken back: from there on the call is not repeated.
type answer struct {
	status int
	header http.Header
	body   *wire.Guard
	handed bool
	cut    bool // it is an object in an answer that broke, which may be a part of what was to come
}

// transport carries the calls of one profile: limits, deadlines, redirects, retries, the log and
// the typed errors are the same for every service.
type transport struct {
	opts   Options
	origin *url.URL
	speaks dialect
	reads  *resty.Client
	// Each write has a connection of its own: net/http repeats a GET whose kept-alive connection
	// turns out to be closed, and Vertesia mints with a GET.
	writes *resty.Client

	mu      sync.Mutex
	server  time.Time
	local   time.Time
	session apikey.Secret   // the one in use, for redaction
	halves  []apikey.Secret // the parts of a credential that has some, for redaction
	logging sync.Mutex
}

func newTransport(opts Options, speaks dialect) (*transport, *Error) {
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
		opts.Sleep = Sleep
	}
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "detent"
	}
	t := &transport{opts: opts, origin: origin, speaks: speaks}
	t.reads = newResty(newHTTP(opts, false), resty.RedirectPolicyFunc(sameOrigin))
	t.writes = newResty(newHTTP(opts, true), resty.RedirectPolicyFunc(neverRedirect))
	return t, nil
}

// signs makes a transport one that can sign. A signature is for one sending: a connection is new each time, as net/http repeats a GET by itself
// whose kept-alive one turns out to be closed.
func (t *transport) signs() {
	client := func(redirects resty.RedirectPolicyFunc) *resty.Client {
		hc := newHTTP(t.opts, true)
		hc.Transport = signing{hc.Transport}
		return newResty(hc, redirects)
	}
	t.reads, t.writes = client(sameOrigin), client(neverRedirect)
}

func newHTTP(opts Options, fresh bool) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxyAnswer,
		DialContext:            dialing(opts),
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

// dialing is how connections are made. Where a token travels in the open, on this machine alone, whose program gets it is asked.
func dialing(opts Options) func(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: min(dialTimeout, opts.Timeout), KeepAlive: 30 * time.Second}
	near := loopback.NewDialer(dialer)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if isPlain(addr, opts.URL) || isPlain(addr, opts.TokenURL) {
			return near.DialContext(ctx, network, addr)
		}
		return dialer.DialContext(ctx, network, addr)
	}
}

// isPlain reports whether an address is that of an http URL on this machine.
func isPlain(addr, text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || !loopback.Is(u.Hostname()) {
		return false
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return strings.EqualFold(addr, net.JoinHostPort(u.Hostname(), port))
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

// Sleep waits, or ends early with the context's error.
func Sleep(ctx context.Context, d time.Duration) error {
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

// do makes a call until it is answered, and has the answer read. A read is tried again after what
// may pass; a write is not, but for a pace that the service asked for before it looked at it.
func (t *transport) do(ctx context.Context, c call, read func(*answer) error) error {
	if c.write && t.opts.ReadOnly {
		return readOnly(c.op)
	}
	if strings.Contains(c.path, "{id}") && !usableID(c.segment()) {
		return noID(c.op)
	}
	if bad := t.inAddress(c); bad != nil {
		return bad
	}
	if bad := t.unsignable(c); bad != nil {
		return bad
	}
	if c.idempotencyKey != "" {
		header := map[string]string{"Idempotency-Key": c.idempotencyKey}
		maps.Copy(header, c.header)
		c.header = header
	}
	paced := 0
	for attempt := 1; ; attempt++ {
		failed, advice := t.try(ctx, c, attempt, read)
		if failed == nil {
			return nil
		}
		if advice.paced {
			if paced++; paced > maxPaced {
				return failed
			}
			attempt--
		} else if c.write || c.once || !advice.retry || attempt >= maxAttempts {
			return failed
		}
		if atOnce(ctx) {
			return failed
		}
		wait := advice.wait
		if wait == 0 {
			wait = firstWait << (attempt - 1)
		}
		if deadline, ok := ctx.Deadline(); ok && wait >= time.Until(deadline) {
			if advice.wait > 0 {
				failed.Hint = "The service asks to wait " + (wait + time.Second - 1).Truncate(time.Second).String() + ". Try again then."
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

type atOnceKey struct{}

// AtOnce makes the calls of a context be sent once each, without a wait inside: neither a read that failed nor a write that
// was told its pace is sent again, and what was answered comes back. It is for a call between whose decision and whose
// request nothing may lie: the transport does not wait inside this call.
func AtOnce(ctx context.Context) context.Context { return context.WithValue(ctx, atOnceKey{}, true) }

func atOnce(ctx context.Context) bool { return ctx.Value(atOnceKey{}) != nil }

type forProofKey struct{}

// ForProof is for lists by which it is told whether a key is there: {}, which is shown as an empty list, is a failure then.
func ForProof(ctx context.Context) context.Context {
	return context.WithValue(ctx, forProofKey{}, true)
}
