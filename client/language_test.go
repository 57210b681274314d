package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// The shapes that real key services have, each said in a declaration of its own and spoken to.

// exampleHead is the rest of a declaration, beside what all of them have.
const exampleHead = `name = "example"
title = "Example"
proven = "documents 2026-11-28"
refusals.own = ["text", "object", "no"]
`

// served is a server of one shape, and the issuer that its declaration makes.
type served struct {
	*issuer
	mu   sync.Mutex
	asks []string // "METHOD /path?query body", as they came
	log  bytes.Buffer
}

func (s *served) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asks)
}

// serve opens a declaration against a handler, which gets the body as well.
func serve(t *testing.T, declaration, credential string, answer func(w http.ResponseWriter, r *http.Request, body string), change ...func(*Options)) *served {
	t.Helper()
	d, err := kit.Load("example.toml", []byte(exampleHead+declaration))
	if err != nil {
		t.Fatal(err)
	}
	s := &served{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.asks = append(s.asks, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+string(body)))
		s.mu.Unlock()
		answer(w, r, string(body))
	}))
	t.Cleanup(server.Close)
	o := Options{Service: "example", URL: server.URL, Token: apikey.NewSecret(credential), Debug: &s.log, Now: func() time.Time { return day },
		Sleep: func(context.Context, time.Duration) error { return nil }}
	for _, f := range change {
		f(&o)
	}
	opened, bad := openIssuer(d, o)
	if bad != nil {
		t.Fatal(bad)
	}
	s.issuer = opened
	return s
}

var day = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Date", day.Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func names(t *testing.T, s Service) string {
	t.Helper()
	keys, err := ListAll(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, k := range keys {
		out = append(out, k.ID+"="+k.Name)
	}
	return strings.Join(out, " ")
}

const plainRows = `row.id = ["id"]
row.name = ["name"]
row.secret = ["token"]
`

const plainProbe = `probe = [{ call = "GET /me", answers = "object" }]
`

// TestACredentialGoesWhereTheDeclarationHasIt, and nowhere else: never into an address.
func TestACredentialGoesWhereTheDeclarationHasIt(t *testing.T) {
	const credential = "admin:correct-horse-battery"
	for _, c := range []struct {
		auth, credential string
		sent             func(r *http.Request, body string) string
		want             string
	}{
		{``, "token-0123456789", func(r *http.Request, _ string) string { return r.Header.Get("Authorization") }, "Bearer token-0123456789"},
		{`auth = { kind = "header", header = "X-Auth-Token" }`, "token-0123456789", func(r *http.Request, _ string) string { return r.Header.Get("X-Auth-Token") }, "token-0123456789"},
		{`auth = { kind = "header", header = "Authorization", prefix = "GenieKey " }`, "token-0123456789", func(r *http.Request, _ string) string { return r.Header.Get("Authorization") }, "GenieKey token-0123456789"},
		{`auth = { kind = "basic" }`, credential, func(r *http.Request, _ string) string {
			user, password, _ := r.BasicAuth()
			return user + ":" + password
		}, credential},
		{"auth = { kind = \"basic\" }\nkey_auth = { kind = \"header\", header = \"X-Auth-Token\" }", "token-0123456789", func(r *http.Request, _ string) string { return r.Header.Get("X-Auth-Token") }, "token-0123456789"},
		{`auth = { kind = "cookie", cookie = "sid" }`, "session-0123456789", func(r *http.Request, _ string) string {
			cookie, _ := r.Cookie("sid")
			return cookie.Value
		}, "session-0123456789"},
		{"auth = { kind = \"body\", member = \"auth\" }\nlist.send = { method = \"list\" }", "token-0123456789", func(_ *http.Request, body string) string { return body }, `{"auth":"token-0123456789","method":"list"}`},
	} {
		got, elsewhere := "", false
		s := serve(t, c.auth+"\nlist.call = \"POST /keys\"\n"+plainRows+plainProbe, c.credential, func(w http.ResponseWriter, r *http.Request, body string) {
			got = c.sent(r, body)
			elsewhere = r.Header.Get("Authorization") != "" && !strings.Contains(c.auth, "Authorization") && !strings.Contains(c.auth, "basic") && c.auth != ""
			say(w, 200, `[]`)
		})
		if _ = names(t, s); got != c.want || elsewhere {
			t.Errorf("%s: %q, want %q; in Authorization too: %v", c.auth, got, c.want, elsewhere)
		}
		if strings.Contains(s.log.String()+strings.Join(s.asked(), " "), "?") || strings.Contains(s.log.String(), "0123456789") || strings.Contains(s.log.String(), "battery") {
			t.Errorf("%s: the log has %s", c.auth, s.log.String())
		}
	}
}

// TestALoginIsMadeOnceAndAgainWhenItsSessionIsRefused: by a cookie, or by a member of the answer. A refused session is replaced once.
func TestALoginIsMadeOnceAndAgainWhenItsSessionIsRefused(t *testing.T) {
	for _, c := range []struct{ name, auth string }{
		{"cookie", `auth = { kind = "cookie", cookie = "sid", login = { call = "POST /login", send = { email = { login = "user" }, password = { login = "password" } } } }`},
		{"member", `auth = { kind = "header", header = "Authorization", prefix = "Session ", login = { call = "POST /login", session = "data.session", send = { email = { login = "user" }, password = { login = "password" } } } }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			logins, dead := 0, ""
			s := serve(t, c.auth+"\nlist.call = \"GET /keys\"\n"+plainRows+plainProbe, "ann@example.com:correct-horse-battery", func(w http.ResponseWriter, r *http.Request, body string) {
				session := fmt.Sprintf("session-%d", logins)
				switch sent := r.Header.Get("Cookie") + r.Header.Get("Authorization"); {
				case r.URL.Path == "/login" && sent == "" && body == `{"email":"ann@example.com","password":"correct-horse-battery"}`:
					logins++
					session = fmt.Sprintf("session-%d", logins)
					http.SetCookie(w, &http.Cookie{Name: "sid", Value: session})
					say(w, 200, `{"data":{"session":"`+session+`"}}`)
				case strings.HasSuffix(sent, session) && session != dead:
					say(w, 200, `[{"id":"k1","name":"ci"}]`)
				default:
					say(w, 401, `{"error":"no session for correct-horse-battery `+session+`"}`)
				}
			})
			for range 2 {
				if got := names(t, s); got != "k1=ci" {
					t.Error(got)
				}
			}
			dead = "session-1"
			if got := names(t, s); got != "k1=ci" || logins != 2 {
				t.Errorf("%s after %d logins", got, logins)
			}
			dead = "session-2"
			s.forgetAll()
			dead = "session-3"
			err := s.List(context.Background(), func([]apikey.Key) {})
			if !IsKind(err, Unauthorized) || strings.Contains(err.Error(), "battery") || strings.Contains(err.Error(), "session-3") {
				t.Errorf("%v", err)
			}
		})
	}
}

// forgetAll drops the session.
func (s *served) forgetAll() {
	s.sessions.forget(s.sessions.known().token)
}

// TestJSONRPCIsSpoken: one address, always 200, an error in the answer, a key that gets its secret by a second call.
func TestJSONRPCIsSpoken(t *testing.T) {
	const declaration = `auth = { kind = "body", member = "auth", login = { call = "POST /rpc", session = "result", send = { jsonrpc = "2.0", id = 1, method = "user.login", params = { username = { login = "user" }, password = { login = "password" } } } } }
key_auth = { kind = "body", member = "auth" }
refusals.means = [{ status = 200, words = "not authorized|session terminated", is = 401 }, { status = 200, words = "already exists", is = 409 }]
[row]
id = ["tokenid"]
name = ["name"]
expires_at = ["expires_at"]
state = { members = ["status"], on = ["0"], off = ["1"] }
secret = ["token"]
[list]
call = "POST /rpc"
rows = ["result"]
send = { jsonrpc = "2.0", id = 1, method = "token.get", params = { output = "extend" } }
[create]
call = "POST /rpc"
id = "result.tokenids.0"
send = { jsonrpc = "2.0", id = 1, method = "token.create", params = [{ name = { field = "name" }, expires_at = { field = "expires_at", as = "unix-text", else = "0" } }] }
secret = { call = "POST /rpc", key = ["result.0"], send = { jsonrpc = "2.0", id = 1, method = "token.generate", params = [{ field = "id" }] } }
[update]
call = "POST /rpc"
silent = true
send = { jsonrpc = "2.0", id = 1, method = "token.update", params = [{ tokenid = { field = "id" }, name = { field = "name" } }] }
[delete]
call = "POST /rpc"
send = { jsonrpc = "2.0", id = 1, method = "token.delete", params = [{ field = "id" }] }
[[probe]]
call = "POST /rpc"
send = { jsonrpc = "2.0", id = 1, method = "user.get", params = { limit = 1 } }
answers = "members"
members = ["result"]
`
	s := serve(t, declaration, "Admin:correct-horse", func(w http.ResponseWriter, r *http.Request, body string) {
		var rpc struct {
			Method string          `json:"method"`
			Auth   string          `json:"auth"`
			Params json.RawMessage `json:"params"`
		}
		_ = json.Unmarshal([]byte(body), &rpc)
		result, fault := map[string]string{"user.login": `"session-1"`, "token.get": `[{"tokenid":"7","name":"ci","status":"0","expires_at":"0"},{"tokenid":"8","name":"old","status":"1"}]`,
			"token.create": `{"tokenids":["9"]}`, "token.generate": `[{"tokenid":"9","token":"tok-0123456789abcdef"}]`, "token.update": `{"tokenids":["7"]}`, "token.delete": `{"tokenids":["7"]}`,
			"user.get": `[]`}[rpc.Method], ""
		switch {
		case rpc.Method == "user.login" && rpc.Auth == "":
		case rpc.Auth != "session-1" && rpc.Auth != "tok-0123456789abcdef":
			fault = "Not authorized."
		case rpc.Method == "token.create" && strings.Contains(string(rpc.Params), "taken"):
			fault = `API token "taken" already exists for user.`
		}
		if fault != "" {
			raw, _ := json.Marshal(fault)
			say(w, 200, `{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params.","data":`+string(raw)+`},"id":1}`)
			return
		}
		say(w, 200, `{"jsonrpc":"2.0","result":`+result+`,"id":1}`)
	})
	ctx := context.Background()
	keys, err := ListAll(ctx, s)
	if err != nil || len(keys) != 2 || !*keys[0].Enabled || *keys[1].Enabled || !keys[0].ExpiresAt.IsNever() {
		t.Fatalf("%+v, %v", keys, err)
	}
	created, err := s.Create(ctx, apikey.Draft{Name: "new", Expiry: apikey.Expiry{After: time.Hour}})
	if err != nil || created.Key.ID != "9" || created.Secret.Reveal() != "tok-0123456789abcdef" || !slices.ContainsFunc(s.asked(), func(a string) bool {
		return strings.Contains(a, `"method":"token.create","params":[{"expires_at":"1795870800","name":"new"}]`)
	}) {
		t.Errorf("%+v, %v\n%s", created, err, strings.Join(s.asked(), "\n"))
	}
	if _, err := s.Create(ctx, apikey.Draft{Name: "taken"}); !IsKind(err, Conflict) || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("%v", err)
	}
	renamed := "ci"
	if key, err := s.Update(ctx, "7", apikey.Patch{Name: &renamed}); err != nil || key.ID != "7" {
		t.Errorf("%+v, %v", key, err)
	}
	if _, err := s.Delete(ctx, "7"); err != nil || !strings.Contains(strings.Join(s.asked(), "\n"), `"method":"token.delete","params":["7"]`) {
		t.Errorf("%v", err)
	}
	for secret, want := range map[string]apikey.Verdict{"tok-0123456789abcdef": apikey.Accepted, "tok-is-dead-0123456": apikey.Refused} {
		if proof, err := s.Probe(ctx, apikey.NewSecret(secret), ""); err != nil || proof.Verdict != want {
			t.Errorf("%s: %+v, %v", secret, proof, err)
		}
	}
}

// TestAKeyThatIsNamedByItsSecretIsNotShownByIt: not as an id, in an error, or in the log.
func TestAKeyThatIsNamedByItsSecretIsNotShownByIt(t *testing.T) {
	const secret, other = "*:development.0123456789abcdef", "*:production.fedcba9876543210"
	s := serve(t, `auth = { kind = "header", header = "Authorization" }
truth = { revoke_lag = "60s", list_lag = "5s", use_resolution = "24h", never_try_dead = true }
list = { call = "GET /tokens", rows = ["tokens"] }
create = { call = "POST /tokens", send = { tokenName = { field = "name" }, type = "client" } }
update = { call = "PUT /tokens/{id}", silent = true, send = { tokenName = { field = "name" } } }
delete = { call = "DELETE /tokens/{id}" }
row = { secret_is_id = true, name = ["tokenName"], secret = ["secret"] }
probe = [{ call = "GET /features", answers = "members", members = ["version", "features"] }]
`, "user:0123456789abcdef", func(w http.ResponseWriter, r *http.Request, body string) {
		switch r.Method + " " + r.URL.Path {
		case "GET /tokens":
			say(w, 200, `{"tokens":[{"tokenName":"ci","secret":"`+secret+`"},{"tokenName":"web","secret":"`+other+`"}]}`)
		case "POST /tokens":
			say(w, 201, `{"tokenName":"new","secret":"`+other+`"}`)
		case "PUT /tokens/" + secret:
			say(w, 403, `{"error":"`+secret+` may not be changed"}`)
		case "DELETE /tokens/" + secret:
			w.WriteHeader(204)
		default:
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
	})
	ctx := context.Background()
	keys, err := ListAll(ctx, s)
	if err != nil || len(keys) != 2 || keys[0].ID == keys[1].ID || len(keys[0].ID) < 16 {
		t.Fatalf("%+v, %v", keys, err)
	}
	created, err := s.Create(ctx, apikey.Draft{Name: "new"})
	if err != nil || created.Key.ID != keys[1].ID || !created.Secret.Equal(apikey.NewSecret(other)) {
		t.Errorf("%+v, %v", created, err)
	}
	changed := "x"
	_, failed := s.Update(ctx, keys[0].ID, apikey.Patch{Name: &changed})
	if _, err := s.Delete(ctx, keys[0].ID); err != nil || s.asked()[len(s.asked())-1] != "DELETE /tokens/%2A:development.0123456789abcdef" {
		t.Errorf("%v: %s", err, s.asked())
	}
	if gone, err := s.Delete(ctx, "00000000000000000000000000000000"); err != nil || !gone.AlreadyGone {
		t.Errorf("%+v, %v", gone, err)
	}
	shown := fmt.Sprintf("%+v %v %s", keys, failed, s.log.String())
	if !IsKind(failed, Forbidden) || strings.Contains(shown, "0123456789abcdef") || strings.Contains(shown, "development") {
		t.Error(shown)
	}
	if c := s.Capabilities(); c.RevokeLag != time.Minute || c.ListLag != 5*time.Second || c.UseResolution != 24*time.Hour || !c.NoTryDead {
		t.Errorf("%+v", c)
	}
}

// TestEveryWayOfPagingReadsTheWholeList, of a server that gives fewer rows a page than it is asked for.
func TestEveryWayOfPagingReadsTheWholeList(t *testing.T) {
	const all, give = 7, 2
	row := func(i int) string { return fmt.Sprintf(`{"id":"k%d","name":"n%d"}`, i, i) }
	for _, c := range []struct {
		name, list string
		from       func(r *http.Request, body string) int
		beside     func(from, to int) (header, members string)
	}{
		{"page", `kind = "page", by = "page", size = "per_page", most = 5`, func(r *http.Request, _ string) int { return (number(r.FormValue("page")) - 1) * give }, nil},
		{"page from 0 with a count", `kind = "page", by = "p", first = 0, last = "info.pages"`, func(r *http.Request, _ string) int { return number(r.FormValue("p")) * give },
			func(int, int) (string, string) { return "", `,"info":{"pages":4}` }},
		{"offset", `kind = "offset", by = "skip"`, func(r *http.Request, _ string) int { return number(r.FormValue("skip")) }, nil},
		{"after-id", `kind = "after-id", by = "after", more = "has_more"`, func(r *http.Request, _ string) int { return number(strings.TrimPrefix(r.FormValue("after"), "k")) },
			func(_, to int) (string, string) { return "", fmt.Sprintf(`,"has_more":%v`, to < all) }},
		{"cursor", `kind = "cursor", by = "cursor", next = "pagination.cursor"`, func(r *http.Request, _ string) int { return number(strings.TrimPrefix(r.FormValue("cursor"), "c")) },
			func(_, to int) (string, string) {
				if to == all {
					return "", `,"pagination":{"cursor":null}`
				}
				return "", fmt.Sprintf(`,"pagination":{"cursor":"c%d"}`, to)
			}},
		{"cursor in the body", `kind = "cursor", by = "cursor", next = "next", in_body = true`, func(_ *http.Request, body string) int {
			var sent struct{ Cursor int }
			_ = json.Unmarshal([]byte(body), &sent)
			return sent.Cursor
		}, func(_, to int) (string, string) {
			if to == all {
				return "", ""
			}
			return "", fmt.Sprintf(`,"next":%d`, to)
		}},
		{"a cursor in the body that is text of digits", `kind = "cursor", by = "cursor", next = "next", in_body = true, size = "limit", most = 2`, func(_ *http.Request, body string) int {
			var sent struct {
				Cursor string
				Limit  int
			}
			if err := json.Unmarshal([]byte(body), &sent); err != nil || sent.Limit != 2 {
				return all // a strict service
			}
			return number(sent.Cursor)
		}, func(_, to int) (string, string) {
			if to == all {
				return "", `,"next":null`
			}
			return "", fmt.Sprintf(`,"next":"%d"`, to)
		}},
		{"a header Link", `kind = "link"`, func(r *http.Request, _ string) int { return number(r.FormValue("at")) }, func(_, to int) (string, string) {
			if to == all {
				return `<https://evil.example/keys?at=0>; rel="first"`, ""
			}
			return fmt.Sprintf(`<https://evil.example/elsewhere?at=%d>; rel="next", <https://evil.example/x?at=99>; rel="last"`, to), ""
		}},
		{"a member with an address", `kind = "link", next = "links.next"`, func(r *http.Request, _ string) int { return number(r.FormValue("at")) }, func(_, to int) (string, string) {
			if to == all {
				return "", `,"links":{"next":null}`
			}
			return "", fmt.Sprintf(`,"links":{"next":"/keys?at=%d"}`, to)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, "list = { call = \"POST /keys\", rows = [\"data\"], send = {}, pages = { "+c.list+" } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, body string) {
				from := min(c.from(r, body), all)
				to := min(from+give, all)
				header, members := "", ""
				if c.beside != nil {
					header, members = c.beside(from, to)
				}
				if header != "" {
					w.Header().Set("Link", header)
				}
				var rows []string
				for i := from; i < to; i++ {
					rows = append(rows, row(i+1))
				}
				say(w, 200, `{"data":[`+strings.Join(rows, ",")+`]`+members+`}`)
			})
			if got := names(t, s); got != "k1=n1 k2=n2 k3=n3 k4=n4 k5=n5 k6=n6 k7=n7" {
				t.Errorf("%s\n%s", got, strings.Join(s.asked(), "\n"))
			}
			if n := len(s.asked()); n > 5 {
				t.Errorf("%d requests: %s", n, s.asked())
			}
		})
	}
}

// TestAListWhosePagesAreAskedForWronglyIsNotWhole: a service that does not know the parameter gives its first page for ever, and says that there is more.
func TestAListWhosePagesAreAskedForWronglyIsNotWhole(t *testing.T) {
	for name, pages := range map[string]string{
		"a cursor under another name":           `kind = "cursor", by = "cursor", next = "last_id", more = "has_more"`,
		"a cursor in the query, not the body":   `kind = "cursor", by = "after_id", next = "last_id"`,
		"an id under another name":              `kind = "after-id", by = "from", more = "has_more"`,
		"the number of a page, where ids count": `kind = "page", by = "page", more = "has_more"`,
	} {
		s := serve(t, "list = { call = \"POST /keys\", rows = [\"data\"], send = {}, pages = { "+pages+" } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, 200, `{"data":[{"id":"k1","name":"n1"},{"id":"k2","name":"n2"}],"has_more":true,"last_id":"k2"}`)
		})
		err := s.List(t.Context(), func([]apikey.Key) {})
		if !IsKind(err, BadAnswer) || !strings.Contains(err.Error(), "not whole") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func number(text string) (n int) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

// TestAListOfIDsIsReadKeyByKey: ids alone or objects that have them; a key that is gone meanwhile, from the list too, is passed over.
func TestAListOfIDsIsReadKeyByKey(t *testing.T) {
	for _, list := range []string{`["k1","k2","k3"]`, `[{"id":"k1"},{"id":"k2"},{"id":"k3"}]`, `{"data":["k1","k2","k3"]}`} {
		looks := 0
		s := serve(t, `list = { call = "GET /keys", rows = ["data"], each = { call = "GET /keys/{id}", key = ["key"] } }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			switch id := strings.TrimPrefix(r.URL.Path, "/keys/"); id {
			case "/keys":
				if looks++; looks == 2 {
					say(w, 200, `["k1","k3"]`)
					return
				}
				say(w, 200, list)
			case "k2":
				say(w, 404, `{"error":"not found"}`)
			default:
				say(w, 200, `{"key":{"name":"`+id+`!"}}`)
			}
		})
		if got := names(t, s); got != "k1=k1! k3=k3!" {
			t.Errorf("%s: %s", list, got)
		}
	}
}

// TestWhatAKeyBelongsToIsInEachPath: it is asked for when the profile is opened, and stays one segment.
func TestWhatAKeyBelongsToIsInEachPath(t *testing.T) {
	const declaration = `parent = [{ name = "account", title = "Account id" }]
list = { call = "GET /accounts/{account}/tokens", query = "account={account}" }
delete = { call = "DELETE /accounts/{account}/tokens/{id}" }
create = { call = "POST /tokens", send = { account = { parent = "account" }, name = { field = "name" } } }
` + plainRows + plainProbe
	s := serve(t, declaration, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		say(w, 200, map[string]string{"GET": `[{"id":"k1","name":"ci"}]`, "POST": `{"id":"k2","token":"secret-0123456789"}`, "DELETE": `{"success":true}`}[r.Method])
	}, func(o *Options) { o.Parents = map[string]string{"account": "a@b"} })
	_ = names(t, s)
	if _, err := s.Create(context.Background(), apikey.Draft{Name: "x"}); err != nil {
		t.Error(err)
	}
	if _, err := s.Delete(context.Background(), "k1"); err != nil {
		t.Error(err)
	}
	want := []string{"GET /accounts/a@b/tokens?account=a%40b", `POST /tokens {"account":"a@b","name":"x"}`, "DELETE /accounts/a@b/tokens/k1"}
	if !slices.Equal(s.asked(), want) {
		t.Errorf("%q, want %q", s.asked(), want)
	}
	d, err := kit.Load("example.toml", []byte(exampleHead+declaration))
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range []map[string]string{nil, {"account": ""}, {"account": "a/b"}, {"account": ".."}, {"account": "a?b"}, {"account": "a%2fb"}, {"account": "a", "team": "b"}} {
		if _, bad := openIssuer(d, Options{Service: "example", URL: "https://api.example.com", Token: apikey.NewSecret("token-0123456789"), Parents: given}); bad == nil {
			t.Errorf("%v is taken", given)
		}
	}
}

// TestAVerdictIsRead of a service that checks a secret for whoever may ask: the secret travels in the body, and our own credential is
// the one that is sent.
func TestAVerdictIsRead(t *testing.T) {
	s := serve(t, `list = { call = "GET /keys" }
row = { id = ["id"], name = ["name"], secret = ["key"] }
[[probe]]
call = "POST /keys/verify"
send = { key = { secret = true } }
by_own_credential = true
answers = "verdict"
accepts = { "data.code" = ["VALID"], "valid" = ["true"] }
refuses = { "data.code" = ["NOT_FOUND", "DISABLED"] }
`, "root-0123456789", func(w http.ResponseWriter, r *http.Request, body string) {
		if r.Header.Get("Authorization") != "Bearer root-0123456789" {
			t.Error(r.Header)
		}
		for secret, answer := range map[string]string{"alive": `{"data":{"code":"VALID"}}`, "alive2": `{"valid":true}`, "dead": `{"data":{"code":"NOT_FOUND"}}`, "off": `{"data":{"code":"DISABLED"}}`, "odd": `{"data":{"code":"RATE_LIMITED"}}`, "portal": `{"welcome":true}`} {
			if body == `{"key":"secret-`+secret+`-0123456789"}` {
				say(w, 200, answer)
				return
			}
		}
		say(w, 403, `{"error":"the root key may not verify `+body+`"}`)
	})
	for secret, want := range map[string]apikey.Verdict{"alive": apikey.Accepted, "alive2": apikey.Accepted, "dead": apikey.Refused, "off": apikey.Refused, "odd": apikey.Silent, "portal": apikey.Silent, "forbidden": apikey.Silent} {
		proof, err := s.Probe(context.Background(), apikey.NewSecret("secret-"+secret+"-0123456789"), "")
		if err != nil || proof.Verdict != want || strings.Contains(fmt.Sprintf("%+v", proof), "secret-"+secret) {
			t.Errorf("%s: %+v, %v", secret, proof, err)
		}
	}
}

// TestScopesAreWrittenAsTheIssuerHasThem, and read back.
func TestScopesAreWrittenAsTheIssuerHasThem(t *testing.T) {
	for _, c := range []struct{ as, feature, sent, listed string }{
		{"list", "", `["api","read.all"]`, `["read.all","api"]`},
		{"words", "", `"api read.all"`, `["api","read.all"]`},
		{"words", "", `"api read.all"`, `"read.all  api"`},
		{"grouped", "Keys", `{"Keys":["api","read.all"]}`, `{"Keys":["api","read.all"]}`},
	} {
		s := serve(t, `list = { call = "GET /keys" }
create = { call = "POST /keys", send = { name = { field = "name" }, scopes = { field = "permissions", as = "`+c.as+`" }, end = { field = "expires_at", as = "date" } } }
row = { id = ["id"], name = ["name"], permissions = ["scopes"], secret = ["token"] }
access = ["permissions"]
permission = [{ name = "api", feature = "`+c.feature+`", mints = true }, { name = "read.all", feature = "`+c.feature+`", group = "Reading" }]
preset = [{ name = "reader", permissions = ["read.all"] }]
`+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.Method == "GET" {
				say(w, 200, `[{"id":"k1","name":"a","scopes":`+c.listed+`},{"id":"k2","name":"b","scopes":[]},{"id":"k3","name":"c"}]`)
				return
			}
			say(w, 201, `{"id":"k4","token":"secret-0123456789","scopes":`+c.listed+`}`)
		})
		keys, err := ListAll(context.Background(), s)
		if err != nil || len(keys) != 3 || len(keys[0].Permissions) != 2 || keys[1].Permissions == nil || keys[2].Permissions != nil {
			t.Fatalf("%+v, %v", keys, err)
		}
		created, err := s.Create(context.Background(), apikey.Draft{Name: "n", Permissions: keys[0].Permissions, Expiry: apikey.Expiry{After: 48 * time.Hour}})
		if err != nil || len(created.Notes) > 0 {
			t.Errorf("%+v, %v", created.Notes, err)
		}
		asked := s.asked()[len(s.asked())-1]
		if !strings.Contains(asked, `"end":"2026-11-30"`) || !strings.Contains(asked, `"scopes":`+c.sent) {
			t.Errorf("%s: %s", c.as, asked)
		}
		if _, err := s.Create(context.Background(), apikey.Draft{Name: "n"}); !IsKind(err, Invalid) {
			t.Errorf("a key without a right, which may have all of them: %v", err)
		}
		caps := s.Capabilities()
		if info, ok := caps.FindPermission("api"); !ok || info.Risk != apikey.CanMint || len(caps.PermissionPresets) != 1 || len(caps.PermissionPresets[0].Permissions) != 1 {
			t.Errorf("%+v", caps.PermissionGroups)
		}
	}
}

// TestASwitchMayBeACallOfItsOwn.
func TestASwitchMayBeACallOfItsOwn(t *testing.T) {
	s := serve(t, `list = { call = "GET /keys" }
enable = { call = "POST /keys/{id}/on", silent = true }
disable = { call = "POST /keys/off", send = { id = { field = "id" } }, silent = true }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Method == "GET" {
			say(w, 200, `[{"id":"k1","name":"a"}]`)
			return
		}
		w.WriteHeader(204)
	})
	for _, on := range []bool{true, false} {
		if key, err := s.Update(context.Background(), "k1", apikey.Patch{Enabled: &on}); err != nil || key.Name != "a" {
			t.Errorf("%+v, %v", key, err)
		}
	}
	if want := []string{"POST /keys/k1/on", "GET /keys", `POST /keys/off {"id":"k1"}`, "GET /keys"}; !slices.Equal(s.asked(), want) {
		t.Errorf("%q", s.asked())
	}
	if c := s.Capabilities(); !c.Disable.OK || c.Rename.OK {
		t.Errorf("%+v", c)
	}
}
