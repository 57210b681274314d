package client

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

// TestAnyMethodTakesABody, and an id may be in the query: DELETE with a list of ids (Elasticsearch), PUT that creates (Consul).
func TestAnyMethodTakesABody(t *testing.T) {
	s := serve(t, `list.call = "GET /keys"
create = { call = "PUT /v1/acl/token", send = { Description = { field = "name" } } }
delete = { call = "DELETE /_security/api_key", send = { ids = [{ field = "id" }] } }
update = { call = "POST /keys", query = "id={id}&kind=api", send = { name = { field = "name" } } }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Method == "DELETE" {
			w.WriteHeader(204)
			return
		}
		say(w, 200, `{"id":"k 1+2","name":"ci","token":"secret-0123456789"}`)
	})
	name := "ci"
	if _, err := s.Create(bg, apikey.Draft{Name: name}); err != nil {
		t.Error(err)
	}
	if _, err := s.Update(bg, "k 1+2", apikey.Patch{Name: &name}); err != nil {
		t.Error(err)
	}
	if _, err := s.Delete(bg, "k 1+2"); err != nil {
		t.Error(err)
	}
	want := []string{`PUT /v1/acl/token {"Description":"ci"}`, `POST /keys?id=k+1%2B2&kind=api {"name":"ci"}`, `DELETE /_security/api_key {"ids":["k 1+2"]}`}
	for i, ask := range s.asked() {
		if ask != want[i] {
			t.Errorf("%s, want %s", ask, want[i])
		}
	}
}

// TestABodyMayBeAForm, that of a login and of a verdict too; the secrets in it are in no log.
func TestABodyMayBeAForm(t *testing.T) {
	const head = `list.call = "GET /keys"
create = { call = "POST /keys", send_as = "form", send = { kind = "api key", n = 7, on = true, tags = ["a", "b&c"], name = { field = "name" }, scopes = { field = "permissions", as = "list" }, ends = { field = "expires_at", as = "unix" } } }
permission = [{ name = "read" }, { name = "write" }]
`
	s := serve(t, head+plainRows+`[auth]
kind = "body"
member = "auth"
[key_auth]
kind = "bearer"
[[probe]]
call = "POST /introspect"
send = { token = { secret = true } }
send_as = "form"
by_own_credential = true
answers = "verdict"
accepts = { active = ["true"] }
`, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			say(w, 415, `{"error":"`+r.Header.Get("Content-Type")+`"}`)
			return
		}
		say(w, 200, `{"id":"k1","name":"c&i","token":"secret-0123456789","active":true}`)
	})
	if _, err := s.Create(bg, apikey.Draft{Name: "c&i", Permissions: []apikey.Permission{{Name: "read"}, {Name: "write"}}}); err != nil {
		t.Error(err)
	}
	if proof, err := s.Probe(bg, apikey.NewSecret("secret-0123456789"), ""); err != nil || !proof.Accepted() {
		t.Errorf("%+v, %v", proof, err)
	}
	want := []string{`POST /keys auth=token-0123456789&kind=api+key&n=7&name=c%26i&on=true&scopes=read&scopes=write&tags=a&tags=b%26c`, `POST /introspect auth=token-0123456789&token=secret-0123456789`}
	if got := s.asked(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if strings.Contains(s.log.String(), "0123456789") {
		t.Error(s.log.String())
	}
}
