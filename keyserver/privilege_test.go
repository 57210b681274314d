package keyserver

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// documented are the roles that the services page ranks, lowest first. The test has its own
// list, so that the one in the code cannot be wrong unseen.
var documented = []string{"reader", "executor", "application", "developer", "admin"}

// power is a caller's place in that order; 0 is a public key.
func power(roleName, kind string) int {
	switch {
	case kind == apikey.PublicKey:
		return 0
	case roleName == "owner":
		return 6
	case slices.Contains(documented, roleName):
		return slices.Index(documented, roleName) + 1
	default:
		return 1
	}
}

// cost is what it takes to grant a role or to change a key that has it.
func cost(roleName string) int {
	if roleName != "owner" && !slices.Contains(documented, roleName) {
		return 5
	}
	return power(roleName, apikey.SecretKey)
}

// TestVertesiaPrivilegeOfEveryRoleCallAndTarget is the matrix of the services page.
func TestVertesiaPrivilegeOfEveryRoleCallAndTarget(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of calls, one after the other")
	}
	onEachStore(t, testVertesiaPrivilegeOfEveryRoleCallAndTarget)
}

func testVertesiaPrivilegeOfEveryRoleCallAndTarget(t *testing.T, open opener) {
	b := open(t)
	b.put(store.Key{Service: wirename.Vertesia, Role: "admin", Enabled: true}) // so that no key here is the last administrator
	names := slices.Sorted(maps.Keys(roles))
	if len(names) != 16 {
		t.Fatalf("%d roles, want the document's 5 and today's 11", len(names))
	}
	type caller struct {
		role, kind, token string
	}
	callers := []caller{{"executor", apikey.PublicKey, ""}}
	for _, name := range names {
		callers = append(callers, caller{role: name, kind: apikey.SecretKey})
	}
	checked := 0
	check := func(c caller, allowed bool, method, path string, body any) answer {
		t.Helper()
		checked++
		a := b.ask(c.token, method, path, body)
		if allowed && a.status != 200 || !allowed && a.status != 403 {
			t.Errorf("%s %s: %s %s %v: %d %s; allowed should be %v", c.kind, c.role, method, path, body, a.status, a.raw, allowed)
		}
		return a
	}
	for _, c := range callers {
		p := power(c.role, c.kind)
		c.token, _ = b.put(store.Key{Service: wirename.Vertesia, Role: c.role, Type: c.kind, Enabled: true})
		check(c, p >= 1, "GET", "/api/v1/apikeys?level=account", nil)
		check(c, p >= 3, "GET", "/api/v1/apikeys/pk?name="+c.role, nil)
		check(c, true, "POST", "/token/issue", nil)
		for _, target := range names {
			_, k := b.put(store.Key{Service: wirename.Vertesia, Role: target, Enabled: true})
			path := "/api/v1/apikeys/" + k.ID
			check(c, p >= 1, "GET", path, nil)
			check(c, p >= 4 && p >= cost(target), "POST", "/api/v1/apikeys", map[string]any{"name": "n", "role": target})
			check(c, p >= 4 && p >= cost(target), "PUT", path, map[string]any{"name": "renamed"})
			check(c, p >= 4 && p >= cost(target), "PUT", path, map[string]any{"enabled": false})
			_, low := b.put(store.Key{Service: wirename.Vertesia, Role: "reader", Enabled: true})
			check(c, p >= 4 && p >= cost(target), "PUT", "/api/v1/apikeys/"+low.ID, map[string]any{"role": target})
			check(c, p >= 5, "DELETE", path, nil)
		}
		_, public := b.put(store.Key{Service: wirename.Vertesia, Role: "executor", Type: apikey.PublicKey, Enabled: true})
		check(c, p >= 4, "PUT", "/api/v1/apikeys/"+public.ID, map[string]any{"enabled": false})
		check(c, p >= 5, "PUT", "/api/v1/apikeys/"+public.ID, map[string]any{"properties": map[string]any{}})
		check(c, p >= 5, "DELETE", "/api/v1/apikeys/"+public.ID, nil)
	}
	t.Logf("%d combinations of caller, call and target", checked)
}

// TestProsopoPrivilegeOfEveryPermissionAndCall gives a key one permission and makes every call.
func TestProsopoPrivilegeOfEveryPermissionAndCall(t *testing.T) {
	onEachStore(t, testProsopoPrivilegeOfEveryPermissionAndCall)
}

func testProsopoPrivilegeOfEveryPermissionAndCall(t *testing.T, open opener) {
	b := open(t)
	b.put(store.Key{Service: wirename.Prosopo, Permissions: allPermissions(), Enabled: true})
	count := 0
	for _, f := range contract.Features {
		for _, name := range f.Permissions {
			token, _ := b.put(store.Key{Service: wirename.Prosopo, Enabled: true, Permissions: contract.GrantsJSON([]apikey.Permission{{Feature: f.Name, Name: name}})})
			_, victim := b.put(store.Key{Service: wirename.Prosopo, Permissions: `{"Verify":["verify"]}`, Enabled: true})
			for _, call := range []struct {
				permission, method, path string
				body                     any
			}{
				{"getApiKeys", "POST", "/api-keys/get", "{}"},
				{"createApiKey", "POST", "/api-keys/create", map[string]any{"name": "n", "permissions": []string{name}}},
				{"deleteApiKey", "POST", "/api-keys/delete", map[string]any{"apiKeyId": victim.ID}},
				{"getRules", "GET", "/v1/prosopo/provider/admin/rules", nil},
				{"getRules", "POST", "/access-control/get", `{"limit":1}`},
				{"getSites", "POST", "/sites/get", "{}"},
				{"getUsers", "GET", "/users/get", nil},
			} {
				count++
				want := http.StatusForbidden
				if call.permission == name {
					want = http.StatusOK
				}
				a := b.ask(token, call.method, call.path, call.body)
				if a.status != want {
					t.Errorf("a key with %s: %s: %d %s, want %d", name, call.path, a.status, a.raw, want)
				}
				if want == http.StatusForbidden && a.text("error.key") != "API.INSUFFICIENT_PERMISSIONS" {
					t.Errorf("a key with %s: %s: %s", name, call.path, a.raw)
				}
			}
		}
	}
	if count != 27*7 {
		t.Errorf("%d combinations, want every one of 27 permissions with 7 calls", count)
	}
}

func TestProsopoKeyGrantsAtMostWhatItHas(t *testing.T) {
	onEachStore(t, testProsopoKeyGrantsAtMostWhatItHas)
}

func testProsopoKeyGrantsAtMostWhatItHas(t *testing.T, open opener) {
	b := open(t)
	minter := b.prosopo(b.session(wirename.Prosopo, ""), "minter", []string{"createApiKey", "verify"}).text("token")
	b.prosopo(minter, "ok", []string{"verify"})
	b.prosopo(minter, "same", []string{"verify", "createApiKey"})
	for _, f := range contract.Features {
		for _, name := range f.Permissions {
			want := 403
			if name == "verify" || name == "createApiKey" {
				want = 200
			}
			for _, permissions := range []any{[]string{name}, map[string]any{f.Name: []string{name}}, []string{"verify", f.Name + "." + name}} {
				b.want(want, minter, "POST", "/api-keys/create", map[string]any{"name": "n", "permissions": permissions})
			}
		}
	}
}

// TestNoKeyOpensAnotherContractOrEnvironment sends every working credential to every call.
func TestNoKeyOpensAnotherContractOrEnvironment(t *testing.T) {
	onEachStore(t, testNoKeyOpensAnotherContractOrEnvironment)
}

func testNoKeyOpensAnotherContractOrEnvironment(t *testing.T, open opener) {
	b := open(t)
	tokens := map[string]string{
		wirename.Prosopo:  b.prosopo(b.session(wirename.Prosopo, ""), "p", []string{"getApiKeys", "createApiKey", "deleteApiKey"}).text("token"),
		wirename.Vertesia: b.vertesia(b.session(wirename.Vertesia, ""), "v", "admin").text("value"),
		wirename.Generic:  b.generic(b.session(wirename.Generic, apikey.Live), "g", "live").text("data.key"),
	}
	tokens["token of "+wirename.Vertesia] = b.want(200, tokens[wirename.Vertesia], "POST", "/token/issue", nil).text("token")
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		tokens["session of "+service] = b.session(service, "")
	}
	for holder, token := range tokens {
		for _, rt := range b.routes {
			if strings.HasSuffix(holder, rt.service) {
				continue
			}
			a := b.ask(token, rt.method, strings.Replace(rt.path, "{id}", "x", 1), "{}")
			if a.status != http.StatusUnauthorized {
				t.Errorf("the %s key at %s %s: %d %s", holder, rt.method, rt.path, a.status, a.raw)
			}
		}
	}
	live, test := tokens[wirename.Generic], b.generic(b.session(wirename.Generic, apikey.Test), "t", "test")
	if got := b.want(200, live, "GET", "/v1/api-keys", nil).list("data"); len(got) != 1 {
		t.Errorf("a live key sees %v", got)
	}
	b.want(404, live, "DELETE", "/v1/api-keys/"+test.text("data.id"), nil)
	b.want(403, live, "POST", "/v1/api-keys", `{"name":"x","environment":"test"}`)
	b.want(403, test.text("data.key"), "POST", "/v1/api-keys", `{"name":"x","environment":"live"}`)
}

func TestEveryRouteRefusesNoAndWrongCredentialsAlike(t *testing.T) {
	onEachStore(t, testEveryRouteRefusesNoAndWrongCredentialsAlike)
}

func testEveryRouteRefusesNoAndWrongCredentialsAlike(t *testing.T, open opener) {
	b := open(t)
	known := map[string]string{
		wirename.Prosopo:  b.prosopo(b.session(wirename.Prosopo, ""), "p", []string{"verify"}).text("token"),
		wirename.Vertesia: b.vertesia(b.session(wirename.Vertesia, ""), "v", "admin").text("value"),
		wirename.Generic:  b.generic(b.session(wirename.Generic, apikey.Live), "g", "live").text("data.key"),
	}
	for _, rt := range b.routes {
		path := strings.Replace(rt.path, "{id}", "x", 1)
		secret := known[rt.service]
		body := secret[:len(secret)-sumCharacters-1] + flip(secret[len(secret)-sumCharacters-1])
		wrong := body + sumOf(body) // its id is known, its form is right, its random part is not
		unknown := strings.Replace(secret, secret[4:4+idCharacters], "aaaaaaaaaaaa", 1)
		first := b.ask(wrong, rt.method, path, nil)
		for _, credential := range []string{unknown, secret[:len(secret)-1], secret + "a", "x", secret[1:], "a.b.c", "..", strings.Repeat("k", 9000)} {
			a := b.ask(credential, rt.method, path, nil)
			if a.status != 401 || string(a.raw) != string(first.raw) {
				t.Errorf("%s %s: %.20q: %d %s, a wrong secret: %d %s", rt.method, path, credential, a.status, a.raw, first.status, first.raw)
			}
		}
		none := b.ask("", rt.method, path, nil)
		if none.status != 401 || none.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s without a key: %d %s", rt.method, path, none.status, none.raw)
		}
		for _, scheme := range []string{"Basic " + secret, secret, "Bearer", "Bearer  "} {
			if a := b.ask("", rt.method, path, nil, "Authorization", scheme); a.status != 401 {
				t.Errorf("%s %s with %.12q: %d", rt.method, path, scheme, a.status)
			}
		}
		shape(t, rt.service, 401, none)
	}
}

func flip(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

// shape checks that an error is in its contract's own form.
func shape(t *testing.T, service string, status int, a answer) {
	t.Helper()
	var code, message any
	switch service {
	case wirename.Prosopo:
		code, message = a.at("error.code"), a.at("error.message")
		if key := a.text("error.key"); !strings.HasPrefix(key, "API.") {
			t.Errorf("no error key in %s", a.raw)
		}
	case wirename.Vertesia:
		code, message = a.at("status"), a.at("error")
	default:
		code, message = float64(status), a.at("error.message")
		if a.at("success") != false {
			t.Errorf("success is not false in %s", a.raw)
		}
	}
	if text, _ := message.(string); a.status != status || code != float64(status) || text == "" {
		t.Errorf("%s: %d %s, want %d in its own shape", service, a.status, a.raw, status)
	}
	if ct := a.header.Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
		t.Errorf("content type is %q", ct)
	}
}

func TestUnknownPathsAndMethodsAnswerInTheContractsShape(t *testing.T) {
	onEachStore(t, testUnknownPathsAndMethodsAnswerInTheContractsShape)
}

func testUnknownPathsAndMethodsAnswerInTheContractsShape(t *testing.T, open opener) {
	b := open(t)
	for _, c := range []struct {
		service, method, path string
		status                int
	}{
		{wirename.Prosopo, "POST", "/api-keys/update", 404},
		{wirename.Prosopo, "GET", "/api-keys/get", 405},
		{wirename.Prosopo, "DELETE", "/v1/prosopo/provider/admin/rules", 405},
		{wirename.Prosopo, "GET", "/v1/prosopo/x", 404},
		{wirename.Prosopo, "GET", "/sites/get", 405},
		{wirename.Vertesia, "PATCH", "/api/v1/apikeys/x", 405},
		{wirename.Vertesia, "PATCH", "/api/v1/apikeys/pk", 405},
		{wirename.Vertesia, "GET", "/api/v1/apikeys/x/y", 404},
		{wirename.Vertesia, "GET", "/api/v1//apikeys", 404},
		{wirename.Vertesia, "GET", "/token/issue", 405},
		{wirename.Generic, "PUT", "/v1/api-keys", 405},
		{wirename.Generic, "GET", "/v1/api-keys/x", 405},
		{wirename.Generic, "GET", "/v1/users/", 405},
		{wirename.Generic, "GET", "/v1/../v1/api-keys", 404},
		{wirename.Generic, "GET", "/", 404},
		{wirename.Generic, "GET", "/etc/passwd", 404},
	} {
		t.Run(fmt.Sprint(c.method, c.path), func(t *testing.T) {
			a := b.ask(b.session(c.service, ""), c.method, c.path, nil)
			shape(t, c.service, c.status, a)
			allow := strings.Split(a.header.Get("Allow"), ", ")
			if c.status == 405 && (allow[0] == "" || len(slices.Compact(slices.Sorted(slices.Values(allow)))) != len(allow)) {
				t.Errorf("405 allows %q", allow)
			}
		})
	}
}
