package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"detent/client"
	"detent/host"
	"detent/keyserver/wirename"
	"detent/tui/dialog"
)

// TestWhatToDoAboutARefusalIsSaidOnTheCommandLine: for each refusal that the services' documents explain, bare and wrapped.
func TestWhatToDoAboutARefusalIsSaidOnTheCommandLine(t *testing.T) {
	for _, c := range []struct {
		err  client.Error
		want string
	}{
		{client.Error{Kind: client.Unauthorized, Status: 401}, "not revoked or expired, has no typo, and belongs to this environment"},
		{client.Error{Kind: client.Forbidden, Status: 403}, "use one with the permission"},
		{client.Error{Kind: client.Forbidden, Status: 403, Permission: "createApiKey"}, "Missing: createApiKey. The key works"},
		{client.Error{Kind: client.Forbidden, Status: 403, Permission: "getRules", Hint: "The key lacks the permission getRules: use a key that has it."}, "detent: The key lacks the permission getRules: use a key that has it.\n"},
		{client.Error{Kind: client.NotFound, Status: 404}, ""},
	} {
		for _, err := range []error{&c.err, fmt.Errorf("profile prod: %w", &c.err), host.Usage(&c.err)} {
			var said strings.Builder
			a := &app{world: World{Err: &said}}
			a.report(context.Background(), err)
			lines := strings.SplitAfter(said.String(), "\n")
			if has := len(lines) > 2; has != (c.want != "") || !strings.Contains(strings.Join(lines[1:], ""), c.want) {
				t.Errorf("%+v: %q", c.err, said.String())
			}
		}
	}
	if hint := client.HintOf(errors.New("x")); hint != "" {
		t.Error(hint)
	}
}

// TestEachServiceExplainsItsRefusals, as its documents do, whatever is asked for.
func TestEachServiceExplainsItsRefusals(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		for status, want := range map[int]string{401: "revoked", 403: "key"} {
			m := newMachine(t, "P_TOKEN=sk_test_aaaaaaaaaaaaaaaaaaaaaaaa")
			url := answering(t, status)
			m.write(".config/detent/config.toml", fmt.Sprintf("[profiles.p]\nservice = %q\nurl = %q\ntoken = { env = \"P_TOKEN\" }\n", service, url))
			for _, args := range [][]string{{"list"}, {"check"}, {"config", "check"}} {
				r := m.run("", append(args, "-p", "p")...)
				if !strings.Contains(strings.ToLower(r.stdout+r.stderr), want) {
					t.Errorf("%s, %d, %v:\n%s%s", service, status, args, r.stdout, r.stderr)
				}
			}
		}
	}
}

// answering is a service that refuses everything.
func answering(t *testing.T, status int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":"no"}`))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestTheScreenAndTheCommandGiveTheSameHint for every refusal.
func TestTheScreenAndTheCommandGiveTheSameHint(t *testing.T) {
	for _, e := range []client.Error{
		{Kind: client.Unauthorized, Status: 401}, {Kind: client.Forbidden, Status: 403}, {Kind: client.Forbidden, Status: 403, Permission: "createApiKey"},
		{Kind: client.Forbidden, Status: 403, Permission: "getRules", Hint: "The key lacks the permission getRules: use a key that has it."},
		{Kind: client.Unauthorized, Status: 401, Hint: "The key is switched off."},
	} {
		var said strings.Builder
		a := &app{world: World{Err: &said}}
		a.report(context.Background(), &e)
		parts := dialog.Explain(&e)
		if last := parts[len(parts)-1]; last.Label != "WHAT TO DO" || !strings.HasSuffix(said.String(), "detent: "+last.Text+"\n") {
			t.Errorf("%+v: on screen %q, on the command line %q", e, last.Text, said.String())
		}
	}
}

// TestAWallsNoIsNotTakenForTheServicesOwn: a 403 that the service did not word does not say that the credential works.
func TestAWallsNoIsNotTakenForTheServicesOwn(t *testing.T) {
	for body, works := range map[string]bool{
		`{"error":"no","status":403}`: true, `<!doctype html><p>blocked`: false, `Forbidden`: false, `{"message":"Forbidden"}`: false,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(body))
		}))
		m := newMachine(t, "P_TOKEN=sk-aaaaaaaaaaaaaaaaaaaaaaaa")
		m.write(".config/detent/config.toml", fmt.Sprintf("[profiles.p]\nservice = \"vertesia\"\nurl = %q\ntoken = { env = \"P_TOKEN\" }\n", s.URL))
		if r := m.run("", "config", "check", "-p", "p"); (r.code == 0) != works || strings.Contains(r.stdout, "works") != works {
			t.Errorf("%s: %+v", body, r)
		}
		s.Close()
	}
}
