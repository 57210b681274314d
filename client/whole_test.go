package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"detent/apikey"
)

// TestAChangeOfTheWholeObject: what is read is sent back with the change in it, numbers and nesting as they were, without what is left
// out; where somebody else wrote meanwhile, nothing is sent, and it is said what differs.
func TestAChangeOfTheWholeObject(t *testing.T) {
	const (
		declaration = plainRows + plainProbe + `row.last_used_at = ["used"]
list = { call = "GET /keys", rows = ["result"] }
update = { call = "PUT /keys/{id}", key = ["result"], whole = true, read = "GET /keys/{id}", omit = ["id", "made"], send = { name = { field = "name" }, state = { label = { field = "name" } } } }
disable = { call = "PUT /keys/{id}", key = ["result"], whole = true, read = "GET /keys/{id}", omit = ["id", "made"], send = { status = "disabled" } }
enable = { call = "PUT /keys/{id}", key = ["result"], whole = true, read = "GET /keys/{id}", omit = ["id", "made"], send = { status = "active" } }
`
		object = `{"id":"k1","name":"old","made":1,"used":"2026-11-28T10:00:00Z","token":"a-secret-of-20-signs","status":"active","big":12345678901234567890.10,"policies":[{"id":"p","of":null}],"state":{"label":"old","deep":{"n":1e2}}}`
		rest   = `"big":12345678901234567890.10,"policies":[{"id":"p","of":null}],"state":{"deep":{"n":1e2},"label":%q},"status":%q`
	)
	name, off := "new", false
	for what, c := range map[string]struct {
		patch        apikey.Patch
		second       string // what the second reading gives
		etag, answer string
		put          int // the status of the write
		body, fails  string
	}{
		"a name":                          {patch: apikey.Patch{Name: &name}, second: object, body: `{"name":"new",` + fmt.Sprintf(rest, "new", "active") + `}`},
		"switched off":                    {patch: apikey.Patch{Enabled: &off}, second: object, body: `{"name":"old",` + fmt.Sprintf(rest, "old", "disabled") + `}`},
		"used meanwhile":                  {patch: apikey.Patch{Name: &name}, second: strings.Replace(object, "T10:", "T11:", 1), body: `{"name":"new",` + fmt.Sprintf(rest, "new", "active") + `}`},
		"in another order, with spaces":   {patch: apikey.Patch{Name: &name}, second: strings.Replace(strings.Replace(object, `"label":"old",`, ``, 1), `"deep":{"n":1e2}`, ` "deep": {"n":1e2}, "label":"old"`, 1), body: `{"name":"new",` + fmt.Sprintf(rest, "new", "active") + `}`},
		"with a state that is named":      {patch: apikey.Patch{Name: &name}, second: object, etag: `"v7"`, body: `{"name":"new",` + fmt.Sprintf(rest, "new", "active") + `}`},
		"somebody else wrote":             {patch: apikey.Patch{Name: &name}, second: strings.Replace(object, `"id":"p"`, `"id":"q"`, 1), fails: "somebody else changed the key meanwhile: policies"},
		"somebody else added and removed": {patch: apikey.Patch{Name: &name}, second: strings.Replace(object, `"status":"active"`, `"condition":{}`, 1), fails: "meanwhile: status, condition"},
		"a great number":                  {patch: apikey.Patch{Name: &name}, second: strings.Replace(object, "7890.10", "7890.11", 1), fails: "meanwhile: big"},
		"written between the two":         {patch: apikey.Patch{Name: &name}, second: object, put: 412, fails: "conflict (412)", body: `{"name":"new",` + fmt.Sprintf(rest, "new", "active") + `}`},
		"gone meanwhile":                  {patch: apikey.Patch{Name: &name}, second: "", fails: "not found (404): the key could not be read before it is changed"},
	} {
		t.Run(what, func(t *testing.T) {
			reads := 0
			s := serve(t, declaration, "a-credential-of-20-signs", func(w http.ResponseWriter, r *http.Request, body string) {
				switch r.Method + " " + r.URL.Path {
				case "GET /keys/k1":
					now := object
					if reads++; reads == 2 {
						now = c.second
					}
					if now == "" {
						say(w, 404, `{"error":"no such key"}`)
						return
					}
					w.Header().Set("ETag", c.etag)
					say(w, 200, `{"result":`+now+`}`)
				case "PUT /keys/k1":
					if got := r.Header.Get("If-Match"); got != c.etag {
						t.Errorf("If-Match %q, want %q", got, c.etag)
					}
					var got, want any
					if json.Unmarshal([]byte(body), &got) != nil || json.Unmarshal([]byte(c.body), &want) != nil || !reflect.DeepEqual(got, want) || c.body != "" && !strings.Contains(body, "12345678901234567890.10") {
						t.Errorf("sent %s\nwant %s", body, c.body)
					}
					if c.put != 0 {
						say(w, c.put, `{"error":"changed since"}`)
						return
					}
					say(w, 200, `{"result":{"id":"k1","name":"new"}}`)
				default:
					t.Errorf("%s %s", r.Method, r.URL)
				}
			})
			_, err := s.Update(t.Context(), "k1", c.patch)
			switch {
			case c.fails == "" && err != nil:
				t.Error(err)
			case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails) || MayHaveHappened(err) || !strings.HasPrefix(err.Error(), "change the key")):
				t.Errorf("%v, want %q", err, c.fails)
			}
			for _, asked := range s.asked() {
				if strings.HasPrefix(asked, "PUT") && c.body == "" {
					t.Errorf("sent all the same: %s", asked)
				}
				if strings.Contains(asked, "a-secret-of-20-signs") {
					t.Errorf("a secret is sent: %s", asked)
				}
			}
		})
	}
}

// TestWhatIsNotSentBackMayLieDeeper: what omit leads to, a secret and the last use, wherever the key is in the answer.
func TestWhatIsNotSentBackMayLieDeeper(t *testing.T) {
	const object = `{"data":{"id":"k1","attributes":{"name":"old","key":"a-secret-of-20-signs","used":%q,"big":12345678901234567890.10,"key.parts":["a-secret-of-20-signs"],"list":[{"a":1,"b":2}]},"meta":{"at":7}},"meta":{"at":8}}`
	name := "new"
	for rest, c := range map[string]struct{ create, want string }{
		`omit = ["data.attributes.key.parts", "data.attributes.list.0.b", "data.meta", "data.none.x", "meta.at.x", "data.attributes.list.7.b"]`: {`key = ["data"], `, `{"data":{"id":"k1","attributes":{"name":"new","big":12345678901234567890.10,"list":[{"a":1}]}},"meta":{"at":8}}`},
		`omit = ["meta", "data.attributes.key", "data.attributes.used", "data.attributes.key.parts"]`:                                           {``, `{"data":{"id":"k1","attributes":{"name":"new","big":12345678901234567890.10,"list":[{"a":1,"b":2}]},"meta":{"at":7}}}`},
	} {
		file := `list.call = "GET /keys"
row = { id = ["id"], name = ["name"], inside = ["attributes"], secret = ["key"], last_used_at = ["used"] }
create = { call = "POST /keys", ` + c.create + `send = { name = { field = "name" } } }
update = { call = "PATCH /keys/{id}", whole = true, silent = true, empty_yes = true, read = "GET /keys/{id}", ` + rest + `, send = { data = { attributes = { name = { field = "name" } } } } }
` + plainProbe
		sent, reads := "", 0
		s := serve(t, file, "a-credential-of-20-signs", func(w http.ResponseWriter, r *http.Request, body string) {
			switch r.Method + " " + r.URL.Path {
			case "GET /keys/k1":
				reads++
				say(w, 200, fmt.Sprintf(object, fmt.Sprintf("2026-11-28T10:00:0%dZ", reads)))
			case "GET /keys":
				say(w, 200, `[{"id":"k1","attributes":{"name":"new"}}]`)
			default:
				sent = body
				w.WriteHeader(204)
			}
		})
		_, err := s.Update(t.Context(), "k1", apikey.Patch{Name: &name})
		var got, want any
		if err != nil || json.Unmarshal([]byte(sent), &got) != nil || json.Unmarshal([]byte(c.want), &want) != nil || !reflect.DeepEqual(got, want) || !strings.Contains(sent, "12345678901234567890.10") {
			t.Errorf("%s: %v\nsent %s\nwant %s", rest, err, sent, c.want)
		}
	}
}
