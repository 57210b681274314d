package keyserver

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is a server on a real listener.
type bench struct {
	*Server
	t     testing.TB
	clock *clock
	path  string // of SQLite
	url   string
	log   *safeBuffer

	options Options // its store
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func open(t testing.TB) *bench {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "data", "keys.db"), newClock())
}

// opener starts a server on a new store.
type opener func(testing.TB) *bench

// onEachStore runs a test on every database that a store may be.
func onEachStore(t *testing.T, test func(t *testing.T, open opener)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open) })
	t.Run("postgres", func(t *testing.T) { test(t, openPostgresBench) })
}

func openPostgresBench(t testing.TB) *bench {
	t.Helper()
	return openStoreAt(t, Options{URL: pgtest.Schema(t)}, newClock())
}

// beside starts one more server on the store of b.
func (b *bench) beside(t testing.TB) *bench {
	t.Helper()
	return openStoreAt(t, b.options, b.clock)
}

func openAt(t testing.TB, path string, c *clock) *bench {
	t.Helper()
	return openStoreAt(t, Options{Path: path}, c)
}

func openStoreAt(t testing.TB, o Options, c *clock) *bench {
	t.Helper()
	b := &bench{t: t, clock: c, path: o.Path, options: o, log: &safeBuffer{}}
	o.Log = b.log
	if c != nil { // else the real one, which other processes have too
		o.Now = c.now
	}
	var err error
	b.Server, err = Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.url = "http://" + l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	json   any
}

// at walks into the JSON: "data.0.name".
func (a answer) at(path string) any {
	v := a.json
	for _, step := range strings.Split(path, ".") {
		switch now := v.(type) {
		case map[string]any:
			v = now[step]
		case []any:
			i := -1
			if _, err := fmt.Sscan(step, &i); err != nil || i < 0 || i >= len(now) {
				return nil
			}
			v = now[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

func (a answer) list(path string) []any {
	if path == "" {
		l, _ := a.json.([]any)
		return l
	}
	l, _ := a.at(path).([]any)
	return l
}

var httpClient = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// ask makes one request. body is sent as it is when it is a string, else as JSON; nil sends none.
func (b *bench) ask(token, method, path string, body any, headers ...string) answer {
	b.t.Helper()
	a, err := b.try(token, method, path, body, headers...)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (b *bench) try(token, method, path string, body any, headers ...string) (answer, error) {
	var reader io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(raw)
	}
	return b.tryReader(token, method, path, reader, headers...)
}

// tryReader is try with the body as it comes.
func (b *bench) tryReader(token, method, path string, reader io.Reader, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, b.url+path, reader)
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := httpClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.raw, err = io.ReadAll(res.Body); err != nil {
		return a, err
	}
	if len(a.raw) > 0 {
		err = json.Unmarshal(a.raw, &a.json)
	}
	return a, err
}

// want is ask that fails the test at another status.
func (b *bench) want(status int, token, method, path string, body any, headers ...string) answer {
	b.t.Helper()
	a := b.ask(token, method, path, body, headers...)
	if a.status != status {
		b.t.Fatalf("%s %s %v: got %d %s, want %d", method, path, body, a.status, a.raw, status)
	}
	return a
}

func (b *bench) session(service string, env apikey.Environment) string {
	return b.SessionToken(service, env).Reveal()
}

// The calls of the three contracts, by their shortest names.

func (b *bench) prosopo(token, name string, permissions any, more ...any) answer {
	body := map[string]any{"name": name, "permissions": permissions}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return b.want(200, token, "POST", "/api-keys/create", body)
}

func (b *bench) vertesia(token, name, role string, more ...any) answer {
	body := map[string]any{"name": name, "role": role}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return b.want(200, token, "POST", "/api/v1/apikeys", body)
}

func (b *bench) generic(token, name, env string, more ...any) answer {
	body := map[string]any{"name": name, "environment": env}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return b.want(201, token, "POST", "/v1/api-keys", body)
}

// put stores a key as no call would make it and returns its secret.
func (b *bench) put(k store.Key) (string, *store.Key) {
	b.t.Helper()
	now := b.clock.now().UnixMilli()
	if k.Service == wirename.Vertesia {
		if k.Type == "" {
			k.Type = apikey.SecretKey
		}
		if k.Project == "" {
			k.Project, k.ProjectName = b.project.id, b.project.name
		}
	}
	if k.Name == "" {
		k.Name = "put"
	}
	k.CreatedAt, k.UpdatedAt = now, now
	var secret string
	err := b.store.Add(context.Background(), func(ctx context.Context, tx store.Tx) (err error) {
		secret, err = store.Insert(ctx, tx, b.random, &k, canMint(&k))
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return secret, &k
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(5 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("not within 5 s: %s", what)
		case <-tick.C:
		}
	}
}

// slowBody is a request's body that comes in when the test says so.
type slowBody struct {
	reader io.Reader
	ready  chan struct{}
}

func newSlowBody(text string) *slowBody {
	return &slowBody{strings.NewReader(text), make(chan struct{})}
}

func (s *slowBody) Read(p []byte) (int, error) {
	<-s.ready
	return s.reader.Read(p)
}

func (s *slowBody) finish() { close(s.ready) }

// What a secret is made of, as docs/REFERENCE.md has it: it ends with a checksum of what comes before.
const idCharacters, sumCharacters = 12, 7

// sumOf is the checksum that a secret with that body ends with.
func sumOf(body string) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding).EncodeToString(sum)
}
