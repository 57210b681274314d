package client

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// TestVerifyLeavesOpenWhatTheKeyDoesNotShow, looks for no key of a secret that is refused, and keeps the proof where
// the look fails.
func TestVerifyLeavesOpenWhatTheKeyDoesNotShow(t *testing.T) {
	masked := `[{"id":"k1","name":"ci","maskedValue":"` + vertesiaSecret[:10] + `****"ROLE}]`
	probe, control := vBare.as(vertesiaSecret), vBare.as(anybody).with(401, `{}`)
	for name, c := range map[string]struct {
		steps        []step
		valid, found bool
		open         []string
		unidentified bool
	}{
		"refused":               {steps: []step{probe.with(401, `{}`)}},
		"the key has a role":    {steps: []step{probe.with(200, `[]`), control, vGet.with(200, strings.Replace(masked, "ROLE", `,"role":"reader"`, 1))}, valid: true, found: true},
		"the key shows no role": {steps: []step{probe.with(200, `[]`), control, vGet.with(200, strings.Replace(masked, "ROLE", "", 1))}, valid: true, found: true, open: []string{openRole}},
		"no key is found":       {steps: []step{probe.with(200, `[]`), control, vGet.with(200, `[]`)}, valid: true, open: []string{openRole}},
		"the look is refused":   {steps: []step{probe.with(200, `[]`), control, vGet.with(401, `{}`)}, valid: true, open: []string{openRole}, unidentified: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, options(wirename.Vertesia, play(t, c.steps...).URL))
			proof, unidentified, err := Verify(bg, s, apikey.NewSecret(vertesiaSecret))
			if err != nil || proof.Accepted() != c.valid || (proof.Key != nil) != c.found || !slices.Equal(proof.Unknown, c.open) || (unidentified != nil) != c.unidentified {
				t.Errorf("%+v, %v, %v", proof, unidentified, err)
			}
		})
	}
}

// TestVerifyOfAGenericKeyLeavesItsRestrictionsOpenWhereTheRowHasNone.
func TestVerifyOfAGenericKeyLeavesItsRestrictionsOpenWhereTheRowHasNone(t *testing.T) {
	for more, open := range map[string]bool{"": true, `,"restrictions":{"endpoints":["/v1"]}`: false} {
		s := mustOpen(t, options(wirename.Generic, play(t, gUser.with(404, `{"success":false,"error":"no such user"}`), gUser.as(anybody).with(401, ``),
			gGet.with(200, gList(gRow("k1", `,"masked":"`+genericSecret[:14]+`****"`+more)))).URL))
		proof, _, err := Verify(bg, s, apikey.NewSecret(genericSecret))
		if err != nil || proof.Key == nil || slices.Contains(proof.Unknown, openRestrictions) != open || len(proof.Unknown) == 0 {
			t.Errorf("%s: %+v, %v", more, proof, err)
		}
	}
}

// TestOnlyRestrictionsThatKeysMayHaveAreLeftOpen: by what the file says, in which what is copied unread may be one.
func TestOnlyRestrictionsThatKeysMayHaveAreLeftOpen(t *testing.T) {
	for members, open := range map[string]bool{"": false, `restrictions = ["allowed"], `: true, `copied = ["condition"], `: true} {
		s := serve(t, `row = { id = ["id"], name = ["name"], `+members+`secret = ["token"] }
list.call = "GET /keys"
number = [{ name = "spend", title = "dollars" }]
probe = [{ call = "GET /me", answers = "object" }]
`, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if !strings.Contains(r.Header.Get("Authorization"), "secret-0123456789") {
				say(w, 401, `{"error":"no such key"}`)
				return
			}
			say(w, 200, `{"id":"u1"}`)
		})
		proof, _, err := Verify(bg, s, apikey.NewSecret("secret-0123456789"))
		if err != nil || !proof.Accepted() || slices.Contains(proof.Unknown, openRestrictions) != open || !slices.Contains(proof.Unknown, openBesides) {
			t.Errorf("%s: %+v, %v", members, proof, err)
		}
	}
}

// TestWhatTheListShowsSwitchedOffIsNotSaidToBeValid: the two contradict each other, and nobody knows which is right.
func TestWhatTheListShowsSwitchedOffIsNotSaidToBeValid(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	for state, valid := range map[string]bool{"on": true, "off": false, "paused": true} {
		s := serve(t, `row = { id = ["id"], name = ["name"], state = { members = ["status"], on = ["on"], off = ["off"] }, suffix = ["last"], secret = ["token"] }
list.call = "GET /keys"
[[probe]]
call = "GET /me"
answers = "object"
can = "read itself"
`, "c", func(w http.ResponseWriter, r *http.Request, _ string) {
			switch {
			case r.URL.Path == "/keys":
				say(w, 200, `[{"id":"k1","name":"ci","last":"89abcdef","status":"`+state+`"}]`)
			case r.Header.Get("Authorization") == "Bearer "+secret:
				say(w, 200, `{"id":"u1"}`)
			default:
				say(w, 401, `{"error":"who?"}`)
			}
		})
		proof, unidentified, err := Verify(bg, s, apikey.NewSecret(secret))
		if err != nil || unidentified != nil || proof.Key == nil || proof.Key.ID != "k1" || proof.Accepted() != valid || proof.Refused() {
			t.Errorf("%s: %+v, %v, %v", state, proof, unidentified, err)
		}
		if !valid && (proof.Why != `GET /me answered 200, and the list shows its key, ci (k1), switched off: the two contradict each other` || len(proof.Can) > 0) {
			t.Errorf("%s: %+v", state, proof)
		}
	}
}

// TestNoErrorRepeatsASecretThatIsInUse: that of a probe, and the session of an exchange, however they look.
func TestNoErrorRepeatsASecretThatIsInUse(t *testing.T) {
	const session, probed = "quite-an-ordinary-word", "correct-horse-battery"
	refusal := func(secret string) string { return `{"error":"who is ` + secret + ` ?"}` }
	opts := options(wirename.Vertesia, "")
	opts.Exchange = true
	srv := play(t, vIssue.with(200, issued1(session)), vGet.as(session).with(500, refusal(session)))
	opts.URL, opts.TokenURL = srv.URL, srv.URL
	opts.Timeout = 0
	_, err := ListAll(bg, mustOpen(t, opts))
	if err == nil || strings.Contains(err.Error(), session) || !strings.Contains(err.Error(), "[secret]") {
		t.Errorf("the session: %v", err)
	}
	s := mustOpen(t, options(wirename.Vertesia, play(t, vBare.as(probed).with(500, refusal(probed))).URL))
	if _, err := s.Probe(bg, apikey.NewSecret(probed), ""); err == nil || strings.Contains(err.Error(), probed) || !strings.Contains(err.Error(), "[secret]") {
		t.Errorf("the probed secret: %v", err)
	}
}
