package cli

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// listedIssuer is a user's own issuer whose list shows the secrets, and that answers a living key which lacks a permission as a dead one.
const listedIssuer = `name = "shows"
proven = "documents 2026-11-29"
secret = { prefix = [{ text = "kk-" }] }
list = { call = "GET /keys", secrets = true }
row = { as_named = ["id", "name"], permissions = ["actions"], secret = ["key"] }
create = { call = "POST /keys", send = { name = { field = "name" }, actions = { field = "permissions", as = "list" } } }
delete = { call = "DELETE /keys/{id}" }
permission = [{ name = "search" }, { name = "add" }]
refusals.means = [{ status = 401, is = 401 }]
refusals.own = ["text"]
probe = [{ call = "GET /search", answers = "members", members = ["v"], needs = "search" }]
`

// TestAListedSecretThatIsRefusedIsAdvisedWhatIsNotRefused: no hint contradicts the list, and none names a command that the preflight refuses, with one profile and with several.
func TestAListedSecretThatIsRefusedIsAdvisedWhatIsNotRefused(t *testing.T) {
	const lacking, known = "kk-adds-0123456789abcdef", "kk-srch-0123456789abcdef"
	for name, c := range map[string]struct{ secret, id string }{"lacks what the call needs": {lacking, "a"}, "has it": {known, "s"}} {
		m, r := newMachine(t), newRemote(t)
		m.environ = append(m.environ, "P_TOKEN=kk-token-0123456789abcdef")
		m.write(".config/detent/issuers/shows.toml", listedIssuer)
		r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
			w.Header().Set("Content-Type", "application/json")
			if strings.HasSuffix(req.URL.Path, "/keys") {
				_, _ = io.WriteString(w, `[{"id":"a","name":"adder","actions":["add"],"key":"`+lacking+`"},{"id":"s","name":"searcher","actions":["search"],"key":"`+known+`"}]`)
				return true
			}
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"unknown key"}`)
			return true
		}
		m.addProfile("p", "shows", r.url, "P_TOKEN")
		for profiles, more := range []string{"", "q"} {
			if more != "" {
				m.addProfile(more, "shows", r.url+"/v2", "P_TOKEN")
			}
			for _, format := range []string{"table", "json"} {
				res := m.run(c.secret, "verify", "-o", format)
				said := res.stdout + res.stderr
				if res.code != 1 || !strings.Contains(said, "the list shows this very secret, on") || strings.Contains(said, "not revoked") || strings.Contains(said, "--compromised") || !strings.Contains(said, "detent delete "+c.id+" -p p") {
					t.Errorf("%s, %d more profiles, %s: %+v", name, profiles, format, res)
				}
			}
		}
		env := m.write("app/.env", "API_KEY="+c.secret+"\n")
		res := m.run("", "rotate", c.id, "-p", "p", "--compromised", "--yes", "--deliver", "env-file:"+env+":API_KEY")
		if held, _ := os.ReadFile(env); res.code != 1 || !strings.Contains(string(held), c.secret) {
			t.Errorf("%s: what is not advised is not refused: %+v", name, res)
		}
	}
}

// TestAKeyThatIsBeingRotatedIsNotAdvisedToBeRotated: a second rotation of it would be refused.
func TestAKeyThatIsBeingRotatedIsNotAdvisedToBeRotated(t *testing.T) {
	m := newMachine(t)
	id, secret := m.create("--name", "payments-api", "--permission", "getRules")
	env := m.write("app/.env", "API_KEY="+secret+"\n")
	m.want(1, "", "rotate", id, "--yes", "--deliver", "env-file:"+env+":API_KEY", "--accept-unknown", "test")
	res := m.run(secret[:40], "verify")
	if res.code != 1 || !strings.Contains(res.stdout, "("+id+") has this mask") || strings.Contains(res.stdout, "--compromised") || !strings.Contains(res.stdout, "A rotation of it is open: detent rotations") {
		t.Errorf("%+v", res)
	}
}
