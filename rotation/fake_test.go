package rotation

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// city is the world outside a rotation: a key service, places that hold secrets, an application
// that uses them, and a clock. It outlives the processes that rotate.
type city struct {
	t    *testing.T
	mu   sync.Mutex
	now  time.Time
	caps apikey.Capabilities
	keys []*fakeKey
	made int
	// retrievable: the service gives secrets again.
	retrievable bool
	skew        time.Duration
	// frozenUse: last use never moves, though the service has the field.
	frozenUse bool
	// own is the secret of the credential that detent uses; empty for one that is not listed.
	own string
	// planned: no application may ever be without a key that works.
	planned bool

	fail map[string][]failure // by operation, consumed in order
	hook func(string)
	dir  string

	dests  []*place
	secret []string // every secret that ever was: none may be found outside
	calls  []string
	probed map[string]int // by key id
}

type fakeKey struct {
	apikey.Key
	secret string
}

// failure is one answer that goes wrong. after: the call took effect before.
type failure struct {
	err   *client.Error
	after bool
}

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func newCity(t *testing.T, caps apikey.Capabilities) *city {
	c := &city{t: t, now: epoch, caps: caps, fail: map[string][]failure{}, dir: quickDir(t) + "/rotations", probed: map[string]int{}}
	old := apikey.Key{ID: "old-1", Name: "payments-api", CreatedAt: apikey.At(epoch.Add(-81 * 24 * time.Hour)), ExpiresAt: apikey.Never()}
	for _, f := range caps.AccessFields {
		switch f {
		case apikey.FieldPermissions:
			old.Permissions = []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}, {Feature: "Verify", Name: "verify"}}
		case apikey.FieldRole:
			old.Role = "developer"
		case apikey.FieldType:
			old.Type = apikey.SecretKey
		case apikey.FieldEnvironment:
			old.Environment = apikey.Live
		case apikey.FieldRestrictions:
			old.Restrictions = &apikey.Restrictions{IPAddresses: []string{"192.0.2.0/24"}}
		case apikey.FieldExtra:
			old.Extra = map[string]json.RawMessage{"clearance": json.RawMessage(`"high"`)}
		}
	}
	if caps.Disable.OK {
		old.Enabled = ptr(true)
	}
	if caps.LastUsed.OK {
		old.LastUsedAt = apikey.At(epoch.Add(-time.Minute))
	}
	c.add(old)
	c.add(apikey.Key{ID: "other-1", Name: "ci-deploy", ExpiresAt: apikey.Never()})
	return c
}

// quickDir is a folder where fsync costs nothing, if the machine has one: the kill tests write tens of
// thousands of journals.
func quickDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "detent-rotation-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (c *city) add(k apikey.Key) *fakeKey {
	c.made++
	fk := &fakeKey{Key: k, secret: fmt.Sprintf("sk_live_canary%04d0123456789abcdef", c.made)}
	c.secret = append(c.secret, fk.secret)
	c.keys = append(c.keys, fk)
	return fk
}

func (c *city) old() apikey.Key { return c.find("old-1").Key }

func (c *city) find(id string) *fakeKey {
	for _, k := range c.keys {
		if k.ID == id {
			return k
		}
	}
	return nil
}

func (c *city) bySecret(s string) *fakeKey {
	for _, k := range c.keys {
		if k.secret == s {
			return k
		}
	}
	return nil
}

// works reports whether the service would accept a secret.
func (c *city) works(s string) bool {
	k := c.bySecret(s)
	return k != nil && !k.IsDisabled()
}

// pass lets time go by; the applications use their keys meanwhile.
func (c *city) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for _, p := range c.dests {
		if k := c.bySecret(p.app); k != nil && c.caps.LastUsed.OK && !c.frozenUse {
			k.LastUsedAt = apikey.At(c.now)
		}
	}
}

func (c *city) failNext(op string, f failure) { c.fail[op] = append(c.fail[op], f) }

// call is one request: it may fail before or after it took effect.
func (c *city) call(op string, do func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, op)
	var f *failure
	if q := c.fail[op]; len(q) > 0 {
		f, c.fail[op] = &q[0], q[1:]
		if !f.after {
			return f.err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if f != nil {
		return f.err
	}
	return nil
}

func refusal(op string, kind client.Kind, status int) *client.Error {
	return &client.Error{Op: op, Kind: kind, Status: status, Message: "the service's words", Outcome: client.NotDone}
}

func lostAnswer(op string) *client.Error {
	return &client.Error{Op: op, Kind: client.Timeout, Message: "no answer", Outcome: client.Unknown}
}

// service is the city's key service as one process sees it.
type service struct{ *city }

func (s service) Capabilities() apikey.Capabilities { return s.caps }

func (s service) List(_ context.Context, each func([]apikey.Key)) error {
	return s.call("list", func() error {
		for _, k := range s.keys {
			key := k.Key
			key.Own = s.own != "" && k.secret == s.own
			each([]apikey.Key{key})
		}
		return nil
	})
}

func (s service) Create(_ context.Context, d apikey.Draft) (made apikey.Created, err error) {
	err = s.call("create", func() error {
		k := apikey.Key{ID: fmt.Sprintf("new-%d", s.city.made), Name: d.Name, Role: d.Role, Type: d.Type, Environment: d.Environment,
			Permissions: slices.Clone(d.Permissions), Extra: d.Extra, CreatedAt: apikey.At(s.now), ExpiresAt: apikey.Never()}
		if at := d.Expiry.Instant(s.now); !at.IsZero() {
			k.ExpiresAt = apikey.At(at)
		}
		if s.caps.Disable.OK {
			k.Enabled = ptr(true)
		}
		if s.caps.LastUsed.OK {
			k.LastUsedAt = apikey.Never()
		}
		if slices.Contains(s.caps.AccessFields, apikey.FieldRestrictions) {
			k.Restrictions = ptr(d.Restrictions)
		}
		fk := s.add(k)
		made = apikey.Created{Key: k, Secret: apikey.NewSecret(fk.secret)}
		return nil
	})
	if err != nil {
		return apikey.Created{}, err
	}
	return made, nil
}

func (s service) Update(_ context.Context, id string, p apikey.Patch) (out apikey.Key, err error) {
	err = s.call("update", func() error {
		k := s.find(id)
		if k == nil {
			return refusal("update", client.NotFound, 404)
		}
		if p.Enabled != nil {
			k.Enabled = p.Enabled
		}
		if p.Name != nil {
			k.Name = *p.Name
		}
		out = k.Key
		return nil
	})
	return out, err
}

func (s service) Delete(_ context.Context, id string) (out apikey.Deleted, err error) {
	err = s.call("delete", func() error {
		n := len(s.keys)
		s.city.keys = slices.DeleteFunc(s.keys, func(k *fakeKey) bool { return k.ID == id })
		out.AlreadyGone = n == len(s.city.keys)
		return nil
	})
	return out, err
}

func (s service) Probe(_ context.Context, secret apikey.Secret) (proof apikey.Proof, err error) {
	err = s.call("probe", func() error {
		k := s.bySecret(secret.Reveal())
		proof.Did = "GET /harmless"
		if k == nil || k.IsDisabled() {
			return nil
		}
		s.probed[k.ID]++
		if s.caps.LastUsed.OK && !s.frozenUse {
			k.LastUsedAt = apikey.At(s.now)
		}
		proof.Valid = true
		return nil
	})
	return proof, err
}

func (s service) ServerTime() (time.Time, time.Time, bool) { return s.now.Add(s.skew), s.now, true }

// giving is a service that can give secrets again.
type giving struct{ service }

func (s giving) Retrieve(_ context.Context, id string) (secret apikey.Secret, err error) {
	err = s.call("retrieve", func() error {
		if k := s.find(id); k != nil && s.retrievable {
			secret = apikey.NewSecret(k.secret)
		}
		return nil
	})
	return secret, err
}

func (c *city) service() client.Service {
	if c.retrievable {
		return giving{service{c}}
	}
	return service{c}
}

func (c *city) world() World {
	return World{Dir: c.dir, Profile: "prod", Service: c.service(), Timeout: time.Second,
		Resolve: func(spec string) (delivery.Destination, error) {
			for _, p := range c.dests {
				if p.name == spec {
					return p.destination(), nil
				}
			}
			return nil, fmt.Errorf("no place %s", spec)
		},
		Now:   func() time.Time { return c.now },
		Sleep: func(ctx context.Context, d time.Duration) error { c.pass(d); return ctx.Err() },
		Hook: func(point string) {
			if c.hook != nil {
				c.hook(point)
			}
		}}
}

func (c *city) params() Params {
	p := Params{World: c.world(), Key: c.old()}
	p.Key.Own = c.own != "" && c.find("old-1").secret == c.own
	for _, d := range c.dests {
		p.Destinations = append(p.Destinations, d.destination())
	}
	return p
}

func (c *city) start(change func(*Params)) *Rotation {
	c.t.Helper()
	p := c.params()
	if change != nil {
		change(&p)
	}
	r, err := Start(p)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(r.Close)
	return r
}

// The three capability shapes, and Prosopo's as the real service has it.
func prosopoShape() apikey.Capabilities {
	return apikey.Capabilities{Service: apikey.Prosopo, Title: "Prosopo", Create: apikey.Can(), Delete: apikey.Can(), Expiry: apikey.Can(),
		Disable: apikey.Cannot("no such call"), Rename: apikey.Cannot("no such call"), LastUsed: apikey.Cannot("the Audit page shows usage"),
		UsagePage: "the Audit page", MaxName: 60, AccessFields: []apikey.Field{apikey.FieldPermissions, apikey.FieldExpiry}}
}

func vertesiaShape() apikey.Capabilities {
	return apikey.Capabilities{Service: apikey.Vertesia, Title: "Vertesia", Create: apikey.Can(), Delete: apikey.Can(), Rename: apikey.Can(),
		Disable: apikey.Can(), Expiry: apikey.Can(), LastUsed: apikey.Cannot("not reported"),
		AccessFields: []apikey.Field{apikey.FieldRole, apikey.FieldType, apikey.FieldProject, apikey.FieldExpiry, apikey.FieldExtra}}
}

func genericShape() apikey.Capabilities {
	return apikey.Capabilities{Service: apikey.Generic, Title: "generic", Create: apikey.Can(), Delete: apikey.Can(), Expiry: apikey.Can(),
		Restrictions: apikey.Can(), Disable: apikey.Cannot("no such call"), LastUsed: apikey.Can(), SecretPrefixes: []string{"sk_live_", "sk_test_"},
		AccessFields: []apikey.Field{apikey.FieldEnvironment, apikey.FieldExpiry, apikey.FieldRestrictions}}
}

func manualShape() apikey.Capabilities {
	caps := genericShape()
	caps.Create = apikey.Cannot("keys are created in the dashboard")
	return caps
}

// drive does steps to the end, decides what a person would decide, and fails the test where it cannot end.
func (c *city) drive(r *Rotation) (results []Result) {
	c.t.Helper()
	for range 300 {
		res, err := r.Do(context.Background())
		if err != nil {
			c.t.Fatalf("at %s: %v", r.View().Step, err)
		}
		results = append(results, res)
		switch {
		case res.Status == Finished:
			return results
		case res.Status == Waiting:
			if res.Wait <= 0 {
				c.t.Fatalf("a wait of %s at %s", res.Wait, res.Did)
			}
			c.pass(res.Wait)
		case res.Status == Stopped:
			c.decide(r, res)
		}
	}
	c.t.Fatalf("no end: still at %s", r.View().Step)
	return nil
}

func (c *city) decide(r *Rotation, res Result) {
	c.t.Helper()
	var err error
	switch res.Need {
	case NeedAttest:
		if r.View().Undoing {
			c.restoreByHand()
		}
		err = r.Attest("every consumer was looked at")
	case NeedAccept:
		err = r.Accept("known and wanted", false)
	default:
		c.t.Fatalf("at %s it needs %s: %s %v", res.Did, res.Need, res.Said, res.Notes)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// restoreByHand is what the operator does for a destination without undo.
func (c *city) restoreByHand() {
	for _, p := range c.dests {
		if !p.file {
			p.content = c.find("old-1").secret
			p.app = p.content
		}
	}
}

// live lists the enabled keys with the access of the old one, by their names' base.
func (c *city) live() []*fakeKey {
	var out []*fakeKey
	for _, k := range c.keys {
		if base, _ := splitName(k.Name); base == "payments-api" {
			out = append(out, k)
		}
	}
	return out
}

// assertRotated: one live key, a new one, which every destination holds and every application uses.
func (c *city) assertRotated(what string) {
	c.t.Helper()
	live := c.live()
	if len(live) != 1 || live[0].ID == "old-1" || live[0].IsDisabled() {
		c.t.Fatalf("%s: the live keys are %s", what, c.describe())
	}
	c.assertHeld(what, live[0].secret)
}

// assertUndone: the old key alone, as it was.
func (c *city) assertUndone(what string) {
	c.t.Helper()
	live := c.live()
	if len(live) != 1 || live[0].ID != "old-1" || live[0].IsDisabled() {
		c.t.Fatalf("%s: the live keys are %s", what, c.describe())
	}
	c.assertHeld(what, live[0].secret)
}

func (c *city) assertHeld(what, secret string) {
	c.t.Helper()
	for _, p := range c.dests {
		if p.content != secret {
			c.t.Fatalf("%s: %s holds another value than the live key's", what, p.name)
		}
		if p.app != secret {
			c.t.Fatalf("%s: the application at %s uses another value than the live key's", what, p.name)
		}
		if len(p.backup) > 0 {
			c.t.Fatalf("%s: %s still keeps a copy of the old value", what, p.name)
		}
	}
	if c.find("other-1") == nil {
		c.t.Fatalf("%s: a key that is not ours is gone", what)
	}
}

func (c *city) describe() string {
	var out []string
	for _, k := range c.keys {
		out = append(out, fmt.Sprintf("%s %q disabled=%v", k.ID, k.Name, k.IsDisabled()))
	}
	return strings.Join(out, "; ")
}
