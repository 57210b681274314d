package keyserver

import (
	"net/http"
	"testing"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// TestAnAnswerTakesFewAllocations bounds what a request costs inside the service, from its handler on, while nobody writes.
func TestAnAnswerTakesFewAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	s, _ := bare(t)
	tokens := map[string]string{}
	for _, service := range contracts {
		minted, err := s.MintAdmin(t.Context(), service, apikey.Live)
		if err != nil {
			t.Fatal(err)
		}
		tokens[service] = minted.Reveal()
		for range 2 {
			if _, err := s.MintAdmin(t.Context(), service, apikey.Live); err != nil {
				t.Fatal(err)
			}
		}
	}
	vertesiaID, _ := store.IDOf(wirename.Vertesia, tokens[wirename.Vertesia])
	s.usage.closed = true // no batch in the middle
	for _, c := range []struct {
		name, service, method, path string
		most                        float64
	}{
		{"prosopo read", wirename.Prosopo, "GET", "/v1/prosopo/provider/admin/rules", 18},
		{"vertesia read", wirename.Vertesia, "GET", "/api/v1/apikeys/" + vertesiaID, 26},
		{"generic read", wirename.Generic, "GET", "/v1/users/usr_1", 60},
		{"prosopo list", wirename.Prosopo, "POST", "/api-keys/get", 28},
		{"vertesia list", wirename.Vertesia, "GET", "/api/v1/apikeys", 26},
		{"generic list", wirename.Generic, "GET", "/v1/api-keys", 30},
		{"an unknown key", wirename.Generic, "GET", "/v1/api-keys", 120},
	} {
		token := tokens[c.service]
		if c.name == "an unknown key" {
			token = token[:len(token)-1] + flip(token[len(token)-1])
		}
		h := s.Handler()
		r := request(c.method, c.path, token)
		w := &discard{header: http.Header{}}
		got := testing.AllocsPerRun(200, func() {
			r.Body = http.NoBody
			h.ServeHTTP(w, r)
		})
		if got > c.most {
			t.Errorf("%s: %.0f allocations, want at most %.0f", c.name, got, c.most)
		}
		t.Logf("%s: %.0f allocations (%d)", c.name, got, w.status)
	}
}
