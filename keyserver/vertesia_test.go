package keyserver

import (
	"strings"
	"testing"

	"detent/apikey"
)

func TestVertesiaKeyIsCreatedReadChangedAndDeleted(t *testing.T) {
	b := open(t)
	admin := b.session(apikey.Vertesia, "")
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
