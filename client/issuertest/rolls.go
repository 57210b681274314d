package issuertest

import (
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
)

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
	u.givesSecret(t, c)
	u.rolledElse(t, c)
	roll := func(id string, overlap time.Duration) func(s client.Service) error {
		return func(s client.Service) error {
			_, err := s.Abilities().Roll(t.Context(), id, apikey.RollOrder{Overlap: overlap, Once: "once"})
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
func (u *suite) rolledElse(t *testing.T, c *sample) {
	usual := c.exchanges[c.varied].answer
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
