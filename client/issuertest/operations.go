package issuertest

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
)

// suite is one issuer's run.
type suite struct {
	*script
	name string
	made int
}

// open opens the issuer at an address, with a clock that stands still and waits that cost nothing.
func (u *suite) open(t *testing.T, c *sample, address string, change ...func(*client.Options)) client.Service {
	t.Helper()
	o := client.Options{Service: u.name, URL: address, Token: apikey.NewSecret(u.token), Timeout: 5 * time.Second,
		Now: func() time.Time { return now }, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Random: &counting{}, Parents: u.parents()}
	for name, value := range c.set {
		switch name {
		case "create":
			o.CanCreate = value == "true"
		case "exchange":
			o.Exchange, o.TokenURL = value == "true", address
		case "read_only":
			o.ReadOnly = value == "true"
		case "environment":
			o.Environment = apikey.Environment(value)
		default:
			t.Fatalf("%s: %s: there is no setting %q", u.path, c.name, name)
		}
	}
	for _, f := range change {
		f(&o)
	}
	s, err := client.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// counting are random numbers that differ, and are the same in every run.
type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n += 7
		p[i] = c.n
	}
	return len(p), nil
}

// result is what came of a case.
type result struct {
	keys   []string
	first  *apikey.Key
	secret apikey.Secret
	notes  []string
	value  any // all of it, to look for what may not be printed
}

func one(k *apikey.Key, value any) result {
	return result{keys: []string{describe(k)}, first: k, value: value}
}

// ended is what came of a call that takes something away.
func ended(gone apikey.Deleted, done, nothing string) result {
	switch {
	case gone.AlreadyGone:
		done = nothing
	case gone.Evidence != "":
		done += ", by the list"
	}
	return result{keys: []string{done}, value: gone}
}

// need is the first case of an operation; a test without one is skipped.
func (u *suite) need(t *testing.T, do string) *sample {
	t.Helper()
	c := u.first(do)
	if c == nil {
		t.Skipf("%s has no case %q", u.path, do)
	}
	return c
}

// operations are what a case may do.
var operations = []string{"list", "create", "update", "delete", "delete by its secret", "probe", "identify", "retrieve", "public key", "catalogue", "parents", "roll", "end the overlap", "keep the former secret"}

// able is a call that not every issuer has, which a case needs.
func able[F any](t *testing.T, call F, otherwise string) F {
	t.Helper()
	if reflect.ValueOf(call).IsNil() {
		t.Fatal(otherwise)
	}
	return call
}

// do does what a case says.
func (u *suite) do(ctx context.Context, t *testing.T, s client.Service, c *sample) (result, error) {
	t.Helper()
	secret := u.secret
	if c.args.Secret != "" {
		secret = c.args.Secret
	}
	can := s.Abilities()
	switch c.do {
	case "list":
		keys, err := client.ListAll(ctx, s)
		r := result{keys: describeAll(keys), value: keys}
		if len(keys) > 0 {
			r.first = &keys[0]
		}
		return r, err
	case "create":
		created, err := s.Create(ctx, c.args.draft(t))
		r := one(&created.Key, created)
		r.secret, r.notes = created.Secret, created.Notes
		return r, err
	case "update":
		patch := apikey.Patch{Name: c.args.Name, Role: c.args.Role, Enabled: c.args.Enabled, Properties: c.args.Extra}
		if d := c.args.draft(t); c.args.Lifetime != "" {
			patch.Expiry = &d.Expiry
		}
		k, err := s.Update(ctx, c.args.ID, patch)
		return one(&k, k), err
	case "delete":
		gone, err := s.Delete(ctx, c.args.ID)
		return ended(gone, "deleted", "already gone"), err
	case "delete by its secret":
		gone, err := able(t, can.DeleteBySecret, "the issuer has no call by which a secret deletes its own key")(ctx, c.args.ID, apikey.NewSecret(secret))
		return ended(gone, "deleted", "already gone"), err
	case "probe":
		proof, err := s.Probe(ctx, apikey.NewSecret(secret), c.args.Call)
		return result{keys: []string{describeProof(proof)}, value: proof}, err
	case "identify":
		k, err := able(t, can.Identify, "the issuer cannot identify a secret")(ctx, apikey.NewSecret(secret))
		if k == nil {
			return result{keys: []string{"none"}}, err
		}
		return one(k, k), err
	case "retrieve":
		found, err := able(t, can.Retrieve, "the issuer gives no secret again")(ctx, c.args.ID)
		return result{secret: found, value: found}, err
	case "catalogue":
		told, err := able(t, can.Catalogue, "the issuer cannot be asked which permissions there are")(ctx)
		return result{keys: offered(s.Capabilities()), value: told}, err
	case "parents":
		told, err := able(t, can.ParentChoices, "the issuer cannot be asked what its keys can belong to")(ctx, c.args.Parent)
		r := result{value: told}
		for _, p := range told.All {
			r.keys = append(r.keys, strings.TrimSuffix(p.ID+", "+p.Name+", "+p.Description, ", "))
		}
		if told.More {
			r.keys = append(r.keys, "and more")
		}
		return r, err
	case "public key":
		request := able(t, can.RequestPublicKey, "the issuer has no public keys")
		text := ""
		if c.args.Name != nil {
			text = *c.args.Name
		}
		v, err := request(ctx, apikey.PublicKeyRequest{Name: text, Project: c.args.Project, TTL: c.args.TTL})
		return result{secret: v.Value, notes: v.Notes, value: v}, err
	case "roll", "end the overlap", "keep the former secret":
		return u.doRoll(ctx, t, can, c)
	}
	t.Fatalf("%s: a case does %q; it may be %s", u.path, c.do, strings.Join(operations, ", "))
	return result{}, nil
}

// doRoll gives a key a new secret, or ends what that began.
func (u *suite) doRoll(ctx context.Context, t *testing.T, can client.Abilities, c *sample) (result, error) {
	t.Helper()
	var overlap time.Duration
	if c.args.Overlap != "" {
		var err error
		if overlap, err = time.ParseDuration(c.args.Overlap); err != nil {
			t.Fatalf("overlap: %v", err)
		}
	}
	switch c.do {
	case "end the overlap":
		gone, err := able(t, can.EndOverlap, "the issuer ends no overlap")(ctx, c.args.ID)
		return ended(gone, "done", "no overlap"), err
	case "keep the former secret":
		ends := apikey.Never()
		if !c.args.Ends.IsZero() {
			ends = apikey.At(c.args.Ends)
		}
		gone, err := able(t, can.KeepFormer, "the issuer gives no key back to its former secret")(ctx, c.args.ID, ends)
		return ended(gone, "done", "no overlap"), err
	}
	rolled, err := able(t, can.Roll, "the issuer gives no key a new secret")(ctx, c.args.ID, apikey.RollOrder{Overlap: overlap, Once: c.args.Once, Expiry: c.args.draft(t).Expiry})
	r := one(&rolled.Key, rolled)
	r.secret = rolled.Secret
	return r, err
}
