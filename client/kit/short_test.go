package kit

import (
	"reflect"
	"testing"
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
		d, err := Load("f.toml", []byte(head+text))
		if err != nil {
			t.Fatal(err)
		}
		d.Row.AsNamed, d.MoreRoles = nil, nil
		for _, c := range d.requests() {
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
	long := of(`role = [{ name = "a", description = "does a" }, { name = "b", mints = true, description = "` + undescribed + `" }, { name = "c", description = "` + undescribed + `" }]
row = { id = ["id"], name = ["name"], role = ["role"], created_at = ["created_at"], expires_at = ["end", "until"], permissions = ["scopes"], secret = ["token"] }
create = { call = "POST /keys", send = { name = { field = "name" }, role = { field = "role" }, end = { field = "expires_at", as = "rfc3339" }, scopes = { field = "permissions", as = "list" } } }
update = { call = "PUT /keys/{id}", send = { name = { field = "name" }, role = { field = "role", as = "number" } } }
`)
	if !reflect.DeepEqual(short, long) {
		t.Errorf("short %+v\nlong  %+v", short, long)
	}
}
