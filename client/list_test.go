package client

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// emptyLists are how services write that there are no keys.
var emptyLists = []string{`null`, `[]`, ` [ ] `, `{}`, `{ }`, "\ufeffnull", "\ufeff[]", "\ufeff{}", "\ufeff\n[]\n", `{"data":null}`, `{"data":[]}`, `{"data":{}}`, `{"success":true,"data":null}`,
	`{"data":null,"has_more":false,"next_cursor":null}`, `{"data":[],"next_cursor":""}`, `{"total":0}`, `{"success":true,"count":0}`, `{"data":null,"error":null}`, `{"data":null,"errors":[]}`}

func TestAnEmptyListIsEmptyInEverySpelling(t *testing.T) {
	for _, service := range services {
		for _, body := range emptyLists {
			for _, kind := range []string{"application/json", "text/html; charset=utf-8", "text/plain", ""} {
				keys, err := ListAll(bg, mustOpen(t, options(service, play(t, readCalls[service].with(200, body, "Content-Type", kind)).URL)))
				if err != nil || len(keys) != 0 {
					t.Errorf("%s: %s as %s: %d keys, %v", service, body, kind, len(keys), err)
				}
			}
		}
		if keys, err := ListAll(bg, mustOpen(t, options(service, play(t, readCalls[service].with(204, "")).URL))); err != nil || len(keys) != 0 {
			t.Errorf("%s: 204: %d keys, %v", service, len(keys), err)
		}
		for _, body := range []string{``, `7`, `""`, `false`, `{"status":"ok"}`, `{"success":true}`, `{"data":7}`, `{"data":""}`, `{"total":3}`, `{"data":null`, `nul`, `nullnull`, `{"data":null,"error":"down"}`} {
			srv := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
			if keys, err := ListAll(bg, mustOpen(t, options(service, srv.URL))); err == nil {
				t.Errorf("%s: %q is taken for a list of %d keys", service, body, len(keys))
			}
		}
	}
}

// TestWhatAnybodyMayAnswerIsNoProofThoughItIsAnEmptyList: the list may be told so, a secret may not.
func TestWhatAnybodyMayAnswerIsNoProofThoughItIsAnEmptyList(t *testing.T) {
	for service, secret := range map[string]string{wirename.Generic: genericSecret, wirename.Vertesia: vertesiaSecret, wirename.Prosopo: prosopoSecret} {
		for _, body := range []string{`{}`, ` { } `, "\ufeff{}", ``} {
			srv := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
			if proof, err := mustOpen(t, options(service, srv.URL)).Probe(bg, apikey.NewSecret(secret), ""); err != nil || proof.Verdict != apikey.Silent {
				t.Errorf("%s: %q: %+v, %v", service, body, proof, err)
			}
		}
	}
}

// TestAWholeListIsShownWhateverItsLastPageSays plays services of 0 to 3 pages that name their pages in every way.
func TestAWholeListIsShownWhateverItsLastPageSays(t *testing.T) {
	ways := map[string]func(page, last int) string{
		"nothing":               func(page, last int) string { return next(page < last, fmt.Sprint("c", page+1)) },
		"a page after the last": func(page, _ int) string { return next(true, fmt.Sprint("c", page+1)) },
		"the last again":        func(page, last int) string { return next(true, fmt.Sprint("c", min(page+1, last))) },
		"the second again":      func(page, last int) string { return next(true, fmt.Sprint("c", max(1, (page+1)%(last+1)))) },
		"one cursor for all":    func(page, last int) string { return next(true, "same") },
		"an empty one": func(page, last int) string {
			return fmt.Sprintf(`"next_cursor":%q`, map[bool]string{true: fmt.Sprint("c", page+1)}[page < last])
		},
		"more, where there is an empty": func(page, last int) string {
			return fmt.Sprintf(`"has_more":%v,%s`, page <= last, next(page <= last, fmt.Sprint("c", page+1)))
		},
		"always more": func(page, last int) string {
			return `"has_more":true,` + next(true, fmt.Sprint("c", min(page+1, last+1)))
		},
		"more as text": func(page, last int) string {
			return fmt.Sprintf(`"has_more":"%v",%s`, page < last, next(true, fmt.Sprint("c", page+1)))
		},
		"more, and then nothing of it": func(page, last int) string { return `"has_more":true,` + next(page <= last, fmt.Sprint("c", page+1)) },
		"no more, though a page is named": func(page, last int) string {
			return fmt.Sprintf(`"has_more":%v,%s`, page < last, next(true, fmt.Sprint("c", page+1)))
		},
	}
	for name, way := range ways {
		for last := range 4 {
			var hits atomic.Int32
			var page atomic.Int32
			srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if hits.Add(1) > 30 {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				at := 0
				switch cursor := r.URL.Query().Get("cursor"); cursor {
				case "":
				case "same": // the service keeps the place
					at = int(page.Add(1))
				default:
					_, _ = fmt.Sscanf(cursor, "c%d", &at)
				}
				rows := ""
				if at <= last {
					rows = fmt.Sprintf(`{"id":"k%d"}`, at)
				}
				_, _ = fmt.Fprintf(w, `{"success":true,"data":[%s],%s}`, rows, way(at, last))
			})
			keys, err := ListAll(bg, mustOpen(t, options(wirename.Generic, srv.URL)))
			if err != nil || len(keys) != last+1 {
				t.Errorf("%s, %d pages: %d keys, %v", name, last+1, len(keys), err)
			}
		}
	}
}

func next(there bool, cursor string) string {
	if !there {
		return `"next_cursor":null`
	}
	return fmt.Sprintf(`"next_cursor":%q`, cursor)
}

func TestAListWithoutAnEndIsAFailure(t *testing.T) {
	n := 0
	srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		_, _ = fmt.Fprintf(w, `{"success":true,"data":[{"id":"k1"}],"has_more":true,"next_cursor":"c%d"}`, n)
	})
	_, err := ListAll(bg, mustOpen(t, options(wirename.Generic, srv.URL)))
	checkError(t, err, BadAnswer, "do not come to an end")
	if n != maxBarren+1 {
		t.Errorf("%d pages were read", n)
	}
}

// TestTheBodyIsLookedAtBeforeAnAnswerIsThrownAway: JSON under every content type and behind a byte order mark, in every call
// whose answer counts.
func TestTheBodyIsLookedAtBeforeAnAnswerIsThrownAway(t *testing.T) {
	one := map[string]string{wirename.Prosopo: `{"id":"k9","name":"ci","token":"` + prosopoSecret + `","expiresAt":null}`,
		wirename.Vertesia: `{"id":"k9","name":"ci","value":"` + vertesiaSecret + `"}`, wirename.Generic: `{"success":true,"data":{"id":"k9","name":"ci","key":"` + genericSecret + `"}}`}
	for _, service := range services {
		for _, kind := range []string{"text/html", "TEXT/HTML; charset=utf-8", " text/html", "text/plain", "application/octet-stream", "application/xhtml+xml", "image/png", ""} {
			for _, before := range []string{"", "\ufeff", "\ufeff\r\n", "\n \t"} {
				answer := ""
				srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header()["Content-Type"] = []string{kind}
					_, _ = io.WriteString(w, before+answer)
				})
				opts := options(service, srv.URL)
				opts.CanCreate = true
				s := mustOpen(t, opts)
				answer = one[service]
				created, err := s.Create(bg, apikey.Draft{Name: "ci", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")})
				if err != nil || created.Key.ID != "k9" || created.Secret.IsZero() {
					t.Errorf("%s, %q, %q: created %+v, %v", service, kind, before, created.Key, err)
				}
				answer = `{"success":true,"message":"bye"}`
				if gone, err := s.Delete(bg, "k9"); err != nil || gone.AlreadyGone {
					t.Errorf("%s, %q, %q: deleted %+v, %v", service, kind, before, gone, err)
				}
				answer = map[bool]string{true: `{"data":[{"id":"k1"}]}`, false: `[{"id":"k1"}]`}[service == wirename.Generic]
				if keys, err := ListAll(bg, s); err != nil || len(keys) != 1 {
					t.Errorf("%s, %q, %q: listed %d, %v", service, kind, before, len(keys), err)
				}
				answer = "<!doctype html><title>Log in</title>"
				if _, err := ListAll(bg, s); err == nil {
					t.Errorf("%s, %q, %q: a web page is a list", service, kind, before)
				}
			}
		}
	}
}

func TestAnErrorBehindAByteOrderMarkKeepsItsWords(t *testing.T) {
	for _, service := range services {
		for _, kind := range []string{"application/json", "text/html"} {
			_, err := ListAll(bg, mustOpen(t, options(service, play(t, readCalls[service].with(409, "\ufeff"+`{"error":{"message":"in the middle of a move","code":409}}`, "Content-Type", kind)).URL)))
			checkError(t, err, Conflict, "in the middle of a move")
			if strings.Contains(err.Error(), "\ufeff") {
				t.Errorf("%q", err.Error())
			}
		}
	}
}

// TestAListWhoseTimeIsOverSaysSo, wherever in its many pages that is: the service has broken nothing.
func TestAListWhoseTimeIsOverSaysSo(t *testing.T) {
	pages, over := atomic.Int64{}, make(chan struct{})
	srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
		n := pages.Add(1)
		_, _ = fmt.Fprintf(w, `{"success":true,"data":[{"id":"k%d"}],"next_cursor":"x%d"`, n, n)
		w.(http.Flusher).Flush()
		if n%3 == 0 { // it never comes to its end
			select {
			case <-r.Context().Done():
			case <-over:
			}
		}
		_, _ = io.WriteString(w, "}")
	})
	defer close(over)
	for range 20 {
		o := options(wirename.Generic, srv.URL)
		o.Timeout = 100 * time.Millisecond
		_, err := ListAll(bg, mustOpen(t, o))
		checkError(t, err, Timeout, "in 100ms")
	}
}

// TestAListIsFollowedHoweverItSaysThatThereIsMore: what is passed over would be a list that lacks keys and looks whole.
func TestAListIsFollowedHoweverItSaysThatThereIsMore(t *testing.T) {
	for name, c := range map[string]struct{ first, last string }{
		"the convention":         {`"next_cursor":"c2","has_more":true`, `"next_cursor":null,"has_more":false`},
		"a cursor alone":         {`"next_cursor":"c2"`, `"next_cursor":""`},
		"in camels":              {`"nextCursor":"c2","hasMore":true`, `"nextCursor":null,"hasMore":false`},
		"in an object":           {`"pagination":{"next_cursor":"c2","has_more":true}`, `"pagination":{"next_cursor":null,"has_more":false}`},
		"in another":             {`"meta":{"nextCursor":"c2"}`, `"meta":{"total":2}`},
		"as page info":           {`"pageInfo":{"hasMore":true,"nextCursor":"c2"}`, `"pageInfo":{"hasMore":false}`},
		"more here, where there": {`"has_more":true,"paging":{"next_cursor":"c2"}`, `"has_more":false,"paging":{}`},
		"an address":             {`"next":"https://keys.example/v1/api-keys?limit=1&cursor=c2"`, `"next":null`},
		"an address of links":    {`"links":{"next":"/v1/api-keys?cursor=c2"}`, `"links":{"next":null}`},
		"as HAL":                 {`"_links":{"next":{"href":"/v1/api-keys?cursor=c2"}}`, `"_links":{"self":{"href":"/v1/api-keys"}}`},
		"nothing":                {`"total":1`, ``},
		"an address without it":  {`"next":"https://keys.example/help"`, ``},
	} {
		srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Query().Get("cursor") {
			case "":
				_, _ = io.WriteString(w, `{"success":true,"data":[{"id":"k1"}],`+c.first+`}`)
			case "c2":
				_, _ = io.WriteString(w, `{"success":true,`+c.last+`,"data":[{"id":"k2"}]}`)
			default:
				w.WriteHeader(http.StatusBadRequest)
			}
		})
		want := 2
		if c.last == "" {
			want = 1
		}
		if keys, err := ListAll(bg, mustOpen(t, options(wirename.Generic, srv.URL))); err != nil || len(keys) != want {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
}

// TestAKeyOfAListTakesFewAllocations: an allocation a key is felt where a list has 100,000.
func TestAKeyOfAListTakesFewAllocations(t *testing.T) {
	for _, c := range []struct {
		service, row string
		most         float64 // allocations a key
	}{
		{wirename.Prosopo, `{"id":"psp_%d","name":"billing-api-%[1]d","masked":"psp_%[1]d****","permissions":{"AccessRules":["getRules"]},"createdAt":"2026-01-02T03:04:05.678Z","expiresAt":null}`, 0.1},
		{wirename.Vertesia, `{"id":"65377%d","name":"Key %[1]d","type":"sk","role":"developer","enabled":true,"account":"a","project":{"id":"p1","name":"Shop"},"created_at":"2023-10-24T07:31:33.363Z","maskedValue":"sk-ec54686****"}`, 8},
		{wirename.Generic, `{"id":"key_%d","name":"Key %[1]d","prefix":"sk_live_","created_at":"2025-01-01T00:00:00Z","last_used":"2025-01-15T10:30:00Z","expires_at":null,"restrictions":{"ip_addresses":[],"referrers":[],"endpoints":[]}}`, 10},
	} {
		const keys = 6000 // what the list costs once is not to count
		var body strings.Builder
		for i := range keys {
			fmt.Fprintf(&body, map[bool]string{true: "[", false: ","}[i == 0]+c.row, i)
		}
		all := []byte(body.String() + "]")
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(all) })
		s := mustOpen(t, options(c.service, srv.URL))
		heard := 0
		got := testing.AllocsPerRun(3, func() {
			heard = 0
			if err := s.List(bg, func(batch []apikey.Key) { heard += len(batch) }); err != nil {
				t.Fatal(err)
			}
		}) / keys
		if heard != keys || got > c.most {
			t.Errorf("%s: %d keys, %.2f allocations each, at most %.2f are expected", c.service, heard, got, c.most)
		}
	}
}
