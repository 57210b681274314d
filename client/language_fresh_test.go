package client

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// What writing files for three more services from the page and their documents alone showed to be missing.

// TestTwoCredentialsGoInTwoHeaders, and a key in the first alone; neither half is written down.
func TestTwoCredentialsGoInTwoHeaders(t *testing.T) {
	const first, second, key = "first-0123456789abcdef", "second-0123456789abcdef", "made-0123456789abcdef"
	sent := ""
	s := serve(t, `auth = { kind = "header", header = "X-Api-Key", second = "X-App-Key" }
key_auth = { kind = "header", header = "X-Api-Key" }
list.call = "GET /keys"
`+plainRows+plainProbe, first+":"+second, func(w http.ResponseWriter, r *http.Request, _ string) {
		sent = r.Header.Get("X-Api-Key") + "|" + r.Header.Get("X-App-Key")
		if strings.HasSuffix(sent, "|") && !strings.HasPrefix(sent, key) {
			say(w, 401, `{"error":"no such key as `+strings.TrimSuffix(sent, "|")+`"}`)
			return
		}
		say(w, 200, map[bool]string{true: `{"id":"me"}`, false: `[]`}[r.URL.Path == "/me"])
	})
	if names(t, s); sent != first+"|"+second {
		t.Errorf("the list was asked for with %s", sent)
	}
	if p, err := s.Probe(bg, apikey.NewSecret(key), ""); err != nil || !p.Accepted() || sent != key+"|" {
		t.Errorf("a key was tried with %s: %+v, %v", sent, p, err)
	}
	alone := serve(t, `auth = { kind = "header", header = "X-Api-Key", second = "X-App-Key" }
key_auth = { kind = "header", header = "X-Api-Key" }
list.call = "GET /keys"
`+plainRows+plainProbe, first, func(w http.ResponseWriter, r *http.Request, _ string) {
		sent = r.Header.Get("X-Api-Key") + "|" + r.Header.Get("X-App-Key")
		say(w, 403, `{"error":"`+first+` is no use without the other"}`)
	})
	if _, err := ListAll(bg, alone); err == nil || sent != first+"|" || strings.Contains(err.Error(), first) {
		t.Errorf("one credential went as %s: %v", sent, err)
	}
	for _, half := range []string{first, second} {
		if strings.Contains(s.log.String(), half) {
			t.Errorf("%q is logged", half)
		}
	}
}

// TestACatalogueMayBeOfNamesAlone.
func TestACatalogueMayBeOfNamesAlone(t *testing.T) {
	s := serve(t, `list.call = "GET /keys"
catalogue = { call = "GET /scopes", rows = ["scopes"], mints = "keys" }
create = { call = "POST /keys", send = { name = { field = "name" }, scopes = { field = "permissions", as = "list" } } }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		say(w, 200, map[string]string{"/scopes": `{"scopes":["mail.send","keys.create","mail.send"]}`, "/keys": `{"id":"k1","name":"ci","token":"made-0123456789"}`}[r.URL.Path])
	})
	told, err := s.Abilities().Catalogue(bg)
	if err != nil || len(told.Permissions) != 2 || told.Permissions[0].Name != "mail.send" || told.Permissions[0].ID != "" || !told.Permissions[1].Mints {
		t.Fatalf("%+v, %v", told, err)
	}
	info, known := s.Capabilities().FindPermission("mail.send")
	if _, err := s.Create(bg, apikey.Draft{Name: "ci", Permissions: []apikey.Permission{info.Permission}}); err != nil || !known || !strings.Contains(strings.Join(s.asked(), " "), `"scopes":["mail.send"]`) {
		t.Errorf("%v, %q, %v", known, s.asked(), err)
	}
}

// TestAnIdMayStandInThePathAndInTheBody, as JSON:API has it.
func TestAnIdMayStandInThePathAndInTheBody(t *testing.T) {
	s := serve(t, `list.call = "GET /keys"
update = { call = "PATCH /keys/{id}", key = ["data"], send = { data = { type = "keys", id = { field = "id" }, attributes = { name = { field = "name" } } } } }
row = { id = ["id"], inside = ["attributes"], name = ["name"] }
`+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, `{"data":{"type":"keys","id":"k1","attributes":{"name":"b"}}}`)
	})
	name := "b"
	k, err := s.Update(bg, "k1", apikey.Patch{Name: &name})
	if want := `PATCH /keys/k1 {"data":{"attributes":{"name":"b"},"id":"k1","type":"keys"}}`; err != nil || k.Name != "b" || strings.Join(s.asked(), " ") != want {
		t.Errorf("%+v, %v, %q", k, err, s.asked())
	}
}

// TestRolesAndEnvironmentsAreAskedFor: what the service names is offered, by detent's name where there is one, and remembered; until then, and where it
// says nothing, what is declared.
func TestRolesAndEnvironmentsAreAskedFor(t *testing.T) {
	const declared = `list.call = "GET /keys"
create = { call = "POST /keys", send = { name = { field = "name" }, role = { field = "role" }, env = { field = "environment" } } }
role = [{ name = "reader", description = "reads", manages = true }]
role_catalogue = { call = "GET /roles", rows = ["roles"], name = "slug", description = "about", mints = "admin" }
environments = ["live"]
environment_names = { live = "production" }
environment_catalogue = { call = "GET /environments", name = "name", only = { on = ["true"] } }
` + plainRows + plainProbe
	var broken bool
	answer := func(w http.ResponseWriter, r *http.Request, _ string) {
		switch {
		case broken && r.URL.Path == "/environments":
			say(w, 500, `{"error":"no"}`)
		case r.URL.Path == "/roles":
			say(w, 200, `{"roles":[{"slug":"reader"},{"slug":"key-admin","about":"makes keys"}]}`)
		case r.URL.Path == "/environments":
			say(w, 200, `[{"name":"old","on":false},{"name":"production","on":true},{"name":"staging","on":true},{"name":"odd"}]`)
		default:
			say(w, 201, `{"id":"k1","name":"ci","token":"made-0123456789"}`)
		}
	}
	offers := func(s Service) string {
		c := s.Capabilities()
		return fmt.Sprint(c.Roles, c.Environments, c.Catalogue.Can, c.Catalogue.Beside, !c.Catalogue.Asked.IsZero())
	}
	before, after := "[{reader reads 0 true}] [live] false true false", "[{reader reads 0 true} {key-admin makes keys 1 false}] [live staging] false true true"
	s := serve(t, declared, "token-0123456789", answer)
	if got := offers(s); got != before {
		t.Errorf("offered before: %s", got)
	}
	broken = true
	if _, err := s.Abilities().Catalogue(bg); err == nil || offers(s) != before {
		t.Errorf("one that is not answered: %v, %s", err, offers(s))
	}
	broken = false
	told, err := s.Abilities().Catalogue(bg)
	if got := offers(s); err != nil || got != after {
		t.Errorf("offered after: %v, %s", err, got)
	}
	later := serve(t, declared, "token-0123456789", answer, func(o *Options) { o.Catalogue = &told })
	if got := offers(later); got != after {
		t.Errorf("remembered: %s", got)
	}
	for _, of := range []struct {
		env  apikey.Environment
		sent string
	}{{apikey.Live, `"env":"production"`}, {"staging", `"env":"staging"`}} {
		if _, err := later.Create(bg, apikey.Draft{Name: "ci", Role: "key-admin", Environment: of.env}); err != nil || !strings.Contains(strings.Join(later.asked(), " "), of.sent) {
			t.Errorf("%s: %v, %s", of.env, err, later.asked())
		}
	}
	if _, err := later.Create(bg, apikey.Draft{Name: "ci", Role: "reader", Environment: "moon"}); !IsKind(err, Invalid) {
		t.Errorf("an environment that there is not: %v", err)
	}
}

// TestAListLeavesWhatTheServiceSaidOfRolesAndEnvironments: permissions are learned from the keys of a list, and nothing else is by that.
func TestAListLeavesWhatTheServiceSaidOfRolesAndEnvironments(t *testing.T) {
	s := serve(t, `list.call = "GET /keys"
create = { call = "POST /keys", send = { name = { field = "name" }, may = { field = "permissions", as = "list" }, role = { field = "role" }, env = { field = "environment" } } }
row.permissions = ["may"]
catalogue = { keys = true }
role = [{ name = "reader" }]
role_catalogue = { call = "GET /roles", name = "name" }
environments = ["live"]
environment_catalogue = { call = "GET /environments", name = "name" }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.URL.Path {
		case "/roles":
			say(w, 200, `[{"name":"reader"},{"name":"writer"}]`)
		case "/environments":
			say(w, 200, `[{"name":"live"},{"name":"staging"}]`)
		default:
			say(w, 200, `[{"id":"k1","name":"n","may":["read"]}]`)
		}
	})
	offers := func() string { c := s.Capabilities(); return fmt.Sprint(len(c.Roles), c.Environments) }
	list := func() {
		if _, err := ListAll(bg, s); err != nil {
			t.Fatal(err)
		}
	}
	if list(); offers() != "1 [live]" {
		t.Errorf("before the service was asked, a list leaves %s of what is declared", offers())
	}
	if _, err := s.Abilities().Catalogue(bg); err != nil || offers() != "2 [live staging]" {
		t.Fatalf("asked: %s, %v", offers(), err)
	}
	if list(); offers() != "2 [live staging]" {
		t.Errorf("a list leaves %s of what the service said", offers())
	}
}
