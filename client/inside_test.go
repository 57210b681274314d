package client

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

const insideFile = `list.call = "GET /keys"
row = { id = ["id"], name = ["name"], inside = ["owner", "nest"] }
` + plainProbe

// TestARowsOwnMembersAreItsOwn, whatever an object in it says of the same name, and wherever that stands. What the row does not have, or has as
// null, the object tells.
func TestARowsOwnMembersAreItsOwn(t *testing.T) {
	for row, want := range map[string]string{
		`{"id":"o1","name":"outer","nest":{"id":"n1","name":"inner"}}`:                     "o1 outer",
		`{"nest":{"id":"n1","name":"inner"},"id":"o1","name":"outer"}`:                     "o1 outer",
		`{"id":"o1","nest":{"id":"n1","name":"inner"}}`:                                    "o1 inner",
		`{"name":null,"nest":{"id":"n1","name":"inner"},"id":"o1"}`:                        "o1 inner",
		`{"nest":{"name":"inner"},"owner":null,"id":"o1"}`:                                 "o1 inner",
		`{"nest":{"nest":{"id":"n2"},"id":"n1"},"name":"outer"}`:                           "n1 outer",
		`{"id":"o1","owner":{"id":"w1","name":"worker"},"nest":{"id":"n1"},"name":"mine"}`: "o1 mine",
	} {
		s := serve(t, insideFile, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, 200, `[`+row+`,{"id":"second","nest":{"name":"next"}}]`)
		})
		keys, err := ListAll(bg, s)
		if err != nil || len(keys) != 2 || keys[0].ID+" "+keys[0].Name != want || keys[1].ID+" "+keys[1].Name != "second next" {
			t.Errorf("%s: %+v, %v", row, keys, err)
		}
	}
}

// TestAMembersNameIsItsOwn: the name of a member is looked at before its value is read, which may take its place in memory. Objects of many
// sizes in rows of many sizes, watched as a trial does.
func TestAMembersNameIsItsOwn(t *testing.T) {
	var rows []string
	for i := range 300 {
		long := strings.Repeat("x", i*37%5000)
		rows = append(rows, fmt.Sprintf(`{"created":%d,"nest":{"email":"boss@example.com","name":"n%d","note":%q,"deep":{"a":[%q]}},"id":"k%d"}`, i, i, long, long, i))
	}
	seen := map[string]bool{}
	s := serve(t, insideFile, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, "["+strings.Join(rows, ",")+"]")
	})
	s.opts.Trial = &Trial{Answered: func(Answer) {}, Row: func(came, others []string) {
		for _, name := range slices.Concat(came, others) {
			seen[name] = true
		}
	}}
	keys, err := ListAll(bg, s)
	if err != nil || len(keys) != len(rows) {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for i, k := range keys {
		if k.ID != fmt.Sprintf("k%d", i) || k.Name != fmt.Sprintf("n%d", i) {
			t.Fatalf("row %d: %q %q", i, k.ID, k.Name)
		}
	}
	for name := range seen {
		if !slices.Contains([]string{"id", "name", "nest", "created", "email", "note", "deep"}, name) {
			t.Errorf("a member is called %q", name)
		}
	}
}

// TestAListThatSaysThereIsMoreIsNotWhole, where nothing says how more is asked for.
func TestAListThatSaysThereIsMoreIsNotWhole(t *testing.T) {
	for body, whole := range map[string]bool{
		`{"data":[{"id":"k1","name":"a"}],"has_more":true}`:                 false,
		`{"data":[{"id":"k1","name":"a"}],"hasMore":true}`:                  false,
		`{"data":[{"id":"k1","name":"a"}],"pagination":{"has_more":true}}`:  false,
		`{"data":[{"id":"k1","name":"a"}],"has_more":false}`:                true,
		`{"data":[{"id":"k1","name":"a"}],"pagination":{"has_more":false}}`: true,
		`{"data":[{"id":"k1","name":"a"}],"next_cursor":null}`:              true,
	} {
		s := serve(t, strings.Replace(insideFile, `list.call = "GET /keys"`, `list = { call = "GET /keys", rows = ["data"] }`, 1), "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, 200, body)
		})
		var keys []apikey.Key
		err := s.List(bg, func(batch []apikey.Key) { keys = append(keys, batch...) })
		if whole != (err == nil) || !whole && (!IsKind(err, BadAnswer) || !strings.Contains(err.Error(), "list.pages")) {
			t.Errorf("%s: %d keys, %v", body, len(keys), err)
		}
	}
}
