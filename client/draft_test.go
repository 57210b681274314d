package client

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

// TestADraftIsCheckedBeforehandAsACreateChecksIt: by the same words, and nothing is sent.
func TestADraftIsCheckedBeforehandAsACreateChecksIt(t *testing.T) {
	s := serve(t, `row = { id = ["id"], name = ["name"], secret = ["token"], role = ["role"], type = ["type"], permissions = ["may"] }
list = { call = "GET /keys" }
probe = [{ call = "GET /me", answers = "object" }]
longest_name = 8
types = ["a", "b"]
role = [{ name = "reader" }]
permission = [{ name = "read" }]
number = [{ name = "limit", title = "a limit", most = 9, always = true }]
create = { call = "POST /keys", fields = ["name", "role", "type", "permissions"] }
`, "admin-0123456789abcdef", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, `{"id":"k","token":"t-0123456789abcdef"}`)
	})
	good := apikey.Draft{Name: "n", Role: "reader", Type: "a", Permissions: []apikey.Permission{{Name: "read"}}, Extra: map[string]json.RawMessage{"limit": json.RawMessage("3")}}
	for want, change := range map[string]func(d *apikey.Draft){
		"":                        func(*apikey.Draft) {},
		"needs a name":            func(d *apikey.Draft) { d.Name = " " },
		"over 8 characters":       func(d *apikey.Draft) { d.Name = "ninechars" },
		"needs a role":            func(d *apikey.Draft) { d.Role = "" },
		"a key's type is a or b":  func(d *apikey.Draft) { d.Type = "c" },
		"at least one permission": func(d *apikey.Draft) { d.Permissions = nil },
		"limit ":                  func(d *apikey.Draft) { d.Extra = nil },
	} {
		d := good
		change(&d)
		before := len(s.asked())
		checked := s.Abilities().CheckDraft(d)
		if after := s.asked(); len(after) != before {
			t.Errorf("%q: it sent %q", want, after[before:])
		}
		_, made := s.Create(context.Background(), d)
		sent := slices.ContainsFunc(s.asked()[before:], func(a string) bool { return strings.HasPrefix(a, "POST /keys") })
		if (want == "") != (checked == nil) || sent != (want == "") || want != "" && (!strings.Contains(checked.Error(), want) || made == nil || checked.Error() != made.Error()) {
			t.Errorf("%q: checked %v, created %v, sent %v", want, checked, made, sent)
		}
	}
}
