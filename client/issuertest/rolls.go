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
	var gone apikey.Deleted
	var err error
	switch c.do {
	case "roll":
		rolled, err := s.Roll(ctx, c.args.ID, overlap, c.args.Once)
		r := one(&rolled.Key, rolled)
		r.secret = rolled.Secret
		return r, err
	case "end the overlap":
		gone, err = s.EndOverlap(ctx, c.args.ID)
	case "keep the former secret":
		gone, err = s.KeepFormer(ctx, c.args.ID)
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
	roll := func(id string, overlap time.Duration) func(s client.Service) error {
		return func(s client.Service) error {
			roller, _ := client.As[client.Roller](s)
			_, err := roller.Roll(t.Context(), id, overlap, "once")
			return err
		}
	}
	u.unsent(t, "without an id", c, client.Invalid, "no key with such an id", roll("", 0))
	u.unsent(t, "with an overlap below a second", c, client.Invalid, "whole seconds", roll("k1", time.Millisecond))
	u.unsent(t, "with a negative overlap", c, client.Invalid, "whole seconds", roll("k1", -time.Second))
	most := u.open(t, c, "https://issuer.example").Capabilities().Roll.Overlap
	u.unsent(t, "with an overlap that is too long", c, client.Invalid, "at the longest", roll("k1", most+time.Second))
}
