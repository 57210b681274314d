package client

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
)

const parentsFile = `name = "acme"
proven = "documents 2026-11-30"
row = { id = ["id"], name = ["name"] }
list = { call = "GET /{org}/{project}/keys" }
probe = [{ call = "GET /me", answers = "object" }]
refusals = { own = ["text"] }
parent = [
	{ name = "org", title = "Organization", catalogue = { call = "GET /orgs", rows = ["data"], id = "id", name = "name", description = "about", only = { active = ["true"] } } },
	{ name = "project", title = "Project", catalogue = { call = "GET /orgs/{org}/projects" } },
	{ name = "user", title = "User" },
]
`

// TestWhatKeysCanBelongToIsAsked before the profile says it: of the other parents, those before this one are needed alone.
func TestWhatKeysCanBelongToIsAsked(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "acme.toml"), []byte(parentsFile), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := ""
	s := serve(t, plainRows+"list.call = \"GET /keys\"\n"+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if strings.HasSuffix(r.URL.Path, "/projects") {
			say(w, 200, `["shop","shop","..","a/b"]`)
			return
		}
		say(w, 200, answer)
	})
	opts := s.opts
	opts.Service, opts.IssuerFolder, opts.URL = "acme", folder, s.origin.String()
	for body, want := range map[string]string{
		`{"data":[{"id":7,"name":"Ops","about":"for\u001b[2J all","active":true},{"id":8,"active":true},{"id":9,"active":false}]}`: `[{7 Ops for all} {8 8 }] false`,
		`{"data":[{"id":7,"name":"Ops","active":true},{"id":"../x","name":"Evil","active":true}],"has_more":true}`:                 `[{7 Ops }] true`,
		`{"data":[]}`: `[] false`,
	} {
		answer = body
		told, err := ParentChoices(bg, opts, "org")
		if got := fmt.Sprintf("%v %v", told.All, told.More); err != nil || got != want {
			t.Errorf("%s: %s, %v", body, got, err)
		}
	}
	answer = `{"data":[{"name":"without an id","active":true}, 7]}`
	opts.Parents = map[string]string{"org": "o 1"}
	if _, err := ParentChoices(bg, opts, "project"); err == nil || !strings.Contains(err.Error(), "parents.org") {
		t.Errorf("%v", err)
	}
	opts.Parents = map[string]string{"org": "o1", "user": "u1"}
	if told, err := ParentChoices(bg, opts, "project"); err != nil || fmt.Sprint(told.All) != `[{shop shop }]` {
		t.Errorf("%v, %v", told, err)
	}
	for _, name := range []string{"user", "nobody"} {
		if _, err := ParentChoices(bg, opts, name); !IsKind(err, Unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	opts.Token = apikey.Secret{}
	if _, err := ParentChoices(bg, opts, "org"); err == nil {
		t.Error("asked without a token")
	}
	if got := strings.Join(s.asked(), ", "); strings.Count(got, "GET ") != 4 || !strings.Contains(got, "GET /orgs/o1/projects") {
		t.Errorf("%s", got)
	}
}

// TestAHeaderHasWhatTheProfileGivesForAParent, in every request: of the profile's own credential and of a key that is tried.
func TestAHeaderHasWhatTheProfileGivesForAParent(t *testing.T) {
	const file = plainRows + plainProbe + `list.call = "GET /keys"
headers = { "X-App" = "{app}", "X-Both" = "app={app}; zone={zone}", "X-Fixed" = "{\"a\":1}" }
parent = [{ name = "app", title = "App" }, { name = "zone", title = "Zone" }]
`
	s := serve(t, file, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if got := r.Header.Get("X-App") + " " + r.Header.Get("X-Both") + " " + r.Header.Get("X-Fixed"); got != `A.1 app=A.1; zone=z {"a":1}` {
			t.Errorf("%s: %s", r.URL, got)
		}
		say(w, 200, map[string]string{"/keys": `[]`, "/me": `{"id":"u1"}`}[r.URL.Path])
	}, func(o *Options) { o.Parents = map[string]string{"app": "A.1", "zone": "z"} })
	if _, err := ListAll(bg, s); err != nil {
		t.Error(err)
	}
	if _, err := s.Probe(bg, apikey.NewSecret("a-secret-of-20-signs"), ""); err != nil || len(s.asked()) < 2 {
		t.Error(err)
	}
}
