package kit

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// small is the least that an issuer's file says, a field a line.
const small = `name = "example"
title = "Example"
proven = "documents 2026-11-28"
row.id = ["id"]
row.name = ["name"]
row.secret = ["token"]
list.call = "GET /v1/keys"
create.call = "POST /v1/keys"
create.send.name = { field = "name" }
delete.call = "DELETE /v1/keys/{id}"
probe = [{ call = "GET /v1/me", answers = "object" }]
refusals.own = ["text"]
`

func TestTheSmallestDeclarationIsTaken(t *testing.T) {
	d, err := Load("example.toml", []byte(small))
	if err != nil || d.Name != "example" || d.Create.Body["name"].Field != "name" || d.Delete == nil || d.Probes[0].Answers != "object" {
		t.Fatalf("%+v, %v", d, err)
	}
}

// TestTheExampleOfTheDocumentationIsTaken: what a writer copies first works.
func TestTheExampleOfTheDocumentationIsTaken(t *testing.T) {
	source, err := os.ReadFile("declaration.go")
	if err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	_, from, _ := strings.Cut(string(source), "// The small example")
	for _, line := range strings.Split(from, "\n") {
		if text, ok := strings.CutPrefix(line, "//\t"); ok {
			example.WriteString(text + "\n")
		} else if line == "//" {
			example.WriteString("\n")
		} else if line == "package kit" {
			break
		}
	}
	if _, err := Load("example.toml", []byte(example.String())); err != nil || !strings.Contains(example.String(), "[[probe]]") {
		t.Errorf("%v\n%s", err, example.String())
	}
}

// TestTheFirstFileOfThePageIsTaken: what docs/ISSUERS.md has a writer copy works as it stands.
func TestTheFirstFileOfThePageIsTaken(t *testing.T) {
	page, err := os.ReadFile("../../docs/ISSUERS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, from, _ := strings.Cut(string(page), "## The smallest file")
	from, _, _ = strings.Cut(from, "What is left out")
	var file strings.Builder
	for _, line := range strings.Split(from, "\n") {
		file.WriteString(strings.TrimPrefix(line, "    ") + "\n")
	}
	if d, err := LoadUsers("acme.toml", []byte(file.String())); err != nil || d.Name != "acme" || d.Create == nil {
		t.Errorf("%+v, %v\n%s", d, err, file.String())
	}
}

func TestEveryBuiltInDeclarationIsTaken(t *testing.T) {
	files, err := filepath.Glob("../issuers/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Load(file, raw)
		if err != nil {
			t.Error(err)
			continue
		}
		if d.Name+".toml" != filepath.Base(file) {
			t.Errorf("%s is called %q", file, d.Name)
		}
	}
}

// TestAWrongDeclarationIsRefusedByLineAndField: each is the small one with one line in another's place.
func TestAWrongDeclarationIsRefusedByLineAndField(t *testing.T) {
	lines := strings.Split(small, "\n")
	for _, c := range []struct {
		line int // of the small one, from 1; 13 is a line more
		text string
		want string // behind "f.toml:LINE: "
	}{
		{1, ``, `name: a name is`},
		{1, `name = "Über"`, `name: a name is`},
		{1, `name = "a b"`, `name: a name is`},
		{1, `name = 7`, ``},
		{2, `title = "a\u001b[2Jb"`, `title: has a character that cannot be shown`},
		{3, `proven = "surely"`, `proven: say "server`},
		{4, `row.id = []`, `row.id: is missing`},
		{4, `row.id = ["a\"b"]`, `row.id: "a\"b" is no name`},
		{4, `row.id = ["name"]`, `already: one member is one field`},
		{4, `row.id = ["NAME"]`, `already: one member is one field`},
		{5, `row.nam = ["name"]`, `row.nam: there is no such field`},
		{6, `row.masked = ["token"]`, `row.secret: is missing`},
		{7, `list.call = "GET v1/keys"`, `list.call: "v1/keys" is no path`},
		{7, `list.call = "GET https://evil.example/keys"`, `list.call: "https://evil.example/keys" is no path`},
		{7, `list.call = "GET //evil.example/keys"`, `is no path`},
		{7, `list.call = "GET /v1/../admin"`, `is no path`},
		{7, `list.call = "GET /v1/./keys"`, `is no path`},
		{7, `list.call = "GET /v1/keys?token={secret}"`, `is no path`},
		{7, `list.call = "GET /v1/keys#x"`, `is no path`},
		{7, `list.call = "GET /v1/%2e%2e/keys"`, `is no path`},
		{7, `list.call = "GET /v1/keys\r\nHost: evil.example"`, `list.call: has a character that cannot be shown`},
		{7, `list.call = "GET /{secret}"`, `"secret" is no [[parent]] of this file`},
		{7, `list.call = "GET /v1@evil.example/"`, `is no path`},
		{7, `list.call = "GET /v1/keys/{id}"`, `list.call: has an {id}`},
		{7, `list.call = "CONNECT /v1/keys"`, `list.call: begins with one of`},
		{7, `list.call = "/v1/keys"`, `list.call: begins with one of`},
		{8, `create.call = "POST /v1/keys/{id}"`, `create.call: has an {id}`},
		{9, `create.send.name = { field = "secret" }`, `create.send.name: "secret" is no field that can be sent`},
		{9, `create.send.name = { field = "name", as = "base64" }`, `create.send.name: "base64" is not known here`},
		{9, `create.send.name = { field = "name", colour = "x" }`, `a place for "field" has no "colour"`},
		{9, `create.send.name = { field = 7 }`, `"field" is not allowed to be 7: it is a text, in quotes`},
		{9, `create.send.name = { login = "me" }`, `"login" is not allowed to be me: it is "user" or "password"`},
		{9, `create.send.name = { field = "name", null = "yes" }`, `"null" is not allowed to be yes: it is true or false`},
		{9, `create.send.name = { login = "user" }`, `for the call of auth.login alone`},
		{9, `create.send.name = { secret = true }`, `in the body of a probe by_own_credential alone`},
		{9, `create.send.name = { parent = "team" }`, `"team" is no [[parent]] of this file`},
		{9, `create.send.name = [[[[[[[[[1]]]]]]]]]`, `is nested over 8 deep`},
		{9, `create.send.name = 2026-11-28`, `is no text, number, boolean, list or table`},
		{9, `create.send.deep = { in = [{ field = "secret" }] }`, `create.send.deep.in: "secret" is no field that can be sent`},
		{9, `create.send.end = { field = "expires_at" }`, `create.send.end: "" is not known here: one of "rfc3339"`},
		{9, `create.send.may = { field = "permissions" }`, `create.send.may: "" is not known here: one of "list"`},
		{10, `delete.call = "DELETE /v1/keys"`, `delete.call: needs one {id}`},
		{10, `delete.call = "DELETE /v1/{id}/{id}"`, `delete.call: needs one {id}`},
		{10, `delete.call = "DELETE /v1/keys-{id}"`, `is no path`},
		{11, ``, `probe: is missing`},
		{11, `probe = [{ call = "DELETE /v1/me", answers = "object" }]`, `a probe is harmless`},
		{11, `probe = [{ call = "GET /v1/me", answers = "anything" }]`, `"anything" is not known here: one of "keys", "object", "list", "members", "verdict"`},
		{11, `probe = [{ call = "GET /v1/{id}", answers = "object" }]`, `has an {id}`},
		{11, `probe = [{ call = "GET /v1/me", answers = "members" }]`, `members: is missing`},
		{11, `probe = [{ call = "GET /v1/me", answers = "keys", key_id = "id" }]`, `probe[0].key_id: is in one object`},
		{11, `probe = [{ call = "GET /me", answers = "object", needs_too = "every index" }]`, `probe[0].needs_too: is for a probe with needs whose refusal a living key may get`},
		{11, `probe = [{ call = "GET /v1/me", answers = "object", key_id = "a..b" }]`, `probe[0].key_id: "" is no name`},
		{11, `probe = [{ call = "GET /v1/me", answers = "verdict" }]`, `accepts: is missing`},
		{11, `probe = [{ call = "GET /v1/me", query = "key={secret}", answers = "object" }]`, `"secret" is no [[parent]]`},
		{11, `probe = [{ call = "POST /v1/verify", by_own_credential = true, answers = "verdict", accepts = { valid = ["true"] } }]`, `send: needs { secret = true }`},
		{11, `probe = [{ call = "POST /v1/verify", send = { key = { secret = true } }, answers = "object" }]`, `in the body of a probe by_own_credential alone`},
		{11, `probe = [{ call = "GET /v1/me", answers = "object", not_found_accepts = true, not_found_refuses = true }]`, `is the contrary`},
		{12, `refusals.own = []`, `refusals.own: is missing`},
		{12, `refusals.own = ["maybe"]`, `refusals.own: "maybe" is not known here`},
		{13, `run = "curl https://evil.example"`, `run: there is no such field`},
		{13, `host = "evil.example"`, `host: there is no such field`},
		{13, `list.paging = "guess"`, `list.paging: "guess" is not known here: one of "", "cursor"`},
		{13, `cannot.fly = "no wings"`, `cannot: "fly" is not known here`},
		{13, `access = ["name"]`, `access: "name" is no field of access`},
		{13, `environments = ["moon"]`, `environments: "moon" is not known here`},
		{13, `settings = ["shell"]`, `settings: "shell" is not known here`},
		{13, `create.setting = "create"`, `create.setting: "create" is none of settings`},
		{13, `remedy = [{ status = 200, hint = "fine" }]`, `is the status of a refusal`},
		{13, `remedy = [{ status = 401 }]`, `hint: is missing`},
		{13, `secret.prefix = [{ text = "" }]`, `text: is missing`},
		{13, `longest_name = -1`, `longest_name: 0 to 10000`},
		{13, `name = "twice"`, ``},
		{13, `place = -1`, `place: is 1 or more`},
		{13, `row.pair = "a"`, `row.pair: is what stands between`},
		{13, `row.pair = "----"`, `row.pair: is what stands between`},
		{13, `row.inside = ["id"]`, `row.inside: the member "id" is row.id already`},
		{13, `update = { call = "PUT /v1/keys/{id}", whole = true, send = { name = { field = "name" } } }`, `update.read: is missing`},
		{13, `update = { call = "PUT /v1/keys/{id}", whole = true, read = "POST /v1/keys/{id}", send = { name = { field = "name" } } }`, `update.read: is a GET`},
		{13, `update = { call = "PUT /v1/keys/{id}", whole = true, read = "GET /v1/keys", send = { name = { field = "name" } } }`, `update.read: needs one {id}`},
		{13, `update = { call = "PUT /v1/keys/{id}", whole = true, read = "GET /v1/keys/{id}" }`, `update.send: is missing`},
		{13, `update = { call = "PUT /v1/keys/{id}", read = "GET /v1/keys/{id}", send = { name = { field = "name" } } }`, `update.read: is for a change with whole = true`},
		{10, `delete = { call = "DELETE /v1/keys/{id}", whole = true }`, `delete.whole: is for update, enable and disable`},
		{13, `permission = [{ name = "read" }]`, `permission: is asked for when a key is made, and not sent`},
		{13, `role = [{ name = "a", description = "x" }]`, `role: is asked for when a key is made, and not sent`},
		{13, `environments = ["live"]`, `environments: is asked for when a key is made, and not sent`},
		{13, `types = ["sk"]`, `types: is asked for when a key is made, and not sent`},
		{9, `create.send.role = { field = "role" }`, `create.send: sends the field "role", and role says none`},
		{9, `create.send = { deep = [{ e = { field = "environment" } }] }`, `create.send: sends the field "environment"`},
		{13, `headers.Authorization = "Bearer x"`, `headers: "Authorization" is detent's own`},
		{13, `headers.HOST = "evil.example"`, `headers: "HOST" is detent's own`},
		{13, `headers.x = "{app}"`, `headers.x: "app" is no [[parent]] of this file`},
		{13, `headers.x = "v1 {App-Id}"`, `headers.x: "App-Id" is no [[parent]] of this file`},
		{13, `headers.x = "{}"`, `headers.x: "" is no [[parent]] of this file`},
		{13, `headers.x = "{id}"`, `headers.x: "id" is no [[parent]] of this file`},
		{13, `headers.x = "{app}"` + "\n" + `parent = [{ name = "app", title = "App", catalogue = { call = "GET /apps", id = "id", name = "name" } }]`, `headers.x: {app} is not known yet when parent[0].catalogue is asked`},
		{13, `headers.x = "a\r\nb"`, `headers.x: has a character`},
		{13, `list.query = "token={secret}"`, `list.query: "secret" is no [[parent]]`},
		{13, `list.queries = ["a=b", "c"]`, `list.queries[1]: "c" is no query`},
		{13, `auth = { kind = "query", member = "key" }`, `auth.kind: a credential in an address is logged`},
		{13, `auth = { kind = "psk" }`, `auth.kind: "psk" is not known here`},
		{13, `auth = { kind = "header" }`, `auth.header: "" is no name`},
		{13, `auth = { kind = "header", header = "Host" }`, `auth.header: "Host" holds no credential`},
		{13, `auth = { kind = "header", header = "X-Key\r\nHost" }`, `auth.header:`},
		{13, `auth = { kind = "header", header = "X-Key", prefix = "a\nb" }`, `auth.prefix: has a character that cannot be shown`},
		{13, `auth = { kind = "cookie" }`, `auth.cookie: "" is no name`},
		{13, `auth = { kind = "cookie", cookie = "s", cookie_tls = "a b" }`, `auth.cookie_tls: "a b" is no name`},
		{13, `auth = { kind = "body" }`, `auth.member: "" is no name`},
		{13, `auth = { login = { call = "POST /login" } }`, `auth.login.session: is missing`},
		{13, `auth = { login = { call = "POST https://evil.example/", session = "token" } }`, `auth.login.call: "https://evil.example/" is no path`},
		{13, `key_auth = { kind = "basic", login = { call = "POST /login", session = "t" } }`, `key_auth.login: a key is tried itself`},
		{13, `parent = [{ name = "Team", title = "x" }]`, `parent[0].name: is small letters`},
		{13, `parent = [{ name = "id", title = "x" }]`, `parent[0].name: is small letters`},
		{13, `parent = [{ name = "team", title = "" }]`, `parent[0].title: is missing`},
		{13, `list.pages = { kind = "guess", by = "page" }`, `list.pages.kind: "guess" is not known here`},
		{13, `list.pages = { kind = "page" }`, `list.pages.by: "" is no name`},
		{13, `list.pages = { kind = "cursor", by = "cursor" }`, `list.pages.next: is missing`},
		{13, `list.pages = { kind = "page", by = "page", size = "per_page" }`, `list.pages.most: 1 to 10000`},
		{13, `list.pages = { kind = "page", by = "page", in_body = true }`, `list.pages.in_body: needs list.send`},
		{13, `list.each = { call = "GET /v1/keys" }`, `list.each.call: needs one {id}`},
		{13, `parent = [{ name = "team", title = "Team", catalogue = { call = "GET /v1/teams", feature = "name", name = "id" } }]`, `parent[0].catalogue: has name and description of a row: feature and group`},
		{13, `parent = [{ name = "team", title = "Team", catalogue = { call = "DELETE /v1/teams", name = "id" } }]`, `parent[0].catalogue.call: a catalogue is read`},
		{13, `parent = [{ name = "team", title = "Team", catalogue = { keys = true } }]`, `parent[0].catalogue.keys: is for permissions`},
		{13, `parent = [{ name = "team", title = "Team", catalogue = { call = "GET /v1/{user}/teams", name = "id" } }, { name = "user", title = "User" }]`, `parent[0].catalogue.call: {user} is not known yet`},
		{13, `parent = [{ name = "team", title = "Team", catalogue = { call = "GET /v1/{team}", name = "id" } }]`, `parent[0].catalogue.call: {team} is not known yet`},
		{13, `parent = [{ name = "team", title = "Team", catalogue = { call = "GET /v1/{other}", name = "id" } }]`, `"other" is no [[parent]] of this file`},
		{13, `role_catalogue = { call = "GET /v1/roles" }`, `role_catalogue: is for roles, and create sends none`},
		{13, `role_catalogue = { call = "GET /v1/roles" }`, `role: is missing: until the service was asked`},
		{13, `role_catalogue = { keys = true }`, `role_catalogue.keys: is for permissions`},
		{13, `role_catalogue = { call = "DELETE /v1/roles" }`, `role_catalogue.call: a catalogue is read`},
		{13, `role_catalogue = { call = "GET /v1/roles", name = "name", id = "id" }`, `role_catalogue: has name and description of a row`},
		{13, `environment_catalogue = { call = "GET /v1/environments", description = "about" }`, `environment_catalogue.name: is missing`},
		{13, `environment_catalogue = { call = "GET /v1/environments" }`, `environments: is missing: until the service was asked`},
		{13, `row.absent_is_none = ["permissions"]`, `row.permissions: is missing`},
		{13, `row.absent_is_none = ["role"]`, `row.role: is missing: row.absent_is_none says`},
		{13, `row.none = { name = ["-"] }`, `row.none: "name" is not known here: one of "expires_at", "last_used_at"`},
		{13, `row.none = { expires_at = ["0"] }`, `row.expires_at: is missing: row.none says what it has for none`},
		{13, `row.none = { expires_at = [] }`, `row.none.expires_at: is missing`},
		{13, `row.absent_is_none = ["project"]`, `row.absent_is_none: "project" is not known here: one of "permissions", "role", "type", "environment", "restrictions"`},
		{13, `row.secret_is_id = true`, `row.secret_is_id: a key has no other id then`},
		{13, `refusals.means = [{ status = 200, is = 200 }]`, `refusals.means[0].is: is the status of a refusal`},
		{13, `refusals.means = [{ is = 401 }]`, `refusals.means[0].words: is missing`},
		{13, `refusals.with = [""]`, `refusals.with: "" is no name`},
		{13, `refusals.known = "Wrong Kind"`, `refusals.known: must be in small letters`},
		{13, `update = { call = "PUT /v1/keys/{id}", empty_yes = true, send = { name = { field = "name" } } }`, `update.empty_yes: is with silent`},
		{13, `delete.maybe_gone = "Gone"`, `delete.maybe_gone: must be in small letters`},
		{13, `delete.by_secret = "DELETE v1/keys/self"`, `delete.by_secret: `},
		{13, `create.by_secret = "DELETE /v1/keys/self"`, `create.by_secret: is for delete`},
		{13, `secret.shape = "["`, `secret.shape: is no regular expression: missing closing ]`},
		{13, `secret.shape = "[a-z]*"`, `secret.shape: fits words that are no secret`},
		{13, `secret.shape = "[a-z-]{7}"`, `secret.shape: fits words that are no secret`},
		{13, `environment_names = { moon = "luna" }`, `environment_names: "moon" is not known here`},
		{13, `environment_names = { live = "production" }`, `environment_names: "live" is none of environments`},
		{13, `permission = [{ name = "a" }, { name = "a" }]`, `permission[1].name: "a" is there twice`},
		{13, `permission = [{ name = "a", always = true, mints = true }]`, `permission[0].always: is not compared, and what makes keys`},
		{13, `preset = [{ name = "all", permissions = ["b"] }]`, `preset[0].permissions: "b" is none of the permissions`},
		{11, "permission = [{ name = \"b\", always = true }]\nprobe = [{ call = \"GET /v1/me\", answers = \"object\", needs = \"b\" }]", `permission[0].always: is not compared, and what makes keys, or a probe needs, always is`},
		{13, `truth.revoke_lag = "soon"`, ``},
		{13, `url = "http://api.example.com"`, `url: "http://api.example.com" is no https address`},
		{13, `url = "https://user:pw@api.example.com"`, `is no https address`},
		{13, `home = "javascript:alert(1)"`, `home: "javascript:alert(1)" is no https address`},
		{13, `update.call = "PUT /v1/keys"`, `update.call: needs one {id}`},
		{13, `retrieve.call = "GET /v1/keys/{id}?show=1"`, `is no path`},
		{13, `exchange.call = "GET /token"`, `exchange.call: is a POST`},
		{13, `exchange.call = "POST https://sts.evil.example/token"`, `is no path`},
		{13, `public_key.call = "GET /v1/pk"`, `is no name of a member`},
		{13, `refusals.forbidden = "perhaps"`, `refusals.forbidden: "perhaps" is not known here`},
		{13, `role = [{ name = "", description = "x" }]`, `role[0].name: is missing`},
		{13, `refusals.lacking = "NO_RIGHT"`, `probe[0].needs: is missing: with refusals.lacking`},
		{13, `expiry = { spans = ["30d"] }`, `expiry: is for new keys, and create sends no { field = "expires_at" }`},
		{9, `create.send.end = { field = "expires_at", as = "word" }`, `expiry.words: is missing`},
		{13, `truth.revoke_lag = "10000d"`, `truth.revoke_lag: is 24h at most`},
		{13, `truth.list_lag = "25h"`, `truth.list_lag: is 24h at most`},
		{13, `truth.use_resolution = "9000h"`, `truth.use_resolution: is 31d at most`},
		{13, `number = [{ name = "a b", title = "x" }]`, `number[0].name: is the name of a member`},
		{13, `number = [{ name = "role", title = "x" }]`, `number[0].name: "role" is a field of every key`},
		{13, `number = [{ name = "used", title = "x" }]`, `number[0].name: "used" is a field of every key, or a word of the filter`},
		{13, `number = [{ name = "rpm", title = "x" }, { name = "rpm", title = "y" }]`, `number[1].name: "rpm" is`},
		{13, `number = [{ name = "rpm" }]`, `number[0].title: is missing`},
		{13, `number = [{ name = "rpm", title = "x", least = 5, most = 2 }]`, `number[0].most: is 5 or more`},
		{13, `number = [{ name = "rpm", title = "x", most = 99999999999 }]`, `number[0].most: must be a whole number`},
		{13, `number = [{ name = "token", title = "x" }]`, `row.secret: the member "token" is row.copied already`},
		{9, `create.send.rpm = { field = "rpm" }`, `create.send.rpm: "rpm" is no field that can be sent`},
		{13, `catalogue = { call = "GET /rights", id = "id" }`, `catalogue.name: is missing`},
		{13, `auth = { kind = "header", header = "A", second = "B" }`, `key_auth: is missing: how is a key sent`},
		{13, `key_auth = { kind = "header", header = "A", second = "B" }`, `key_auth.second: is for auth`},
		{13, `update = { call = "PUT /v1/keys/{id}", send = { on = { field = "enabled", as = "state" } } }`, `row.state: is missing, with on and off`},
		{13, `update = { call = "PUT /v1/keys/{id}", send = { on = { field = "enabled", as = "text" } } }`, `update.send.on: "text" is not known here: one of "", "state"`},
		{13, `auth = { kind = "basic", second = "B" }`, `auth.second: is for kind = "header"`},
		{13, `catalogue = { call = "DELETE /rights", name = "name" }`, `catalogue.call: a catalogue is read`},
		{13, `catalogue = { call = "GET /rights/{id}", name = "name" }`, `catalogue.call: has an {id}`},
		{13, `catalogue = { keys = true, call = "GET /rights" }`, `catalogue.keys: there is no call of its own then`},
		{13, `catalogue = { keys = true }`, `row.permissions: is missing: with catalogue.keys`},
		{13, `catalogue = { call = "GET /rights", name = "a b" }`, `catalogue.name: "a b" is no name`},
		{13, `catalogue = { call = "GET /rights", name = "name" }`, `catalogue: is for permissions, and create sends none`},
		{13, `catalogue = { call = "GET /rights", name = "name", mints = "Keys" }`, `catalogue.mints: must be in small letters`},
		{13, `row.as_named = ["name"]`, `row.as_named: "name" is said already`},
		{13, `row.as_named = ["role", "role"]`, `row.as_named: "role" is said already`},
		{13, `row.as_named = ["colour"]`, `row.as_named: "colour" is no field of a row`},
		{13, `row.as_named = ["state"]`, `row.as_named: "state" is no field of a row`},
		{13, `row.as_named = ["as_named"]`, `row.as_named: "as_named" is no field of a row`},
		{13, `row.as_named = ["asNamed"]`, `row.as_named: "as_named" is no field of a row`},
		{13, `row.as_named = ["expiresAt", "expires_at"]`, `row.as_named: "expires_at" is said already`},
		{13, `row.undocumented = ["id"]`, `row.undocumented: "id" is said already`},
		{13, `row.undocumented = ["role"]`, `row.undocumented: "role" has no usual name: one of "created_at"`},
		{13, `row.undocumented = ["colour"]`, `row.undocumented: "colour" is no field of a row`},
		{13, `create.fields = ["role"]`, `create.fields: "role" has no member in the row`},
		{13, `create.fields = ["name"]`, `create.fields: "name" is in send already`},
		{13, `update = { call = "PUT /v1/keys/{id}", fields = ["name"], send = { data = { attributes = { name = { field = "name" } } } } }`, `update.fields: "name" is in send already`},
		{13, `create.fields = ["id"]`, `create.fields: "id" is no field that can be sent so`},
		{13, `create.fields = ["last_used_at"]`, `create.fields: "last_used_at" is no field that can be sent so`},
		{13, `more_roles = [""]`, `role[0].name: is missing`},
		{13, `more_permissions = [""]`, `more_permissions: is missing`},
		{13, `go = "prosopo"`, `go: there is no such field`},
		{13, `note.fly = "with wings"`, `note: "fly" is not known here`},
		{13, `= 7`, ``},
	} {
		with := append([]string{}, lines...)
		with[c.line-1] = c.text
		d, err := Load("f.toml", []byte(strings.Join(with, "\n")))
		if err == nil {
			t.Errorf("%q is taken: %+v", c.text, d)
			continue
		}
		var p *Problem
		if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", c.text, err, c.want)
		} else if c.text != "" && p.Line != c.line && !strings.Contains(c.want, "already") && !strings.Contains(c.want, "is missing") {
			t.Errorf("%q: line %d, want %d: %v", c.text, p.Line, c.line, err)
		}
	}
}

// TestALifetimeThatMakesNoSenseIsRefusedByLineAndField.
func TestALifetimeThatMakesNoSenseIsRefusedByLineAndField(t *testing.T) {
	for _, c := range []struct{ as, text, want string }{
		{"days", `expiry = { spans = ["30d", "30d"] }`, `expiry.spans: are each once`},
		{"days", `expiry = { spans = ["30s"] }`, `expiry.spans: are each once, from a minute`},
		{"days", `expiry = { spans = ["soon"] }`, `expiry.spans[0]: must be a span of time`},
		{"days", `expiry = { spans = ["-30d"] }`, `expiry.spans[0]: must be a span of time`},
		{"days", `expiry = { spans = ["9999999999d"] }`, `expiry.spans[0]: must be a span of time`},
		{"days", `expiry = { spans = "30d" }`, `expiry.spans: must be a list of spans of time`},
		{"days", `expiry = { spans = ["30d"], longest = "60d" }`, `expiry.longest: is the last of the spans`},
		{"days", `expiry = { always = true }`, `expiry.longest: is missing`},
		{"days", `expiry = { longest = "1s" }`, `expiry.longest: is from a minute`},
		{"days", `expiry = { words = { "30d" = "MONTH" } }`, `expiry.words: and { field = "expires_at", as = "word" } go together`},
		{"word", `expiry = { spans = ["30d"] }`, `expiry.words: and { field = "expires_at", as = "word" } go together`},
		{"word", `expiry = { words = { "30d" = "" } }`, `expiry.words.30d: is missing`},
		{"word", `expiry = { words = { "a month" = "MONTH" } }`, `expiry.words.a month: is a span of time`},
		{"word", `expiry = { spans = ["1d"], words = { "30d" = "MONTH" } }`, `expiry.words: are the spans`},
		{"days", `expiry = { spans = [` + strings.Repeat(`"30d", `, 21) + `] }`, `expiry.spans: are over 20`},
	} {
		text := small + `create.send.end = { field = "expires_at", as = "` + c.as + `" }` + "\n" + c.text
		if !slices.ContainsFunc(problems(t, text), func(p *Problem) bool { return p.Line == 14 && strings.Contains(p.Error(), c.want) }) {
			t.Errorf("%s: %v; want %q at line 14", c.text, problems(t, text), c.want)
		}
	}
	for text, want := range map[string]string{`expiry = { spans = ["90d", "24h"] }`: "1d, 90d or never", `expiry = { spans = ["4w"], always = true }`: "28d", `expiry = { longest = "365d" }`: "at most 365d"} {
		d, err := Load("f.toml", []byte(small+`create.send.end = { field = "expires_at", as = "days" }`+"\n"+text))
		if err != nil || d.Expiry.Lifetimes().Words() != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
}

// TestEveryProblemIsSaid, from the top of the file down.
func TestEveryProblemIsSaid(t *testing.T) {
	_, err := Load("f.toml", []byte(strings.NewReplacer(`"Example"`, `"a title that is longer than any list of issuers has room for"`, "GET /v1/keys", "GET keys", `["text"]`, `["what"]`).Replace(small)))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "f.toml:2: title") || !strings.HasPrefix(lines[1], "f.toml:7: list.call") || !strings.HasPrefix(lines[2], "f.toml:12: refusals.own") {
		t.Errorf("%v", err)
	}
}

func TestAFileThatIsNoDeclarationIsNotRead(t *testing.T) {
	for name, raw := range map[string]string{"huge": small + "# " + strings.Repeat("x", 10<<20), "binary": small + "\x00", "not UTF-8": small + "# \xff", "UTF-16": "\xff\xfen\x00", "empty": ""} {
		if d, err := Load("f.toml", []byte(raw)); err == nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(small)
	f.Add(`[[probe]]` + "\n" + `call = "GET /a/{id}"`)
	f.Fuzz(func(t *testing.T, raw string) {
		d, err := Load("f.toml", []byte(raw))
		if (d == nil) == (err == nil) {
			t.Fatalf("%+v, %v", d, err)
		}
		if err == nil {
			for _, c := range []string{d.List.Call.Call, d.Probes[0].Call} {
				if _, path, _ := strings.Cut(c, " "); !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "?#%@\\ ") || strings.Contains(path, "/.") {
					t.Fatalf("%q is taken", c)
				}
			}
		}
	})
}

// TestASignerIsOneThatThereIs: with what it signs with.
func TestASignerIsOneThatThereIs(t *testing.T) {
	for text, want := range map[string]string{
		"auth = { kind = \"signed\", signer = \"nobody\" }\n":   `example.toml:13: auth.signer: "nobody" is not known here: one of "edgegrid"`,
		"auth.kind = \"signed\"\n":                              `auth.signer: "" is not known here: one of "edgegrid"`,
		"auth.signer = \"edgegrid\"\n":                          `example.toml:13: auth.signer: is for kind = "signed"`,
		"auth = { kind = \"signed\", signer = \"edgegrid\" }\n": `parent: is missing: the signer "edgegrid" signs with one that has the name "access_token"`,
	} {
		if _, err := LoadUsers("example.toml", []byte(small+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	whole := "auth = { kind = \"signed\", signer = \"edgegrid\" }\nparent = [{ name = \"access_token\", title = \"Access token\" }]\n"
	if d, err := LoadUsers("example.toml", []byte(small+whole)); err != nil || d.Auth.Takes() != "CLIENT_TOKEN:CLIENT_SECRET" {
		t.Error(err)
	}
}

// TestASecondCallNames: a create that takes no name has one, and what is deleted while it is off can be switched off.
func TestASecondCallNames(t *testing.T) {
	named := strings.Replace(small, "create.send.name = { field = \"name\" }", "create.named = { call = \"PUT /v1/keys/{id}\", send = { name = { field = \"name\" }, ends = { field = \"expires_at\", as = \"unix\" } } }", 1)
	d, err := Load("example.toml", []byte(named))
	if err != nil || !d.Create.Sends("name") || !d.Can("expiry") || d.Create.As("expires_at") != "unix" || d.SentAs("expires_at").As != "unix" {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		strings.Replace(named, "/{id}\", send", "\", send", 1):                              "create.named.call: needs one {id}",
		strings.Replace(named, "name = { field", "title = { parent", 1):                     "create.named",
		small + "delete.off_first = true\n":                                                 "delete.off_first: needs a call that switches a key off",
		small + "list.off_first = true\n":                                                   "list.off_first: is for delete",
		small + "row.pair_with = [\"login\"]\n":                                             "row.pair: is missing",
		small + "row.pair = \":\"\nrow.pair_with = [\"login\"]\nrow.prefix = [\"start\"]\n": "row.pair_with: is the mask of a key",
	} {
		if _, err := Load("example.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v", text, err)
		}
	}
}
