package client

import (
	"context"
	"errors"
	"strings"
	"testing"

	"detent/apikey"
)

// oracle is a service that says one thing of every secret that is not made up.
type oracle struct {
	Service
	proof apikey.Proof
	err   error
	asked *[]string
	name  string
}

func (oracle) Abilities() Abilities { return Abilities{} }

func (oracle) Capabilities() apikey.Capabilities { return apikey.Capabilities{} }

func (s oracle) Probe(_ context.Context, _ apikey.Secret, call string) (apikey.Proof, error) {
	if call != "" {
		return apikey.Proof{Verdict: apikey.Refused}, nil
	}
	*s.asked = append(*s.asked, s.name)
	return s.proof, s.err
}

// TestOfSeveralServicesASecretIsTheFirstsThatAcceptsIt, and refused only where all have refused it.
func TestOfSeveralServicesASecretIsTheFirstsThatAcceptsIt(t *testing.T) {
	of := map[string]oracle{
		"yes": {proof: apikey.Proof{Verdict: apikey.Accepted, Call: "GET /v1"}}, "no": {proof: apikey.Proof{Verdict: apikey.Refused, Message: "unknown key"}},
		"off":  {proof: apikey.Proof{Verdict: apikey.Silent, Why: "it is off", Key: &apikey.Key{ID: "k"}}},
		"wall": {proof: apikey.Proof{Verdict: apikey.Silent, Why: "a web page"}}, "dead": {err: errors.New("no route")},
	}
	for _, c := range []struct {
		ask, asked, by, refused, says string
		verdict                       apikey.Verdict
	}{
		{ask: "yes no", asked: "yes", by: "yes", verdict: apikey.Accepted},
		{ask: "no wall dead yes no", asked: "no wall dead yes", by: "yes", verdict: apikey.Accepted},
		{ask: "no no", asked: "no no", refused: "no no", verdict: apikey.Refused, says: "unknown key"},
		{ask: "no", asked: "no", refused: "no", verdict: apikey.Refused, says: "unknown key"},
		{ask: "wall no", asked: "wall no", refused: "no", verdict: apikey.Silent, says: "wall: a web page"},
		{ask: "wall", asked: "wall", verdict: apikey.Silent, says: "a web page"},
		{ask: "no dead", asked: "no dead", refused: "no", verdict: apikey.Silent, says: "dead: no route"},
		{ask: "off", asked: "off", verdict: apikey.Silent, says: "it is off"},
		{ask: "off no", asked: "off no", refused: "no", verdict: apikey.Silent, says: "off: it is off"},
		{ask: "", verdict: apikey.Silent, says: "nobody was asked"},
	} {
		var asked []string
		var all []Asked
		for _, name := range strings.Fields(c.ask) {
			s := of[name]
			s.name, s.asked = name, &asked
			all = append(all, Asked{name, s})
		}
		got := VerifyAmong(bg, apikey.NewSecret("psp_0123456789abcdef"), all)
		says := got.Proof.Message + got.Proof.Why
		if got.Failed != nil {
			says += got.Failed.Error()
		}
		if got.Profile == "" && len(all) > 1 && got.Proof.Key != nil {
			t.Errorf("%q: whose list is %+v of?", c.ask, got.Proof.Key)
		}
		if strings.Join(asked, " ") != c.asked || got.Profile != c.by || strings.Join(got.Refused, " ") != c.refused || got.Proof.Verdict != c.verdict || says != c.says || (got.Failed != nil) != strings.Contains(says, "no route") {
			t.Errorf("%q: asked %v, %+v, says %q", c.ask, asked, got, says)
		}
	}
}
