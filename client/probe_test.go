package client

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

var secretOf = map[string]string{wirename.Prosopo: prosopoSecret, wirename.Vertesia: vertesiaSecret, wirename.Generic: genericSecret}

// TestAProofNamesTheCallThatIsMadeAgain: by the call of a proof, another secret is sent in exactly that request.
func TestAProofNamesTheCallThatIsMadeAgain(t *testing.T) {
	for _, c := range []struct {
		service     string
		exchange    bool
		steps       []step // that the first proof takes
		call        string
		madeUp      []step
		of          apikey.Verdict
		madeUpGives apikey.Verdict
	}{
		{service: wirename.Generic, steps: []step{gUser.with(404, `{"success":false,"message":"no such user"}`)}, call: "GET /v1/users/{id}", of: apikey.Accepted,
			madeUp: []step{gUser.as(anybody).with(401, `{}`)}, madeUpGives: apikey.Refused},
		{service: wirename.Generic, steps: []step{gUser.with(404, `nope`), gGet.as(genericSecret).with(200, gList(""))}, call: "GET /v1/api-keys", of: apikey.Accepted,
			madeUp: []step{gGet.as(anybody).with(200, gList(""))}, madeUpGives: apikey.Accepted},
		{service: wirename.Generic, steps: []step{gUser.with(401, `{}`)}, call: "GET /v1/users/{id}", of: apikey.Refused, madeUp: []step{gUser.as(anybody).with(404, `nope`)}, madeUpGives: apikey.Silent},
		{service: wirename.Vertesia, steps: []step{vBare.as(vertesiaSecret).with(200, `[]`)}, call: "GET /api/v1/apikeys", of: apikey.Accepted, madeUp: []step{vBare.as(anybody).with(401, `{}`)}, madeUpGives: apikey.Refused},
		{service: wirename.Vertesia, exchange: true, steps: []step{vIssue.as(vertesiaSecret).with(200, issued1(jwtOne))}, call: "POST /token/issue", of: apikey.Accepted, madeUp: []step{vIssue.as(anybody).with(403, `{"error":"no","status":403}`)}, madeUpGives: apikey.Accepted},
		{service: wirename.Vertesia, exchange: true, steps: []step{vIssue.as(vertesiaSecret).with(200, issued1(jwtOne))}, call: "POST /token/issue", of: apikey.Accepted, madeUp: []step{vIssue.as(anybody).with(200, issued1("opaque"))}, madeUpGives: apikey.Silent},
		{service: wirename.Vertesia, exchange: true, steps: []step{vIssue.as(vertesiaSecret).with(200, issued1("opaque-0123")), vBare.as("opaque-0123").with(200, `[]`)}, call: "POST /token/issue, GET /api/v1/apikeys", of: apikey.Accepted,
			madeUp: []step{vIssue.as(anybody).with(401, `{}`)}, madeUpGives: apikey.Refused},
		{service: wirename.Vertesia, exchange: true, steps: []step{vIssue.as(vertesiaSecret).with(404, ``), vBare.as(vertesiaSecret).with(200, `[]`)}, call: "GET /api/v1/apikeys", of: apikey.Accepted,
			madeUp: []step{vBare.as(anybody).with(401, `{}`)}, madeUpGives: apikey.Refused},
		{service: wirename.Prosopo, steps: []step{prosopoRules.with(403, insufficient1), prosopoSites.with(200, `[]`)}, call: "POST /sites/get", of: apikey.Accepted, madeUp: []step{prosopoSites.as(anybody).with(401, `{}`)}, madeUpGives: apikey.Refused},
		{service: wirename.Prosopo, steps: []step{prosopoRules.with(403, insufficient1), prosopoSites.with(403, insufficient1), prosopoUsers.with(500, ``), prosopoKeys.with(403, insufficient1)}, call: "GET /v1/prosopo/provider/admin/rules", of: apikey.Accepted,
			madeUp: []step{prosopoRules.as(anybody).with(403, insufficient1)}, madeUpGives: apikey.Accepted},
		{service: wirename.Prosopo, steps: []step{prosopoRules.with(200, `{"hits":3}`), prosopoAccess.with(404, `{}`), prosopoSites.with(404, `{}`), prosopoUsers.with(404, `{}`), prosopoKeys.with(404, `{}`), prosopoRules.as(anybody).with(401, `{}`)},
			call: "GET /v1/prosopo/provider/admin/rules", of: apikey.Accepted, madeUp: []step{prosopoRules.as(anybody).with(200, `{"hits":3}`)}, madeUpGives: apikey.Accepted},
	} {
		srv := play(t, append(slices.Clone(c.steps), c.madeUp...)...)
		opts := options(c.service, srv.URL)
		if c.exchange {
			opts.Exchange, opts.TokenURL = true, srv.URL
		}
		s := mustOpen(t, opts)
		proof, err := s.Probe(bg, apikey.NewSecret(secretOf[c.service]), "")
		if err != nil || proof.Call != c.call || proof.Verdict != c.of || proof.Status == 0 {
			t.Fatalf("%s: %+v, %v, want the call %s", c.service, proof, err, c.call)
		}
		madeUp, err := s.Probe(bg, apikey.MadeUp(apikey.NewSecret(secretOf[c.service]), zeros{}), proof.Call)
		if err != nil || madeUp.Verdict != c.madeUpGives || madeUp.Call != c.call || madeUp.Status != c.madeUp[len(c.madeUp)-1].statusOr200() {
			t.Errorf("%s by %s: %+v, %v", c.service, c.call, madeUp, err)
		}
	}
}

func (s step) statusOr200() int { return max(s.status, 200) }

func TestACallThatThereIsNotIsNotMade(t *testing.T) {
	for _, service := range services {
		for _, name := range []string{"GET /", "DELETE /v1/api-keys/{id}", "POST /api-keys/create", "POST /token/issue"} {
			proof, err := mustOpen(t, options(service, play(t).URL)).Probe(bg, apikey.NewSecret(secretOf[service]), name)
			checkError(t, err, Invalid, "there is no call")
			if proof.Verdict != apikey.Silent {
				t.Errorf("%s: %+v", service, proof)
			}
		}
	}
}

// TestASecondProofByAStrangeCallOfAnotherProcessStands: whether that call looks at keys is found out once more.
func TestASecondProofByAStrangeCallOfAnotherProcessStands(t *testing.T) {
	strange := prosopoRules.with(200, `{"hits":3}`)
	s := mustOpen(t, options(wirename.Prosopo, play(t, strange, prosopoRules.as(madeUp).with(401, ``), strange).URL))
	for range 2 {
		if proof, err := s.Probe(bg, apikey.NewSecret(prosopoSecret), "GET /v1/prosopo/provider/admin/rules"); err != nil || !proof.Accepted() {
			t.Errorf("%+v, %v", proof, err)
		}
	}
	s = mustOpen(t, options(wirename.Prosopo, play(t, strange, strange.as(madeUp)).URL))
	if proof, err := s.Probe(bg, apikey.NewSecret(prosopoSecret), "GET /v1/prosopo/provider/admin/rules"); err != nil || proof.Verdict != apikey.Silent {
		t.Errorf("a call that answers everybody: %+v, %v", proof, err)
	}
}

// said403 are 403s in the services' own shapes, by what they show about a key. WORDS is put where a service has its words.
var said403 = map[apikey.Verdict][]string{
	apikey.Accepted: {"the key lacks the permission users:read", "Insufficient permissions", "Missing permission", "insufficient_scope", "You do not have sufficient privileges", "role admin is needed", "permission_denied", "The API key does not have permission to call this endpoint"},
	apikey.Known: {"IP address not allowed", "ip_not_allowed", "Requests from 10.1.2.3 (IP) are not allowed for this key", "Referrer not allowed", "HTTP referer is not in the list", "origin not allowed", "the key is restricted to other endpoints than /v1/users", "Source address outside of the key's CIDR",
		"your IP has no permission", "not in the key's allowlist"},
	apikey.Silent: {"Forbidden", "Access Denied", "", "no", "Invalid API key", "The API key is expired", "unknown token", "Unauthorized", "Missing Authentication Token", "Your account is suspended", "Your plan does not include this feature", "Your IP address has been blocked", "Access from your country is not allowed",
		"Request blocked by security policy", "Too many requests from this IP address", "You don't have permission to access / on this server.", "please complete the captcha challenge", "Service under maintenance", "rate limit: role exceeded", "credentials without permission", "Bad token: no permission"},
}

func TestA403ShowsWhatItsWordsSay(t *testing.T) {
	answer := func(service, message string) string {
		switch service {
		case wirename.Vertesia:
			return fmt.Sprintf(`{"error":%q,"status":403}`, message)
		case wirename.Prosopo:
			return fmt.Sprintf(`{"error":{"code":403,"message":%q,"key":"API.X"}}`, message)
		}
		return fmt.Sprintf(`{"success":false,"error":{"message":%q}}`, message)
	}
	for want, all := range said403 {
		for _, message := range all {
			for _, service := range services {
				srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, answer(service, message))
				})
				want := want
				switch {
				case service == wirename.Prosopo && want == apikey.Accepted:
					want = apikey.Silent // it has a code for that, which this lacks
				case service == wirename.Prosopo && want == apikey.Known && strings.Contains(message, "restricted to"):
					want = apikey.Silent
				case service == wirename.Vertesia && (slices.Contains([]string{"Forbidden", "Access Denied", "no"}, message) || want == apikey.Known && strings.Contains(message, "restricted to")):
					want = apikey.Accepted // the contract's answer to a role that is too small
				}
				proof, err := mustOpen(t, options(service, srv.URL)).Probe(bg, apikey.NewSecret(secretOf[service]), "")
				if err != nil || proof.Verdict != want || (proof.Why == "") != (want == apikey.Accepted) {
					t.Errorf("%s: %q is %s, want %s: %+v %v", service, message, proof.Verdict, want, proof, err)
				}
			}
		}
	}
}

// TestWhatStandsInFrontOfAServiceShowsNothing: walls, login pages, proxies and other people's JSON, of every status.
func TestWhatStandsInFrontOfAServiceShowsNothing(t *testing.T) {
	bodies := []string{"<html>blocked</html>", "<!doctype html><title>Sign in</title>", "Forbidden", "", `{"message":"Forbidden by wall","errors":[{"code":1020}]}`, `{"captive":true}`, `{"type":"about:blank","title":"Forbidden","status":403,"detail":"no permission"}`,
		`{"error":"Forbidden","status":403,"path":"/x","timestamp":"2026"}`, `{"errors":[{"message":"permission"}]}`, `[1]`, `"permission denied"`, `{"detail":"permission"}`}
	for _, status := range []int{200, 203, 301, 302, 307, 400, 403, 404, 405, 406, 407, 409, 410, 413, 418, 422, 451} {
		for _, body := range bodies {
			for _, service := range services {
				srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(status)
					_, _ = io.WriteString(w, body)
				})
				proof, err := mustOpen(t, options(service, srv.URL)).Probe(bg, apikey.NewSecret(secretOf[service]), "")
				if err != nil || proof.Verdict != apikey.Silent || proof.Why == "" || proof.Evidence == "" || len(proof.Can) > 0 {
					t.Errorf("%s: %d %s is %+v, %v", service, status, body, proof, err)
				}
			}
		}
	}
	for _, page := range []string{"<html>401 Authorization Required</html>", " <?xml version='1.0'?><Error/>"} {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, page)
		})
		for _, service := range services {
			if proof, err := mustOpen(t, options(service, srv.URL)).Probe(bg, apikey.NewSecret(secretOf[service]), ""); err != nil || proof.Verdict != apikey.Silent {
				t.Errorf("%s: a wall's 401: %+v, %v", service, proof, err)
			}
		}
	}
	for _, status := range []int{429, 500, 502, 503, 504, 529, 408, 420} {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		for _, service := range services {
			if proof, err := mustOpen(t, options(service, srv.URL)).Probe(bg, apikey.NewSecret(secretOf[service]), ""); err == nil || proof.Verdict != apikey.Silent {
				t.Errorf("%s: %d is no answer: %+v", service, status, proof)
			}
		}
	}
}

// everybodys is a service that answers each secret by a function of whose it is, and counts.
type everybodys struct {
	mu    sync.Mutex
	made  []string
	reply func(own bool, n int) (int, string)
}

func (e *everybodys) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	own := bearer == genericSecret
	if !own && bearer != ownToken {
		e.made = append(e.made, bearer)
	}
	if bearer == ownToken {
		_, _ = io.WriteString(w, gList(""))
		return
	}
	status, body := e.reply(own, len(e.made))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// TestVerifyAsksOfAMadeUpSecretToo, of the same shape, by the same call: what it shows of that one it proves of none.
func TestVerifyAsksOfAMadeUpSecretToo(t *testing.T) {
	const known, unknown, place = `{"success":false,"message":"no such user"}`, `{"success":false,"message":"bad key"}`, `{"success":false,"message":"IP not allowed"}`
	for name, c := range map[string]struct {
		reply func(own bool, n int) (int, string)
		want  apikey.Verdict
		why   string
		made  int
	}{
		"a service that looks at keys": {func(own bool, _ int) (int, string) { return map[bool]int{true: 404, false: 401}[own], known }, apikey.Accepted, "", 1},
		"one that takes everything":    {func(bool, int) (int, string) { return 404, known }, apikey.Silent, "GET /v1/users/{id} answered 404 to a made-up secret too", 1},
		"one that refuses otherwise":   {func(own bool, _ int) (int, string) { return map[bool]int{true: 404, false: 403}[own], unknown }, apikey.Silent, "answered 403 to a made-up secret too", 1},
		"one that is restricted":       {func(own bool, _ int) (int, string) { return map[bool]int{true: 403, false: 401}[own], place }, apikey.Known, "cannot be used from here", 1},
		"a wall for all addresses":     {func(bool, int) (int, string) { return 403, place }, apikey.Silent, "made-up secret too", 1},
		"one that fails at first": {func(own bool, n int) (int, string) {
			return map[bool]int{true: 404, false: map[bool]int{true: 500, false: 401}[n < 3]}[own], known
		}, apikey.Accepted, "", 3},
		"one that fails for ever":     {func(own bool, _ int) (int, string) { return map[bool]int{true: 404, false: 500}[own], known }, apikey.Silent, "whether a made-up secret is refused was not answered", 3},
		"one that refuses the secret": {func(bool, int) (int, string) { return 401, unknown }, apikey.Refused, "", 0},
	} {
		e := &everybodys{reply: c.reply}
		srv := answering(t, e.ServeHTTP)
		proof, _, err := Verify(bg, mustOpen(t, options(wirename.Generic, srv.URL)), apikey.NewSecret(genericSecret))
		if err != nil || proof.Verdict != c.want || !strings.Contains(proof.Why, c.why) || len(e.made) != c.made {
			t.Errorf("%s: %+v, %v, %d made up", name, proof, err, len(e.made))
		}
		if proof.Verdict == apikey.Known && (!slices.Equal(proof.Unknown, []string{"what the key may do besides"}) || len(proof.Cannot) != 1) {
			t.Errorf("%s: leaves open %q, cannot %q", name, proof.Unknown, proof.Cannot)
		}
		if proof.Verdict == apikey.Silent && len(proof.Can)+len(proof.Cannot)+len(proof.Unknown) > 0 {
			t.Errorf("%s: says %+v of a key that it does not know", name, proof)
		}
		for _, made := range e.made {
			if len(made) != len(genericSecret) || !strings.HasPrefix(made, "sk_test_") || made == genericSecret || made != e.made[0] {
				t.Errorf("%s: made up %s", name, made)
			}
		}
	}
}

// TestBelongsAsksTheListWhereNoShapeIsDeclared, and lets a secret pass where that cannot be read.
func TestBelongsAsksTheListWhereNoShapeIsDeclared(t *testing.T) {
	masked := prosopoGet.with(200, `[{"id":"k1","masked":"psp_k1ab****"},{"id":"k2","masked":"psp_k2cd****"}]`)
	for _, c := range []struct {
		service, secret string
		steps           []step
		ok              bool
	}{
		{wirename.Prosopo, "psp_0123456789abcdef0123", []step{masked}, true}, {wirename.Prosopo, prosopoSecret, []step{masked}, false}, {wirename.Prosopo, prosopoSecret, []step{prosopoGet.with(403, insufficient1)}, true},
		{wirename.Prosopo, prosopoSecret, []step{prosopoGet.with(200, `[]`)}, true}, {wirename.Prosopo, vertesiaSecret, nil, false}, {wirename.Prosopo, genericSecret, nil, false},
		{wirename.Vertesia, vertesiaSecret, nil, true}, {wirename.Vertesia, genericSecret, nil, false}, {wirename.Generic, genericSecret, nil, true}, {wirename.Generic, vertesiaSecret, nil, false}, {wirename.Generic, prosopoSecret, nil, false},
	} {
		ok, why := Belongs(bg, mustOpen(t, options(c.service, play(t, c.steps...).URL)), apikey.NewSecret(c.secret))
		if ok != c.ok || ok != (why == "") {
			t.Errorf("%s: %s: %v, %s", c.service, c.secret[:6], ok, why)
		}
	}
}
