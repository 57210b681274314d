package kit

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

// TestWhatIsSaidInShortIsTheSameAtLength.
func TestWhatIsSaidInShortIsTheSameAtLength(t *testing.T) {
	const head = `name = "example"
title = "Example"
proven = "documents 2026-11-28"
list = { call = "GET /keys" }
probe = [{ call = "GET /me", answers = "object" }]
refusals = { own = ["text"] }
`
	of := func(text string) *Declaration {
		if !strings.HasPrefix(text, "\nproven") && !strings.HasPrefix(text, "name =") {
			text = head + text
		}
		d, err := Load("f.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		d.Row.AsNamed, d.Row.Undocumented, d.MoreRoles = nil, nil, nil
		for _, c := range d.Requests() {
			c.Send, c.Fields = nil, nil
		}
		return d
	}
	short := of(`role = [{ name = "a", description = "does a" }, { name = "b", mints = true }]
more_roles = ["c"]
row = { as_named = ["id", "name", "role", "created_at"], expires_at = ["end", "until"], permissions = ["scopes"], secret = ["token"] }
create = { call = "POST /keys", fields = ["name", "role", "expires_at", "permissions"] }
update = { call = "PUT /keys/{id}", fields = ["name"], send = { role = { field = "role", as = "number" } } }
`)
	long := of(`role = [{ name = "a", description = "does a" }, { name = "b", mints = true }, { name = "c", description = "` + undescribed + `" }]
row = { id = ["id"], name = ["name"], role = ["role"], created_at = ["created_at"], expires_at = ["end", "until"], permissions = ["scopes"], secret = ["token"] }
create = { call = "POST /keys", send = { name = { field = "name" }, role = { field = "role" }, end = { field = "expires_at", as = "rfc3339" }, scopes = { field = "permissions", as = "list" } } }
update = { call = "PUT /keys/{id}", send = { name = { field = "name" }, role = { field = "role", as = "number" } } }
`)
	if !reflect.DeepEqual(short, long) {
		t.Errorf("short %+v\nlong  %+v", short, long)
	}
	for name, c := range map[string]struct{ short, long string }{
		"the other spelling of a member": {`row = { as_named = ["id", "name", "createdAt", "lastUsedAt"] }`, `row = { id = ["id"], name = ["name"], created_at = ["createdAt"], last_used_at = ["lastUsedAt"] }`},
		"what no document names": {`row = { as_named = ["name"], undocumented = ["id", "expires_at"] }`,
			`row = { name = ["name"], id = ["id", "_id", "apiKeyId", "keyId", "key_id", "uuid"], expires_at = ["expiresAt", "expires_at", "expires", "expiry"] }
list.rows = ["apiKeys", "api_keys", "keys", "tokens", "data", "items", "results"]`},
		"what is documented around it": {`row = { as_named = ["name"], undocumented = ["id"] }
list.rows = []`, `row = { name = ["name"], id = ["id", "_id", "apiKeyId", "keyId", "key_id", "uuid"] }
list.rows = []`},
		"which access a key has": {`row = { as_named = ["id", "name", "role", "project", "expires_at"], copied = ["limit"] }`, `row = { as_named = ["id", "name", "role", "project", "expires_at"], copied = ["limit"] }
access = ["role", "project", "expires_at", "properties"]`},
		"a title": {``, `title = "Example"`},
	} {
		rest := strings.Replace(head, `title = "Example"`, "", 1)
		rest = strings.Replace(rest, "list = { call = \"GET /keys\" }", `list.call = "GET /keys"`, 1)
		row := map[bool]string{true: "\n" + `row = { as_named = ["id", "name"] }`}[!strings.Contains(c.short+c.long, "row")]
		if got, want := of(rest+c.short+row), of(rest+c.long+row); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", name, got, want)
		}
	}
}

// TestTheAccessOfAKeyIsWhatIsShownOrSent, and permissions that stand in what is copied alone are compared as that.
func TestTheAccessOfAKeyIsWhatIsShownOrSent(t *testing.T) {
	const permission = `permission = [{ name = "read" }]
create.send.may = { field = "permissions", as = "list" }
`
	for text, want := range map[string][]apikey.Field{
		``:                                       nil,
		permission:                               {apikey.FieldPermissions},
		permission + `row.copied = ["policies"]`: {apikey.FieldExtra},
		`row.role = ["type"]`:                    {apikey.FieldRole},
		"row.copied = [\"role\"]\naccess = [\"role\"]":                        {"properties.role"},
		"row.role = [\"kind\"]\nrow.copied = [\"role\"]\naccess = [\"role\"]": {apikey.FieldRole},
		`access = ["role"]`: {apikey.FieldRole},
		"row.role = [\"type\"]\nrow.absent_is_none = [\"role\"]":              nil, // two keys without a role are alike
		"row.permissions = [\"may\"]\nrow.absent_is_none = [\"permissions\"]": {apikey.FieldPermissions},
		`create.send.until = { field = "expires_at", as = "date" }`:           {apikey.FieldExpiry},
		// What is sent and never shown is not known of a key, but where it goes in what is copied.
		"number = [{ name = \"life\", title = \"seconds\", unshown = true }]":                                                                                 {"life"},
		"access = [\"role\"]\nproperty = [{ name = \"life\", kind = \"text\", title = \"life\", unshown = true }]":                                            {apikey.FieldRole, "life"},
		"row.copied = [\"in\"]\ncreate.send.in.x = { field = \"life\" }\nproperty = [{ name = \"life\", kind = \"text\", title = \"life\", unshown = true }]": {apikey.FieldExtra},
	} {
		if d, err := Load("f.toml", []byte(small+text)); err != nil || !slices.Equal(d.Access, want) {
			t.Errorf("%s: %v, %v; want %v", text, d, err, want)
		}
	}
}

// TestAccessThatAKeyMayLackIsAccess: what one key has of it a create that does not send it cannot give to another.
func TestAccessThatAKeyMayLackIsAccess(t *testing.T) {
	for _, f := range absentFields {
		for _, may := range []string{"", fmt.Sprintf("row.absent_is_none = [%q]\n", f)} {
			d, err := Load("f.toml", []byte(small+fmt.Sprintf("row.%s = [\"may\"]\n", f)+may))
			if err != nil || !slices.Equal(d.Unsent(), []apikey.Field{apikey.Field(f)}) {
				t.Errorf("%s, %q: %v, %v", f, may, d.Unsent(), err)
			}
		}
	}
}

// TestAUsersOwnFileSaysWhatItCouldSayOfAccessThatAKeyLacks: each field of access by itself, with the file. Of one that is built in nobody can
// change a word.
func TestAUsersOwnFileSaysWhatItCouldSayOfAccessThatAKeyLacks(t *testing.T) {
	for text, want := range map[string]map[apikey.Field]string{
		"":                           nil,
		`row.permissions = ["may"]`:  {apikey.FieldPermissions: `in f.toml, row.absent_is_none = ["permissions"] says that a key without it has none`},
		`row.role = ["may"]`:         {apikey.FieldRole: `in f.toml, row.absent_is_none = ["role"] says that a key without it has none`},
		`row.type = ["may"]`:         {apikey.FieldType: `in f.toml, row.absent_is_none = ["type"] says that a key without it has none`},
		`row.environment = ["may"]`:  {apikey.FieldEnvironment: `in f.toml, row.absent_is_none = ["environment"] says that a key without it has none`},
		`row.restrictions = ["may"]`: {apikey.FieldRestrictions: `in f.toml, row.absent_is_none = ["restrictions"] says that a key without it has none`},
		"row.expires_at = [\"end\"]\nrow.no_expiry_is_never = true":           nil,
		"row.permissions = [\"may\"]\nrow.absent_is_none = [\"permissions\"]": nil,
		`row.expires_at = ["end"]`:                                            {apikey.FieldExpiry: `in f.toml, row.no_expiry_is_never = true says that a key without it never ends`},
		`access = ["role"]`:                                                   {apikey.FieldRole: `in f.toml, row.role names the member that shows it`},
		`row.project = ["p"]`:                                                 nil, // a key that shows no project has none
		"row.role = [\"may\"]\nrow.absent_is_none = [\"role\"]":               nil,
	} {
		if !strings.Contains(text, "row.expires_at") { // where no member is said to show an end, a key may have one
			if want == nil {
				want = map[apikey.Field]string{}
			}
			want[apikey.FieldExpiry] = "in f.toml, row.expires_at names the member that shows it, or row.no_expiry_is_never = true says that keys never end"
		}
		d, err := LoadUsers("f.toml", []byte(small+text))
		if err != nil || !maps.Equal(d.Unreported(), want) {
			t.Errorf("%s: %q, %v; want %q", text, d.Unreported(), err, want)
		}
		if d, err := Load("f.toml", []byte(small+text)); err != nil || len(d.Unreported()) > 0 {
			t.Errorf("%s, built in: %q, %v", text, d.Unreported(), err)
		}
	}
}
