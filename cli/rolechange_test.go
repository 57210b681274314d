package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestAnUpdateAsksForARoleThatIsNotDeclared, as a create does: the service may name it.
func TestAnUpdateAsksForARoleThatIsNotDeclared(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.environ = append(m.environ, "P_TOKEN=token-0123456789abcdef")
	m.write(".config/detent/issuers/roles.toml", `name = "roles"
proven = "documents 2026-11-30"
list.call = "GET /keys"
row = { as_named = ["id", "name", "role"], secret = ["key"], no_expiry_is_never = true }
create = { call = "POST /keys", fields = ["name", "role"] }
update = { call = "PATCH /keys/{id}", fields = ["role"] }
delete.call = "DELETE /keys/{id}"
role = [{ name = "viewer" }]
role_catalogue = { call = "GET /roles", rows = ["data"], name = "name" }
refusals.own = ["text"]
probe = [{ call = "GET /me", answers = "object" }]
`)
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(req.URL.Path, "/roles"):
			_, _ = io.WriteString(w, `{"data":[{"name":"viewer"},{"name":"editor"}]}`)
		case req.Method == http.MethodPatch:
			_, _ = io.WriteString(w, `{"id":"k1","name":"a","role":"editor"}`)
		default:
			_, _ = io.WriteString(w, `[{"id":"k1","name":"a","role":"viewer"}]`)
		}
		return true
	}
	m.addProfile("p", "roles", r.url, "P_TOKEN")
	m.want(2, `--role: there is no role "chief"; there are viewer, editor`, "update", "a", "-p", "p", "--role", "chief")
	if out := m.must("update", "a", "-p", "p", "--role", "editor"); !strings.Contains(out, "role          editor") {
		t.Error(out)
	}
}
