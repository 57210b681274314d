package host

import (
	"testing"

	"detent/apikey"
	"detent/audit"
	"detent/config"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

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
			err := guest(role, nil).maySave(audit.Action{}, c.before, c.n)
			if want := c.ok && role == config.Admin; (err == nil) != want {
				t.Errorf("%s %s: %v", role, c.name, err)
			}
		}
	}
}
