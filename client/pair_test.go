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
		if proof, _, err := Verify(t.Context(), s, apikey.NewSecret(half)); err != nil || proof.Verdict != apikey.Silent || !strings.Contains(proof.Why, "may be half of a secret") {
			t.Errorf("%s: half of it: %+v, %v", pair, proof, err)
		}
		if strings.Contains(s.log.String(), half) {
			t.Errorf("%s: logged: %s", pair, s.log.String())
		}
	}
}

// TestTheFirstHalfMayBeAnotherMemberThanTheID: it is shown as the mask, by which a secret is told, and an answer without it has no secret.
func TestTheFirstHalfMayBeAnotherMemberThanTheID(t *testing.T) {
	const token, half = "operator-0123456789", "half-0123456789abcdef"
	answer := `{"id":"7","name":"ci","login":"ak-first-of-seven","token":"` + half + `"}`
	s := serve(t, plainRows+`key_auth.kind = "basic"
row.pair = ":"
row.pair_with = ["login"]
list = { call = "GET /keys", rows = ["keys"] }
create = { call = "POST /keys", send = { name = { field = "name" } } }
retrieve = { call = "GET /keys/{id}" }
roll = { call = "POST /keys/{id}/roll", old = "dies at once" }
`+plainProbe, token, func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.URL.Path {
		case "/me":
			if user, password, _ := r.BasicAuth(); user != "ak-first-of-seven" || password != half {
				say(w, 401, `{"error":"unknown"}`)
				return
			}
			say(w, 200, `{"id":"u"}`)
		case "/keys":
			if r.Method == "GET" {
				say(w, 200, `{"keys":[{"id":"6","name":"other","login":"ak-first-of-six"},{"id":"7","name":"ci","login":"ak-first-of-seven"}]}`)
				return
			}
			fallthrough
		default:
			say(w, 200, answer)
		}
	})
	whole := apikey.NewSecret("ak-first-of-seven:" + half)
	made, err := s.Create(t.Context(), apikey.Draft{Name: "ci"})
	if err != nil || !made.Secret.Equal(whole) || !made.Bound || made.Key.Masked != "ak-first-of-seven:…" {
		t.Fatalf("%+v, %v, %d signs", made.Key, err, made.Secret.Len())
	}
	if again, err := s.retrieve(t.Context(), "7"); err != nil || !again.Equal(whole) {
		t.Errorf("had again: %v", err)
	}
	if rolled, err := s.roll(t.Context(), "7", apikey.RollOrder{}); err != nil || !rolled.Secret.Equal(whole) {
		t.Errorf("rolled: %v", err)
	}
	proof, _, err := Verify(t.Context(), s, whole)
	if err != nil || !proof.Accepted() || proof.Key == nil || proof.Key.ID != "7" {
		t.Errorf("%+v, %v", proof, err)
	}
	answer = `{"id":"7","name":"ci","token":"` + half + `"}`
	if made, err := s.Create(t.Context(), apikey.Draft{Name: "ci"}); !MayHaveHappened(err) || !made.Secret.IsZero() {
		t.Errorf("half a secret is taken for one: %v", err)
	}
	if again, _ := s.retrieve(t.Context(), "7"); !again.IsZero() {
		t.Error("half a secret is taken for one")
	}
}
