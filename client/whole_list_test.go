package client

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// lists holds which keys are listed; none for a list that is not whole.
func (s *served) lists(t *testing.T, name, want string) {
	t.Helper()
	keys, err := ListAll(t.Context(), s)
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	if whole := err == nil && strings.Join(ids, " ") == want; want != "" && !whole || want == "" && (!IsKind(err, BadAnswer) || !strings.Contains(err.Error(), "not whole")) {
		t.Errorf("%s: %v, %v", name, ids, err)
	}
}

// TestAListedKeyThatIsNotShownIsNotGone: what the list has and no call shows makes the list one that lacks keys; what the list has no more is gone.
func TestAListedKeyThatIsNotShownIsNotGone(t *testing.T) {
	for _, c := range []struct {
		name string
		list []string // at each look, the last for ever
		want string   // the keys; empty for a list that is not whole
	}{
		{"every key is listed and none is shown", []string{`["x1","x2"]`}, ""},
		{"one is listed and not shown", []string{`["k1","x2","k3"]`}, ""},
		{"one is gone when it is looked up again", []string{`["k1","x2","k3"]`, `["k1","k3"]`}, "k1 k3"},
		{"the list is a little behind", []string{`["k1","x2"]`, `["k1","x2"]`, `["k1","x2"]`, `["k1"]`}, "k1"},
	} {
		looks := 0
		s := serve(t, `truth.list_lag = "5s"
list = { call = "GET /keys", each = { call = "GET /keys/{id}" } }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			switch id := strings.TrimPrefix(r.URL.Path, "/keys/"); {
			case id == "/keys":
				say(w, 200, c.list[min(looks, len(c.list)-1)])
				looks++
			case strings.HasPrefix(id, "x"):
				say(w, 404, `{"error":"not found"}`)
			default:
				say(w, 200, `{"id":"`+id+`","name":"n"}`)
			}
		})
		s.lists(t, c.name, c.want)
	}
}

// TestAKeyThatIsListedOnAnotherPageIsNotGone: the list is looked through to its end before a key is.
func TestAKeyThatIsListedOnAnotherPageIsNotGone(t *testing.T) {
	first := 0
	s := serve(t, `list = { call = "GET /keys", rows = ["data"], pages = { kind = "cursor", by = "cursor", next = "next" }, each = { call = "GET /keys/{id}" } }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch id := strings.TrimPrefix(r.URL.Path, "/keys/"); {
		case id == "x":
			say(w, 404, `{"error":"not found"}`)
		case id != "/keys":
			say(w, 200, `{"id":"`+id+`","name":"n"}`)
		case r.FormValue("cursor") != "":
			say(w, 200, `{"data":["x"]}`)
		default:
			first++
			say(w, 200, map[bool]string{true: `{"data":["k1","x"],"next":"c"}`, false: `{"data":["k1"],"next":"c"}`}[first == 1])
		}
	})
	if keys, err := ListAll(t.Context(), s); !IsKind(err, BadAnswer) {
		t.Errorf("%v, %v", keys, err)
	}
}

// counted serves a list page by page that changes between two pages: before the n-th request, counted over all reads, what changes has for it is done.
func counted(t *testing.T, pages, total string, changes func(n int, all []string) []string) *served {
	all := []string{"a", "b", "c", "d", "e", "f"}
	n := 0
	return serve(t, "list = { call = \"GET /keys\", rows = [\"data\"], pages = { "+pages+" } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		all = changes(n, all)
		n++
		from := number(r.FormValue("skip"))
		if page := r.FormValue("page"); page != "" {
			from = (number(page) - 1) * 2
		}
		from = min(from, len(all))
		var rows []string
		for _, id := range all[from:min(from+2, len(all))] {
			rows = append(rows, fmt.Sprintf(`{"id":%q,"name":"n"}`, id))
		}
		say(w, 200, fmt.Sprintf(`{"data":[%s]`+total+`}`, strings.Join(rows, ","), len(all)))
	})
}

// TestAListThatMovesWhileItIsReadIsReadAgain: pages that are counted lose a living key where another before it is deleted meanwhile.
func TestAListThatMovesWhileItIsReadIsReadAgain(t *testing.T) {
	const byPage, byOffset = `kind = "page", by = "page", size = "size", most = 2`, `kind = "offset", by = "skip"`
	gone := func(n int, all []string) []string {
		if n == 1 {
			return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == "a" })
		}
		return all
	}
	for _, c := range []struct {
		name, pages, total, want string
		changes                  func(n int, all []string) []string
	}{
		{"one deleted, by page", byPage, `,"total":%d`, "b c d e f", gone},
		{"one deleted, by offset", byOffset, `,"meta":{"total_count":%d}`, "b c d e f", gone},
		{"one deleted, the declared count", byOffset + `, last = "count"`, `,"count":%d`, "b c d e f", gone},
		{"one made, and rows come again", byOffset, `,"n":%d`, "0 a b c d e f", func(n int, all []string) []string {
			if n == 1 {
				return append([]string{"0"}, all...)
			}
			return all
		}},
		{"it never rests", byOffset, `,"total":%d`, "", func(n int, all []string) []string { return append([]string{fmt.Sprint("new", n)}, all...) }},
		{"nothing moves", byPage, `,"total":%d`, "a b c d e f", func(_ int, all []string) []string { return all }},
	} {
		s := counted(t, c.pages, c.total, c.changes)
		s.lists(t, c.name, c.want)
		if c.name == "nothing moves" && len(s.asked()) > 4 {
			t.Errorf("%s: %d requests", c.name, len(s.asked()))
		}
	}
}

// TestWhatAServiceSaysOtherwiseOnEachPageIsNoMovement: a count of the page's own rows, or pages that overlap, come alike when they are read again.
func TestWhatAServiceSaysOtherwiseOnEachPageIsNoMovement(t *testing.T) {
	rows := []string{`[{"id":"a","name":"n"},{"id":"b","name":"n"}],"total":2`, `[{"id":"b","name":"n"},{"id":"c","name":"n"}],"total":1`, `[],"total":0`}
	s := serve(t, "list = { call = \"GET /keys\", rows = [\"data\"], pages = { kind = \"page\", by = \"page\", first = 0 } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		say(w, 200, `{"data":`+rows[min(number(r.FormValue("page")), 2)]+`}`)
	})
	s.lists(t, "alike", "a b c")
}
