package client

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client/issuers"
	"detent/client/kit"
	"detent/keyserver/wirename"
)

// refusals are answers as the services, and what stands before them, word them, and what to do about each.
var refusals = []struct {
	service, token, answer string
	status                 int
	environment            apikey.Environment
	op                     string // list where empty
	want, missing          string
}{
	{service: wirename.Prosopo, status: 401, answer: `{"error":{"code":401,"message":"API key has expired","key":"API.UNAUTHORIZED"}}`, want: "has expired, and is invalidated for good"},
	{service: wirename.Prosopo, status: 401, answer: `{"error":{"code":401,"key":"API.KEY_EXPIRED"}}`, want: "has expired, and is invalidated"},
	{service: wirename.Prosopo, status: 401, answer: `{"error":"missing, malformed or expired key"}`, want: "A deleted key is invalid at once"},
	{service: wirename.Prosopo, status: 401, answer: `{"error":"the key is not valid: it may be mistyped, revoked, or expired"}`, want: "A deleted key is invalid at once"},
	{service: wirename.Prosopo, status: 401, answer: `{"error":"Malformed API key"}`, want: "malformed: give it whole"},
	{service: wirename.Prosopo, status: 401, answer: `{"error":"No API key provided"}`, want: "did not arrive"},
	{service: wirename.Prosopo, status: 401, answer: `{}`, want: "A deleted key is invalid at once"},
	{service: wirename.Prosopo, status: 403, answer: `{"error":{"code":403,"message":"API feature not enabled","key":"API.FEATURE_DISABLED"}}`, want: "ask for it in the Prosopo portal. No permission"},
	{service: wirename.Prosopo, status: 403, op: opCreate, answer: `{"error":{"code":403,"message":"no","key":"API.INSUFFICIENT_PERMISSIONS"}}`, want: "A key grants at most what it has", missing: "createApiKey"},
	{service: wirename.Prosopo, status: 403, answer: `{"error":{"code":403,"message":"no","key":"API.INSUFFICIENT_PERMISSIONS"}}`, want: "lacks the permission getApiKeys: use", missing: "getApiKeys"},
	{service: wirename.Prosopo, status: 403, answer: `{"error":{"code":403,"message":"deleteApiKey is needed","key":"API.INSUFFICIENT_PERMISSIONS"}}`, want: "lacks the permission deleteApiKey", missing: "deleteApiKey"},
	{service: wirename.Prosopo, status: 403, answer: `{"error":"Account suspended"}`, want: "about the account, not the key"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"Account suspended"}`, want: "about the account, not the key"},
	{service: wirename.Prosopo, status: 403, answer: `{"error":"no"}`, want: "Either the key lacks getApiKeys, or the account"},
	{service: wirename.Prosopo, status: 401, answer: `<html>login</html>`, want: "A web page answered"},
	{service: wirename.Vertesia, status: 401, answer: `{"error":"the key is disabled","status":401}`, want: "switched off: enable it"},
	{service: wirename.Vertesia, status: 401, answer: `{"error":"the token has expired: exchange the key again","status":401}`, want: "exchanged anew"},
	{service: wirename.Vertesia, token: "pk-0123456789abcdef0123", status: 401, answer: `{"error":"the key has expired","status":401}`, want: "public key (pk-): it ends after 24 hours"},
	{service: wirename.Vertesia, status: 401, answer: `{"error":"the key has expired","status":401}`, want: "has expired, and the service deletes"},
	{service: wirename.Vertesia, status: 401, answer: `{"error":"no key: send the header","status":401}`, want: "did not arrive"},
	{service: wirename.Vertesia, status: 401, answer: `{"error":"expired or disabled","status":401}`, want: "was not switched off, revoked"},
	{service: wirename.Vertesia, token: "pk-0123456789abcdef0123", status: 403, answer: `{"error":"a public key lists nothing","status":403}`, want: "use a secret key (sk-) with the role reader or above", missing: "reader"},
	{service: wirename.Vertesia, status: 403, answer: `{"error":"no access to another project","status":403}`, want: "a key of the project"},
	{service: wirename.Vertesia, status: 403, op: opCreate, answer: `{"error":"role too small","status":403}`, want: "role developer or above. A key grants at most its own role", missing: "developer"},
	{service: wirename.Vertesia, status: 403, op: opCreate, answer: `{"error":"the key's role developer is not enough to set clearance: role admin is needed","status":403}`, want: "with the role admin. A key grants", missing: "admin"},
	{service: wirename.Vertesia, status: 403, answer: `{"error":"no","status":403}`, want: "role reader or above", missing: "reader"},
	{service: wirename.Vertesia, status: 403, answer: `<html>blocked</html>`, want: "A web page answered"},
	{service: wirename.Generic, status: 401, environment: apikey.Live, answer: `{"success":false,"error":"invalid"}`, want: "of the other environment than the profile"},
	{service: wirename.Generic, status: 401, environment: apikey.Test, answer: `{"success":false,"error":"API key expired"}`, want: "has expired: create another one in the dashboard"},
	{service: wirename.Generic, status: 401, answer: `{"success":false,"error":{"message":"Missing API key"}}`, want: "did not arrive"},
	{service: wirename.Generic, status: 401, answer: `{"success":false,"error":"Missing or invalid API key"}`, want: "contact the service's support"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"Your IP address is not allowed"}`, want: "restricted to other IP addresses"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":{"code":"IP_ADDRESS_NOT_ALLOWED"}}`, want: "restricted to other IP addresses"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"referrer not allowed"}`, want: "restricted to other referrers"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"endpoint not allowed for this key"}`, want: "restricted to other endpoints"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"a live key manages live keys only"}`, want: "its own environment alone"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"API key doesn't have permission for this resource"}`, want: "check its permissions in the dashboard"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"no"}`, want: "or is restricted (IP address, referrer, endpoint)"},
	{service: wirename.Generic, status: 403, answer: `{"success":false,"error":"permission missing or IP address not allowed"}`, want: "or is restricted (IP address, referrer, endpoint)"},
	{service: wirename.Generic, status: 405, op: opCreate, answer: `{"success":false,"error":"no such call"}`, want: "create = false in the profile"},
	{service: "miniflux", status: 401, answer: `{"error_message":"access unauthorized"}`, want: "is one of this server's"},
	{service: "miniflux", status: 400, op: opCreate, answer: `{"error_message":"This API Key already exists."}`, want: "take another one"},
	{service: "better-auth", status: 401, answer: `{"message":"Unauthorized","code":"UNAUTHORIZED"}`, want: "sign in again"},
	{service: "better-auth", status: 403, op: opCreate, answer: `{"message":"Missing or null Origin","code":"MISSING_OR_NULL_ORIGIN"}`, want: "trustedOrigins"},
}

// tokens are what each service is called with where a case names no other.
var refusedTokens = map[string]string{wirename.Prosopo: prosopoSecret, wirename.Vertesia: vertesiaSecret, wirename.Generic: "sk_test_0123456789abcdef", "": "canary0123456789abcdef"}

// allRemedies are those of the declarations too.
func allRemedies(t *testing.T) map[string][]kit.Remedy {
	t.Helper()
	all := map[string][]kit.Remedy{"": usualRemedies}
	for _, name := range issuers.Names("") {
		s, err := Open(optionsOf(t, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = s.(*issuer).speaks.remedies
	}
	return all
}

// TestARefusalIsExplainedAsTheServicesDocumentsDo, and no line of the table is without an answer that it is for.
func TestARefusalIsExplainedAsTheServicesDocumentsDo(t *testing.T) {
	used := map[string]bool{}
	for _, c := range refusals {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", map[bool]string{true: "text/html", false: "application/json"}[strings.HasPrefix(c.answer, "<")])
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		})
		o := options(c.service, srv.URL)
		o.Token, o.Environment, o.CanCreate = apikey.NewSecret(cmp.Or(refusedTokens[c.service], refusedTokens[""])), c.environment, true
		if c.token != "" {
			o.Token = apikey.NewSecret(c.token)
		}
		s := mustOpen(t, o)
		var err error
		if c.op == opCreate {
			_, err = s.Create(bg, apikey.Draft{Name: "k", Role: "reader", Permissions: perms("verify"), Environment: apikey.Test})
		} else {
			_, err = ListAll(bg, s)
		}
		e := asError(err)
		if e == nil || !strings.Contains(HintOf(err), c.want) || e.Permission != c.missing {
			t.Errorf("%s, %d %s: %q, missing %q; want %q, %q", c.service, c.status, c.answer, HintOf(err), e.Permission, c.want, c.missing)
			continue
		}
		for service, list := range allRemedies(t) {
			for i, r := range list {
				needs := e.Permission
				if needs == "" {
					needs = "getApiKeys"
				}
				if strings.ReplaceAll(strings.ReplaceAll(r.Hint, "{needs}", needs), "role admin or above", "role admin") == e.Hint {
					used[fmt.Sprint(service, i)] = true
				}
			}
		}
	}
	for service, list := range allRemedies(t) {
		for i, r := range list {
			if !used[fmt.Sprint(service, i)] && service != "" {
				t.Errorf("no answer is for %q of %q", r.Hint, service)
			}
		}
	}
}

// TestEveryRefusalHasSomethingToDo: a 401 and a 403 of whatever words, of a service, a proxy or nobody known.
func TestEveryRefusalHasSomethingToDo(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		for _, status := range []int{401, 403} {
			for _, answer := range []string{"", "{}", "[]", "no", `"no"`, `{"error":7}`, `{"message":"Forbidden"}`, `{"errors":[{"message":"denied"}]}`, `<!doctype html><p>no`, "\x00\xff", `{"error":"` + strings.Repeat("x", 5000) + `"}`} {
				srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(status)
					_, _ = io.WriteString(w, answer)
				})
				s := mustOpen(t, options(service, srv.URL))
				_, err := ListAll(bg, s)
				if hint := HintOf(err); hint == "" || strings.Contains(hint, "{") || asError(err).Hint == "" {
					t.Errorf("%s, %d, %q: %q", service, status, answer, hint)
				}
			}
		}
	}
}

// TestAHintNamesWhatIsMissingOnce, has words for a refusal that came without any, and none for what is no refusal.
func TestAHintNamesWhatIsMissingOnce(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Kind: Forbidden, Permission: "createApiKey"}, "Missing: createApiKey. " + hintNoRight},
		{&Error{Kind: Forbidden, Permission: "getRules", Hint: "The key lacks getRules."}, "The key lacks getRules."},
		{&Error{Kind: Invalid, Permission: "getRules"}, "Missing: getRules."},
		{&Error{Kind: Forbidden}, hintMayNot},
		{fmt.Errorf("profile p: %w", &Error{Kind: Unauthorized}), hintRefused},
		{&Error{Kind: Unreachable, Hint: "Check the network."}, "Check the network."},
		{&Error{Kind: NotFound}, ""},
		{io.EOF, ""},
		{nil, ""},
	} {
		if got := HintOf(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

// TestARemedyIsForRefusalsAlone: what is said of other answers stays.
func TestARemedyIsForRefusalsAlone(t *testing.T) {
	for status, want := range map[int]string{429: hintWait, 500: "The service has a problem", 404: "", 400: ""} {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		s := mustOpen(t, options(wirename.Prosopo, srv.URL))
		_, err := s.Abilities().Retrieve(bg, "k")
		if e := asError(err); e == nil || !strings.HasPrefix(e.Hint, want) || want == "" && e.Hint != "" {
			t.Errorf("%d: %v, %q", status, err, HintOf(err))
		}
	}
}

// TestThatAKeyWorksIsSaidWhereItWasShown: a 403 that says nothing of the key has no advice that says it works.
func TestThatAKeyWorksIsSaidWhereItWasShown(t *testing.T) {
	for answer, want := range map[string]string{`{"error":"insufficient scope"}`: "The key works", `{"error":"blocked by waf"}`: "in front of the service",
		`{"error":"Delete operation not permitted on the anonymous token"}`: "not shown", `{"detail":"missing permission"}`: "not shown"} {
		s := serve(t, deletable, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 403, answer) })
		_, err := s.Delete(bg, "k1")
		proof, _ := s.Probe(bg, apikey.NewSecret("key-0123456789"), "")
		for _, hint := range []string{HintOf(err), proof.Hint} {
			if hint != "" && strings.Contains(hint, "The key works") != (want == "The key works") || hint != "" && !strings.Contains(hint, want) {
				t.Errorf("%s: %q", answer, hint)
			}
		}
	}
}
