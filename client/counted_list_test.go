package client

import (
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// TestAListThatCountsMoreThanItShowsIsNotWhole: what it counts is of rows, those included that are no keys and those that came twice. A number of
// pages, and a count that is smaller, are no reason.
func TestAListThatCountsMoreThanItShowsIsNotWhole(t *testing.T) {
	const k1, k2, other = `{"id":"k1","name":"a","type":"key"}`, `{"id":"k2","name":"b","type":"key"}`, `{"id":"o1","name":"c","type":"user"}`
	const page, offset = `kind = "page", by = "page", size = "size", most = 100`, `kind = "offset", by = "skip"`
	const cursor, nothing = `kind = "cursor", by = "cursor", next = "next"`, ``
	for _, c := range []struct {
		name, pages string
		answers     []string // to the pages, the last to all further ones
		keys        int      // less than 0: not whole
	}{
		{"the declared count, nothing shown", page + `, last = "meta.page.filtered_count"`, []string{`{"data":[],"meta":{"page":{"filtered_count":13}}}`}, -1},
		{"the declared count of one, nothing shown", offset + `, last = "totalCount"`, []string{`{"data":[],"totalCount":1}`}, -1},
		{"the declared count, one left out", offset + `, last = "totalCount"`, []string{`{"data":[` + k1 + `],"totalCount":2}`, `{"data":[],"totalCount":2}`}, -1},
		{"one left out, and no count past the end", offset + `, last = "totalCount"`, []string{`{"data":[` + k1 + `],"totalCount":"2"}`, `{"data":[],"totalCount":0}`}, -1},
		{"the first page for ever, and a count of more", page, []string{`{"data":[` + k1 + `],"total":2}`}, -1},
		{"the first page for ever, and its own count", page, []string{`{"data":[` + k1 + `],"total":1}`}, 1},
		{"a number of pages, of which one is empty", page + `, last = "info.total_pages"`, []string{`{"data":[],"info":{"total_pages":1}}`}, 0},
		{"a number of pages, whatever its name", page + `, last = "info.last"`, []string{`{"data":[],"info":{"last":1}}`}, 0},
		{"a number of pages, and fewer came", page + `, last = "info.total_pages"`, []string{`{"data":[` + k1 + `],"info":{"total_pages":3}}`, `{"data":[],"info":{"total_pages":3}}`}, -1},
		{"a number of pages, and a count beside the list", page + `, last = "pages"`, []string{`{"data":[` + k1 + `],"pages":1,"total":2}`}, -1},
		{"the usual count, by page", page, []string{`{"data":[],"total":13}`}, -1},
		{"the usual count, by cursor", cursor, []string{`{"data":[` + k1 + `],"next":"c","meta":{"total_count":3}}`, `{"data":[` + k2 + `],"meta":{"total_count":3}}`}, -1},
		{"the usual count, without pages", nothing, []string{`{"data":[` + k1 + `],"total":2}`}, -1},
		{"the usual count, all there", nothing, []string{`{"data":[` + k1 + `,` + k2 + `],"total":2}`}, 2},
		{"by cursor, one deleted meanwhile", cursor, []string{`{"data":[` + k1 + `],"next":"c","total":3}`, `{"data":[` + k2 + `],"total":2}`}, 2},
		{"rows of another kind count", nothing, []string{`{"data":[` + k1 + `,` + other + `],"total":2}`}, 1},
		{"rows that come twice count", nothing, []string{`{"data":[` + k1 + `,` + k1 + `],"total":2}`}, 2},
		{"a count that is smaller", nothing, []string{`{"data":[` + k1 + `,` + k2 + `],"total":1}`}, 2},
		{"a count that is none", nothing, []string{`{"data":[` + k1 + `],"total":{"value":7}}`}, 1},
	} {
		pages := ""
		if c.pages != "" {
			pages = `, pages = { ` + c.pages + ` }`
		}
		at := 0
		s := serve(t, `list = { call = "GET /keys", rows = ["data"], only = { type = ["key"] }`+pages+" }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.FormValue("cursor") == "" && r.FormValue("skip") == "" && number(r.FormValue("page")) < 2 {
				at = 0
			}
			say(w, 200, c.answers[min(at, len(c.answers)-1)])
			at++
		})
		n := 0
		err := s.List(t.Context(), func(batch []apikey.Key) { n += len(batch) })
		switch {
		case c.keys < 0 && (!IsKind(err, BadAnswer) || !strings.Contains(err.Error(), "not whole")):
			t.Errorf("%s: %d keys, %v", c.name, n, err)
		case c.keys >= 0 && (err != nil || n != c.keys):
			t.Errorf("%s: %d keys, %v; want %d", c.name, n, err, c.keys)
		}
	}
}

// TestACountThatIsRightWhenItIsReadAgainIsOne: a key may go between the count and the rows.
func TestACountThatIsRightWhenItIsReadAgainIsOne(t *testing.T) {
	reads := 0
	s := serve(t, "list = { call = \"GET /keys\", rows = [\"data\"], pages = { kind = \"page\", by = \"page\", last = \"count\" } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.FormValue("page") != "1" {
			say(w, 200, `{"data":[],"count":1}`)
			return
		}
		reads++
		say(w, 200, map[bool]string{true: `{"data":[{"id":"k1","name":"a"}],"count":2}`, false: `{"data":[{"id":"k1","name":"a"}],"count":1}`}[reads == 1])
	})
	if got := names(t, s); got != "k1=a" {
		t.Error(got)
	}
}

// TestAKeyThatIsGoneWhenItIsAskedForIsCounted where the list shows ids alone.
func TestAKeyThatIsGoneWhenItIsAskedForIsCounted(t *testing.T) {
	looks := 0
	s := serve(t, "list = { call = \"GET /keys\", rows = [\"data\"], each = { call = \"GET /keys/{id}\" } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch id := strings.TrimPrefix(r.URL.Path, "/keys/"); {
		case id == "x":
			say(w, 404, `{"error":"not found"}`)
		case id != "/keys":
			say(w, 200, `{"id":"`+id+`","name":"n"}`)
		default:
			looks++
			say(w, 200, map[bool]string{true: `{"data":["k1","x"],"total":2}`, false: `{"data":["k1"],"total":1}`}[looks == 1])
		}
	})
	if got := names(t, s); got != "k1=n" {
		t.Error(got)
	}
}

// TestACatalogueThatCountsMoreThanItShowsIsNotWhole, and one of parents says that there are more.
func TestACatalogueThatCountsMoreThanItShowsIsNotWhole(t *testing.T) {
	for _, pages := range []string{"", `, pages = { kind = "page", by = "page", last = "count" }`} {
		for body, whole := range map[string]bool{`{"data":[{"name":"a","kind":"y"},{"name":"b","kind":"n"}],"count":2,"total":2}`: true, `{"data":[{"name":"a","kind":"y"}],"count":2,"total":2}`: false} {
			s := serve(t, `catalogue = { call = "GET /permissions", rows = ["data"], name = "name", only = { kind = ["y"] }`+pages+` }
parent = [{ name = "account", title = "Account", catalogue = { call = "GET /accounts", rows = ["data"], name = "name" } }]
list.call = "GET /keys/{account}"
create = { call = "POST /keys", send = { name = { field = "name" }, may = { field = "permissions", as = "list" } } }
row.permissions = ["may"]
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
				if number(r.FormValue("page")) > 1 {
					say(w, 200, `{"data":[],"count":2,"total":2}`)
					return
				}
				say(w, 200, body)
			}, func(o *Options) { o.Parents = map[string]string{"account": "1"} })
			if _, err := s.catalogueRows(t.Context(), s.d.Catalogue, nil); (err == nil) != whole || err != nil && !strings.Contains(err.Error(), "not whole") {
				t.Errorf("%q, %s: %v", pages, body, err)
			}
			if got, err := s.parentChoices(t.Context(), "account"); err != nil || got.More != !whole {
				t.Errorf("%s: %+v, %v", body, got, err)
			}
		}
	}
}

// TestAListThatNamesAFurtherPageIsNotWhole: where nothing says how it is asked for, or list.pages.next looks in another place. What says that there is no
// more is believed, and so is a page without a row, as services name a next one for ever.
func TestAListThatNamesAFurtherPageIsNotWhole(t *testing.T) {
	const row, nothing = `{"id":"k1","name":"a"}`, ``
	const link, cursor = `kind = "link"`, `kind = "cursor", by = "token", next = "paging.cursor"`
	for _, c := range []struct {
		name, pages, beside, header string
		whole                       bool
	}{
		{"an address", nothing, `"next_page_uri":"/keys?Page=1"`, "", false},
		{"an address in an object", nothing, `"meta":{"next_page_url":"https://api.acme.com/keys?page=2"}`, "", false},
		{"an address as a link", nothing, `"_links":{"next":{"href":"/keys?page=2"}}`, "", false},
		{"a cursor", nothing, `"nextPageToken":"c2"`, "", false},
		{"a number", nothing, `"next_page":2`, "", false},
		{"the header", nothing, `"ok":true`, `</keys?page=2>; rel="next"`, false},
		{"an address, where the header was looked for", link, `"next_page_uri":"/keys?Page=1"`, "", false},
		{"a cursor in another place", cursor, `"next_cursor":"c2"`, "", false},
		{"none", nothing, `"next_page_uri":null,"next":"","next_cursor":0`, `</keys?page=1>; rel="first"`, true},
		{"none, in other words", nothing, `"next":{},"nextPage":false,"_links":{"next":{"href":null}}`, "", true},
		{"none is said", nothing, `"has_more":false,"next_cursor":"k1"`, "", true},
		{"none is said, by cursor", cursor + `, more = "paging.more"`, `"paging":{"more":false},"next_cursor":"k1"`, "", true},
	} {
		for _, rows := range []string{row, ""} {
			pages := ""
			if c.pages != "" {
				pages = `, pages = { ` + c.pages + ` }`
			}
			s := serve(t, `list = { call = "GET /keys", rows = ["data"]`+pages+" }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
				w.Header().Set("Link", c.header)
				say(w, 200, `{"data":[`+rows+`],`+c.beside+`}`)
			})
			err := s.List(t.Context(), func([]apikey.Key) {})
			if whole := c.whole || rows == ""; whole && err != nil || !whole && (!IsKind(err, BadAnswer) || !strings.Contains(err.Error(), "not whole")) {
				t.Errorf("%s, rows %q: %v", c.name, rows, err)
			}
		}
	}
}
