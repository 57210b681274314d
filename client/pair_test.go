package client

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// TestASecretOfTwoHalvesIsDeliveredAndTriedWhole: the id comes before what is shown once, and tells whose it is.
func TestASecretOfTwoHalvesIsDeliveredAndTriedWhole(t *testing.T) {
	const half, token = "half-0123456789abcdef", "operator-0123456789"
	for _, pair := range []string{":", ".", "::"} {
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("k1"+pair+half))
		s := serve(t, plainRows+`key_auth.kind = "basic"
row.pair = "`+pair+`"
list = { call = "GET /keys", rows = ["keys"] }
create = { call = "POST /keys", send = { name = { field = "name" } } }
retrieve = { call = "GET /keys/{id}" }
`+plainProbe, token, func(w http.ResponseWriter, r *http.Request, _ string) {
			sent := r.Header.Get("Authorization")
			switch own := sent == "Bearer "+token; {
			case r.URL.Path == "/me" && sent == basic:
				say(w, 200, `{"id":"k1"}`)
			case !own:
				say(w, 401, `{"error":"unknown key"}`)
			case r.Method == "GET" && r.URL.Path == "/keys":
				say(w, 200, `{"keys":[{"id":"k0","name":"other"},{"id":"k1","name":"ci"}]}`)
			default:
				say(w, 201, `{"id":"k1","name":"ci","token":"`+half+`"}`)
			}
		})
		made, err := s.Create(t.Context(), apikey.Draft{Name: "ci"})
		if err != nil || !made.Secret.Equal(apikey.NewSecret("k1"+pair+half)) || !made.Bound {
			t.Fatalf("%s: %v, bound %v, %d signs", pair, err, made.Bound, made.Secret.Len())
		}
		if again, err := s.Abilities().Retrieve(t.Context(), "k1"); err != nil || !again.Equal(made.Secret) {
			t.Errorf("%s: had again: %v", pair, err)
		}
		proof, _, err := Verify(t.Context(), s, made.Secret)
		if err != nil || !proof.Accepted() || proof.Key == nil || proof.Key.ID != "k1" {
			t.Errorf("%s: %+v, %v", pair, proof, err)
		}
		if proof, err := s.Probe(t.Context(), apikey.NewSecret(half), ""); err != nil || !proof.Refused() {
			t.Errorf("%s: half of it: %+v, %v", pair, proof, err)
		}
		if strings.Contains(s.log.String(), half) {
			t.Errorf("%s: logged: %s", pair, s.log.String())
		}
	}
}
