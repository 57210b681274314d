package client

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"detent/apikey"
)

// twoOfOne is a service that answers a dead key, and a living one that may not make the call, with the same words: only its status is another
// than the usual one.
const twoOfOne = `list = { call = "GET /keys", rows = ["results"], secrets = true }
refusals.means = [{ status = 403, words = "api key is invalid", is = 401 }]
row = { id = ["uid"], name = ["name"], permissions = ["actions"], secret = ["key"] }
create = { call = "POST /keys", send = { name = { field = "name" }, actions = { field = "permissions", as = "list" } } }
permission = [{ name = "version" }, { name = "search" }, { name = "add" }]
probe = [{ call = "GET /version", answers = "members", members = ["v"], needs = "version" }, { call = "GET /search", answers = "members", members = ["v"], needs = "search" }]
`

const (
	fullSecret   = "full-0123456789abcdef"
	searchSecret = "srch-0123456789abcdef"
	adderSecret  = "adds-0123456789abcdef"
	deadSecret   = "dead-0123456789abcdef"
)

func serveTwoOfOne(w http.ResponseWriter, r *http.Request, _ string) {
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	may := map[string][]string{"/version": {fullSecret}, "/search": {searchSecret, fullSecret}}
	for _, secret := range may[r.URL.Path] {
		if secret == bearer {
			say(w, 200, `{"v":"1"}`)
			return
		}
	}
	if r.URL.Path == "/keys" && bearer == "admin-0123456789abcdef" {
		say(w, 200, `{"results":[{"uid":"f","name":"full","actions":["version","search"],"key":"`+fullSecret+`"},
			{"uid":"s","name":"searcher","actions":["search"],"key":"`+searchSecret+`"},{"uid":"a","name":"adder","actions":["add"],"key":"`+adderSecret+`"}]}`)
		return
	}
	say(w, 403, `{"error":"The provided API key is invalid."}`)
}

// TestARefusalThatALivingKeyGetsTooRefusesNothing: without the permission a living key is answered as a dead one. It is no yes, and no no.
func TestARefusalThatALivingKeyGetsTooRefusesNothing(t *testing.T) {
	for secret, want := range map[string]struct {
		verdict apikey.Verdict
		why     string // a part of it
	}{
		fullSecret:   {apikey.Accepted, ""},
		searchSecret: {apikey.Accepted, ""}, // by the second probe
		adderSecret:  {apikey.Silent, "adder (a) has none of the permissions version, search"},
		deadSecret:   {apikey.Silent, "a living key without the permission version"},
	} {
		s := serve(t, twoOfOne, "admin-0123456789abcdef", serveTwoOfOne)
		proof, _, err := Verify(t.Context(), s, apikey.NewSecret(secret))
		if err != nil || proof.Verdict != want.verdict || !strings.Contains(proof.Why, want.why) {
			t.Errorf("%s: %+v, %v", secret, proof, err)
		}
		if want.why != "" && !strings.Contains(proof.Evidence, "GET /version answered 403") {
			t.Errorf("the evidence is %q", proof.Evidence)
		}
	}
}

// TestA401ThatALivingKeyGetsTooIsSaidToBeOne: by the file, as nothing else tells it from one that only a dead key gets.
func TestA401ThatALivingKeyGetsTooIsSaidToBeOne(t *testing.T) {
	same401 := func(w http.ResponseWriter, r *http.Request, body string) {
		rec := httptest.NewRecorder()
		serveTwoOfOne(rec, r, body)
		say(w, map[int]int{200: 200, 403: 401}[rec.Code], rec.Body.String())
	}
	for means, want := range map[string]apikey.Verdict{`status = 401, is = 401`: apikey.Silent, `status = 403, words = "gone", is = 401`: apikey.Refused} {
		file := strings.Replace(twoOfOne, `status = 403, words = "api key is invalid", is = 401`, means, 1)
		s := serve(t, strings.Replace(file, ", secrets = true", "", 1), "admin-0123456789abcdef", same401)
		if proof, _, err := Verify(t.Context(), s, apikey.NewSecret(deadSecret)); err != nil || proof.Verdict != want || proof.Status != 401 {
			t.Errorf("%s: %+v, %v", means, proof, err)
		}
	}
}

// TestWhatWasAcceptedByACallIsKnownToBeAllowedIt: from then on the same refusal is one.
func TestWhatWasAcceptedByACallIsKnownToBeAllowedIt(t *testing.T) {
	dead := false
	s := serve(t, twoOfOne, "admin-0123456789abcdef", func(w http.ResponseWriter, r *http.Request, body string) {
		if dead {
			say(w, 403, `{"error":"The provided API key is invalid."}`)
			return
		}
		serveTwoOfOne(w, r, body)
	})
	secret := apikey.NewSecret(fullSecret)
	if proof, err := s.Probe(t.Context(), secret, ""); err != nil || !proof.Accepted() {
		t.Fatalf("%+v, %v", proof, err)
	}
	dead = true
	if proof, err := s.Probe(t.Context(), secret, "GET /version"); err != nil || !proof.Refused() || !strings.Contains(proof.Evidence, "answered 403, which is taken for 401") {
		t.Errorf("%+v, %v", proof, err)
	}
	if proof, err := s.Probe(t.Context(), secret, "GET /search"); err != nil || proof.Refused() || proof.Needs != "search" {
		t.Errorf("%+v, %v", proof, err)
	}
}

// TestASecretThatTheListShowsIsNotCalledDead: the list that shows this very secret, on, speaks against a refusal.
func TestASecretThatTheListShowsIsNotCalledDead(t *testing.T) {
	const declaration = `list = { call = "GET /keys", rows = ["results"], secrets = true }
row = { id = ["uid"], name = ["name"], enabled = ["on"], secret = ["key"] }
probe = [{ call = "GET /me", answers = "object" }]
`
	for _, c := range []struct {
		row  string
		want apikey.Verdict
	}{
		{`{"uid":"k","name":"n","on":true,"key":"` + adderSecret + `"}`, apikey.Silent},
		{`{"uid":"k","name":"n","on":false,"key":"` + adderSecret + `"}`, apikey.Refused},
		{`{"uid":"k","name":"n","on":true,"key":"` + deadSecret + `"}`, apikey.Refused},
	} {
		s := serve(t, declaration, "admin-0123456789abcdef", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.URL.Path == "/keys" {
				say(w, 200, `{"results":[`+c.row+`]}`)
				return
			}
			say(w, 401, `{"error":"unknown"}`)
		})
		proof, _, err := Verify(t.Context(), s, apikey.NewSecret(adderSecret))
		if err != nil || proof.Verdict != c.want || c.want == apikey.Silent && (!strings.Contains(proof.Why, "the list shows this very secret") || proof.Hint != "") {
			t.Errorf("%s: %+v, %v", c.row, proof, err)
		}
	}
}

// TestAProbeThatLivingKeysMayBeRefusedIsSaid: which permissions a key needs, of which one, for its life to be seen.
func TestAProbeThatLivingKeysMayBeRefusedIsSaid(t *testing.T) {
	for change, want := range map[string]string{
		``:                                       "version search",
		"refusals.lacking = \"missing_scope\"\n": "",
		"probe = [{ call = \"GET /open\", answers = \"object\" }]\n":       "",
		"refusals.means = [{ status = 400, words = \"taken\", is = 409 }]": "",
		// The words of a dead key, and others that only a living one gets.
		"refusals.means = [{ status = 403, words = \"invalid\", is = 401 }]\nrefusals.known = \"not allowed\"": "",
		"refusals.means = [{ status = 403, is = 401 }]\nrefusals.known = \"not allowed\"":                      "version search",
	} {
		declaration := twoOfOne
		if name, _, _ := strings.Cut(change, " ="); change != "" {
			var kept []string
			for _, line := range strings.Split(twoOfOne, "\n") {
				if !strings.HasPrefix(line, name) {
					kept = append(kept, line)
				}
			}
			declaration = change + "\n" + strings.Join(kept, "\n")
		}
		s := serve(t, declaration, "admin-0123456789abcdef", serveTwoOfOne)
		if got := strings.Join(s.Capabilities().ProvenBy, " "); got != want {
			t.Errorf("%q: %q", change, got)
		}
	}
}

// TestWhatTheRowSaysIsNotUnknown: what a key may do is known where its row has the permissions.
func TestWhatTheRowSaysIsNotUnknown(t *testing.T) {
	s := serve(t, twoOfOne, "admin-0123456789abcdef", serveTwoOfOne)
	proof, _, err := Verify(t.Context(), s, apikey.NewSecret(fullSecret))
	if err != nil || proof.Key == nil || strings.Contains(strings.Join(proof.Unknown, "; "), openBesides) {
		t.Errorf("%+v, %v", proof, err)
	}
}

// TestALivingKeyThatIsLimitedIsNotCalledDead: it has the permission, and is refused for what no permission says. From where the call has accepted
// the secret, a refusal is one.
func TestALivingKeyThatIsLimitedIsNotCalledDead(t *testing.T) {
	limited := false
	file := strings.NewReplacer(", secrets = true", "", `secret = ["key"]`, `secret = ["key"], suffix = ["ends"]`, `needs = "search"`, `needs = "search", needs_too = "every index"`).Replace(twoOfOne)
	s := serve(t, file, "admin-0123456789abcdef", func(w http.ResponseWriter, r *http.Request, body string) {
		switch {
		case r.URL.Path == "/keys":
			say(w, 200, `{"results":[{"uid":"s","name":"searcher","actions":["search"],"ends":"`+searchSecret[len(searchSecret)-16:]+`"}]}`)
		case limited:
			say(w, 403, `{"error":"The provided API key is invalid."}`)
		default:
			serveTwoOfOne(w, r, body)
		}
	})
	secret := apikey.NewSecret(searchSecret)
	for _, c := range []struct {
		limited bool
		want    apikey.Verdict
	}{{true, apikey.Silent}, {false, apikey.Accepted}, {true, apikey.Refused}} {
		limited = c.limited
		proof, err := s.Probe(t.Context(), secret, "GET /search")
		if err == nil {
			proof = byList(t.Context(), s, secret, proof)
		}
		if err != nil || proof.Verdict != c.want || c.want == apikey.Silent && !strings.Contains(proof.Why, "without the permission search, or without every index, is answered so too") {
			t.Errorf("limited: %v: %+v, %v", c.limited, proof, err)
		}
	}
}
