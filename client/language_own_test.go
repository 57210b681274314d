package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// What the words of a declaration do that three servers made necessary.

func TestASessionsCookieIsCalledAsTheAddressAsksAndGoesWithAnOrigin(t *testing.T) {
	const auth = `auth = { kind = "cookie", cookie = "sid", cookie_tls = "__Secure-sid", origin = true }
list.call = "GET /keys"
` + plainRows + plainProbe
	sent := ""
	s := serve(t, auth, "session-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		sent = r.Header.Get("Cookie") + " " + r.Header.Get("Origin")
		say(w, 200, `[]`)
	})
	if names(t, s); sent != "sid=session-0123456789 "+s.origin.String() {
		t.Errorf("sent %q", sent)
	}
	d, err := kit.Load("example.toml", []byte(exampleHead+auth))
	if err != nil {
		t.Fatal(err)
	}
	far, bad := openIssuer(d, Options{Service: "example", URL: "https://app.example.com/base", Token: apikey.NewSecret("x")})
	if bad != nil {
		t.Fatal(bad)
	}
	req := far.reads.R()
	far.put(req, far.own, nil, far.opts.Token)
	if cookie, origin := req.Header.Get("Cookie"), req.Header.Get("Origin"); cookie != "__Secure-sid=x" || origin != "https://app.example.com" {
		t.Errorf("over https: %s %s", cookie, origin)
	}
}

func TestAnEmptyYesIsOneWhereItIsDeclared(t *testing.T) {
	for _, yes := range []bool{true, false} {
		declared := map[bool]string{true: "delete.empty_yes = true\n"}[yes]
		s := serve(t, "list.call = \"GET /keys\"\ndelete.call = \"DELETE /keys/{id}\"\n"+declared+plainRows+plainProbe, "token-0123456789",
			func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(http.StatusOK) })
		gone, err := s.Delete(bg, "k1")
		if yes && (err != nil || gone.AlreadyGone) || !yes && !MayHaveHappened(err) {
			t.Errorf("declared %v: %+v, %v", yes, gone, err)
		}
	}
}

func TestARefusalIsTheIssuersOwnByItsMembersAndAcceptsByItsWords(t *testing.T) {
	for answer, want := range map[string]apikey.Verdict{
		`{"code":"X","message":"a token of another kind is needed"}`:             apikey.Accepted,
		`{"code":"X","message":"Another Kind of token"}`:                         apikey.Accepted,
		`{"message":"a token of another kind is needed"}`:                        apikey.Silent, // not the issuer's
		`{"code":"X","message":"another kind","request_id":"r1","path":"/me"}`:   apikey.Silent,
		`{"code":"X","message":"no"}`:                                            apikey.Silent,
		`{"code":"X","message":"blocked by a firewall that is of another kind"}`: apikey.Accepted,
	} {
		s := serve(t, `list.call = "GET /keys"
refusals.with = ["code", "message"]
refusals.members = ["code", "message"]
refusals.known = "another kind"
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 403, answer) })
		if p, err := s.Probe(bg, apikey.NewSecret("key-0123456789"), ""); err != nil || p.Verdict != want {
			t.Errorf("%s: %s, %v; want %s", answer, p.Verdict, err, want)
		}
	}
}

func TestWhatHasTheShapeOfASecretIsTakenOutOfEveryText(t *testing.T) {
	letters := strings.Repeat("abcdefgh", 8)
	for _, answer := range []string{`{"error":"no key ` + letters + `"}`, `{"error":{"message":"no","code":"` + letters + `"}}`, `{"success":false,"message":"it was ` + letters + `"}`} {
		s := serve(t, `list.call = "GET /keys"
delete.call = "DELETE /keys/{id}"
secret.shape = "[a-z]{64}"
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 400, answer) })
		_, err := s.Delete(bg, "k1")
		if e := asError(err); e == nil || strings.Contains(e.Error()+e.Code+e.Hint, letters[:20]) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestAnEnvironmentIsCalledAsTheIssuerDoes(t *testing.T) {
	s := serve(t, `list.call = "GET /keys"
create.call = "POST /keys"
create.send.name = { field = "name" }
create.send.stage = { field = "environment" }
environments = ["live", "dev"]
environment_names = { live = "production", dev = "development" }
row.environment = ["stage"]
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Method == "POST" {
			say(w, 201, `{"id":"k9","name":"ci","stage":"production","token":"key-0123456789"}`)
			return
		}
		say(w, 200, `[{"id":"k1","stage":"production"},{"id":"k2","stage":"development"},{"id":"k3","stage":"staging"},{"id":"k4"}]`)
	})
	keys, err := ListAll(bg, s)
	if err != nil || len(keys) != 4 {
		t.Fatal(keys, err)
	}
	for i, want := range []apikey.Environment{apikey.Live, apikey.Dev, "staging", ""} {
		if keys[i].Environment != want {
			t.Errorf("%s is of %q, want %q", keys[i].ID, keys[i].Environment, want)
		}
	}
	made, err := s.Create(bg, apikey.Draft{Name: "ci", Environment: apikey.Live})
	if asked := s.asked(); err != nil || made.Key.Environment != apikey.Live || asked[1] != `POST /keys {"name":"ci","stage":"production"}` {
		t.Errorf("%+v, %v, %q", made.Key.Environment, err, asked)
	}
	for _, other := range []apikey.Environment{"", "staging", apikey.Test} {
		if _, err := s.Create(bg, apikey.Draft{Name: "ci", Environment: other}); !IsKind(err, Invalid) || len(s.asked()) != 2 {
			t.Errorf("a key of %q: %v", other, err)
		}
	}
}

// TestARefusalThatMayMeanGoneIsSettledByTheList, which may have the key, or not be had.
func TestARefusalThatMayMeanGoneIsSettledByTheList(t *testing.T) {
	for listed, gone := range map[string]bool{`[]`: true, `[{"id":"k2"}]`: true, `[{"id":"k1"}]`: false, `{"error":"down"}`: false} {
		for words, may := range map[string]bool{"No permission, or it does not exist!": true, "No permission": false} {
			s := serve(t, "list.call = \"GET /keys\"\ndelete = { call = \"DELETE /keys/{id}\", maybe_gone = \"does not exist\" }\n"+plainRows+plainProbe, "token-0123456789",
				func(w http.ResponseWriter, r *http.Request, _ string) {
					if r.Method == "GET" {
						say(w, 200, listed)
						return
					}
					say(w, 400, `{"error":"`+words+`"}`)
				})
			if got, err := s.Delete(bg, "k1"); got.AlreadyGone != (gone && may) || (err == nil) != (gone && may) {
				t.Errorf("%s, %s: %+v, %v", listed, words, got, err)
			}
		}
	}
}

// TestAChangeWhoseAnswerShowsNothingIsSeenInTheList, or is not taken for done.
func TestAChangeWhoseAnswerShowsNothingIsSeenInTheList(t *testing.T) {
	name, off := "b", false
	for listed, want := range map[string]bool{`[{"id":"k1","name":"b","on":false}]`: true, `[{"id":"k1","name":"a","on":false}]`: false, `[{"id":"k1","name":"b","on":true}]`: false, `[]`: false} {
		s := serve(t, `list.call = "GET /keys"
update = { call = "POST /keys/{id}", silent = true, send = { name = { field = "name" }, on = { field = "enabled" } } }
row.enabled = ["on"]
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.Method == "GET" {
				say(w, 200, listed)
				return
			}
			say(w, 200, `{"success":true}`)
		})
		if _, err := s.Update(bg, "k1", apikey.Patch{Name: &name, Enabled: &off}); (err == nil) != want || err != nil && !MayHaveHappened(err) {
			t.Errorf("%s: %v", listed, err)
		}
	}
}

// TestAKeyThatIsMadeBeforeItHasASecretShowsNothingThatNobodySaid: the answer to its making is no key.
func TestAKeyThatIsMadeBeforeItHasASecretShowsNothingThatNobodySaid(t *testing.T) {
	for second, want := range map[string]string{`{"token":"key-0123456789"}`: "key-0123456789", `{"id":"k9","token":"key-0123456789"}`: "key-0123456789", `{"id":"k9"}`: ""} {
		s := serve(t, `list.call = "GET /keys"
create = { call = "POST /keys", id = "made.0", send = { name = { field = "name" } }, secret = { call = "POST /keys/{id}/secret" } }
row.expires_at = ["end"]
row.no_expiry_is_never = true
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.URL.Path == "/keys" {
				say(w, 201, `{"made":["k9"]}`)
				return
			}
			say(w, 200, second)
		})
		made, err := s.Create(bg, apikey.Draft{Name: "ci"})
		if want == "" {
			if !MayHaveHappened(err) {
				t.Errorf("%s: %v", second, err)
			}
			continue
		}
		if err != nil || made.Secret.Reveal() != want || made.Key.ID != "k9" || made.Key.Name != "ci" || made.Key.ExpiresAt.IsNever() {
			t.Errorf("%s: %+v, %v", second, made.Key, err)
		}
	}
}

// TestAccessThatARowLacksIsNoneWhereThatIsDeclared: of a row of the list, and of one that is asked for by its id. Two keys that lack it are
// alike then, and one that has it is not like one that lacks it; the answer to a create, which leaves out more, does not say.
func TestAccessThatARowLacksIsNoneWhereThatIsDeclared(t *testing.T) {
	for field, value := range map[apikey.Field]string{apikey.FieldPermissions: `["read"]`, apikey.FieldRole: `"editor"`, apikey.FieldType: `"robot"`, apikey.FieldRestrictions: `{"ip_addresses":["10.0.0.1"]}`} {
		for _, list := range []string{`list.call = "GET /keys"`, "list.call = \"GET /keys\"\nlist.each.call = \"GET /keys/{id}\""} {
			for declared, none := range map[string]bool{"": false, fmt.Sprintf("row.absent_is_none = [%q]\n", field): true} {
				s := serve(t, list+`
create = { call = "POST /keys", send = { name = { field = "name" } } }
row.`+string(field)+` = ["has"]
`+declared+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
					switch {
					case r.Method == "POST":
						say(w, 201, `{"id":"k1","name":"n","token":"made-0123456789"}`)
					case r.URL.Path == "/keys":
						say(w, 200, `[{"id":"k1","name":"n"},{"id":"k2","name":"m","has":`+value+`}]`)
					case r.URL.Path == "/keys/k1":
						say(w, 200, `{"id":"k1","name":"n"}`)
					default:
						say(w, 200, `{"id":"k2","name":"m","has":`+value+`}`)
					}
				})
				keys, err := ListAll(bg, s)
				if err != nil || len(keys) != 2 {
					t.Fatalf("%s, %s: %+v, %v", list, declared, keys, err)
				}
				alike := func(a, b apikey.Key) bool {
					for _, d := range apikey.Compare(a, b, s.Capabilities().AccessFields) {
						if d.Verdict != apikey.Equal {
							return false
						}
					}
					return true
				}
				if alike(keys[0], keys[0]) != none || alike(keys[0], keys[1]) || alike(keys[1], keys[0]) || !alike(keys[1], keys[1]) {
					t.Errorf("%s, %s: %+v", field, declared, keys)
				}
				if made, err := s.Create(bg, apikey.Draft{Name: "n"}); err != nil || made.Key.Permissions != nil || made.Key.Restrictions != nil {
					t.Errorf("%s: made %+v, %v", declared, made.Key, err)
				}
			}
		}
	}
}

// TestAccessThatARowHasAndCannotBeReadIsNotNone: what is there in a form that is not known would be lost in a copy of the key.
func TestAccessThatARowHasAndCannotBeReadIsNotNone(t *testing.T) {
	for field, values := range map[apikey.Field][]string{
		apikey.FieldRestrictions: {`{"countries":["CH"]}`, `{"ip_addresses":["10.0.0.1"],"until":"noon"}`, `"10.0.0.1"`, `["10.0.0.1"]`, `7`, `true`},
		apikey.FieldPermissions:  {`{"deep":{"er":["read"]}}`, `7`, `"read"`, `[{"may":"read"}]`},
	} {
		for _, value := range values {
			s := serve(t, fmt.Sprintf("list.call = \"GET /keys\"\nrow.%s = [\"has\"]\nrow.absent_is_none = [%q]\n", field, field)+plainRows+plainProbe, "token-0123456789",
				func(w http.ResponseWriter, _ *http.Request, _ string) {
					say(w, 200, `[{"id":"k1","name":"n","has":`+value+`},{"id":"k2","name":"m"}]`)
				})
			keys, err := ListAll(bg, s)
			if err != nil || len(keys) != 2 {
				t.Fatalf("%s: %+v, %v", value, keys, err)
			}
			for _, d := range apikey.Compare(keys[0], keys[1], []apikey.Field{field}) {
				if d.Verdict == apikey.Equal {
					t.Errorf("%s of %s is as good as none: %+v", field, value, d)
				}
			}
		}
	}
}

// TestAnAnswerToAProbeNamesTheKey, where it is declared to: by an accepted secret alone, and for Verify only if the list has that key.
func TestAnAnswerToAProbeNamesTheKey(t *testing.T) {
	const verdict = `answers = "verdict", accepts = { "data.code" = ["VALID"] }, refuses = { "data.code" = ["DEAD"] }, key_id = "data.key.id"`
	for name, c := range map[string]struct {
		probe, answer string
		named, listed string // by the probe, and by Verify
		open          string
	}{
		"an object":                 {`answers = "object", key_id = "id"`, `{"id":"k1"}`, "k1", "k1", ""},
		"a number":                  {`answers = "object", key_id = "id"`, `{"id":7}`, "7", "7", ""},
		"beside the object's id":    {`answers = "object", key_id = "key.id"`, `{"id":"user","key":{"id":"k1"}}`, "k1", "k1", ""},
		"members":                   {`answers = "members", members = ["user"], key_id = "key"`, `{"user":"ops","key":"k1"}`, "k1", "k1", ""},
		"a verdict":                 {verdict, `{"data":{"code":"VALID","key":{"id":"k1"}}}`, "k1", "k1", ""},
		"a verdict that is a no":    {verdict, `{"data":{"code":"DEAD","key":{"id":"k1"}}}`, "", "", ""},
		"nothing is named":          {`answers = "object", key_id = "key"`, `{"id":"user"}`, "", "", ""},
		"one of another's":          {`answers = "object", key_id = "id"`, `{"id":"elsewhere"}`, "elsewhere", "", "the service names a key, elsewhere"},
		"it is not declared":        {`answers = "object"`, `{"id":"k1"}`, "", "", ""},
		"another shape than it has": {`answers = "object", key_id = "id"`, `{"data":"k1"}`, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, `list.call = "GET /keys"
row.id = ["id"]
row.name = ["name"]
probe = [{ call = "GET /me", `+c.probe+` }]
`, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
				switch {
				case r.URL.Path == "/keys":
					say(w, 200, `[{"id":"k1","name":"ci"},{"id":7,"name":"seven"}]`)
				case strings.HasSuffix(r.Header.Get("Authorization"), "tried-0123456789"):
					say(w, 200, c.answer)
				default:
					say(w, 401, `{"error":"no"}`)
				}
			})
			idOf := func(p apikey.Proof) string {
				if p.Key == nil {
					return ""
				}
				return p.Key.ID
			}
			proof, err := s.Probe(bg, apikey.NewSecret("tried-0123456789"), "")
			if err != nil || idOf(proof) != c.named {
				t.Errorf("%+v, %v", proof, err)
			}
			proof, unidentified, err := Verify(bg, s, apikey.NewSecret("tried-0123456789"))
			if err != nil || unidentified != nil || idOf(proof) != c.listed || proof.Key != nil && proof.Key.Name == "" || !strings.Contains(strings.Join(proof.Unknown, "; "), c.open) {
				t.Errorf("%+v, %v, %v", proof, unidentified, err)
			}
		})
	}
}

// TestASilentChangeIsWhatTheRowShows: of an end and of a limit too, whether it is answered with 204 or, where that is declared, with an empty 200.
func TestASilentChangeIsWhatTheRowShows(t *testing.T) {
	end := day.Add(30 * 24 * time.Hour)
	for name, c := range map[string]struct {
		row    string // as the list shows the key after it
		patch  apikey.Patch
		status int
		yes    bool // empty_yes
		fails  bool
	}{
		"an end that moved":            {row: `,"end":"` + end.Format(time.RFC3339) + `"`, patch: apikey.Patch{Expiry: &apikey.Expiry{At: end}}, status: 204},
		"an end that the service cut":  {row: `,"end":"` + end.Truncate(time.Hour).Format(time.RFC3339) + `"`, patch: apikey.Patch{Expiry: &apikey.Expiry{At: end}}, status: 204},
		"an end that stayed":           {row: `,"end":"2030-01-01T00:00:00Z"`, patch: apikey.Patch{Expiry: &apikey.Expiry{At: end}}, status: 204, fails: true},
		"an end that is not there":     {patch: apikey.Patch{Expiry: &apikey.Expiry{At: end}}, status: 204, fails: true},
		"an end taken away":            {patch: apikey.Patch{Expiry: &apikey.Expiry{}}, status: 204},
		"an end that was to go":        {row: `,"end":"2030-01-01T00:00:00Z"`, patch: apikey.Patch{Expiry: &apikey.Expiry{}}, status: 204, fails: true},
		"a limit":                      {row: `,"spend":50`, patch: apikey.Patch{Properties: map[string]json.RawMessage{"spend": json.RawMessage("50")}}, status: 204},
		"a limit that stayed":          {row: `,"spend":20`, patch: apikey.Patch{Properties: map[string]json.RawMessage{"spend": json.RawMessage("50")}}, status: 204, fails: true},
		"a limit taken away":           {row: `,"spend":null`, patch: apikey.Patch{Properties: map[string]json.RawMessage{"spend": json.RawMessage("null")}}, status: 204},
		"a limit that was to go":       {row: `,"spend":20`, patch: apikey.Patch{Properties: map[string]json.RawMessage{"spend": json.RawMessage("null")}}, status: 204, fails: true},
		"an empty 200 that is a yes":   {row: `,"spend":50`, patch: apikey.Patch{Properties: map[string]json.RawMessage{"spend": json.RawMessage("50")}}, status: 200, yes: true},
		"an empty 200 that is nothing": {row: `,"spend":50`, patch: apikey.Patch{Properties: map[string]json.RawMessage{"spend": json.RawMessage("50")}}, status: 200, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			yes := map[bool]string{true: "empty_yes = true, "}[c.yes]
			s := serve(t, `list.call = "GET /keys"
update = { call = "PATCH /keys/{id}", silent = true, `+yes+`send = { end = { field = "expires_at", as = "rfc3339", null = true }, spend = { field = "spend" } } }
number = [{ name = "spend", title = "spend limit" }]
row.expires_at = ["end"]
row.no_expiry_is_never = true
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
				if r.Method == "PATCH" {
					w.WriteHeader(c.status)
					return
				}
				say(w, 200, `[{"id":"k1","name":"n"`+c.row+`}]`)
			})
			_, err := s.Update(bg, "k1", c.patch)
			if c.fails != (err != nil) || c.fails && !MayHaveHappened(err) {
				t.Error(err)
			}
		})
	}
}

// TestAMemberWithoutANameNamesNoKey, where a probe does not say where one would be.
func TestAMemberWithoutANameNamesNoKey(t *testing.T) {
	s := serve(t, "list.call = \"GET /keys\"\n"+plainRows+"probe = [{ call = \"GET /me\", answers = \"object\" }]\n", "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		say(w, 200, `{"id":"user","":"k2"}`)
	})
	proof, err := s.Probe(bg, apikey.NewSecret("key-0123456789abcdef"), "")
	if err != nil || !proof.Accepted() || proof.Key != nil {
		t.Errorf("%+v, %v", proof, err)
	}
}
