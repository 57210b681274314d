package keyserver

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

func TestLastKeyThatCanCreateKeysStays(t *testing.T) {
	onEachStore(t, testLastKeyThatCanCreateKeysStays)
}

func testLastKeyThatCanCreateKeysStays(t *testing.T, open opener) {
	b := open(t)
	ctx := context.Background()
	for _, c := range []struct {
		service string
		env     apikey.Environment
		path    func(id string) (method, path string, body any)
	}{
		{wirename.Prosopo, "", func(id string) (string, string, any) {
			return "POST", "/api-keys/delete", map[string]any{"apiKeyId": id}
		}},
		{wirename.Vertesia, "", func(id string) (string, string, any) { return "DELETE", "/api/v1/apikeys/" + id, nil }},
		{wirename.Generic, apikey.Live, func(id string) (string, string, any) { return "DELETE", "/v1/api-keys/" + id, nil }},
	} {
		t.Run(c.service, func(t *testing.T) {
			first, err := b.MintAdmin(ctx, c.service, c.env)
			if err != nil {
				t.Fatal(err)
			}
			id, _ := store.IDOf(c.service, first.Reveal())
			method, path, body := c.path(id)
			for _, caller := range []string{first.Reveal(), b.session(c.service, c.env)} {
				a := b.want(409, caller, method, path, body)
				shape(t, c.service, 409, a)
			}
			second, err := b.MintAdmin(ctx, c.service, c.env)
			if err != nil {
				t.Fatal(err)
			}
			b.want(200, first.Reveal(), method, path, body)
			secondID, _ := store.IDOf(c.service, second.Reveal())
			method, path, body = c.path(secondID)
			b.want(409, second.Reveal(), method, path, body)
		})
	}
}

func TestLastVertesiaAdministratorIsNotDisabledOrDemoted(t *testing.T) {
	onEachStore(t, testLastVertesiaAdministratorIsNotDisabledOrDemoted)
}

func testLastVertesiaAdministratorIsNotDisabledOrDemoted(t *testing.T, open opener) {
	b := open(t)
	secret, err := b.MintAdmin(context.Background(), wirename.Vertesia, "")
	if err != nil {
		t.Fatal(err)
	}
	admin := secret.Reveal()
	id, _ := store.IDOf(wirename.Vertesia, admin)
	path := "/api/v1/apikeys/" + id
	b.want(409, admin, "PUT", path, `{"enabled":false}`)
	b.want(409, admin, "PUT", path, `{"role":"developer"}`)
	b.want(200, admin, "PUT", path, `{"name":"still here"}`)
	off := b.vertesia(admin, "off", "admin").text("id")
	b.want(200, admin, "PUT", "/api/v1/apikeys/"+off, `{"enabled":false}`)
	b.want(409, admin, "DELETE", path, nil) // one that is switched off cannot create keys
	soon := b.vertesia(admin, "soon", "admin", "expires_at", b.clock.now().Add(time.Hour)).text("value")
	b.want(409, soon, "PUT", path, `{"role":"developer"}`) // nor one that ends within a day
	later := b.vertesia(admin, "later", "admin", "expires_at", b.clock.now().Add(25*time.Hour)).text("value")
	b.want(200, later, "PUT", path, `{"role":"developer"}`)
	b.want(200, later, "PUT", path, `{"role":"admin"}`)
	b.clock.advance(26 * time.Hour)
	b.want(409, admin, "DELETE", path, nil) // nor one that has expired
}

// TestAKeyThatHasExpiredIsNoAdministrator is about the contracts whose expired keys stay in the store. A key ends at the
// very instant of its expiry.
func TestAKeyThatHasExpiredIsNoAdministrator(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		ends := b.clock.now().Add(time.Hour)
		for _, c := range []struct {
			service  string
			env      apikey.Environment
			soon     func(admin string) (id string)
			deleting func(id string) (method, path string, body any)
		}{
			{wirename.Prosopo, "", func(admin string) string {
				return b.prosopo(admin, "soon", map[string][]string{"ApiKeys": {"createApiKey"}}, "expiresIn", 3600).text("id")
			}, func(id string) (string, string, any) {
				return "POST", "/api-keys/delete", map[string]any{"apiKeyId": id}
			}},
			{wirename.Generic, apikey.Live, func(admin string) string {
				return b.generic(admin, "soon", "live", "expires_at", ends.Format(time.RFC3339)).text("data.id")
			}, func(id string) (string, string, any) { return "DELETE", "/v1/api-keys/" + id, nil }},
		} {
			secret, err := b.MintAdmin(t.Context(), c.service, c.env)
			if err != nil {
				t.Fatal(err)
			}
			id, _ := store.IDOf(c.service, secret.Reveal())
			soon := c.soon(secret.Reveal())
			b.clock.advance(ends.Sub(b.clock.now()))
			method, path, body := c.deleting(id)
			shape(t, c.service, 409, b.want(409, secret.Reveal(), method, path, body))
			method, path, body = c.deleting(soon)
			b.want(200, secret.Reveal(), method, path, body)
			ends = ends.Add(time.Hour)
		}
	})
}

// TestAnExpiredKeyIsNeverTheLastOne: what creates no keys any more may go, where it was the last that did.
func TestAnExpiredKeyIsNeverTheLastOne(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		admin := b.session(wirename.Prosopo, "")
		id := b.prosopo(admin, "was the last", map[string][]string{"ApiKeys": {"createApiKey"}}, "expiresIn", 60).text("id")
		remove := map[string]any{"apiKeyId": id}
		b.want(409, admin, "POST", "/api-keys/delete", remove)
		b.clock.advance(time.Minute)
		b.want(200, admin, "POST", "/api-keys/delete", remove)
	})
}

func TestOrdinaryKeysCanAlwaysBeDeleted(t *testing.T) {
	onEachStore(t, testOrdinaryKeysCanAlwaysBeDeleted)
}

func testOrdinaryKeysCanAlwaysBeDeleted(t *testing.T, open opener) {
	b := open(t)
	p := b.prosopo(b.session(wirename.Prosopo, ""), "p", []string{"verify"}).text("id")
	b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/delete", map[string]any{"apiKeyId": p})
	v := b.vertesia(b.session(wirename.Vertesia, ""), "v", "developer").text("id")
	b.want(200, b.session(wirename.Vertesia, ""), "DELETE", "/api/v1/apikeys/"+v, nil)
	for _, env := range []apikey.Environment{apikey.Live, apikey.Test} {
		id := b.generic(b.session(wirename.Generic, env), "g", string(env)).text("data.id")
		b.want(200, b.session(wirename.Generic, ""), "DELETE", "/v1/api-keys/"+id, nil)
	}
	key := b.generic(b.session(wirename.Generic, apikey.Live), "alone", "live")
	b.want(409, key.text("data.key"), "DELETE", "/v1/api-keys/"+key.text("data.id"), nil) // it would lock its owner out
}

func TestTwoAdministratorsCannotDeleteEachOtherAtOnce(t *testing.T) {
	onEachStore(t, testTwoAdministratorsCannotDeleteEachOtherAtOnce)
}

func testTwoAdministratorsCannotDeleteEachOtherAtOnce(t *testing.T, open opener) {
	b := open(t)
	for range 20 {
		var tokens [2]string
		for i := range tokens {
			secret, err := b.MintAdmin(context.Background(), wirename.Prosopo, "")
			if err != nil {
				t.Fatal(err)
			}
			tokens[i] = secret.Reveal()
		}
		list := b.want(200, tokens[0], "POST", "/api-keys/get", "{}")
		for i := range list.list("") { // only the two race
			if id := list.text(itoa(i) + ".id"); !strings.Contains(tokens[0]+tokens[1], id) {
				b.want(200, tokens[0], "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
			}
		}
		var wg sync.WaitGroup
		var got [2]int
		for i := range tokens {
			wg.Go(func() {
				id, _ := store.IDOf(wirename.Prosopo, tokens[1-i])
				a, err := b.try(tokens[i], "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
				if err != nil {
					t.Error(err)
				}
				got[i] = a.status
			})
		}
		wg.Wait()
		if !slices.Contains(got[:], 200) || got[0] == got[1] {
			t.Fatalf("the answers are %v, want one 200 alone", got)
		}
	}
}

func itoa(i int) string { return string(rune('0' + i)) }

func TestExpiryIsEnforced(t *testing.T) { onEachStore(t, testExpiryIsEnforced) }

func testExpiryIsEnforced(t *testing.T, open opener) {
	b := open(t)
	at := b.clock.now().Add(time.Hour).Format(time.RFC3339)
	p := b.prosopo(b.session(wirename.Prosopo, ""), "p", []string{"getApiKeys"}, "expiresIn", 3600)
	v := b.vertesia(b.session(wirename.Vertesia, ""), "v", "reader", "expires_at", at)
	g := b.generic(b.session(wirename.Generic, apikey.Live), "g", "live", "expires_at", at)
	calls := []struct {
		service, token, method, path string
		body                         any
	}{
		{wirename.Prosopo, p.text("token"), "POST", "/api-keys/get", "{}"},
		{wirename.Vertesia, v.text("value"), "GET", "/api/v1/apikeys", nil},
		{wirename.Generic, g.text("data.key"), "GET", "/v1/api-keys", nil},
	}
	b.clock.advance(time.Hour - time.Millisecond)
	for _, c := range calls {
		b.want(200, c.token, c.method, c.path, c.body)
	}
	b.clock.advance(time.Millisecond)
	for _, c := range calls {
		shape(t, c.service, 401, b.ask(c.token, c.method, c.path, c.body))
	}
	if l := b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/get", "{}"); len(l.list("")) != 1 {
		t.Errorf("an expired Prosopo key left the list: %s", l.raw)
	}
	if l := b.want(200, b.session(wirename.Generic, ""), "GET", "/v1/api-keys", nil); len(l.list("data")) != 1 {
		t.Errorf("an expired generic key left the list: %s", l.raw)
	}
	if l := b.want(200, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys", nil); len(l.list("")) != 0 {
		t.Errorf("an expired Vertesia key is listed: %s", l.raw)
	}
	var left int
	if err := b.store.Reader.QueryRow(`SELECT COUNT(*) FROM keys WHERE service = 'vertesia'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d expired Vertesia keys are stored (%v)", left, err)
	}
}

func TestExpiredVertesiaKeyCannotBeReadChangedOrDeleted(t *testing.T) {
	onEachStore(t, testExpiredVertesiaKeyCannotBeReadChangedOrDeleted)
}

func testExpiredVertesiaKeyCannotBeReadChangedOrDeleted(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	id := b.vertesia(admin, "v", "reader", "expires_at", b.clock.now().Add(time.Second)).text("id")
	b.clock.advance(time.Second)
	b.want(404, admin, "PUT", "/api/v1/apikeys/"+id, `{"enabled":true}`)
	b.want(404, admin, "GET", "/api/v1/apikeys/"+id, nil)
	b.want(404, admin, "DELETE", "/api/v1/apikeys/"+id, nil)
}

func TestLastUseMovesAtOnceAndIsStoredWithinASecond(t *testing.T) {
	onEachStore(t, testLastUseMovesAtOnceAndIsStoredWithinASecond)
}

func testLastUseMovesAtOnceAndIsStoredWithinASecond(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Generic, apikey.Live)
	made := b.generic(admin, "g", "live")
	last := func() any { return b.want(200, admin, "GET", "/v1/api-keys", nil).at("data.0.last_used") }
	if last() != nil {
		t.Fatalf("a new key was used: %v", last())
	}
	b.clock.advance(time.Minute)
	b.want(404, made.text("data.key"), "GET", "/v1/users/usr_1", nil)
	want := b.clock.now().Format(wireTime)
	if last() != want {
		t.Fatalf("last_used is %v, want %s", last(), want)
	}
	b.clock.advance(time.Minute) // a wrong secret is no use
	secret := made.text("data.key")
	b.want(401, secret[:len(secret)-1]+flip(secret[len(secret)-1]), "GET", "/v1/users/usr_1", nil)
	if last() != want {
		t.Fatalf("a refused secret moved last_used to %v", last())
	}
	stored := func() bool {
		var ms int64
		err := b.store.Reader.QueryRow(`SELECT last_used_at FROM keys WHERE id = $1`, made.text("data.id")).Scan(&ms)
		return err == nil && time.UnixMilli(ms).UTC().Format(wireTime) == want
	}
	began := time.Now()
	eventually(t, "the use is stored", stored)
	if took := time.Since(began); took > time.Second {
		t.Errorf("stored after %v", took)
	}
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia} {
		secret, k := b.put(store.Key{Service: service, Role: "reader", Permissions: `{"ApiKeys":["getApiKeys"]}`, Enabled: true})
		b.want(200, secret, "POST", map[string]string{wirename.Prosopo: "/api-keys/get", wirename.Vertesia: "/token/issue"}[service], nil)
		if b.usage.lastUse(k.ID, 0) != b.clock.now().UnixMilli() {
			t.Errorf("%s: last use did not move", service)
		}
	}
}

func TestRestrictionsAreEnforced(t *testing.T) { onEachStore(t, testRestrictionsAreEnforced) }

func testRestrictionsAreEnforced(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Generic, apikey.Live)
	for _, c := range []struct {
		name, kind, value string
		path, referrer    string
		want              int
	}{
		{"own address", "ip_addresses", "127.0.0.1", "/v1/users/u", "", 404},
		{"own network", "ip_addresses", "127.0.0.0/8", "/v1/users/u", "", 404},
		{"own address in IPv6", "ip_addresses", "::ffff:127.0.0.1", "/v1/users/u", "", 404},
		{"own network in IPv6", "ip_addresses", "::ffff:127.0.0.0/104", "/v1/users/u", "", 404},
		{"other address", "ip_addresses", "127.0.0.2", "/v1/users/u", "", 403},
		{"other network", "ip_addresses", "10.0.0.0/8", "/v1/users/u", "", 403},
		{"other family", "ip_addresses", "::1", "/v1/users/u", "", 403},
		{"referrer", "referrers", "https://a.example", "/v1/users/u", "https://a.example/page?x=1", 404},
		{"referrer with star", "referrers", "https://a.example/*", "/v1/users/u", "https://a.example", 404},
		{"referrer in capitals and with its port", "referrers", "https://A.example:443/*", "/v1/users/u", "https://a.EXAMPLE/x", 404},
		{"no referrer", "referrers", "https://a.example", "/v1/users/u", "", 403},
		{"longer host", "referrers", "https://a.example", "/v1/users/u", "https://a.example.evil.test/", 403},
		{"user in front", "referrers", "https://a.example", "/v1/users/u", "https://a.example@evil.test/", 403},
		{"other scheme", "referrers", "https://a.example", "/v1/users/u", "http://a.example/", 403},
		{"other port", "referrers", "https://a.example", "/v1/users/u", "https://a.example:8443/", 403},
		{"subdomain", "referrers", "https://a.example", "/v1/users/u", "https://b.a.example/", 403},
		{"endpoint", "endpoints", "/v1/users", "/v1/users/u", "", 404},
		{"endpoint with slash", "endpoints", "/v1/users/", "/v1/users/u", "", 404},
		{"whole path", "endpoints", "/v1/users/u", "/v1/users/u", "", 404},
		{"root", "endpoints", "/", "/v1/users/u", "", 404},
		{"half a segment", "endpoints", "/v1/use", "/v1/users/u", "", 403},
		{"longer", "endpoints", "/v1/users/u/x", "/v1/users/u", "", 403},
		{"other endpoint", "endpoints", "/v1/users", "/v1/api-keys", "", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t = t
			key := b.generic(admin, c.name, "live", "restrictions", map[string]any{c.kind: []string{c.value}}).text("data.key")
			headers := []string{"X-Forwarded-For", "10.0.0.1", "Forwarded", "for=10.0.0.1", "X-Real-IP", "10.0.0.1"}
			if c.referrer != "" {
				headers = append(headers, "Referer", c.referrer)
			}
			a := b.ask(key, "GET", c.path, nil, headers...)
			if a.status != c.want {
				t.Fatalf("%d %s, want %d", a.status, a.raw, c.want)
			}
			if c.want == 403 {
				shape(t, wirename.Generic, 403, a)
			}
		})
	}
}

func TestRestrictedKeyMakesNoWiderKey(t *testing.T) { onEachStore(t, testRestrictedKeyMakesNoWiderKey) }

func testRestrictedKeyMakesNoWiderKey(t *testing.T, open opener) {
	b := open(t)
	own := map[string]any{"ip_addresses": []string{"127.0.0.0/8"}, "endpoints": []string{"/v1"}}
	key := b.generic(b.session(wirename.Generic, apikey.Live), "narrow", "live", "restrictions", own).text("data.key")
	for _, c := range []struct {
		restrictions any
		want         int
	}{
		{nil, 403},
		{map[string]any{}, 403},
		{map[string]any{"ip_addresses": []string{"127.0.0.1"}}, 403},
		{map[string]any{"endpoints": []string{"/v1/users"}}, 403},
		{map[string]any{"ip_addresses": []string{"0.0.0.0/0"}, "endpoints": []string{"/v1"}}, 403},
		{map[string]any{"ip_addresses": []string{"127.0.0.1", "10.0.0.1"}, "endpoints": []string{"/v1"}}, 403},
		{map[string]any{"ip_addresses": []string{"127.0.0.1"}, "endpoints": []string{"/"}}, 403},
		{map[string]any{"ip_addresses": []string{"127.0.0.1"}, "endpoints": []string{"/v1/users"}}, 201},
		{own, 201},
	} {
		b.want(c.want, key, "POST", "/v1/api-keys", map[string]any{"name": "n", "environment": "live", "restrictions": c.restrictions})
	}
}

func TestTestUsersAreInMemoryOnlyAndLiveUsersAreStored(t *testing.T) {
	onEachStore(t, testTestUsersAreInMemoryOnlyAndLiveUsersAreStored)
}

func testTestUsersAreInMemoryOnlyAndLiveUsersAreStored(t *testing.T, open opener) {
	b := open(t)
	live, test := b.session(wirename.Generic, apikey.Live), b.session(wirename.Generic, apikey.Test)
	stored := b.want(201, live, "POST", "/v1/users", `{"name":"Ada","email":"ada@example.com"}`).text("data.id")
	passing := b.want(201, test, "POST", "/v1/users", `{"name":"Tess"}`).text("data.id")
	if got := b.want(200, live, "GET", "/v1/users/"+stored, nil); got.text("data.email") != "ada@example.com" {
		t.Errorf("read back: %s", got.raw)
	}
	b.want(200, test, "GET", "/v1/users/"+passing, nil)
	b.want(404, live, "GET", "/v1/users/"+passing, nil)
	b.want(404, test, "GET", "/v1/users/"+stored, nil)
	other := b.beside(t)
	other.want(200, other.session(wirename.Generic, apikey.Live), "GET", "/v1/users/"+stored, nil)
	other.want(404, other.session(wirename.Generic, apikey.Test), "GET", "/v1/users/"+passing, nil)
	for i := range maxTestUsers + 1 {
		b.users.add(user{id: "u" + http.StatusText(200) + string(rune(i))})
	}
	b.want(404, test, "GET", "/v1/users/"+passing, nil) // the oldest made room
}

func TestNoContractReachesTheKeysOfAnother(t *testing.T) {
	onEachStore(t, testNoContractReachesTheKeysOfAnother)
}

func testNoContractReachesTheKeysOfAnother(t *testing.T, open opener) {
	b := open(t)
	p := b.prosopo(b.session(wirename.Prosopo, ""), "p", []string{"verify"}).text("id")
	v := b.vertesia(b.session(wirename.Vertesia, ""), "v", "reader").text("id")
	g := b.generic(b.session(wirename.Generic, apikey.Live), "g", "live").text("data.id")
	for _, id := range []string{v, g} {
		b.want(404, b.session(wirename.Prosopo, ""), "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
	}
	for _, id := range []string{p, g} {
		b.want(404, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys/"+id, nil)
		b.want(404, b.session(wirename.Vertesia, ""), "PUT", "/api/v1/apikeys/"+id, `{"name":"taken"}`)
		b.want(404, b.session(wirename.Vertesia, ""), "DELETE", "/api/v1/apikeys/"+id, nil)
	}
	for _, id := range []string{p, v} {
		b.want(404, b.session(wirename.Generic, ""), "DELETE", "/v1/api-keys/"+id, nil)
	}
}

func TestNarrowerComparesNetworksByTheirSizeToo(t *testing.T) {
	for _, c := range []struct {
		inner, outer string
		want         bool
	}{
		{"10.0.0.0/8", "10.0.0.0/8", true}, {"10.0.0.0/16", "10.0.0.0/8", true}, {"10.0.0.0/8", "10.0.0.0/16", false}, {"0.0.0.0/0", "0.0.0.0/1", false},
		{"10.0.0.1", "10.0.0.0/8", true}, {"::/0", "0.0.0.0/0", false}, {"::ffff:10.0.0.1", "10.0.0.0/8", true}, {"2001:db8::/48", "2001:db8::/32", true},
	} {
		if got := narrower(apikey.Restrictions{IPAddresses: []string{c.inner}}, apikey.Restrictions{IPAddresses: []string{c.outer}}); got != c.want {
			t.Errorf("%s within %s: %v", c.inner, c.outer, got)
		}
	}
}
