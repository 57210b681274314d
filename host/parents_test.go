package host

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"detent/apikey"
	"detent/tui/ui"
)

// teams is a service that tells which teams there are, and lists no keys.
func teams(t *testing.T, status int, body string) (server *httptest.Server, asks *atomic.Int32) {
	asks = &atomic.Int32{}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("Authorization") != "Bearer team-token-0123456789":
			w.WriteHeader(401)
			_, _ = w.Write([]byte(`{"error":"who?"}`))
		case r.URL.Path == "/v1/teams":
			asks.Add(1)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		default:
			_, _ = w.Write([]byte(`{"data":[]}`))
		}
	}))
	t.Cleanup(server.Close)
	return server, asks
}

const teamsFile = `name = "crew"
proven = "documents 2026-11-30"
row = { id = ["id"], name = ["name"] }
list = { call = "GET /v1/{team}/keys", rows = ["data"] }
probe = [{ call = "GET /v1/me", answers = "object" }]
refusals = { own = ["text"] }
parent = [{ name = "team", title = "Team", catalogue = { call = "GET /v1/teams", id = "id", name = "name" } }]
`

const twoTeams = `[{"id":7,"name":"Ops"},{"id":8,"name":"Shop"}]`

// crew is a host with a profile of that service, and parents as its configuration has them.
func crew(t *testing.T, url, parents string) (h *Host, file string) {
	h = hostWith(t, "[profiles.p]\nservice = \"crew\"\nurl = \""+url+"\"\ntoken = { env = \"T\" }\n"+parents, "T=team-token-0123456789")
	path, _, err := h.o.Env.Path("")
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(filepath.Dir(path), "issuers", "crew.toml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(teamsFile), 0o600); err != nil {
		t.Fatal(err)
	}
	h.o.Profile = "p"
	return h, file
}

// TestAProfileThatLacksAParentCanAskWhichThereAre, and says that it can.
func TestAProfileThatLacksAParentCanAskWhichThereAre(t *testing.T) {
	server, _ := teams(t, 200, twoTeams)
	h, _ := crew(t, server.URL, "")
	if _, err := h.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "Team; detent issuer parents -p p asks the service which there are") {
		t.Errorf("%v", err)
	}
	rows, failed, err := h.Parents(t.Context(), t.Logf)
	if err != nil || failed != nil || len(rows) != 2 || rows[0].Parent != "team" || rows[0].ID != "7" || rows[1].Name != "Shop" {
		t.Errorf("%+v, %v, %v", rows, failed, err)
	}
	server, _ = teams(t, 403, `{"error":"not yours"}`)
	h, _ = crew(t, server.URL, "")
	if rows, failed, err := h.Parents(t.Context(), t.Logf); err != nil || failed == nil || len(rows) != 0 {
		t.Errorf("%+v, %v, %v", rows, failed, err)
	}
	if _, _, err := hostWith(t, someProfile, "T=secret-token-0123456789").Parents(t.Context(), t.Logf); err == nil || !strings.Contains(err.Error(), "has no call that tells what keys can belong to") {
		t.Errorf("%v", err)
	}
}

// TestATrialAsksWhatKeysCanBelongTo, and says how many came, and no name of them.
func TestATrialAsksWhatKeysCanBelongTo(t *testing.T) {
	for _, c := range []struct {
		team, body string
		status     int
		want       string
	}{{"7", twoTeams, 200, "parent       team: the service names 2\n"}, {"9", twoTeams, 200, "not tried: team: the service names 2, and the profile's is none of them"},
		{"7", `{"error":"no"}`, 403, "not tried: team: which there are: the profile's credential may not ask"}, {"7", `{"error":"no"}`, 404, "failed: team: which there are, answered 404"}} {
		server, _ := teams(t, c.status, c.body)
		h, file := crew(t, server.URL, "parents = { team = \""+c.team+"\" }\n")
		var out strings.Builder
		if _ = h.TryIssuer(t.Context(), file, TryOptions{}, &out); !strings.Contains(out.String(), c.want) || strings.Contains(out.String(), "Ops") {
			t.Errorf("%s %d: %s", c.team, c.status, out.String())
		}
	}
}

// TestATrialWithoutAParentSaysWhichThereAre: by its own file, whatever the profile is of and wherever the file lies.
func TestATrialWithoutAParentSaysWhichThereAre(t *testing.T) {
	for status, want := range map[int]string{200: "parent       team: 7 Ops\nparent       team: 8 Shop\n", 403: "parent       team: which there are cannot be told: "} {
		server, _ := teams(t, status, map[int]string{200: twoTeams, 403: `{"error":"no"}`}[status])
		h, _ := crew(t, server.URL, "")
		file := filepath.Join(t.TempDir(), "other.toml")
		if err := os.WriteFile(file, []byte(strings.Replace(teamsFile, `"crew"`, `"other"`, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := h.TryIssuer(t.Context(), file, TryOptions{}, &out); err == nil || !strings.Contains(out.String(), want) || !strings.Contains(err.Error(), `the profile needs parents = { team = "…" }: Team`) {
			t.Errorf("%d: %v\n%s", status, err, out.String())
		}
	}
}

// TestAFormAsksForAProfileThatIsNotThereYet: with what was typed, and nobody from elsewhere. A token that begins as another service's do goes nowhere.
func TestAFormAsksForAProfileThatIsNotThereYet(t *testing.T) {
	server, asks := teams(t, 200, twoTeams)
	h, _ := crew(t, server.URL, "")
	s := &Screens{Host: h}
	ask := func(token string) (int, error) {
		told, err := s.ParentChoices(context.Background(), ui.ProfileDraft{Name: "new", Service: "crew", URL: server.URL, NewToken: apikey.NewSecret(token)}, "team")
		return len(told.All), err
	}
	if n, err := ask("team-token-0123456789"); n != 2 || err != nil || asks.Load() != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := ask("glpat-0123456789abcdefghij"); err == nil || !strings.Contains(err.Error(), "as the secrets of GitLab group, GitLab project or GitLab personal do") || !strings.Contains(err.Error(), "secret.prefix in ") {
		t.Errorf("%v", err)
	}
	told, err := s.ParentChoices(context.Background(), ui.ProfileDraft{Name: "new", Service: "crew", URL: server.URL, TokenEnv: "T"}, "team")
	if len(told.All) != 2 || err != nil {
		t.Errorf("%+v, %v", told, err)
	}
	if _, err := s.ParentChoices(context.Background(), ui.ProfileDraft{Name: "new", Service: "crew", URL: "http://example.com", TokenEnv: "T"}, "team"); err == nil {
		t.Error("asked over bare http")
	}
	h.o.Guest = &Guest{}
	if _, err := ask("team-token-0123456789"); err == nil || asks.Load() != 2 {
		t.Errorf("%v, %d", err, asks.Load())
	}
}
