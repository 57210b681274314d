package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// withKinds is a service whose keys have a property of each kind, sent in each shape.
const withKinds = `list.call = "GET /keys"
property = [
	{ name = "tier", kind = "choice", title = "plan", choices = ["free", "paid"] },
	{ name = "remark", kind = "text", title = "what it is for" },
	{ name = "starts", kind = "instant", title = "when it begins to work" },
	{ name = "zones", kind = "list", title = "zones", without = "all zones", catalogue = { call = "GET /zones", rows = ["data"], id = "id", name = "name", pages = { kind = "page", by = "page" } } },
	{ name = "tags", kind = "list", title = "tags" },
	{ name = "scopes", kind = "list", title = "scopes" },
	{ name = "hosts", kind = "addresses", title = "from where" },
	{ name = "readonly", kind = "boolean", title = "it only reads" },
	{ name = "team", kind = "text", title = "team", unshown = true },
]
create = { call = "POST /keys", send = { name = { field = "name" }, starts = { field = "starts", as = "unix" }, tags = { field = "tags", as = "objects", member = "Name" }, scopes = { field = "scopes", as = "words" }, policy = { resources = { field = "zones", as = "members", each = "zone.{}.x", value = "*", else = { "zone.*" = "*" } } } } }
update = { call = "PATCH /keys/{id}", fields = ["tier", "zones", "hosts", "readonly"], send = { tags = { field = "tags", as = "objects", member = "Name" }, scopes = { field = "scopes", as = "words" }, starts = { field = "starts", null = true } } }
row = { as_named = ["id", "name", "permissions"], secret = ["token"], absent_is_none = ["tags"] }
` + plainProbe

func extraOf(text string) (out map[string]json.RawMessage) {
	_ = json.Unmarshal([]byte(text), &out)
	return out
}

func TestAPropertyIsSentAsItIsDeclared(t *testing.T) {
	s := serve(t, withKinds, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, `{"id":"k1","name":"ci","token":"made-0123456789"}`)
	})
	for extra, want := range map[string]string{
		`{}`: `{"name":"ci","policy":{"resources":{"zone.*":"*"}}}`,
		`{"tier":"free","remark":"a \"b\"","readonly":true,"team":"ops"}`:            `{"name":"ci","policy":{"resources":{"zone.*":"*"}},"readonly":true,"remark":"a \"b\"","team":"ops","tier":"free"}`,
		`{"starts":"2026-12-01T00:00:00Z"}`:                                          `{"name":"ci","policy":{"resources":{"zone.*":"*"}},"starts":1796083200}`,
		`{"zones":["a","b"],"tags":["x"],"scopes":["r","w"],"hosts":["10.0.0.0/8"]}`: `{"hosts":["10.0.0.0/8"],"name":"ci","policy":{"resources":{"zone.a.x":"*","zone.b.x":"*"}},"scopes":"r w","tags":[{"Name":"x"}]}`,
		`{"zones":null,"tags":[]}`:                                                   `{"name":"ci","policy":{"resources":{"zone.*":"*"}},"tags":[]}`,
	} {
		before := len(s.asked())
		if _, err := s.Create(bg, apikey.Draft{Name: "ci", Extra: extraOf(extra)}); err != nil {
			t.Errorf("%s: %v", extra, err)
		}
		if got := strings.Join(s.asked()[before:], " "); got != "POST /keys "+want {
			t.Errorf("%s: sent %s, want %s", extra, got, want)
		}
	}
	for patch, want := range map[string]string{
		`{"tier":"paid"}`: `{"tier":"paid"}`, `{"tier":null}`: `{"tier":null}`, `{"zones":["a"]}`: `{"zones":["a"]}`, `{"zones":null}`: `{"zones":[]}`, `{"tags":null}`: `{"tags":[]}`, `{"scopes":null}`: `{"scopes":""}`,
		`{"hosts":["10.0.0.1"],"readonly":false}`: `{"hosts":["10.0.0.1"],"readonly":false}`, `{"starts":null}`: `{"starts":null}`, `{"starts":"2026-12-01T00:00:00Z"}`: `{"starts":"2026-12-01T00:00:00Z"}`,
	} {
		before := len(s.asked())
		if _, err := s.Update(bg, "k1", apikey.Patch{Properties: extraOf(patch)}); err != nil {
			t.Errorf("%s: %v", patch, err)
		}
		if got := strings.Join(s.asked()[before:], " "); got != "PATCH /keys/k1 "+want {
			t.Errorf("%s: sent %s, want %s", patch, got, want)
		}
	}
	for _, bad := range []string{`{"tier":["free"]}`, `{"zones":"a"}`, `{"starts":"soon"}`, `{"readonly":"yes"}`} {
		if _, err := s.Create(bg, apikey.Draft{Name: "ci", Extra: extraOf(bad)}); !IsKind(err, Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestAPropertyIsReadInTheShapeInWhichItIsSent, scrubbed, in order, and what it cannot be read as stays a text.
func TestAPropertyIsReadInTheShapeInWhichItIsSent(t *testing.T) {
	for row, want := range map[string]string{
		`"tier":"free"`: `tier="free"`, `"tier":null`: `tier=null`, `"remark":"a\u001b[2Jb"`: `remark="ab (altered)"`, `"remark":{"a":[1, 2]}`: `remark="{\"a\":[1,2]}"`,
		`"starts":1796083200`: `starts="2026-12-01T00:00:00Z"`, `"starts":"2026-12-01T01:00:00+01:00"`: `starts="2026-12-01T00:00:00Z"`, `"starts":"never"`: `starts=null`, `"starts":"soon"`: `starts="soon"`,
		`"zones":{"zone.b.x":"*","zone.a.x":"*","other":"*"}`: `zones=["a","b","other"]`, `"zones":["b","a","a"]`: `zones=["a","b"]`, `"zones":"a"`: `zones=["a"]`,
		`"tags":[{"Name":"b","id":1},{"Name":"a"},{"colour":1}]`: `tags=["a","b","{\"colour\":1}"]`, `"hosts":["10.0.0.1/32","10.1.0.0/255.255.0.0","nowhere"]`: `hosts=["10.0.0.1","10.1.0.0/16","nowhere"]`,
		`"readonly":"true"`: `readonly=true`, `"readonly":"maybe"`: `readonly="maybe"`, `"team":"ops"`: ``, `"permissions":[{"name":"read"},{"id":"write"}]`: ``,
	} {
		s := serve(t, withKinds, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, 200, `[{"id":"k1","name":"ci",`+row+`}]`)
		})
		keys, err := ListAll(bg, s)
		if err != nil || len(keys) != 1 {
			t.Fatalf("%s: %v", row, err)
		}
		var got []string
		for name, raw := range keys[0].Extra {
			if name != "tags" || strings.Contains(row, "tags") {
				got = append(got, fmt.Sprintf("%s=%s", name, raw))
			}
		}
		if strings.Join(got, " ") != want || !strings.Contains(row, "tags") && string(keys[0].Extra["tags"]) != "null" {
			t.Errorf("%s: %s, want %s", row, got, want)
		}
		if strings.Contains(row, "permissions") && fmt.Sprint(keys[0].Permissions) != "[read write]" {
			t.Errorf("%s: %s", row, keys[0].Permissions)
		}
	}
}

// TestTheWordsOfAPropertyAreAskedForPageByPage, and where nobody may ask, what was known stays.
func TestTheWordsOfAPropertyAreAskedForPageByPage(t *testing.T) {
	status := 200
	s := serve(t, withKinds, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch page := r.URL.Query().Get("page"); {
		case status != 200:
			say(w, status, `{"error":"no"}`)
		case page == "1":
			say(w, 200, `{"data":[{"id":"z1","name":"example.com"},{"id":"z2","name":"a\u001b[2Jb"}]}`)
		case page == "2":
			say(w, 200, `{"data":[{"id":"z3","name":"example.com"}]}`)
		default:
			say(w, 200, `{"data":[]}`)
		}
	})
	zones := func() apikey.Property { return s.Capabilities().Properties[3] }
	if known := s.Capabilities().Catalogue; known.Can || !known.Beside || !zones().Asks || len(zones().Choices) != 0 {
		t.Errorf("before: %+v, %+v", known, zones())
	}
	told, err := s.Abilities().Catalogue(bg)
	if got := strings.Join(zones().Names(), " | "); err != nil || got != "example.com (z1) | ab (altered) | example.com (z3)" || len(told.Choices["zones"]) != 3 {
		t.Fatalf("%s, %v", got, err)
	}
	for status = range map[int]bool{403: true, 500: true} {
		if _, err := s.Abilities().Catalogue(bg); (err == nil) != (status == 403) || len(zones().Choices) != 3 {
			t.Errorf("%d: %v, %d words", status, err, len(zones().Choices))
		}
	}
	raw, err := zones().Parse("ab (altered), z1", day, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status = 200; string(raw) != `["z1","z2"]` {
		t.Errorf("%s", raw)
	}
}

// TestCataloguesOfAPropertyThatCircleOrNeverEndAreRefused or end.
func TestCataloguesOfAPropertyThatCircleOrNeverEndAreRefused(t *testing.T) {
	n := 0
	s := serve(t, withKinds, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		n++
		say(w, 200, `{"data":[{"id":"z1","name":"example.com"}]}`)
	})
	if _, err := s.Abilities().Catalogue(bg); err != nil || n != 2 {
		t.Errorf("%d requests, %v", n, err)
	}
	s = serve(t, withKinds, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		say(w, 200, `{"data":[{"id":"`+r.URL.Query().Get("page")+`","name":"x"}]}`)
	})
	if _, err := s.Abilities().Catalogue(bg); !IsKind(err, BadAnswer) {
		t.Errorf("%v", err)
	}
}
