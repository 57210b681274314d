package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// acme is a service that detent has never heard of: keys of a project, by a header of its own.
type acme struct {
	mu   sync.Mutex
	next int
	keys map[string]string // id → name
}

const acmeFile = `name = "acme"
title = "Acme"
proven = "documents 2026-11-28"
url = "https://api.acme.example"
auth = { kind = "header", header = "X-Acme-Key" }
parent = [{ name = "project", title = "Project id", about = "on the page Settings" }]
row = { id = ["uid"], name = ["label"], created_at = ["made"], secret = ["secret"] }
list = { call = "GET /projects/{project}/keys", rows = ["keys"] }
create = { call = "POST /projects/{project}/keys", send = { label = { field = "name" } } }
delete = { call = "DELETE /projects/{project}/keys/{id}" }
probe = [{ call = "GET /whoami", answers = "members", members = ["project"] }]
refusals = { own = ["text"] }
cannot = { expiry = "keys of Acme do not end" }
`

func (a *acme) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	say := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	sent, alive := r.Header.Get("X-Acme-Key"), false
	for id := range a.keys {
		alive = alive || sent == "acme-0123456789-"+id
	}
	id, about := strings.CutPrefix(r.URL.Path, "/projects/42/keys/")
	switch {
	case r.URL.Path == "/open":
		say(200, map[string]string{"project": "42"})
	case !alive:
		say(401, map[string]string{"error": "unknown key"})
	case r.URL.Path == "/whoami":
		say(200, map[string]string{"project": "42"})
	case r.Method == "GET" && r.URL.Path == "/projects/42/keys":
		list := []map[string]string{}
		for id, name := range a.keys {
			list = append(list, map[string]string{"uid": id, "label": name, "made": time.Now().UTC().Format(time.RFC3339)})
		}
		say(200, map[string]any{"keys": list})
	case r.Method == "POST" && r.URL.Path == "/projects/42/keys":
		var sent struct{ Label string }
		_ = json.NewDecoder(r.Body).Decode(&sent)
		a.next++
		id := fmt.Sprint("k", a.next)
		a.keys[id] = sent.Label
		say(201, map[string]string{"uid": id, "label": sent.Label, "secret": "acme-0123456789-" + id})
	case r.Method == "DELETE" && about && a.keys[id] != "":
		delete(a.keys, id)
		w.WriteHeader(204)
	default:
		say(404, map[string]string{"error": "nothing is here"})
	}
}

// TestAnIssuerOfTheUsersOwn: a file, checked and tried, is a service like the others: its keys are listed, made, proven and deleted.
func TestAnIssuerOfTheUsersOwn(t *testing.T) {
	service := &acme{keys: map[string]string{"root": "admin"}}
	server := httptest.NewServer(service)
	defer server.Close()
	m := newMachine(t, "ACME_TOKEN=acme-0123456789-root")
	const folder = ".config/detent/"
	if out := m.must("issuer", "list"); !strings.Contains(out, "prosopo") || strings.Contains(out, "acme") {
		t.Error(out)
	}
	file := m.write(folder+"issuers/acme.toml", strings.Replace(acmeFile, "GET /projects/{project}", "GET https://evil.example/{project}", 1))
	m.want(2, "acme.toml:8: list.call: ", "issuer", "check", file)
	file = m.write(folder+"issuers/acme.toml", acmeFile)
	m.want(0, "can be used", "issuer", "check", file)
	m.write(folder+"issuers/acme.toml", strings.Replace(acmeFile, `secret = ["secret"]`, `secret = ["secret"], permissions = ["scopes"]`, 1))
	m.want(0, "create does not send permissions: a key that has it is replaced by another only after a person's word", "issuer", "check", file)
	if out := m.must("issuer", "show", "acme"); !strings.Contains(out, "cannot       create does not send permissions") {
		t.Error(out)
	}
	m.write(folder+"issuers/acme.toml", acmeFile)
	if out := m.must("issuer", "list"); !strings.Contains(out, "acme") || !strings.Contains(out, "documents 2026-11-28") {
		t.Error(out)
	}
	for _, line := range strings.Split(m.must("issuer", "list"), "\n") {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	if out := m.must("issuer", "show", "acme"); !strings.Contains(out, "POST /projects/{project}/keys") || !strings.Contains(out, "in the header X-Acme-Key") || !strings.Contains(out, "expiry: keys of Acme do not end") {
		t.Error(out)
	}
	m.want(2, `there is no issuer "acne"; there are`, "issuer", "show", "acne")
	for _, what := range []string{"check", "try"} {
		m.want(2, "there is no file", "issuer", what, m.home+"/acne.toml")
	}
	m.want(2, `there is no profile "acne"; there are`, "config", "remove", "acne", "--yes")
	m.write(folder+"config.toml", "[profiles.a]\nservice = \"acme\"\nurl = \""+server.URL+"\"\ntoken = { env = \"ACME_TOKEN\" }\nparents = { project = \"42\" }\n")
	reads := m.must("issuer", "try", file, "-p", "a")
	if !strings.Contains(reads, ": 1 key\n") || !strings.Contains(reads, "a made-up secret: refused") || len(service.keys) != 1 {
		t.Error(reads)
	}
	writes := m.must("issuer", "try", file, "-p", "a", "--write")
	if !strings.Contains(writes, "the new secret: accepted") || !strings.Contains(writes, "the deleted secret: refused") || len(service.keys) != 1 || strings.Contains(writes, "0123456789") {
		t.Error(writes)
	}
	m.want(2, "read-only", "issuer", "try", file, "-p", "a", "--write", "--read-only")
	m.want(2, "inside detent", "issuer", "try", file, "-p", "local/generic")
	blind := m.write(folder+"blind.toml", strings.NewReplacer(`name = "acme"`, `name = "blind"`, "GET /whoami", "GET /open").Replace(acmeFile))
	if r := m.run("", "issuer", "try", blind, "-p", "a"); r.code != 1 || !strings.Contains(r.stdout, "nothing is proven as long as a made-up secret is not refused") {
		t.Errorf("everything is accepted: %+v", r)
	}
	id, secret := m.create("-p", "a", "--name", "ci")
	var verified map[string]any
	r := m.run(secret, "verify", "-p", "a", "-o", "json")
	decode(t, r.stdout, &verified)
	if unknown, _ := verified["unknown"].([]any); r.code != 0 || verified["valid"] != true || verified["profile"] != "a" || verified["proved_by"] != "GET /whoami answered 200" || len(unknown) == 0 || !strings.HasPrefix(fmt.Sprint(unknown[0]), "which key it is cannot be told here") {
		t.Errorf("what is known of a secret that nothing names a key of: %+v", r)
	}
	if keys := m.keys("a"); len(keys) != 2 || secret != "acme-0123456789-"+id {
		t.Errorf("%v, %s", keys, id)
	}
	if r := m.run(secret, "verify", "-p", "a"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	m.must("rotate", id, "-p", "a", "--plan", "--deliver", "env-file:"+m.home+"/.env:KEY")
	m.must("delete", id, "-p", "a", "--yes")
	if len(service.keys) != 1 {
		t.Error(service.keys)
	}
}

// TestAWrongIssuerStopsNoOtherProfile: of the command line and of the screens. The one that it stops is a line with file, line, field and
// what is allowed.
func TestAWrongIssuerStopsNoOtherProfile(t *testing.T) {
	service := &acme{keys: map[string]string{"root": "admin"}}
	server := httptest.NewServer(service)
	defer server.Close()
	for name, c := range map[string]struct{ file, says string }{
		"wrong":     {strings.Replace(acmeFile, "GET /projects", "GET //projects", 1), `acme.toml:8: list.call: "//projects/{project}/keys" is no path`},
		"no TOML":   {"name = acme", `acme.toml:1: is not TOML`},
		"not there": {"", `profiles.a.service: must be "prosopo"`},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, "ACME_TOKEN=acme-0123456789-root")
			if c.file != "" {
				m.write(".config/detent/issuers/acme.toml", c.file)
			}
			m.write(".config/detent/issuers/fine.toml", strings.Replace(acmeFile, `"acme"`, `"fine"`, 1))
			const profile = "[profiles.%s]\nservice = \"%s\"\nurl = \"%s\"\ntoken = { env = \"ACME_TOKEN\" }\nparents = { project = \"42\" }\n"
			m.write(".config/detent/config.toml", "default_profile = \"a\"\n"+fmt.Sprintf(profile, "a", "acme", server.URL)+fmt.Sprintf(profile, "f", "fine", server.URL))
			if r := m.run("", "list"); r.code != 2 || !strings.Contains(r.stderr, "config.toml:3: profiles.a.service: ") || !strings.Contains(r.stderr, c.says) || strings.Count(strings.TrimSpace(r.stderr), "\n") > 0 {
				t.Errorf("%+v; want %q", r, c.says)
			}
			if r := m.run("", "list", "--all-profiles"); r.code != 2 || !strings.Contains(r.stdout, "admin") || !strings.Contains(r.stderr, "a: ") || !strings.Contains(r.stderr, c.says) {
				t.Errorf("%+v; want %q", r, c.says)
			}
			for _, args := range [][]string{{"list", "-p", "f"}, {"create", "--name", "more", "-p", "local/generic", "--environment", "test"}, {"config", "path"}, {"rotations"}, {"issuer", "list"}} {
				if r := m.run("", args...); r.code != 0 {
					t.Errorf("%q: %+v", args, r)
				}
			}
			if out := m.must("config", "show"); !strings.Contains(out, c.says) || !strings.Contains(out, "local/generic") {
				t.Error(out)
			}
			if r := m.run("", "config", "check"); r.code != 1 || !strings.Contains(r.stdout, "failed  ") || !strings.Contains(r.stdout, c.says) || strings.Count(r.stdout, "works") != 1 {
				t.Errorf("%+v", r)
			}
			screens := m.hostFor()
			if got := len(screens.Profiles()); got != 5 {
				t.Errorf("the screens offer %d profiles", got)
			}
			if _, err := screens.Open(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if _, err := screens.Open(t.Context(), "f"); err != nil {
				t.Error(err)
			}
		})
	}
}
