package keyserver

import (
	"strings"
	"testing"

	"detent/keyserver/wirename"
)

func TestProsopoKeyIsCreatedListedUsedAndDeleted(t *testing.T) {
	onEachStore(t, testProsopoKeyIsCreatedListedUsedAndDeleted)
}

func testProsopoKeyIsCreatedListedUsedAndDeleted(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Prosopo, "")
	made := b.prosopo(admin, "payments-api", map[string]any{"AccessRules": []string{"getRules"}, "ApiKeys": []string{"getApiKeys"}}, "expiresIn", 3600)
	token, id := made.text("token"), made.text("id")
	if !strings.HasPrefix(token, "psp_") || !strings.Contains(token, id) {
		t.Fatalf("token %q does not carry the prefix and the id %q", token, id)
	}
	if got := made.text("expiresAt"); got != "2026-11-23T11:00:00.000Z" {
		t.Errorf("expiresAt is %q", got)
	}
	list := b.want(200, token, "POST", "/api-keys/get", "{}")
	if n := len(list.list("")); n != 1 {
		t.Fatalf("%d keys are listed, want 1 (the session is no key)", n)
	}
	if strings.Contains(string(list.raw), token) {
		t.Fatal("the list holds the token")
	}
	if got := list.text("0.masked"); got != token[:len("psp_")+idCharacters]+"****" {
		t.Errorf("masked is %q", got)
	}
	if got := list.text("0.permissions.AccessRules.0"); got != "getRules" {
		t.Errorf("permissions are %s", list.raw)
	}
	b.want(200, token, "GET", "/v1/prosopo/provider/admin/rules", nil)
	b.want(200, token, "POST", "/access-control/get", `{"limit":1}`)
	refused := b.want(403, token, "POST", "/sites/get", "{}")
	if refused.text("error.key") != "API.INSUFFICIENT_PERMISSIONS" || !strings.Contains(refused.text("error.message"), "Sites.getSites") {
		t.Errorf("the refusal does not name the permission: %s", refused.raw)
	}
	if got := b.want(200, admin, "POST", "/api-keys/delete", map[string]any{"apiKeyId": id}); got.at("success") != true {
		t.Errorf("delete answered %s", got.raw)
	}
	if got := b.want(401, token, "POST", "/api-keys/get", "{}"); got.text("error.key") != "API.UNAUTHORIZED" {
		t.Errorf("401 is %s", got.raw)
	}
	b.want(404, admin, "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
}

func TestProsopoNeverExpiresWithZeroNullOrNothing(t *testing.T) {
	onEachStore(t, testProsopoNeverExpiresWithZeroNullOrNothing)
}

func testProsopoNeverExpiresWithZeroNullOrNothing(t *testing.T, open opener) {
	b := open(t)
	admin := b.session(wirename.Prosopo, "")
	for _, more := range [][]any{{"expiresIn", 0}, {"expiresIn", nil}, {}} {
		made := b.prosopo(admin, "k", []string{"verify"}, more...)
		if v, ok := made.json.(map[string]any)["expiresAt"]; !ok || v != nil {
			t.Errorf("%v: expiresAt is %v, want null", more, v)
		}
	}
}

func TestProsopoListsANameAsItIsHoweverItLooks(t *testing.T) {
	b := open(t)
	admin := b.session(wirename.Prosopo, "")
	for _, name := range []string{"two\nlines\n\n", "\n", "{\"a\":1}", "日本語\x1f", "'; DROP TABLE keys; --"} {
		if strings.TrimSpace(name) == "" {
			name += "x"
		}
		made := b.prosopo(admin, name, []string{"verify"})
		list := b.want(200, admin, "POST", "/api-keys/get", "{}")
		if list.text("0.name") != name || list.text("0.permissions.Verify.0") != "verify" {
			t.Errorf("%q is listed as %s", name, list.raw)
		}
		b.want(200, admin, "POST", "/api-keys/delete", map[string]any{"apiKeyId": made.text("id")})
	}
}
