package keyserver

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

func TestVertesiaKeyIsCreatedReadChangedAndDeleted(t *testing.T) {
	onEachStore(t, testVertesiaKeyIsCreatedReadChangedAndDeleted)
}

func testVertesiaKeyIsCreatedReadChangedAndDeleted(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	made := b.vertesia(admin, "backend", "developer", "expires_at", "2027-01-31T00:00:00Z", "properties", map[string]any{"team": "a"})
	value, id := made.text("value"), made.text("id")
	if !strings.HasPrefix(value, "sk-"+id) || made.text("maskedValue") != "sk-"+id+"****" {
		t.Fatalf("value %q and mask %q do not carry the id %q", value, made.text("maskedValue"), id)
	}
	if made.text("project.id") == "" || made.text("account") == "" || made.text("properties.team") != "a" {
		t.Errorf("created: %s", made.raw)
	}
	got := b.want(200, value, "GET", "/api/v1/apikeys/"+id+"?withValue=true", nil)
	if got.at("value") != nil || got.at("can_retrieve_value") != false {
		t.Errorf("a secret can be had again: %s", got.raw)
	}
	changed := b.want(200, admin, "PUT", "/api/v1/apikeys/"+id, `{"name":"renamed","role":"reader"}`)
	if changed.text("name") != "renamed" || changed.text("role") != "reader" || changed.at("enabled") != true {
		t.Errorf("changed: %s", changed.raw)
	}
	b.want(403, value, "POST", "/api/v1/apikeys", `{"name":"x","role":"reader"}`)
	b.want(200, admin, "PUT", "/api/v1/apikeys/"+id, `{"enabled":false}`)
	if off := b.want(401, value, "GET", "/api/v1/apikeys", nil); off.text("error") != "the key is disabled" || off.at("status") != 401.0 {
		t.Errorf("disabled: %s", off.raw)
	}
	b.want(200, admin, "PUT", "/api/v1/apikeys/"+id, `{"enabled":true}`)
	b.want(200, value, "GET", "/api/v1/apikeys", nil)
	gone := b.want(200, admin, "DELETE", "/api/v1/apikeys/"+id, nil)
	if gone.at("acknowledged") != true || gone.at("deletedCount") != 1.0 {
		t.Errorf("delete: %s", gone.raw)
	}
	b.want(401, value, "GET", "/api/v1/apikeys", nil)
	b.want(404, admin, "DELETE", "/api/v1/apikeys/"+id, nil)
	b.want(404, admin, "GET", "/api/v1/apikeys/"+id, nil)
}

func TestPublicKeyIsReturnedAgainWhileItIsValid(t *testing.T) {
	onEachStore(t, testPublicKeyIsReturnedAgainWhileItIsValid)
}

func testPublicKeyIsReturnedAgainWhileItIsValid(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	app := b.vertesia(admin, "app", "application").text("value")
	pk := func(token, query string) answer { return b.want(200, token, "GET", "/api/v1/apikeys/pk"+query, nil) }

	b.put(store.Key{Service: wirename.Vertesia, Role: "reader", Project: "p2", ProjectName: "p2", Enabled: true})

	first := pk(app, "?name=site&ttl=3600")
	value := first.text("value")
	if !strings.HasPrefix(value, "pk-") || first.text("expire_at") != "2026-11-23T11:00:00.000Z" {
		t.Fatalf("answered %s", first.raw)
	}
	if second := pk(app, "?name=site&ttl=60"); string(second.raw) != string(first.raw) {
		t.Errorf("asked again: %s", second.raw)
	}
	if plain := pk(app, ""); plain.text("expire_at") != "2026-11-24T10:00:00.000Z" || plain.text("value") == value {
		t.Errorf("without a name and a ttl: %s", plain.raw)
	}
	if other := pk(admin, "?name=site&projectId=p2"); other.text("value") == value {
		t.Error("another project got the same key")
	}
	b.want(403, app, "GET", "/api/v1/apikeys/pk?name=site&projectId=p2", nil)
	list := b.want(200, admin, "GET", "/api/v1/apikeys?level=project", nil)
	if strings.Contains(string(list.raw), value) || len(list.list("")) != 3 {
		t.Errorf("the list: %s", list.raw)
	}
	id, _ := store.IDOf(wirename.Vertesia, value)
	if got := b.want(200, app, "GET", "/api/v1/apikeys/"+id+"?withValue=true", nil); got.text("value") != value || got.text("role") != "executor" {
		t.Errorf("read with its value: %s", got.raw)
	}
	b.want(403, value, "GET", "/api/v1/apikeys", nil)
	b.want(403, value, "GET", "/api/v1/apikeys/pk", nil)

	b.want(200, admin, "PUT", "/api/v1/apikeys/"+id, `{"enabled":false}`)
	if next := pk(app, "?name=site&ttl=3600").text("value"); next == value {
		t.Error("a disabled public key was returned again")
	} else {
		value = next
	}
	endless := b.vertesia(admin, "shop", "executor", "type", "pk").text("value")
	if second := pk(app, "?name=shop&ttl=60"); second.text("value") != endless || second.at("expire_at") != nil {
		t.Errorf("a public key without an end is valid, and was not returned again: %s", second.raw)
	}
	b.clock.advance(time.Hour)
	b.want(401, value, "POST", "/token/issue", nil)
	if next := pk(app, "?name=site").text("value"); next == value {
		t.Error("an expired public key was returned again")
	}
}

func TestParallelRequestsForAPublicKeyGetTheSameOne(t *testing.T) {
	onEachStore(t, testParallelRequestsForAPublicKeyGetTheSameOne)
}

func testParallelRequestsForAPublicKeyGetTheSameOne(t *testing.T, open opener) {
	b := open(t)
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			a, err := b.try(b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys/pk?name=site", nil)
			if err != nil || a.status != 200 {
				t.Errorf("%d %v", a.status, err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[a.text("value")]++
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Errorf("%d different public keys, want one", len(seen))
	}
}

func claimsOf(t *testing.T, token string) tokenClaims {
	t.Helper()
	var c tokenClaims
	if err := decodePart(strings.Split(token, ".")[1], &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExchangedTokenIsGoodForAsLongAsItsKeyIs(t *testing.T) {
	onEachStore(t, testExchangedTokenIsGoodForAsLongAsItsKeyIs)
}

func testExchangedTokenIsGoodForAsLongAsItsKeyIs(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	key := b.vertesia(admin, "k", "developer")
	id := key.text("id")
	exchanged := b.want(200, key.text("value"), "POST", "/token/issue", nil, "Content-Type", "application/json")
	token := exchanged.text("token")
	claims := claimsOf(t, token)
	if claims.Subject != id || claims.Account.ID != key.text("account") || claims.Expires-b.clock.now().Unix() < 60 ||
		exchanged.text("token_type") != "Bearer" || exchanged.at("expires_in") != 3600.0 {
		t.Fatalf("exchanged: %s %+v", exchanged.raw, claims)
	}
	b.want(200, token, "GET", "/api/v1/apikeys", nil)
	b.want(200, token, "POST", "/api/v1/apikeys", `{"name":"by token","role":"developer"}`)
	b.want(403, token, "DELETE", "/api/v1/apikeys/"+id, nil)
	b.want(401, token, "POST", "/token/issue", nil) // a token does not renew itself

	b.want(200, admin, "PUT", "/api/v1/apikeys/"+id, `{"role":"reader"}`)
	b.want(403, token, "POST", "/api/v1/apikeys", `{"name":"x","role":"reader"}`)
	b.want(200, admin, "PUT", "/api/v1/apikeys/"+id, `{"enabled":false}`)
	b.want(401, token, "GET", "/api/v1/apikeys", nil)
	b.want(200, admin, "PUT", "/api/v1/apikeys/"+id, `{"enabled":true}`)
	b.want(200, token, "GET", "/api/v1/apikeys", nil)
	b.want(200, admin, "DELETE", "/api/v1/apikeys/"+id, nil)
	b.want(401, token, "GET", "/api/v1/apikeys", nil)
}

func TestTokenEndsWithItsTimeAndWithItsKeysTime(t *testing.T) {
	onEachStore(t, testTokenEndsWithItsTimeAndWithItsKeysTime)
}

func testTokenEndsWithItsTimeAndWithItsKeysTime(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	soon := b.vertesia(admin, "soon", "reader", "expires_at", b.clock.now().Add(time.Minute)).text("value")
	short := b.want(200, soon, "POST", "/token/issue", nil).text("token")
	long := b.want(200, b.vertesia(admin, "k", "reader").text("value"), "POST", "/token/issue", nil).text("token")
	b.clock.advance(time.Minute)
	b.want(401, short, "GET", "/api/v1/apikeys", nil)
	b.want(200, long, "GET", "/api/v1/apikeys", nil)
	b.clock.advance(tokenLife - time.Minute)
	b.want(401, long, "GET", "/api/v1/apikeys", nil)
}

func TestForgedTokensAreRefused(t *testing.T) { onEachStore(t, testForgedTokensAreRefused) }

func testForgedTokensAreRefused(t *testing.T, open opener) {
	b := open(t)
	key := b.vertesia(b.session(wirename.Vertesia, ""), "k", "reader")
	admin := b.vertesia(b.session(wirename.Vertesia, ""), "a", "admin")
	token := b.want(200, key.text("value"), "POST", "/token/issue", nil).text("token")
	parts := strings.Split(token, ".")
	claims := claimsOf(t, token)
	claims.Subject = admin.text("id")
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	other := b64.EncodeToString(raw)
	var head tokenHeader
	if err := decodePart(parts[0], &head); err != nil {
		t.Fatal(err)
	}
	header := func(h tokenHeader) string {
		raw, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		return b64.EncodeToString(raw)
	}
	_, mine, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(h string) string { return b64.EncodeToString(ed25519.Sign(mine, []byte(h+"."+other))) }
	none, unknown := header(tokenHeader{"none", "JWT", head.Key}), header(tokenHeader{"EdDSA", "JWT", "mine"})
	for name, forged := range map[string]string{
		"another subject":        parts[0] + "." + other + "." + parts[2],
		"no signature":           parts[0] + "." + other + ".",
		"algorithm none":         none + "." + other + ".",
		"an unknown signer":      unknown + "." + other + "." + sign(unknown),
		"a known signer's name":  parts[0] + "." + other + "." + sign(parts[0]),
		"garbage":                "a.b.c",
		"a cut one":              token[:len(token)-2],
		"a header that is a key": "sk-x.y.z",
	} {
		if a := b.ask(forged, "GET", "/api/v1/apikeys", nil); a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
}

// TestASignatureOfOurOwnIsNotEnoughForAToken: its algorithm, its audience and the time of its signer count too.
func TestASignatureOfOurOwnIsNotEnoughForAToken(t *testing.T) {
	b := open(t)
	id := b.vertesia(b.session(wirename.Vertesia, ""), "a", "admin").text("id")
	kid, private, err := b.signer(context.Background(), b.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b64.EncodeToString(raw)
	}
	token := func(algorithm, audience string, life time.Duration) string {
		signed := part(tokenHeader{algorithm, "JWT", kid}) + "." + part(tokenClaims{Subject: id, Audience: audience, Expires: b.clock.now().Add(life).Unix()})
		return signed + "." + b64.EncodeToString(ed25519.Sign(private, []byte(signed)))
	}
	b.want(200, token("EdDSA", tokenAudience, tokenLife), "GET", "/api/v1/apikeys", nil)
	b.want(401, token("HS256", tokenAudience, tokenLife), "GET", "/api/v1/apikeys", nil)
	b.want(401, token("EdDSA", "another service", tokenLife), "GET", "/api/v1/apikeys", nil)
	long := token("EdDSA", tokenAudience, 10*signerLife)
	b.clock.advance(signerLife + tokenLife)
	b.beside(t).want(401, long, "GET", "/api/v1/apikeys", nil)
}

func TestTokenOutlivesARestartAndIsGoodInEveryProcessOnTheStore(t *testing.T) {
	onEachStore(t, testTokenOutlivesARestartAndIsGoodInEveryProcessOnTheStore)
}

func testTokenOutlivesARestartAndIsGoodInEveryProcessOnTheStore(t *testing.T, open opener) {
	b := open(t)
	key := b.vertesia(b.session(wirename.Vertesia, ""), "k", "reader").text("value")
	token := b.want(200, key, "POST", "/token/issue", nil).text("token")
	own := b.want(200, b.session(wirename.Vertesia, ""), "POST", "/token/issue", nil).text("token")
	other := b.beside(t)
	other.want(200, token, "GET", "/api/v1/apikeys", nil)
	other.want(401, own, "GET", "/api/v1/apikeys", nil) // a session ends with its process
	other.want(401, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys", nil)
}

func TestSignersAreReplacedAndForgotten(t *testing.T) {
	onEachStore(t, testSignersAreReplacedAndForgotten)
}

func testSignersAreReplacedAndForgotten(t *testing.T, open opener) {
	b := open(t)
	key := b.vertesia(b.session(wirename.Vertesia, ""), "k", "reader").text("value")
	first := b.want(200, key, "POST", "/token/issue", nil).text("token")
	b.clock.advance(signerLife)
	second := b.want(200, key, "POST", "/token/issue", nil).text("token")
	if strings.Split(first, ".")[0] == strings.Split(second, ".")[0] {
		t.Error("the signing key was not replaced after a day")
	}
	b.clock.advance(signerLife)
	b.want(200, key, "POST", "/token/issue", nil)
	var n int
	if err := b.store.Reader.QueryRow(`SELECT COUNT(*) FROM signers`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d signers are kept (%v), want the last two", n, err)
	}
}

// TestAnExpiredVertesiaKeyIsGoneBeforeItIsSwept: the sweep looks once a second, and another instance may be the one that sweeps.
func TestAnExpiredVertesiaKeyIsGoneBeforeItIsSwept(t *testing.T) {
	b := open(t)
	admin := b.session(wirename.Vertesia, "")
	path := "/api/v1/apikeys/" + b.vertesia(admin, "soon", "reader", "expires_at", b.clock.now().Add(400*time.Millisecond)).text("id")
	b.want(200, admin, "GET", path, nil)
	b.clock.advance(500 * time.Millisecond)
	b.want(404, admin, "GET", path, nil)
	b.want(404, admin, "PUT", path, `{"name":"later"}`)
	if keys := b.want(200, admin, "GET", "/api/v1/apikeys", nil).list(""); len(keys) != 0 {
		t.Errorf("it is listed: %v", keys)
	}
}

func TestAnExpiryInSmallLettersIsATime(t *testing.T) {
	b := open(t)
	made := b.vertesia(b.session(wirename.Vertesia, ""), "backend", "reader", "expires_at", "2027-01-31t02:00:00+02:00")
	if got := made.text("expires_at"); got != "2027-01-31T00:00:00.000Z" {
		t.Errorf("expires_at is %q", got)
	}
}

func TestAContractsOwnPathHasItsErrorsToo(t *testing.T) {
	for path, want := range map[string]string{"/api-keys": wirename.Prosopo, "/users": wirename.Prosopo, "/v1/prosopo": wirename.Prosopo, "/api": wirename.Vertesia, "/token": wirename.Vertesia,
		"/v1": wirename.Generic, "/": wirename.Generic, "/api-keysets": wirename.Generic} {
		if got := contractOf(path); got != want {
			t.Errorf("%s is of %s, want %s", path, got, want)
		}
	}
}
