package issuertest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
)

// callOf is how a call is named that an operation makes.
func callOf(operation string) string {
	switch operation {
	case "end the overlap":
		return "end"
	case "keep the former secret":
		return "keep"
	case "delete by its secret":
		return "delete"
	}
	return operation
}

// doRoll gives a key a new secret, or ends what that began.
func (u *suite) doRoll(ctx context.Context, t *testing.T, s client.Roller, c *sample) (result, error) {
	t.Helper()
	var overlap time.Duration
	if c.args.Overlap != "" {
		var err error
		if overlap, err = time.ParseDuration(c.args.Overlap); err != nil {
			t.Fatalf("overlap: %v", err)
		}
	}
	ends := apikey.Never()
	if !c.args.Ends.IsZero() {
		ends = apikey.At(c.args.Ends)
	}
	var gone apikey.Deleted
	var err error
	switch c.do {
	case "roll":
		rolled, err := s.Roll(ctx, c.args.ID, apikey.RollOrder{Overlap: overlap, Once: c.args.Once, Expiry: c.args.draft(t).Expiry})
		r := one(&rolled.Key, rolled)
		r.secret = rolled.Secret
		return r, err
	case "end the overlap":
		gone, err = s.EndOverlap(ctx, c.args.ID)
	case "keep the former secret":
		gone, err = s.KeepFormer(ctx, c.args.ID, ends)
	default:
		t.Fatalf("%s: a case does %q; it may be %s", u.path, c.do, strings.Join(operations, ", "))
	}
	text := "done"
	if gone.AlreadyGone {
		text = "no overlap"
	}
	return result{keys: []string{text}, value: gone}, err
}

// rolls asks of a roll what holds for every write: it is sent once, and a secret that came is neither lost nor printed.
func (u *suite) rolls(t *testing.T) {
	for _, what := range []string{"end the overlap", "keep the former secret"} {
		if c := u.first(what); c != nil {
			t.Run(what, func(t *testing.T) { u.certain(t, c) })
		}
	}
	c := u.first("roll")
	if c == nil {
		return
	}
	u.certain(t, c)
	usual, secret := c.exchanges[c.varied].answer, apikey.NewSecret(c.secret)
	for name, r := range disguises(usual) {
		u.made++
		t.Run(name, func(t *testing.T) {
			got, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(r)).URL), c)
			if err != nil || !got.secret.Equal(secret) || !slices.Equal(got.keys, c.want) {
				t.Errorf("the secret came: %v; %s, %v", got.secret.Equal(secret), got.keys, err)
			}
			u.unprinted(t, got.value)
		})
	}
	for cut := range len(strings.TrimRight(usual.body, " \n")) {
		u.made++
		r, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(of(200, usual.body[:cut]))).URL), c)
		if whole := err == nil && r.secret.Equal(secret) && slices.Equal(r.keys, c.want); !whole && !client.MayHaveHappened(err) {
			t.Errorf("cut after %q: %s, %v", usual.body[:cut], r.keys, err)
		}
	}
	u.rolledElse(t, c, usual)
	roll := func(id string, overlap time.Duration) func(s client.Service) error {
		return func(s client.Service) error {
			roller, _ := client.As[client.Roller](s)
			_, err := roller.Roll(t.Context(), id, apikey.RollOrder{Overlap: overlap, Once: "once"})
			return err
		}
	}
	u.unsent(t, "without an id", c, client.Invalid, "no key with such an id", roll("", 0))
	u.unsent(t, "with an overlap below a second", c, client.Invalid, "whole seconds", roll("k1", time.Millisecond))
	u.unsent(t, "with a negative overlap", c, client.Invalid, "whole seconds", roll("k1", -time.Second))
	if most := u.open(t, c, "https://issuer.example").Capabilities().Roll.Overlap; most > 0 {
		u.unsent(t, "with an overlap that is too long", c, client.Invalid, "at the longest", roll("k1", most+time.Second))
	} else {
		u.unsent(t, "with an overlap, where there is none", c, client.Invalid, "there is no overlap", roll("k1", time.Second))
	}
}

// rolledElse plays answers that hold a secret and are not of the key that was asked for, and one that holds none: what came of the call is
// not known then, and no secret is taken from it.
func (u *suite) rolledElse(t *testing.T, c *sample, usual reply) {
	answers := map[string]string{}
	if !u.open(t, c, "https://issuer.example").Capabilities().Roll.Again { // else it is that to a call that was sent before
		answers["an answer without the secret"] = strings.ReplaceAll(usual.body, c.secret, "")
	}
	r, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(usual)).URL), c)
	if err != nil {
		t.Fatal(err)
	}
	if id := r.first.ID; strings.Contains(usual.body, id) { // else it names no key
		other := strings.Repeat("7", len(id)) // as many digits are an id to whoever counts, and to others
		if c.args.ID != id {                  // the roll makes a key
			other = c.args.ID
		}
		answers["an answer for another key"] = strings.ReplaceAll(usual.body, id, other)
	}
	for name, body := range answers {
		u.made++
		t.Run(name, func(t *testing.T) {
			got, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(usual.with(body))).URL), c)
			if !client.IsKind(err, client.BadAnswer) || !client.MayHaveHappened(err) {
				t.Errorf("%s, %v", got.keys, err)
			}
			u.unprinted(t, err)
		})
	}
}
