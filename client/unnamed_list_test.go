package client

import (
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// TestAnAnswerThatNamesNoListTellsOfNoKeyThatItIsGone: {} is an empty list of some services, and what anybody may answer. It is shown as one, and
// proves nothing.
func TestAnAnswerThatNamesNoListTellsOfNoKeyThatItIsGone(t *testing.T) {
	for name, c := range map[string]struct {
		declared string
		answer   int // to the delete
		body     string
		unknown  bool // that it may have happened all the same
	}{
		"an answer that is no yes and no no":     {deletable, 200, `{"deletedAt":"2026-11-30"}`, true},
		"with the list's member declared":        {strings.Replace(deletable, `list.call = "GET /keys"`, `list = { call = "GET /keys", rows = ["keys"] }`, 1), 200, `{"deletedAt":"2026-11-30"}`, true},
		"in a list of pages":                     {strings.Replace(deletable, `list.call = "GET /keys"`, `list = { call = "GET /keys", rows = ["keys"], pages = { kind = "page", by = "page" } }`, 1), 200, `{}`, true},
		"a refusal that may mean gone":           {strings.Replace(deletable, `delete.call = "DELETE /keys/{id}"`, `delete = { call = "DELETE /keys/{id}", maybe_gone = "no such key" }`, 1), 400, `{"error":"no such key"}`, false},
		"a key that the list has the secret for": {strings.Replace(deletable, `row.id = ["id"]`, `row.secret_is_id = true`, 1), 200, `{}`, false},
	} {
		s := serve(t, c.declared, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.Method == "GET" {
				say(w, 200, `{}`)
				return
			}
			say(w, c.answer, c.body)
		})
		if keys, err := ListAll(bg, s); err != nil || len(keys) != 0 {
			t.Errorf("%s: it is not shown as an empty list: %v, %v", name, keys, err)
		}
		gone, err := s.Delete(bg, "k1")
		if err == nil || gone != (apikey.Deleted{}) || MayHaveHappened(err) != c.unknown || c.body != `{"error":"no such key"}` && !strings.Contains(err.Error(), "names no list") {
			t.Errorf("%s: %+v, %v", name, gone, err)
		}
	}
}

// TestAPageThatNamesNoListIsThePastOfOneThatDoes: the first page has named it.
func TestAPageThatNamesNoListIsThePastOfOneThatDoes(t *testing.T) {
	s := serve(t, strings.Replace(deletable, `list.call = "GET /keys"`, `list = { call = "GET /keys", rows = ["keys"], pages = { kind = "page", by = "page" } }`, 1), "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch {
		case r.Method != "GET":
			say(w, 200, `{"deletedAt":"2026-11-30"}`)
		case r.FormValue("page") == "1":
			say(w, 200, `{"keys":[{"id":"k2"}]}`)
		default:
			say(w, 200, `{}`)
		}
	})
	if gone, err := s.Delete(bg, "k1"); err != nil || !strings.Contains(gone.Evidence, "does not have the key") {
		t.Errorf("%+v, %v", gone, err)
	}
}

// TestAListedIDWhoseListIsThenUnnamedIsNotGone.
func TestAListedIDWhoseListIsThenUnnamedIsNotGone(t *testing.T) {
	looks := 0
	s := serve(t, "list = { call = \"GET /keys\", each = { call = \"GET /keys/{id}\" } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path != "/keys" {
			say(w, 404, `{"error":"not found"}`)
			return
		}
		looks++
		say(w, 200, map[bool]string{true: `["k1"]`, false: `{}`}[looks == 1])
	})
	if keys, err := ListAll(bg, s); !IsKind(err, BadAnswer) {
		t.Errorf("%v, %v", keys, err)
	}
}
