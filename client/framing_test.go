package client

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// TestRequestsWithoutABodyAreNotChunked holds what the vendors' own clients send: a service that does not
// read chunks takes an empty one for the next request on the connection.
func TestRequestsWithoutABodyAreNotChunked(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.Method+" "+r.URL.Path] = true
		mu.Unlock()
		if len(r.TransferEncoding) > 0 || r.ContentLength < 0 {
			t.Errorf("%s %s: encoding %v, length %d", r.Method, r.URL.Path, r.TransferEncoding, r.ContentLength)
		}
		if r.URL.Path == exchangePath {
			_, _ = w.Write([]byte(issued1(jwtOne)))
			return
		}
		w.WriteHeader(http.StatusForbidden)
	})
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		opts := options(service, srv.URL)
		opts.CanCreate = true
		if service == wirename.Vertesia {
			opts.Exchange, opts.TokenURL = true, srv.URL
		}
		s := mustOpen(t, opts)
		for _, do := range []func(context.Context, Service) (any, error){
			list, remove1("k1"), probe(prosopoSecret), update("k1", apikey.Patch{Enabled: new(bool)}),
			create(apikey.Draft{Name: "a", Role: "reader", Environment: apikey.Live, Permissions: []apikey.Permission{{Name: "verify"}}}),
		} {
			_, _ = do(bg, s) // refused: the requests count
		}
	}
	for _, want := range []string{"POST " + exchangePath, "DELETE /api/v1/apikeys/k1", "DELETE /v1/api-keys/k1", "POST /api-keys/delete"} {
		if !seen[want] {
			t.Errorf("%s was not sent", want)
		}
	}
}
