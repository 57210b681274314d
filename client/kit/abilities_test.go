package kit

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhyAnIssuerLacksAnAbilityIsSaid in the declaration's words, else in the usual ones; and what it has is not said to be lacking.
func TestWhyAnIssuerLacksAnAbilityIsSaid(t *testing.T) {
	const head = `name = "example"
title = "Example"
proven = "documents 2026-11-28"
list = { call = "GET /keys" }
probe = [{ call = "GET /me", answers = "object" }]
refusals = { own = ["text"] }
`
	const row = `row = { id = ["id"], name = ["name"], secret = ["token"] }
`
	for _, c := range []struct{ text, want string }{
		{row, "create: the service has no call for it|delete: the service has no call for it|rename: the service has no call for it|role: keys have no role|disable: the service has no call for it|" +
			"public_key: the service has no public keys|retrieve: the service shows a secret once|roll: the service has no call for it|last_used: the service does not report it|" +
			"expiry: the service has no call for it|restrictions: the service has no call for it"},
		{row + `create = { call = "POST /keys", send = { name = { field = "name" }, scopes = { field = "permissions", as = "list" }, end = { field = "expires_at", as = "date" } } }
delete = { call = "DELETE /keys/{id}" }
permission = [{ name = "read" }]
usage_page = "its page"
cannot = { roll = "make another" }
advice = { browser = "In a browser use a site key." }
list.secrets = true
`, "rename: the service changes no key: create a replacement and delete the old one|role: keys have permissions, no role|disable: the service has no off switch for a key: it can only be deleted|" +
			"public_key: the service has no public keys; in a browser use a site key|roll: make another|last_used: the service does not report it; usage shows on its page|restrictions: keys have permissions, no restrictions"},
		{`row = { as_named = ["id", "name", "role", "last_used_at"], secret = ["token"] }
role = [{ name = "admin" }]
update = { call = "PUT /keys/{id}", fields = ["name", "role"], send = { on = { field = "enabled" } } }
permission = [{ name = "read" }]
`, "create: the service has no call for it|delete: the service has no call for it|public_key: the service has no public keys|retrieve: the service shows a secret once|roll: the service has no call for it|" +
			"expiry: the service has no call for it|restrictions: keys have a role and permissions, no restrictions"},
	} {
		text := strings.Replace(c.text, "list.secrets = true\n", "", 1)
		head := head
		if text != c.text {
			head = strings.Replace(head, `"GET /keys" }`, `"GET /keys", secrets = true }`, 1)
		}
		d, err := Load("f.toml", []byte(head+text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, lacks := range d.Cannots() {
			got = append(got, fmt.Sprintf("%s: %s", lacks.Ability, lacks.Why))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), c.want)
		}
	}
}

// TestAParentThatNothingNamesIsFound, and one is named in every place where it may be.
func TestAParentThatNothingNamesIsFound(t *testing.T) {
	const of = "parent = [{ name = \"app\", title = \"App\" }]\n"
	for text, unused := range map[string]bool{
		"":                                                 true,
		"headers.x = \"{\\\"a\\\":1}\"\n":                  true,
		"note.create = \"{app}\"\n":                        true,
		"headers.x = \"{app}\"\n":                          false,
		"headers.x = \"id={app}, v=2\"\n":                  false,
		"list.query = \"app={app}\"\n":                     false,
		"list.queries = [\"app={app}\"]\n":                 false,
		"own_project = \"app={app}\"\n":                    false,
		"create.send.a = { b = [{ parent = \"app\" }] }\n": false,
		"delete.by_secret = \"DELETE /{app}/self\"\n":      false,
		"exchange.call = \"POST /{app}/token\"\n":          false,
		"public_key = { call = \"GET /{app}/pk\", name = \"n\", project = \"p\", ttl = \"t\" }\n":              false,
		"update = { call = \"PUT /k/{id}\", whole = true, read = \"GET /{app}/{id}\", fields = [\"name\"] }\n": false,
	} {
		d, err := Load("f.toml", []byte(small+of+text))
		if err != nil || len(d.Unused()) > 0 != unused {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	probe := strings.Replace(small, "GET /v1/me", "GET /{app}/me", 1) + of
	signed := small + "auth = { kind = \"signed\", signer = \"edgegrid\" }\nparent = [{ name = \"access_token\", title = \"Access token\" }]\n"
	for _, text := range []string{probe, signed} {
		if d, err := Load("f.toml", []byte(text)); err != nil || len(d.Unused()) > 0 {
			t.Errorf("%s: %v", text, err)
		}
	}
}
