package desk

import (
	"errors"
	"slices"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/config"
)

// TestWhatMayNotBeIsRefusedBeforehandAsTheOrderWouldBe: the same kind, words and record, whoever asks and whatever is in the way.
func TestWhatMayNotBeIsRefusedBeforehandAsTheOrderWouldBe(t *testing.T) {
	for what, take := range map[string]func(c *apikey.Capabilities, o *Options){
		"nothing":   func(*apikey.Capabilities, *Options) {},
		"read-only": func(_ *apikey.Capabilities, o *Options) { o.ReadOnly = true },
		"a start":   func(_ *apikey.Capabilities, o *Options) { o.ReadOnly, o.Forced = true, true },
		"the issuer": func(c *apikey.Capabilities, _ *Options) {
			c.Create, c.Delete, c.PublicKeys = apikey.Cannot("no create"), apikey.Cannot("no delete"), apikey.Ability{}
		},
		"both": func(c *apikey.Capabilities, o *Options) {
			o.ReadOnly, c.Create, c.Delete = true, apikey.Cannot("no"), apikey.Cannot("no")
		},
	} {
		for word, c := range orders {
			for _, role := range []config.Role{"", config.Admin, config.Rotate, config.Viewer} {
				try := func(do func(*counter) error) ([]string, int, error) {
					s := &issuer{caps: able, keys: []apikey.Key{{ID: "k", Name: "old"}}, again: apikey.NewSecret("the-secret-again")}
					at := open(t, s, func(o *Options) { o.Role = role; take(&s.caps, o) })
					err := do(at)
					return at.refused, len(s.sent), err
				}
				refused, _, done := try(func(at *counter) error { _, err := at.Do(t.Context(), c.order); return err })
				bare := Order{What: c.order.What, Key: c.order.Key}
				alike, sent, asked := try(func(at *counter) error { return at.May(t.Context(), bare) })
				var a, b *client.Error
				if errors.As(done, &a) != errors.As(asked, &b) || a != nil && (a.Kind != b.Kind || a.Message != b.Message || a.Outcome != b.Outcome || a.Op != b.Op) {
					t.Errorf("%s by %q with %s in the way: the order %v, beforehand %v", word, role, what, done, asked)
				}
				if !slices.Equal(refused, alike) || sent > 0 {
					t.Errorf("%s by %q with %s in the way: sent %d, on record %q and %q", word, role, what, sent, refused, alike)
				}
			}
		}
	}
}
