package keyserver

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/keyserver/wirename"
)

// TestHeadAnswersAsGetDoesWithoutTheBody: the same rules, status and headers, for monitors and load balancers.
func TestHeadAnswersAsGetDoesWithoutTheBody(t *testing.T) {
	b := open(t)
	vertesia, generic := b.session(wirename.Vertesia, ""), b.session(wirename.Generic, "")
	id := b.vertesia(vertesia, "ci", "reader").text("id")
	none := b.prosopo(b.session(wirename.Prosopo, ""), "verify", []string{"verify"}).text("token")
	for _, c := range []struct {
		token, path string
		status      int
	}{
		{vertesia, "/api/v1/apikeys", 200}, {vertesia, "/api/v1/apikeys/" + id, 200}, {vertesia, "/api/v1/apikeys/nope", 404},
		{"", "/api/v1/apikeys", 401}, {generic, "/api/v1/apikeys", 401}, {generic, "/v1/api-keys", 200}, {generic, "/v1/users/nobody", 404},
		{none, "/v1/prosopo/provider/admin/rules", 403}, {none, "/users/get", 403}, {none, "/sites/get", 405}, {generic, "/nowhere", 404},
	} {
		get, head := b.want(c.status, c.token, "GET", c.path, nil), b.want(c.status, c.token, "HEAD", c.path, nil)
		for _, name := range []string{"Content-Type", "Cache-Control", "WWW-Authenticate", "Allow"} {
			if g, h := get.header.Get(name), head.header.Get(name); g != h {
				t.Errorf("%s: %s is %q after GET and %q after HEAD", c.path, name, g, h)
			}
		}
		if len(head.raw) > 0 {
			t.Errorf("%s: HEAD is answered with a body of %d bytes", c.path, len(head.raw))
		}
	}
	if allow := b.want(405, generic, "PUT", "/v1/api-keys", nil).header.Get("Allow"); !slices.Contains(strings.Split(allow, ", "), "HEAD") {
		t.Errorf("405 allows %q", allow)
	}
}

// TestHeadMakesNoPublicKey: that GET mints, and a HEAD would throw away what it made.
func TestHeadMakesNoPublicKey(t *testing.T) {
	b := open(t)
	token := b.session(wirename.Vertesia, "")
	if a := b.want(http.StatusMethodNotAllowed, token, "HEAD", "/api/v1/apikeys/pk", nil); a.header.Get("Allow") != "GET" {
		t.Errorf("405 allows %q", a.header.Get("Allow"))
	}
	if keys := b.want(200, token, "GET", "/api/v1/apikeys", nil).list(""); len(keys) != 0 {
		t.Errorf("it made %v", keys)
	}
	b.want(401, "", "HEAD", "/api/v1/apikeys/pk", nil)
}
