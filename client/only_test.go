package client

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

const onlyRows = `row = { id = ["id"], name = ["name"], type = ["type"], secret = ["token"] }
delete = { call = "DELETE /keys/{id}", maybe_gone = "cannot" }
probe  = [{ call = "GET /keys", answers = "keys" }]
`

// TestRowsOfAnotherKindArePassedOver, wherever the list is read, and they count as rows of their page: a page of them alone is not the end.
func TestRowsOfAnotherKindArePassedOver(t *testing.T) {
	all := []string{`{"id":"s1","type":"session","name":"x","spec":{"on":true}}`, `{"id":"s2","type":"session"}`, `{"id":"k1","type":"auth","name":"a","spec":{"on":true}}`, `{"id":"s3"}`, `{"id":"s4","type":null}`,
		`{"id":"s5","type":"session"}`, `{"id":"s6","type":"session"}`, `{"id":"k2","type":"auth","name":"b","spec":{"on":false}}`, `{"id":"s7","type":["auth"]}`}
	for list, pages := range map[string]func(r *http.Request) (from, to int){
		`list = { call = "GET /keys", only = { type = ["auth", "other"] } }`: func(*http.Request) (int, int) { return 0, len(all) },
		`list = { call = "GET /keys", only = { type = ["auth"] }, pages = { kind = "page", by = "page", size = "n", most = 2 } }`: func(r *http.Request) (int, int) {
			page := 1
			_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
			return 2*page - 2, 2 * page
		},
		`list = { call = "GET /keys", only = { type = ["auth"] }, pages = { kind = "offset", by = "from" } }`: func(r *http.Request) (int, int) {
			from := 0
			_, _ = fmt.Sscan(r.URL.Query().Get("from"), &from)
			return from, from + 2
		},
		`list = { call = "GET /keys", only = { type = ["auth"] }, pages = { kind = "after-id", by = "after" } }`: func(r *http.Request) (int, int) {
			at := slices.IndexFunc(all, func(row string) bool { return strings.Contains(row, fmt.Sprintf("%q", r.URL.Query().Get("after"))) })
			return at + 1, at + 3
		},
		`list = { call = "GET /ids", each = { call = "GET /keys/{id}" }, only = { type = ["auth"] } }`: func(*http.Request) (int, int) { return 0, len(all) },
	} {
		s := serve(t, list+"\n"+onlyRows, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			from, to := pages(r)
			switch {
			case r.Method == "DELETE":
				say(w, 400, `{"error":"cannot"}`)
			case strings.HasPrefix(r.URL.Path, "/keys/"):
				say(w, 200, all[slices.IndexFunc(all, func(row string) bool { return strings.Contains(row, `"id":"`+r.URL.Path[len("/keys/"):]+`"`) })])
			case r.URL.Path == "/ids":
				say(w, 200, `["s1","k1","s3","k2"]`)
			default:
				say(w, 200, "["+strings.Join(all[min(from, len(all)):min(to, len(all))], ",")+"]")
			}
		})
		if got := names(t, s); got != "k1=a k2=b" {
			t.Errorf("%s: %s, after %q", list, got, s.asked())
		}
		if gone, err := s.Delete(bg, "s1"); err != nil || !gone.AlreadyGone {
			t.Errorf("%s: a row of another kind is a key that is there: %+v, %v", list, gone, err)
		}
		if gone, err := s.Delete(bg, "k2"); err == nil || gone.AlreadyGone {
			t.Errorf("%s: %+v, %v", list, gone, err)
		}
		if proof, err := s.Probe(bg, apikey.NewSecret("secret-0123456789"), ""); err != nil || !proof.Accepted() && !strings.Contains(list, "/ids") {
			t.Errorf("%s: %+v, %v", list, proof, err)
		}
	}
	s := serve(t, `list = { call = "GET /keys", only = { type = ["auth"], "spec.on" = ["true"] } }`+"\n"+onlyRows, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, "["+strings.Join(all, ",")+"]")
	})
	passed := 0
	s.opts.Trial = &Trial{Answered: func(Answer) {}, Row: func([]string, []string) {}, Passed: func() { passed++ }}
	if got := names(t, s); got != "k1=a" || passed != len(all)-1 {
		t.Errorf("of two all have to hold: %s, %d passed over", got, passed)
	}
}

// TestAFilterHasSomethingToGoBy, and a row without an id is none that can be passed over: nothing would tell pages that circle.
func TestAFilterHasSomethingToGoBy(t *testing.T) {
	s := serve(t, `list = { call = "GET /keys", only = { type = ["auth"] } }`+"\n"+onlyRows, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, `[{"type":"session"}]`)
	})
	if keys, err := ListAll(bg, s); err == nil {
		t.Errorf("%+v", keys)
	}
	if proof, err := s.Probe(bg, apikey.NewSecret("secret-0123456789"), ""); err != nil || proof.Accepted() {
		t.Errorf("%+v, %v", proof, err)
	}
}
