package cli

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/host"
	"detent/tui/ui"
)

// hostFor is the TUI's host on a machine.
func (m *machine) hostFor(args ...string) *host.Screens {
	m.t.Helper()
	a := &app{world: World{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Environ: m.environ, Now: time.Now, Zone: time.UTC},
		env: config.NewEnv(m.environ), out: &output{w: io.Discard}}
	root := a.root()
	if err := root.ParseFlags(args); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(a.close)
	a.begin()
	return a.host.Screens(nil)
}

func TestHostOpensProfilesAndAddsThem(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.environ = append(m.environ, "NEW_TOKEN="+r.tokens["vertesia"])
	h := m.hostFor()
	ctx := context.Background()
	added := ui.ProfileDraft{Name: "team", Service: "vertesia", URL: r.url, TokenEnv: "NEW_TOKEN", Environment: apikey.Test, Auth: "direct"}
	if err := h.SaveProfile(ctx, nil, added); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, p := range h.Profiles() {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "team local/prosopo local/vertesia local/generic" {
		t.Errorf("profiles %s", got)
	}
	if p := h.Profiles()[0]; p.Token != "env NEW_TOKEN" || p.URL != r.url || p.Environment != apikey.Test || p.Embedded {
		t.Errorf("%+v", p)
	}
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			c, err := h.Open(ctx, name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			if _, err := client.ListAll(ctx, c.Service); err != nil || c.Profile.Name != name {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
	if _, err := h.Open(ctx, "nope"); err == nil {
		t.Error("opened a profile that is not there")
	}
}

func TestHostNamesTheFieldThatIsWrong(t *testing.T) {
	m := newMachine(t)
	h := m.hostFor()
	good := ui.ProfileDraft{Name: "p", Service: "vertesia", URL: "https://api.example.com", TokenEnv: "T", Auth: "direct"}
	with := func(change func(*ui.ProfileDraft)) ui.ProfileDraft { p := good; change(&p); return p }
	for want, p := range map[string]ui.ProfileDraft{
		"name":      with(func(p *ui.ProfileDraft) { p.Name = "local/x" }),
		"url":       with(func(p *ui.ProfileDraft) { p.URL = "http://api.example.com" }),
		"service":   with(func(p *ui.ProfileDraft) { p.Service = "x" }),
		"token":     with(func(p *ui.ProfileDraft) { p.TokenEnv = "not a name" }),
		"token_url": with(func(p *ui.ProfileDraft) { p.URL, p.Auth = "https://keys.example.com", "exchange" }),
		"create":    with(func(p *ui.ProfileDraft) { p.CanCreate = true }),
	} {
		var wrong *ui.FieldError
		if err := h.SaveProfile(context.Background(), nil, p); !errors.As(err, &wrong) || wrong.Field != want {
			t.Errorf("want field %s, got %v", want, err)
		}
	}
	var wrong *ui.FieldError
	if err := h.SaveProfile(context.Background(), nil, with(func(p *ui.ProfileDraft) { p.Name = "local/prosopo" })); !errors.As(err, &wrong) || wrong.Field != "name" {
		t.Errorf("%v", err)
	}
	if len(h.Profiles()) != 3 {
		t.Error("a wrong profile was written")
	}
}

func TestHostSaysWhichProfileMayAskOnTheTerminal(t *testing.T) {
	m := newMachine(t)
	m.write(".config/detent/config.toml", `
[profiles.cmd]
service = "prosopo"
url = "https://x.example"
token = { command = ["pass", "x"] }
[profiles.env]
service = "prosopo"
url = "https://x.example"
token = { env = "T" }
`)
	h := m.hostFor()
	for name, want := range map[string]bool{"cmd": true, "env": false, "local/prosopo": false, "nope": false} {
		if got := h.NeedsTerminal(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	m.environ = append(m.environ, "DETENT_TOKEN=x")
	if m.hostFor("--profile", "cmd").NeedsTerminal("cmd") {
		t.Error("DETENT_TOKEN is there: no command runs")
	}
}

func TestHostDeliversAndGuardsTheEnvironment(t *testing.T) {
	m := newMachine(t)
	h := m.hostFor()
	env := m.write("app/.env", "STRIPE_KEY=sk_test_abcdefghijklmnop\nAPI_KEY=old\n")
	_, live := m.create("-p", "local/generic", "--name", "live")
	_, test := m.create("-p", "local/generic", "--name", "test", "--environment", "test")
	if _, err := h.Deliver(context.Background(), "local/generic", apikey.Key{}, "env-file:"+env+":API_KEY", apikey.NewSecret(live), false); err == nil {
		t.Error("a live secret was put beside test values")
	}
	held := (*ui.HeldError)(nil)
	if _, err := h.Deliver(context.Background(), "local/generic", apikey.Key{}, "env-file:"+env+":API_KEY", apikey.NewSecret(test), false); !errors.As(err, &held) || !strings.Contains(read(t, env), "API_KEY=old") {
		t.Errorf("what was there was not asked about: %v", err)
	}
	done, err := h.Deliver(context.Background(), "local/generic", apikey.Key{}, "env-file:"+env+":API_KEY", apikey.NewSecret(test), true)
	if err != nil || done.Summary == "" || !strings.Contains(read(t, env), "API_KEY="+test) {
		t.Errorf("%+v %v", done, err)
	}
	if left, _ := filepath.Glob(filepath.Join(m.home, "app", "*detent*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
