package client

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// A permission that the service adds to each key by itself is no choice, is asked for of no key, and is no difference: it stands beside those that
// somebody chose. A key that has no others is not asked for without any, which may be one that can do everything.
func TestPermissionThatTheServiceAdds(t *testing.T) {
	const declared = `create = { call = "POST /keys", send = { name = { field = "name" }, scopes = { field = "permissions", as = "list" } } }
row = { id = ["id"], name = ["name"], permissions = ["scopes"], secret = ["token"] }
list.call = "GET /keys"
delete.call = "DELETE /keys/{id}"
permission = [{ name = "mail.send" }, { name = "2fa_required", always = true }]
probe = [{ call = "GET /me", answers = "object" }]
`
	for catalogue, extra := range map[string]string{"as declared": "", "as the service said": "catalogue = { call = \"GET /scopes\", rows = [\"scopes\"] }\n"} {
		s := serve(t, declared+extra, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			say(w, 200, map[string]string{"GET /scopes": `{"scopes":["mail.send","2fa_required"]}`,
				"GET /keys":  `[{"id":"k1","name":"a","scopes":["mail.send"]},{"id":"k2","name":"b","scopes":["2fa_required","mail.send"]},{"id":"k3","name":"c","scopes":["2fa_required"]}]`,
				"POST /keys": `{"id":"k4","name":"d","token":"made-0123456789","scopes":["2fa_required","mail.send"]}`}[r.Method+" "+r.URL.Path])
		})
		if extra != "" {
			if _, err := s.Abilities().Catalogue(bg); err != nil {
				t.Fatal(catalogue, err)
			}
		}
		if _, offered := s.Capabilities().FindPermission("2fa_required"); offered {
			t.Errorf("%s: it is offered", catalogue)
		}
		if added := s.Capabilities().Added; len(added) != 1 || added[0].Permission.Name != "2fa_required" {
			t.Errorf("%s: it is not told: %v", catalogue, added)
		}
		keys, err := ListAll(bg, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(keys[0].Permissions, keys[0].Added, keys[1].Permissions, keys[1].Added, keys[2].Permissions, keys[2].Added); got != "[mail.send] [] [mail.send] [2fa_required] [] [2fa_required]" || keys[2].Permissions == nil {
			t.Error(catalogue, got)
		}
		for _, pair := range [][2]apikey.Key{{keys[0], keys[1]}, {keys[1], keys[0]}} {
			for _, d := range apikey.Compare(pair[0], pair[1], s.Capabilities().AccessFields) {
				if d.Verdict == apikey.Differs {
					t.Errorf("%s: %+v", catalogue, d)
				}
			}
		}
		made, err := s.Create(bg, apikey.Draft{Name: "d", Permissions: keys[1].Permissions})
		if asked := strings.Join(s.asked(), "\n"); err != nil || len(made.Notes) > 0 || !strings.Contains(asked, `"scopes":["mail.send"]`) {
			t.Error(catalogue, err, made.Notes, asked)
		}
		if _, err := s.Create(bg, apikey.Draft{Name: "d", Permissions: keys[2].Permissions}); !IsKind(err, Invalid) {
			t.Error(catalogue, "a key without any permission is asked for:", err)
		}
	}
}

// TestWhatEachNewKeyIsAskedForBesideIsTold, for the review of a form; the envelope of JSON-RPC is none of it.
func TestWhatEachNewKeyIsAskedForBesideIsTold(t *testing.T) {
	for send, want := range map[string]string{`{ kind = "admin", name = { field = "name" } }`: `[kind = "admin"]`, `{ name = { field = "name" } }`: "[]",
		`{ name = { field = "name" }, roles = [], limits = { none = {} } }`:                                          "[limits.none = {} roles = []]",
		`{ jsonrpc = "2.0", id = 1, method = "token.create", params = [{ name = { field = "name" }, status = 0 }] }`: "[params.status = 0]"} {
		s := serve(t, "list.call = \"GET /keys\"\ncreate = { call = \"POST /keys\", send = "+send+" }\n"+plainRows+plainProbe, "token-0123456789", nil)
		if got := fmt.Sprint(s.Capabilities().Sent); got != want {
			t.Errorf("%s: %s", send, got)
		}
	}
}
