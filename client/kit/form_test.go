package kit

import (
	"strings"
	"testing"
)

// TestAFormHasNamesWithTexts, and an id in a query is that of a key, and no secret.
func TestAFormHasNamesWithTexts(t *testing.T) {
	for text, want := range map[string]string{
		`update = { call = "POST /x/{id}", send_as = "form", send = { name = { field = "name" }, tags = ["a", { field = "role" }] } }`: ``,
		`update = { call = "POST /x/{id}", send_as = "xml", send.name = { field = "name" } }`:                                          `update.send_as: "xml" is not known here`,
		`update = { call = "POST /x/{id}", send_as = "form", send.key.name = { field = "name" } }`:                                     `update.send.key: is a table or null`,
		`update = { call = "POST /x/{id}", send_as = "form", send.keys = [{ name = { field = "name" } }] }`:                            `update.send.keys: is a table or null`,
		`update = { call = "POST /x/{id}", send_as = "form", send.name = { field = "name", null = true } }`:                            `update.send.name: is a table or null`,
		`update = { call = "POST /x", query = "id={id}", send.name = { field = "name" } }`:                                             ``,
		`update = { call = "POST /x", send.name = { field = "name" } }`:                                                                `update.call: needs one {id}`,
		`list.query = "id={id}"`: `list.query: has an {id}, but is about no key`,
	} {
		if _, err := Load("f.toml", []byte(small+text+"\n")); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	byItself := strings.NewReplacer(`row.id = ["id"]`, `row.secret_is_id = true`).Replace(small) + `enable = { call = "POST /x", query = "id={id}" }` + "\n"
	if _, err := Load("f.toml", []byte(byItself)); err == nil || !strings.Contains(err.Error(), "enable.query: has no {id} with row.secret_is_id") {
		t.Error(err)
	}
}
