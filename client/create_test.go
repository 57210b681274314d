package client

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// TestACreateHasAKeyOfItsOwn, the same where it is sent again for its pace, another for another create, and no other call
// has one.
func TestACreateHasAKeyOfItsOwn(t *testing.T) {
	for _, service := range services {
		var keys []string
		paced := service == wirename.Vertesia
		srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
			keys = append(keys, r.Header.Get("Idempotency-Key"))
			if paced && len(keys) == 1 {
				w.Header().Set("x-ratelimit-reason", "pacing")
				w.Header().Set("x-ratelimit-retry-ms", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_, _ = io.WriteString(w, `{"id":"k9","token":"`+prosopoSecret+`","value":"`+vertesiaSecret+`","key":"`+genericSecret+`","expiresAt":null}`)
		})
		opts := options(service, srv.URL)
		opts.CanCreate, opts.Random = true, rand.Reader
		s := mustOpen(t, opts)
		draft := apikey.Draft{Name: "ci", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")}
		for range 2 {
			if _, err := s.Create(bg, draft); err != nil {
				t.Fatal(err)
			}
		}
		if paced && (len(keys) != 3 || keys[0] != keys[1]) {
			t.Errorf("%s: sent again with another key: %q", service, keys)
		}
		first, last := keys[0], keys[len(keys)-1]
		if len(first) != 32 || first == last || strings.Trim(first, "0123456789abcdef") != "" {
			t.Errorf("%s: %q", service, keys)
		}
		keys = nil
		_, _ = ListAll(bg, s)
		_, _ = s.Delete(bg, "k1")
		_, _ = s.Probe(bg, apikey.NewSecret(secretOf[service]), "")
		for _, key := range keys {
			if key != "" {
				t.Errorf("%s: a call that creates nothing has the key %q", service, key)
			}
		}
	}
	without := &transport{opts: Options{Random: iotest.ErrReader(errors.New("no entropy"))}}
	if key := without.newIdempotencyKey(); key != "" {
		t.Errorf("a key of no entropy: %q", key)
	}
}
