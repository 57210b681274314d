package keyserver

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// Options open a server.
type Options struct {
	// Path is the SQLite file. It is made 0600 and its missing folders 0700. Several
	// processes of one machine may share it.
	Path string
	// URL is a PostgreSQL database instead, which processes of several machines may share:
	// postgres://user@host/database. What it leaves out comes from PostgreSQL's usual variables and files.
	URL string
	// MustExist: a store that is not there is an error, ErrNoStore, and is not made.
	MustExist bool
	// Now is the clock and Random the source of ids, secrets and signing keys; nil for the real ones.
	Now    func() time.Time
	Random io.Reader
	// Metrics counts requests, for Server.Metrics.
	Metrics bool
	// ShutdownDelay is how long Serve goes on when it is to end, not ready any more: time for a load balancer to see it.
	ShutdownDelay time.Duration
	// PerAddress is how many connections one address may have; 0 is as many as it likes.
	PerAddress int
	// Log receives one line for each failure of the service itself, never a secret; nil for none.
	Log io.Writer
	// Events also has it receive a line for each key that was created, changed or deleted and each call that was refused, as one of
	// EventFormats; empty for none.
	Events string
}

func (o Options) store() store.Options {
	return store.Options{Path: o.Path, URL: o.URL, MustExist: o.MustExist}
}

// Copied says how much CopyStore moved.
type Copied = store.Copied

// ErrNoStore says that a store that had to be there is not.
var ErrNoStore = store.ErrNoStore

// IsPostgresURL reports whether a store is named by a URL of PostgreSQL and not by a path.
func IsPostgresURL(at string) bool { return store.IsPostgresURL(at) }

// CopyStore copies the SQLite store at path, hashes and all, into the store that o names, which is made if need be and must be empty.
func CopyStore(ctx context.Context, o Options, path string) (Copied, error) {
	return store.Copy(ctx, o.store(), path)
}

// Server is the key service. Its methods may be called from many goroutines.
type Server struct {
	store   *store.Store
	now     func() time.Time
	random  io.Reader
	log     *log.Logger
	account string // id
	project ref    // where administrators' keys land

	sessions map[string]*store.Key // by id; read-only after Open
	tokens   map[sessionKind]apikey.Secret
	signers  signers
	usage    usage
	keys     fresh[store.Key] // by id
	admitted fresh[store.Key] // by the hash of a secret that was let in
	known    fresh[user]
	lists    fresh[shortList]
	users    memoryUsers
	lag      *lag
	routes   []route
	limits   limits
	notice   time.Duration

	perAddress int

	events    events
	meter     *meter      // nil counts nothing
	ending    atomic.Bool // Serve is to end
	readiness readiness

	instance string      // names this process in leases
	leased   atomic.Bool // whether it ever held one
	swept    atomic.Int64
	sweeper  sync.WaitGroup
	stop     chan struct{}
	closing  sync.Once
	closed   error
}

// ref names a project.
type ref struct{ id, name string }

type sessionKind struct {
	service string
	env     apikey.Environment
}

// Open opens the store, or makes it, and starts the service without a listener.
func Open(ctx context.Context, o Options) (*Server, error) {
	s := &Server{now: o.Now, random: o.Random, limits: usualLimits, notice: o.ShutdownDelay, perAddress: o.PerAddress, stop: make(chan struct{})}
	if s.now == nil {
		s.now = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	s.random = &lockedReader{r: s.random}
	var err error
	if s.lag, err = newLag(); err != nil {
		return nil, err
	}
	st, password, err := store.Open(ctx, o.store())
	if err != nil {
		return nil, cut(ctx, err)
	}
	s.store = st
	s.log = log.New(logTo(o.Log, password), "keyserver: ", log.LstdFlags|log.LUTC)
	s.openEvents(o, password)
	s.store.Distrusted = func(why string) {
		s.log.Printf("the store's version is not believed (%s): every request asks the store from now on", why)
	}
	err = s.start(ctx)
	if err == nil {
		err = s.store.Watch(ctx)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("open the key store %s: %w", st.Name, err), st.Close())
		return nil, cut(ctx, store.WithoutPassword(err, password))
	}
	s.routes = slices.Concat(prosopoRoutes, vertesiaRoutes, genericRoutes, rollRoutes)
	s.usage.start(s.store, s.log)
	if o.Metrics {
		s.meter = newMeter(s)
	}
	s.sweeper.Go(s.sweepUntilClosed)
	return s, nil
}

// cut is the error of an opening that was called off: the database says of that only what it was doing.
func cut(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// start settles the account's identity and mints the session administrators.
func (s *Server) start(ctx context.Context) error {
	for _, m := range []struct {
		name string
		into *string
	}{{"account", &s.account}, {"project", &s.project.id}} {
		fresh, err := store.RandomText(s.random, 15)
		if err == nil {
			*m.into, err = s.store.MetaOr(ctx, m.name, fresh)
		}
		if err != nil {
			return err
		}
	}
	var err error
	if s.instance, err = store.RandomText(s.random, 10); err != nil {
		return err
	}
	s.project.name = "Default"
	s.sessions = map[string]*store.Key{}
	s.tokens = map[sessionKind]apikey.Secret{}
	for _, kind := range []sessionKind{{wirename.Prosopo, ""}, {wirename.Vertesia, ""},
		{wirename.Generic, apikey.Live}, {wirename.Generic, apikey.Test}, {wirename.Generic, ""}} {
		k := s.administrator(kind.service, kind.env)
		k.Session, k.Name = true, "session administrator"
		if kind.service == wirename.Generic && kind.env == "" {
			k.Environment = apikey.Live // for the prefix alone
		}
		secret, err := store.Mint(s.random, k)
		if err != nil {
			return err
		}
		k.Environment = kind.env
		s.sessions[k.ID] = k
		s.tokens[kind] = apikey.NewSecret(secret)
	}
	return nil
}

// administrator is a key with every right in its contract and environment.
func (s *Server) administrator(service string, env apikey.Environment) *store.Key {
	now := s.now().UnixMilli()
	k := &store.Key{Service: service, Name: "administrator", Enabled: true, Admin: true,
		CreatedAt: now, UpdatedAt: now, CreatedBy: "detent", UpdatedBy: "detent"}
	switch service {
	case wirename.Prosopo:
		k.Permissions = allPermissions()
	case wirename.Vertesia:
		k.Type, k.Role, k.Project, k.ProjectName = apikey.SecretKey, "admin", s.project.id, s.project.name
	case wirename.Generic:
		k.Environment = env
		k.Name = "administrator (" + string(env) + ")"
	}
	return k
}

// Close ends the background work, stores what was used last and closes the store.
// Handlers must have returned: Serve sees to that.
func (s *Server) Close() error {
	s.closing.Do(func() {
		close(s.stop)
		s.sweeper.Wait()
		s.usage.close()
		s.closed = errors.Join(s.release(context.Background()), s.store.Close())
	})
	return s.closed
}

// limits are the times of a connection. A list may take longer than write: each page of it has
// that long for itself.
type limits struct {
	header, read, write, idle, drain time.Duration
}

var usualLimits = limits{header: 5 * time.Second, read: 15 * time.Second, write: 30 * time.Second, idle: time.Minute, drain: 5 * time.Second}

const maxHeader = 32 << 10

// Serve answers on the listener until ctx is done, then is not ready any more, and lets the requests that are being answered
// finish (for five seconds, then they are cut) and returns nil. It closes the listener, not the server.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return s.serve(ctx, s.limited(l))
}

func (s *Server) serve(ctx context.Context, l net.Listener) error {
	server := s.httpServer()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.ending.Store(true)
	if s.notice > 0 {
		select {
		case err := <-served:
			return fmt.Errorf("serve: %w", err)
		case <-time.After(s.notice):
		}
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.drain)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		s.log.Printf("shut down: %v; closing what is left", err)
		_ = server.Close() // the listener is closed already
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// ServeTLS is Serve over TLS 1.2 or newer, with the certificate that is current at each handshake.
func (s *Server) ServeTLS(ctx context.Context, l net.Listener, current func(*tls.ClientHelloInfo) (*tls.Certificate, error)) error {
	return s.serve(ctx, tls.NewListener(s.limited(l), &tls.Config{GetCertificate: current, MinVersion: tls.VersionTLS12}))
}

func (s *Server) httpServer() *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: s.limits.header,
		ReadTimeout:       s.limits.read,
		WriteTimeout:      s.limits.write,
		IdleTimeout:       s.limits.idle,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          s.log,
	}
}

// lockedReader lets handlers share a source that is not made for that.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}
