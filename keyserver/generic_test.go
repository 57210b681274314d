package keyserver

import (
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

func TestGenericKeyIsCreatedListedAndRevokedInItsEnvironment(t *testing.T) {
	onEachStore(t, testGenericKeyIsCreatedListedAndRevokedInItsEnvironment)
}

func testGenericKeyIsCreatedListedAndRevokedInItsEnvironment(t *testing.T, open opener) {
	b := open(t)
	live, test := b.session(wirename.Generic, apikey.Live), b.session(wirename.Generic, apikey.Test)
	made := b.generic(live, "Production Key", "live")
	key, id := made.text("data.key"), made.text("data.id")
	if !strings.HasPrefix(key, "sk_live_") || made.at("success") != true || made.text("data.prefix") != "sk_live_" {
		t.Fatalf("created: %s", made.raw)
	}
	other := b.generic(test, "Test Key", "test")
	if first := b.want(200, test, "GET", "/v1/api-keys?cursor=&limit=1", nil); len(first.list("data")) != 1 {
		t.Errorf("an empty cursor is the first page: %s", first.raw)
	}
	if got := other.text("data.key"); !strings.HasPrefix(got, "sk_test_") {
		t.Fatalf("created: %s", other.raw)
	}
	b.want(403, live, "POST", "/v1/api-keys", `{"name":"x","environment":"test"}`)
	list := b.want(200, key, "GET", "/v1/api-keys", nil)
	if len(list.list("data")) != 1 || list.text("data.0.last_used") == "" || strings.Contains(string(list.raw), key) {
		t.Errorf("list: %s", list.raw)
	}
	b.want(404, key, "DELETE", "/v1/api-keys/"+other.text("data.id"), nil)
	b.want(404, key, "GET", "/v1/users/usr_123", nil)
	both := b.want(200, b.session(wirename.Generic, ""), "GET", "/v1/api-keys", nil)
	if len(both.list("data")) != 2 {
		t.Errorf("the administrator of both environments sees %s", both.raw)
	}
	gone := b.want(200, live, "DELETE", "/v1/api-keys/"+id, nil)
	if gone.text("message") != "API key revoked successfully" || gone.at("success") != true {
		t.Errorf("revoked: %s", gone.raw)
	}
	if no := b.want(401, key, "GET", "/v1/api-keys", nil); no.at("success") != false || no.text("error.message") == "" {
		t.Errorf("401: %s", no.raw)
	}
}
