package client

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client/kit"
)

// TestWhatACreateCannotAskForIsSaidBeforehand: by what a create really sends of a draft that has all access.
func TestWhatACreateCannotAskForIsSaidBeforehand(t *testing.T) {
	for field, tc := range map[apikey.Field]struct{ row, send, words string }{
		apikey.FieldPermissions:  {`row.permissions = ["scopes"]`, `scopes = { field = "permissions", as = "list" }`, ""},
		apikey.FieldRole:         {`row.role = ["level"]`, `level = { field = "role" }`, `role = [{ name = "value-of-it", description = "all" }]`},
		apikey.FieldType:         {`row.type = ["kind"]`, `kind = { field = "type" }`, `types = ["value-of-it"]`},
		apikey.FieldEnvironment:  {`row.environment = ["env"]`, `env = { field = "environment" }`, `environments = ["test"]` + "\n" + `environment_names = { test = "value-of-it" }`},
		apikey.FieldRestrictions: {`row.restrictions = ["limits"]`, `limits = { field = "restrictions" }`, ""},
	} {
		for name, send := range map[string]string{"sent": tc.send, "not sent": "", "a word of its own": strings.Split(tc.send, " ")[0] + ` = "a-constant"`} {
			for _, words := range []string{tc.words, ""} {
				if send != "" {
					send = ", " + strings.TrimPrefix(send, ", ")
				}
				text := words + "\n" + tc.row + "\n" + `list.call = "GET /keys"
create = { call = "POST /keys", send = { name = { field = "name" }` + send + ` } }
` + plainRows + plainProbe
				if _, err := kit.Load("example.toml", []byte(exampleHead+text)); err != nil {
					if name == "sent" && words == tc.words || name != "sent" && words == "" {
						t.Fatalf("%s, %s: %v", field, name, err)
					}
					continue // a declaration may not say it so
				}
				got := ""
				s := serve(t, text, "token-0123456789", func(w http.ResponseWriter, r *http.Request, body string) {
					if r.Method == http.MethodPost {
						rest, _ := io.ReadAll(r.Body)
						got = body + string(rest)
						say(w, 200, `{"id":"k2","name":"new","token":"secret-0123456789"}`)
						return
					}
					say(w, 200, `[]`)
				})
				draft := apikey.Draft{Name: "new", Role: "value-of-it", Type: "value-of-it", Environment: apikey.Test,
					Permissions: []apikey.Permission{{Name: "value-of-it"}}, Restrictions: apikey.Restrictions{Referrers: []string{"https://value-of-it.example"}}}
				if _, err := s.Create(bg, draft); err != nil {
					t.Fatalf("%s, %s: %v", field, name, err)
				}
				if said := slices.Contains(s.Capabilities().Unsent, field); said == strings.Contains(got, "value-of-it") {
					t.Errorf("%s, %s, words %q: it sends %s, and that it cannot be asked for is said: %v", field, name, words, got, said)
				}
			}
		}
	}
}
