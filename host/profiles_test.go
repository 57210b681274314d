package host

import (
	"errors"
	"reflect"
	"testing"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

// keeps counts what it has kept.
type keeps struct{ n int }

func (k *keeps) Check(o desk.Order) (desk.Order, error) { return o, nil }
func (k *keeps) Keep(desk.Order) error                  { k.n++; return nil }

func TestOverSSHProfilesAreAdminsAndNoTokenOfTheServersMoves(t *testing.T) {
	was := ui.ProfileDraft{Name: "prod", Service: wirename.Vertesia, URL: "https://api.vertesia.io", TokenEnv: "T", Auth: "direct"}
	with := func(change func(*ui.ProfileDraft)) ui.ProfileDraft { n := was; change(&n); return n }
	typed := func(n *ui.ProfileDraft) { n.TokenEnv, n.NewToken = "", apikey.NewSecret("typed-by-somebody") }
	for _, c := range []struct {
		name   string
		before *ui.ProfileDraft
		n      ui.ProfileDraft
		ok     bool
	}{
		{"read-only", &was, with(func(n *ui.ProfileDraft) { n.ReadOnly, n.Environment = true, apikey.Live }), true},
		{"another address", &was, with(func(n *ui.ProfileDraft) { n.URL = "https://evil.example" }), false},
		{"another service", &was, with(func(n *ui.ProfileDraft) { n.Service = wirename.Generic }), false},
		{"another way", &was, with(func(n *ui.ProfileDraft) { n.Auth = "exchange" }), false},
		{"another variable", &was, with(func(n *ui.ProfileDraft) { n.TokenEnv = "U" }), false},
		{"a file", &was, with(func(n *ui.ProfileDraft) { n.TokenEnv, n.TokenFile = "", "/etc/passwd" }), false},
		{"a command", &was, with(func(n *ui.ProfileDraft) { n.TokenEnv, n.TokenCommand = "", []string{"sh"} }), false},
		{"no token", &was, with(func(n *ui.ProfileDraft) { n.TokenEnv = "" }), false},
		{"a typed one and a place", &was, with(func(n *ui.ProfileDraft) { n.NewToken = apikey.NewSecret("typed-by-somebody") }), false},
		{"typed", &was, with(typed), true},
		{"typed for another address", &was, with(func(n *ui.ProfileDraft) { typed(n); n.URL = "https://new.example" }), true},
		{"a new one with a variable", nil, was, false},
		{"a new one, typed", nil, with(typed), true},
	} {
		for _, role := range []config.Role{config.Viewer, config.Rotate, config.Admin} {
			o := desk.Order{What: desk.AddProfile, Setup: desk.Setup{Is: profileOf(c.n, config.Profile{}), Token: c.n.NewToken}}
			if c.before != nil {
				o.What, o.Setup.Was = desk.EditProfile, profileOf(*c.before, config.Profile{})
			}
			kept := &keeps{}
			_, err := desk.Open(nil, desk.Options{Role: role, Keeper: kept, Ledger: &desk.Ledger{Broken: errors.New("no log")}}).Do(t.Context(), o)
			if (err == nil) != (kept.n == 1) {
				t.Errorf("%s %s: %v, and kept %d times", role, c.name, err, kept.n)
			}
			if want := c.ok && role == config.Admin; (err == nil) != want {
				t.Errorf("%s %s: %v", role, c.name, err)
			}
		}
	}
}

// TestABuiltInProfileIsListedWithoutItsDeclaration: the first frame names the profiles, and nothing of a built-in one can be changed.
func TestABuiltInProfileIsListedWithoutItsDeclaration(t *testing.T) {
	profiles := hostWith(t, "").Screens(nil).Profiles()
	if len(profiles) == 0 {
		t.Fatal("no profile")
	}
	for _, p := range profiles {
		if p.Embedded == !reflect.DeepEqual(p.Draft, ui.ProfileDraft{}) {
			t.Errorf("%s: embedded is %v, and its form begins with %+v", p.Name, p.Embedded, p.Draft)
		}
	}
}
