package rotation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
	"detent/keyserver"
	"detent/rotation"
)

// town is the real thing: the embedded service on a listener, the real client, a real .env file. Only
// the clock is ours, and processes die by panic.
type town struct {
	t      *testing.T
	svc    client.Service
	dir    string
	envs   string
	base   string
	hook   func(string)
	mu     sync.Mutex
	now    time.Time
	values []string // secrets that were seen in the file
}

func newTown(t *testing.T, service string) *town {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "detent-rotation-")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	srv, err := keyserver.Open(t.Context(), keyserver.Options{Path: filepath.Join(dir, "keys.db")})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, srv.Close()); err != nil {
			t.Error(err)
		}
	})
	svc, err := client.Open(client.Options{Service: service, URL: "http://" + l.Addr().String(), CanCreate: true,
		Token: srv.SessionToken(service, apikey.Live), Environment: apikey.Live, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return &town{t: t, svc: svc, dir: dir, now: time.Now()}
}

var realDrafts = map[string]apikey.Draft{
	apikey.Prosopo: {Expiry: apikey.Expiry{After: 720 * time.Hour}, Permissions: []apikey.Permission{
		{Feature: "AccessRules", Name: "getRules"}, {Feature: "Verify", Name: "verify"}}},
	apikey.Vertesia: {Expiry: apikey.Expiry{After: 720 * time.Hour}, Role: "developer", Type: apikey.SecretKey,
		Extra: map[string]json.RawMessage{"properties": json.RawMessage(`{"team":"shop"}`)}},
	apikey.Generic: {Environment: apikey.Live, Restrictions: apikey.Restrictions{Endpoints: []string{"/v1/users", "/v1/api-keys"}}},
}

// settle makes a fresh old key in a fresh .env file.
func (c *town) settle(n int) apikey.Key {
	c.t.Helper()
	c.base = fmt.Sprintf("payments %d", n)
	draft := realDrafts[c.svc.Capabilities().Service]
	draft.Name = c.base
	made, err := c.svc.Create(c.t.Context(), draft)
	if err != nil {
		c.t.Fatal(err)
	}
	c.envs = filepath.Join(c.dir, fmt.Sprintf("app%d", n), ".env")
	if err := os.MkdirAll(filepath.Dir(c.envs), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(c.envs, []byte("# ours\nAPI_KEY="+made.Secret.Reveal()+"\nOTHER=1\n"), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.values = []string{made.Secret.Reveal()}
	return c.rows()[0]
}

// rows are the keys of this case, old and new.
func (c *town) rows() []apikey.Key {
	c.t.Helper()
	all, err := client.ListAll(c.t.Context(), c.svc)
	if err != nil {
		c.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(k apikey.Key) bool {
		return k.Name != c.base && !strings.HasPrefix(k.Name, c.base+" ~r")
	})
}

func (c *town) spec() string { return "env-file:" + c.envs + ":API_KEY" }

func (c *town) resolve(spec string) (delivery.Destination, error) {
	return delivery.Parse(spec, delivery.Options{Hook: c.point})
}

func (c *town) point(p string) {
	if c.hook != nil {
		c.hook(p)
	}
}

func (c *town) world() rotation.World {
	return rotation.World{Dir: filepath.Join(c.dir, "rotations"), Profile: "local", Service: c.svc, Timeout: 10 * time.Second,
		Resolve: c.resolve, Hook: c.point,
		Now: func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.now = c.now.Add(d)
			return ctx.Err()
		}}
}

func (c *town) start(old apikey.Key, mode rotation.Mode, oldFirst bool) *rotation.Rotation {
	c.t.Helper()
	d, err := c.resolve(c.spec())
	if err != nil {
		c.t.Fatal(err)
	}
	drain, soak := 600*time.Millisecond, time.Second // three looks
	r, err := rotation.Start(rotation.Params{World: c.world(), Key: old, Destinations: []delivery.Destination{d},
		Mode: mode, OldFirst: oldFirst, Drain: &drain, Soak: &soak})
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *town) finish(r *rotation.Rotation) {
	c.t.Helper()
	for {
		res, err := r.Do(context.Background())
		switch {
		case err != nil || res.Status == rotation.Stopped:
			c.t.Fatalf("%+v, %v", res, err)
		case res.Status == rotation.Finished:
			return
		case res.Status == rotation.Waiting:
			_ = c.world().Sleep(context.Background(), res.Wait)
		}
	}
}

type dead struct{}

// live runs until the n-th point, where the process dies; 0 is never.
func (c *town) live(n int, run func()) (points int) {
	c.hook = func(string) {
		if points++; points == n {
			panic(dead{})
		}
	}
	defer func() {
		c.hook = nil
		if p := recover(); p != nil && p != (dead{}) {
			panic(p)
		}
	}()
	run()
	return points
}

// end resumes or aborts what is open. It reports whether the old key is the one that must be left.
func (c *town) end(back bool) (undone bool) {
	c.t.Helper()
	views, err := rotation.List(c.world().Dir)
	if err != nil {
		c.t.Fatal(err)
	}
	undone = true
	for _, v := range views {
		if v.Old.Name != c.base {
			continue
		}
		undone = v.State == rotation.Aborted
		if v.State != rotation.Open {
			continue
		}
		r, err := rotation.Resume(c.world(), v.ID, rotation.ResumeOptions{})
		if err != nil {
			c.t.Fatal(err)
		}
		defer r.Close()
		if back {
			res, err := r.Undo(context.Background())
			if err == nil && res.Status == rotation.Finished {
				return true
			}
			if !errors.Is(err, rotation.ErrOldGone) {
				c.t.Fatalf("%+v, %v", res, err)
			}
		}
		c.finish(r)
		return false
	}
	return undone
}

// check asserts the promise: one live key with that access, no orphan, and a file that holds a value
// that works and nothing beside it.
func (c *town) check(what string, old apikey.Key, undone bool) {
	c.t.Helper()
	rows := c.rows()
	if len(rows) != 1 || rows[0].IsDisabled() || (rows[0].ID == old.ID) != undone {
		c.t.Fatalf("%s: undone=%v, and the service has %+v", what, undone, rows)
	}
	d, err := c.resolve(c.spec())
	if err != nil {
		c.t.Fatal(err)
	}
	secret, err := d.(delivery.Holder).Held(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	c.values = append(c.values, secret.Reveal())
	proof, err := c.svc.Probe(c.t.Context(), secret)
	if err != nil || !proof.Valid || proof.Key != nil && proof.Key.ID != rows[0].ID {
		c.t.Fatalf("%s: the file's value: %+v, %v", what, proof, err)
	}
	files, err := os.ReadDir(filepath.Dir(c.envs))
	if err != nil || len(files) != 1 {
		c.t.Fatalf("%s: beside the file lies %v, %v", what, files, err)
	}
	journals, err := filepath.Glob(filepath.Join(c.world().Dir, "*"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, path := range journals {
		b, err := os.ReadFile(path)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, v := range c.values {
			if strings.Contains(string(b), v[12:]) {
				c.t.Fatalf("%s: %s holds a secret", what, path)
			}
		}
		_ = os.Remove(path) // the next case has its own
	}
	if _, err := c.svc.Delete(c.t.Context(), rows[0].ID); err != nil {
		c.t.Fatal(err)
	}
}

// TestKilledAnywhereOverTheWire is the kill test with the real client, service and files.
func TestKilledAnywhereOverTheWire(t *testing.T) {
	var total int
	for _, service := range []string{apikey.Prosopo, apikey.Vertesia, apikey.Generic} {
		for _, mode := range []rotation.Mode{rotation.Planned, rotation.Compromised} {
			t.Run(service+" "+string(mode), func(t *testing.T) {
				c := newTown(t, service)
				old := c.settle(0)
				all := c.live(0, func() { r := c.start(old, mode, false); c.finish(r); r.Close() })
				c.check("not killed", old, false)
				step := 1
				if testing.Short() {
					step = 9
				}
				for n := 1; n <= all; n += step {
					back := (n%2 == 0) == (mode == rotation.Planned)
					old := c.settle(n)
					var r *rotation.Rotation
					c.live(n, func() { r = c.start(old, mode, false); c.finish(r) })
					rotation.Forget(r)
					undone := c.end(back)
					c.check(fmt.Sprintf("killed at point %d of %d, back=%v", n, all, back), old, undone)
				}
				total += all
			})
		}
	}
	t.Logf("%d kill points over the wire", total)
	if total < 100 {
		t.Errorf("only %d points", total)
	}
}
