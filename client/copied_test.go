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

// TestWhatIsCopiedMayBeCalledAsAField: it is read, sent and compared apart from the field of that name, whichever it is.
func TestWhatIsCopiedMayBeCalledAsAField(t *testing.T) {
	for f := range apikey.Fields() {
		name := string(f.ID)
		if name == "id" || name == "name" {
			continue // the row has them, and one member is one field
		}
		s := serve(t, `row = { id = ["id"], name = ["name"], secret = ["token"], copied = ["`+name+`"] }
list.call = "GET /keys"
list.rows = ["keys"]
[create]
call = "POST /keys"
send = { name = { field = "name" }, may = { field = "permissions", as = "list" }, `+name+` = ["constant"] }
[[probe]]
call = "GET /keys"
answers = "keys"
`, "c", func(w http.ResponseWriter, r *http.Request, body string) {
			if r.Method == "GET" {
				say(w, 200, `{"keys":[{"id":"1","name":"a","`+name+`":["x"]},{"id":"2","name":"b","`+name+`":["x","y"]}]}`)
				return
			}
			say(w, 201, `{"id":"3","name":"n","token":"secret-of-the-new-key"}`)
		})
		keys := []apikey.Key{}
		if err := s.List(context.Background(), func(batch []apikey.Key) { keys = append(keys, batch...) }); err != nil || len(keys) != 2 {
			t.Fatalf("%s: %v, %v", name, keys, err)
		}
		differs := apikey.Compare(keys[0], keys[1], s.Capabilities().AccessFields)
		if !slices.ContainsFunc(differs, func(d apikey.Difference) bool {
			return d.Verdict == apikey.Differs && d.Old == `["x"]` && d.New == `["x","y"]`
		}) {
			t.Errorf("%s: one more is no difference: %+v", name, differs)
		}
		draft := apikey.DraftOf(keys[1], "n")
		draft.Permissions = []apikey.Permission{{Name: "p"}}
		if _, err := s.Create(context.Background(), draft); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		asked := s.asked()
		var sent map[string]json.RawMessage
		_, body, _ := strings.Cut(asked[len(asked)-1], " /keys ")
		if json.Unmarshal([]byte(body), &sent) != nil || string(sent[name]) != `["x","y"]` || string(sent["may"]) != `["p"]` {
			t.Errorf("%s: sent %s", name, body)
		}
	}
}
