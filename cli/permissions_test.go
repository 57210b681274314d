package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// tellingIssuer is a user's own issuer whose service tells which permissions there are.
const tellingIssuer = `name = "telling"
title = "Telling"
proven = "documents 2026-11-28"
list = { call = "GET /keys" }
create = { call = "POST /keys", send = { name = { field = "name" }, rights = { field = "permissions", as = "ids" } } }
row = { id = ["id"], name = ["name"], secret = ["token"] }
permission = [{ name = "Read", id = "r1", description = "read all" }]
catalogue = { call = "GET /rights", name = "name", id = "id", mints = "keys" }
refusals.own = ["text"]
probe = [{ call = "GET /me", answers = "object" }]
`

// TestPermissionsAreAskedOfTheService, with their age: where it cannot be asked, what it said before holds, then what is documented.
func TestPermissionsAreAskedOfTheService(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.environ = append(m.environ, "P_TOKEN=token-0123456789abcdef")
	at := func(url string) {
		m.write(".config/detent/config.toml", "default_profile = \"p\"\n[profiles.p]\nservice = \"telling\"\nurl = \""+url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	}
	at(r.url)
	m.write(".config/detent/issuers/telling.toml", tellingIssuer)
	answers, asked, sent := false, 0, ""
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case req.URL.Path == "/rights" && answers:
			asked++
			_, _ = io.WriteString(w, `[{"id":"x1","name":"Read"},{"id":"x2","name":"Make keys"}]`)
		case req.URL.Path == "/rights":
			asked++
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error":"not yours to ask"}`)
		case req.Method == http.MethodPost:
			raw, _ := io.ReadAll(req.Body)
			sent = string(raw)
			_, _ = io.WriteString(w, `{"id":"k1","name":"n","token":"secret-0123456789abcdef"}`)
		default:
			_, _ = io.WriteString(w, `[]`)
		}
		return true
	}
	shows := func(says string, names, askedAt string) {
		t.Helper()
		table := m.want(0, says, "permissions")
		var can struct {
			Groups  []struct{ Permissions []struct{ Name, Risk string } }
			AskedAt *time.Time `json:"asked_at"`
		}
		decode(t, m.want(0, says, "permissions", "-o", "json").stdout, &can)
		var got []string
		for _, p := range can.Groups[0].Permissions {
			got = append(got, strings.TrimSpace(p.Name+" "+p.Risk))
			if !strings.Contains(table.stdout, p.Name) {
				t.Errorf("%s is not in\n%s", p.Name, table.stdout)
			}
		}
		at := "null"
		if can.AskedAt != nil {
			at = can.AskedAt.Format(time.RFC3339)
		}
		if strings.Join(got, ", ") != names || at != askedAt {
			t.Errorf("%q, asked at %s; want %q, %s", got, at, names, askedAt)
		}
	}
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	m.now = func() time.Time { return now }
	shows("not yours to ask; what follows is as documented", "Read", "null")
	m.want(2, "no permission", "create", "--name", "n", "--permission", "Make keys")
	answers = true
	m.must("create", "--name", "n", "--permission", "Make keys")
	if !strings.Contains(sent, `"rights":[{"id":"x2"}]`) {
		t.Errorf("sent %s", sent)
	}
	shows("permissions are as the service said just now", "Read, Make keys can_mint", "2026-11-23T10:00:00Z")
	answers, asked = false, 0
	now = now.Add(3 * time.Hour)
	m.must("create", "--name", "n", "--permission", "Read")
	if asked != 0 || !strings.Contains(sent, `{"id":"x1"}`) {
		t.Errorf("asked %d times, sent %s", asked, sent)
	}
	shows("what follows is as the service said 3h ago", "Read, Make keys can_mint", "2026-11-23T10:00:00Z")
	at(strings.Replace(r.url, "127.0.0.1", "localhost", 1))
	shows("what follows is as documented", "Read", "null") // another service is not believed to be the same
}
