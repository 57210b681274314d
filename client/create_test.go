package client

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

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

// TestAKeyAndItsIDInTwoPartsOfAnAnswer: create.key says where the one is, create.id where the other, which counts before another id there.
func TestAKeyAndItsIDInTwoPartsOfAnAnswer(t *testing.T) {
	for body, want := range map[string]string{
		`{"grant":{"uid":"k1"},"token":{"name":"ci","expires":"2027-01-01T00:00:00Z","value":"secret-0123456789"}}`: "k1 ci 2027-01-01T00:00:00Z false",
		`{"grant":{"uid":"k1"},"token":{"id":"t1","name":"ci","value":"secret-0123456789"}}`:                        "k1 ci unknown false",
		`{"grant":{"uid":"k1"},"token":{"id":"k1","name":"ci","value":"secret-0123456789"}}`:                        "k1 ci unknown true",
		`{"token":{"id":"k1","name":"ci","value":"secret-0123456789"}}`:                                             "k1 ci unknown true",
		`{"id":1,"grant":{"uid":"k1"},"value":"secret-0123456789"}`:                                                 "k1 ci unknown false",
	} {
		s := serve(t, `list.call = "GET /keys"
row = { id = ["id"], name = ["name"], expires_at = ["expires"], secret = ["value"] }
create = { call = "POST /keys", key = ["token"], id = "grant.uid", send.name = { field = "name" } }
`+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, body) })
		made, err := s.Create(bg, apikey.Draft{Name: "ci"})
		end := "unknown"
		if at, known := made.Key.ExpiresAt.Time(); known {
			end = at.Format(time.RFC3339)
		}
		if got := fmt.Sprintf("%s %s %s %v", made.Key.ID, made.Key.Name, end, made.Bound); err != nil || got != want || made.Secret.Reveal() != "secret-0123456789" {
			t.Errorf("%s: %s, %v, want %s", body, got, err, want)
		}
	}
}
