package client

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// TestAnAnswerThatShowsTheKeyWithoutTheChangeIsNoYes: each field of a change, both ways. What an answer leaves out contradicts nothing.
func TestAnAnswerThatShowsTheKeyWithoutTheChangeIsNoYes(t *testing.T) {
	word := func(s string) *string { return &s }
	flag := func(b bool) *bool { return &b }
	until := apikey.Expiry{At: day.Add(48 * time.Hour)}
	spend := func(text string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"spend": json.RawMessage(text)}
	}
	for what, c := range map[string]struct {
		patch  apikey.Patch
		answer string
		says   string // empty where it is a yes
	}{
		"switched off":             {apikey.Patch{Enabled: flag(false)}, `{"id":"1","name":"a","status":"off"}`, ""},
		"still on":                 {apikey.Patch{Enabled: flag(false)}, `{"id":"1","name":"a","status":"on"}`, "state disabled was asked for, and it has enabled"},
		"still off":                {apikey.Patch{Enabled: flag(true)}, `{"id":"1","name":"a","status":"off"}`, "state enabled was asked for, and it has disabled"},
		"a state that is not said": {apikey.Patch{Enabled: flag(false)}, `{"id":"1","name":"a"}`, ""},
		"a word that nobody knows": {apikey.Patch{Enabled: flag(false)}, `{"id":"1","status":"paused"}`, ""},
		"renamed":                  {apikey.Patch{Name: word("b")}, `{"id":"1","name":"b"}`, ""},
		"renamed, without blanks":  {apikey.Patch{Name: word("b ")}, `{"id":"1","name":"b"}`, ""},
		"the former name":          {apikey.Patch{Name: word("b")}, `{"id":"1","name":"a"}`, "name b was asked for, and it has a"},
		"an id alone":              {apikey.Patch{Name: word("b"), Expiry: &until, Properties: spend("5")}, `{"id":"1"}`, ""},
		"another role":             {apikey.Patch{Role: word("reader")}, `{"id":"1","role":"admin"}`, "role reader was asked for, and it has admin"},
		"a role in other letters":  {apikey.Patch{Role: word("reader")}, `{"id":"1","role":"Reader"}`, ""},
		"another end":              {apikey.Patch{Expiry: &until}, `{"id":"1","ends":"2026-12-20T12:00:00Z"}`, "expires 2026-11-30T12:00:00Z was asked for, and it has 2026-12-20T12:00:00Z"},
		"the end":                  {apikey.Patch{Expiry: &until}, `{"id":"1","ends":"2026-11-30T12:00:00Z"}`, ""},
		"no end in a short answer": {apikey.Patch{Expiry: &until}, `{"id":"1"}`, ""},
		"no end in a whole answer": {apikey.Patch{Expiry: &until}, `{"id":"1","made":"2026-11-01T12:00:00Z"}`, "expires 2026-11-30T12:00:00Z was asked for, and it has never"},
		"an end that is kept":      {apikey.Patch{Expiry: &apikey.Expiry{}}, `{"id":"1","ends":"2026-12-20T12:00:00Z"}`, "expires never was asked for, and it has 2026-12-20T12:00:00Z"},
		"an end that was taken":    {apikey.Patch{Expiry: &apikey.Expiry{}}, `{"id":"1","ends":null}`, ""},
		"another number":           {apikey.Patch{Properties: spend("5")}, `{"id":"1","spend":4}`, "spend 5 was asked for, and it has 4"},
		"the number":               {apikey.Patch{Properties: spend("5")}, `{"id":"1","spend":5.0}`, ""},
		"a number that is kept":    {apikey.Patch{Properties: spend("null")}, `{"id":"1","spend":4}`, "spend null was asked for, and it has 4"},
		"two of them": {apikey.Patch{Name: word("b"), Enabled: flag(false)}, `{"id":"1","name":"a","status":"on"}`,
			"name b was asked for, and it has a; state disabled was asked for, and it has enabled"},
	} {
		s := serve(t, `number = [{ name = "spend", title = "dollars" }]
role = [{ name = "reader", description = "reads" }, { name = "admin", description = "all" }]
row = { id = ["id"], name = ["name"], role = ["role"], created_at = ["made"], expires_at = ["ends"], state = { members = ["status"], on = ["on"], off = ["off"] }, secret = ["token"], no_expiry_is_never = true }
list.call = "GET /keys"
create = { call = "POST /keys", send = { name = { field = "name" }, role = { field = "role" } } }
[update]
call = "PATCH /keys/{id}"
send = { name = { field = "name" }, role = { field = "role" }, status = { field = "enabled", as = "state" }, ends = { field = "expires_at", as = "rfc3339", null = true }, spend = { field = "spend" } }
[[probe]]
call = "GET /keys"
answers = "keys"
`, "c", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, c.answer) })
		switch key, err := s.Update(context.Background(), "1", c.patch); {
		case c.says == "" && (err != nil || key.ID != "1"):
			t.Errorf("%s: %v", what, err)
		case c.says != "" && (!IsKind(err, BadAnswer) || !MayHaveHappened(err) || Refused(err) || !strings.Contains(err.Error(), "without the change: "+c.says+"; it is not known")):
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAChangeThatIsAnsweredWithAnotherKeyIsNoYes, whatever that key has.
func TestAChangeThatIsAnsweredWithAnotherKeyIsNoYes(t *testing.T) {
	off, name := false, "b"
	for what, patch := range map[string]apikey.Patch{"rename": {Name: &name}, "disable": {Enabled: &off}} {
		s := serve(t, `list.call = "GET /keys"
update = { call = "PUT /keys/{id}", send = { name = { field = "name" } } }
disable = { call = "POST /keys/{id}/off" }
enable = { call = "POST /keys/{id}/on" }
row.enabled = ["on"]
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, 200, `{"id":"2","name":"b","on":false}`)
		})
		if key, err := s.Update(t.Context(), "1", patch); !IsKind(err, BadAnswer) || !MayHaveHappened(err) || !strings.Contains(err.Error(), "the answer is about another key") {
			t.Errorf("%s: %+v, %v", what, key, err)
		}
	}
}
