//go:build unix

package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/keyserver"
	"detent/keyserver/wirename"
)

// soakFor is how long TestSoak works: go test ./e2e -run TestSoak -soak 10m
var soakFor = flag.Duration("soak", 3*time.Second, "how long the soak test works")

// soakHost is a key service that is started again on its address over its store.
type soakHost struct {
	t       *testing.T
	path    string
	address string
	admins  map[string]apikey.Secret

	mu       sync.RWMutex // held while it is down
	end      func() error
	restarts atomic.Int64
}

func newSoakHost(t *testing.T) *soakHost {
	t.Helper()
	h := &soakHost{t: t, path: filepath.Join(t.TempDir(), "keys.db"), address: "127.0.0.1:0", admins: map[string]apikey.Secret{}}
	server := h.start()
	for _, service := range every {
		env := apikey.Environment("")
		if service == wirename.Generic {
			env = apikey.Live
		}
		minted, err := server.Mint(context.Background(), service, env)
		if err != nil {
			t.Fatal(err)
		}
		h.admins[service] = minted.Secret
	}
	return h
}

func (h *soakHost) start() *keyserver.Server {
	ctx, stop := context.WithCancel(context.Background())
	server, err := keyserver.Open(ctx, keyserver.Options{Path: h.path})
	if err != nil {
		h.t.Fatal(err)
	}
	l, err := net.Listen("tcp", h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.address = l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	h.end = func() error { stop(); return errors.Join(<-ended, server.Close()) }
	return server
}

// restart ends the service under whatever is on its way and begins it again.
func (h *soakHost) restart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.end(); err != nil {
		h.t.Error(err)
	}
	h.start()
	h.restarts.Add(1)
}

// modelKey is what a client knows of a key of its own.
type modelKey struct {
	id       string
	name     string
	secret   apikey.Secret // absent where its answer was lost
	role     string
	disabled bool
	expires  time.Time
}

// soaker is one client: it owns the keys whose names begin with its own, and knows what must be true of them.
type soaker struct {
	t       *testing.T
	host    *soakHost
	kind    string
	name    string
	rng     *rand.Rand
	spoiled client.Service // over a line that loses things
	sound   client.Service // over one that does not, for looking
	flying  *sync.WaitGroup
	keys    []*modelKey
	gone    []apikey.Secret // of deleted keys
	n       int
	stats   map[string]int
}

// line is a proxy that spoils one call in so many, and knows what is on its way.
func line(t *testing.T, target, admin string, rng *rand.Rand) (string, *sync.WaitGroup) {
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: u, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	type kind struct {
		*fault
		lost bool
	}
	var kinds []kind
	for i, f := range faults() {
		// Not what only time ends, nor lies about the credential, which no client can tell from the truth.
		if effects[i].read != "hangs" && effects[i].read != "fine" && !strings.Contains(f.name, "status 40") {
			kinds = append(kinds, kind{f, effects[i].write == "unknown"})
		}
	}
	var mu sync.Mutex
	p.decide = func(_ int, r *http.Request) *fault {
		mu.Lock()
		defer mu.Unlock()
		p.calls = p.calls[:0] // a soak does not remember
		if rng.IntN(12) != 0 {
			return nil
		}
		k := kinds[rng.IntN(len(kinds))]
		if strings.HasPrefix(k.name, "200 ") && r.Header.Get("Authorization") != "Bearer "+admin {
			return nil // to a probe any 200 is a yes: who sits in the line and lies can say it
		}
		f := *k.fault
		f.afterwards = f.afterwards || k.lost && rng.IntN(2) == 0 // a bad answer may come before the service, or after it
		return &f
	}
	flying := &sync.WaitGroup{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		flying.Add(1)
		defer flying.Done()
		p.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL, flying
}

func (h *soakHost) client(t *testing.T, service, url string) client.Service {
	t.Helper()
	opts := client.Options{Service: service, URL: url, Token: h.admins[service], CanCreate: service == wirename.Generic, Timeout: 20 * time.Second,
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-time.After(min(d, 3*time.Millisecond)):
			case <-ctx.Done():
			}
			return ctx.Err()
		}}
	if service == wirename.Generic {
		opts.Environment = apikey.Live
	}
	s, err := client.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *soaker) errorf(format string, args ...any) {
	s.t.Errorf("%s after %d operations: %s", s.name, s.n, fmt.Sprintf(format, args...))
}

// look is the truth: the keys of this client as the service lists them over a sound line.
func (s *soaker) look() map[string]apikey.Key {
	s.flying.Wait() // what is on its way may still be handled
	s.host.mu.RLock()
	defer s.host.mu.RUnlock()
	keys, err := client.ListAll(context.Background(), s.sound)
	if err != nil {
		s.errorf("the sound line: %v", err)
		return nil
	}
	out := map[string]apikey.Key{}
	for _, k := range keys {
		if strings.HasPrefix(k.Name, s.name+" ") {
			out[k.ID] = k
		}
	}
	return out
}

// agree holds a list against the model.
func (s *soaker) agree(listed map[string]apikey.Key, where string) {
	if len(listed) != len(s.keys) {
		s.errorf("%s: %d keys are listed, %d are known", where, len(listed), len(s.keys))
	}
	for _, k := range s.keys {
		got, ok := listed[k.id]
		switch {
		case !ok:
			_, there := s.look()[k.id]
			s.errorf("%s: %s (%s) is not listed; over the sound line it is: %v", where, k.name, k.id, there)
		case got.Name != k.name || got.Role != k.role || got.IsDisabled() != k.disabled:
			s.errorf("%s: listed as %q %q disabled %v, known as %q %q disabled %v", where, got.Name, got.Role, got.IsDisabled(), k.name, k.role, k.disabled)
		}
		if at, has := got.ExpiresAt.Time(); ok && (has != !k.expires.IsZero() || has && at.Sub(k.expires).Abs() > 2*time.Minute) {
			s.errorf("%s: %s expires %v, want %v", where, k.name, at, k.expires)
		}
	}
}

// unsettled reports whether an error leaves the truth open; every other error says that nothing was done.
func (s *soaker) unsettled(op string, err error) bool {
	switch {
	case err == nil:
		s.stats[op+" done"]++
	case client.MayHaveHappened(err):
		s.stats[op+" unknown"]++
		return true
	default:
		s.stats[op+" refused"]++
	}
	return false
}

func (s *soaker) step(ctx context.Context) {
	s.n++
	switch r := s.rng.IntN(100); {
	case r < 25 && len(s.keys) < 12:
		s.create(ctx)
	case r < 45 && s.kind == wirename.Vertesia && len(s.keys) > 0:
		s.update(ctx, s.keys[s.rng.IntN(len(s.keys))])
	case r < 60 && len(s.keys) > 0:
		s.remove(ctx, s.rng.IntN(len(s.keys)))
	case r < 85 && len(s.keys) > 0:
		s.probe(ctx, s.keys[s.rng.IntN(len(s.keys))])
	default:
		keys, err := client.ListAll(ctx, s.spoiled)
		s.unsettled("list", err)
		if err != nil {
			return
		}
		own := map[string]apikey.Key{}
		for _, k := range keys {
			if strings.HasPrefix(k.Name, s.name+" ") {
				own[k.ID] = k
			}
		}
		s.agree(own, "a list over the bad line")
	}
}

func (s *soaker) create(ctx context.Context) {
	k := &modelKey{name: fmt.Sprintf("%s %d", s.name, s.n)}
	draft := apikey.Draft{Name: k.name}
	switch s.kind {
	case wirename.Prosopo:
		draft.Permissions = []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}}
	case wirename.Vertesia:
		k.role = []string{"reader", "executor", "developer"}[s.rng.IntN(3)]
		draft.Role, draft.Type = k.role, apikey.SecretKey
	default:
		draft.Environment = apikey.Live
	}
	if s.rng.IntN(2) == 0 {
		draft.Expiry = apikey.Expiry{After: time.Duration(1+s.rng.IntN(90)) * 24 * time.Hour}
		k.expires = time.Now().Add(draft.Expiry.After)
	}
	created, err := s.spoiled.Create(ctx, draft)
	if s.unsettled("create", err) {
		for id, there := range s.look() {
			if there.Name == k.name {
				k.id = id
				s.keys = append(s.keys, k)
				s.stats["create lost, found"]++
			}
		}
		return
	}
	if err == nil {
		k.id, k.secret = created.Key.ID, created.Secret
		s.keys = append(s.keys, k)
	}
}

func (s *soaker) update(ctx context.Context, k *modelKey) {
	patch, after := apikey.Patch{}, *k
	if s.rng.IntN(2) == 0 {
		after.disabled = !k.disabled
		on := !after.disabled
		patch.Enabled = &on
	} else {
		after.name = fmt.Sprintf("%s %d renamed", s.name, s.n)
		patch.Name = &after.name
	}
	_, err := s.spoiled.Update(ctx, k.id, patch)
	if s.unsettled("update", err) {
		there, ok := s.look()[k.id]
		if !ok {
			s.errorf("%s is gone after an update", k.name)
		}
		if there.Name != after.name || there.IsDisabled() != after.disabled {
			return // it did not happen
		}
	} else if err != nil {
		return
	}
	*k = after
}

func (s *soaker) remove(ctx context.Context, at int) {
	k := s.keys[at]
	_, err := s.spoiled.Delete(ctx, k.id)
	if s.unsettled("delete", err) {
		if _, still := s.look()[k.id]; still {
			return
		}
	} else if err != nil {
		return
	}
	s.keys = slices.Delete(s.keys, at, at+1)
	if !k.secret.IsZero() {
		s.gone = append(s.gone, k.secret)
		s.gone = s.gone[max(0, len(s.gone)-8):]
	}
}

// probe: a secret is valid exactly while its key is there and switched on.
func (s *soaker) probe(ctx context.Context, k *modelKey) {
	secret, want := k.secret, !k.disabled
	if len(s.gone) > 0 && s.rng.IntN(3) == 0 {
		secret, want = s.gone[s.rng.IntN(len(s.gone))], false
	}
	if secret.IsZero() {
		return
	}
	proof, err := s.spoiled.Probe(ctx, secret, "")
	s.unsettled("probe", err)
	if err == nil && proof.Verdict != apikey.Silent && proof.Accepted() != want {
		s.errorf("a secret is called %v, and it is valid: %v (%s)", proof.Verdict, want, proof.Evidence)
	}
}

// gauge is what may not grow.
type gauge struct {
	heap       uint64
	goroutines int
	rss        string
}

func measure() gauge {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	g := gauge{heap: m.HeapAlloc, goroutines: runtime.NumGoroutine(), rss: "?"}
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		g.rss = strings.Join(strings.Fields(strings.SplitN(rest, "\n", 2)[0]), " ")
	}
	return g
}

func (g gauge) String() string {
	return fmt.Sprintf("heap %.1f MiB, %d goroutines, resident %s", float64(g.heap)/(1<<20), g.goroutines, g.rss)
}

// TestSoak lets many clients do random things to the service over bad lines while it is started again and again. Each
// client knows what must be true of its keys; at every look the service and the model agree, and at the end nothing has grown.
func TestSoak(t *testing.T) {
	host := newSoakHost(t)
	idle := measure()
	t.Run("clients", host.soak)
	host.restart()
	// Connections that were closed end when both sides have seen it.
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > idle.goroutines+4 && time.Now().Before(end); {
		<-tick.C
	}
	late := measure()
	t.Logf("soak: before it began %v; when all had gone %v", idle, late)
	if late.goroutines > idle.goroutines+4 {
		t.Errorf("goroutines were left")
	}
	if late.heap > idle.heap+idle.heap/2+(8<<20) {
		t.Errorf("the heap grew")
	}
	if err := host.end(); err != nil {
		t.Error(err)
	}
}

func (h *soakHost) soak(t *testing.T) {
	const clients = 12
	base := "http://" + h.address
	began := time.Now()
	ctx, stop := context.WithTimeout(context.Background(), *soakFor)
	defer stop()
	var work sync.WaitGroup
	soakers := make([]*soaker, clients)
	var early gauge
	for i := range soakers {
		rng := rand.New(rand.NewPCG(uint64(i), 7))
		kind := every[i%len(every)]
		bad, flying := line(t, base, h.admins[kind].Reveal(), rand.New(rand.NewPCG(uint64(i), 8)))
		s := &soaker{t: t, host: h, kind: kind, name: fmt.Sprintf("s%02d", i), rng: rng, flying: flying, stats: map[string]int{},
			spoiled: h.client(t, kind, bad), sound: h.client(t, kind, base)}
		soakers[i] = s
		work.Go(func() {
			for ctx.Err() == nil && !t.Failed() {
				s.step(context.Background())
			}
		})
	}
	warm := time.NewTimer(*soakFor / 5)
	pause := max(*soakFor/200, 400*time.Millisecond)
	for again := time.NewTicker(pause); ctx.Err() == nil; {
		select {
		case <-warm.C:
			h.mu.Lock() // at rest: nothing is on its way into the service
			early = measure()
			h.mu.Unlock()
		case <-again.C:
			if h.restart(); t.Failed() {
				stop()
			}
		case <-ctx.Done():
			again.Stop()
		}
	}
	work.Wait()
	total, operations := map[string]int{}, 0
	for _, s := range soakers {
		s.agree(s.look(), "at the end")
		operations += s.n
		for what, n := range s.stats {
			total[what] += n
		}
	}
	late := measure()
	t.Logf("soak: %d operations of %d clients in %s, %d restarts; %v", operations, clients, time.Since(began).Round(time.Second), h.restarts.Load(), total)
	t.Logf("soak: after a fifth of the time %v; at the end %v", early, late)
	long := *soakFor >= time.Minute // in less time the connections are still being made
	if long && (late.heap > early.heap+early.heap/2+(8<<20) || late.goroutines > early.goroutines+clients) {
		t.Errorf("memory or goroutines grew")
	}
	if operations < clients || long && total["create unknown"]*total["create done"] == 0 {
		t.Errorf("too little happened: %d operations, %v", operations, total)
	}
}
