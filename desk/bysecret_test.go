package desk

import (
	"context"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
)

// selfDeleting is an issuer by which a secret deletes its own key; the one secret that it accepts is of own.
type selfDeleting struct {
	*issuer
	own   string
	calls int
	loses bool // the answer
}

const leakedSecret = "a-leaked-secret-0123456789"

func (s *selfDeleting) Probe(_ context.Context, secret apikey.Secret, _ string) (apikey.Proof, error) {
	if !secret.Equal(apikey.NewSecret(leakedSecret)) {
		return apikey.Proof{Verdict: apikey.Refused, Call: "GET /me", Status: 401}, nil
	}
	proof := apikey.Proof{Verdict: apikey.Accepted, Call: "GET /me", Status: 200}
	if s.own != "" {
		proof.Key = &apikey.Key{ID: s.own}
	}
	return proof, nil
}

func (s *selfDeleting) Abilities() client.Abilities {
	return client.Abilities{DeleteBySecret: s.deleteBySecret}
}

func (s *selfDeleting) deleteBySecret(context.Context, string, apikey.Secret) (apikey.Deleted, error) {
	s.calls++
	if s.loses {
		return apikey.Deleted{}, &client.Error{Op: "delete a key", Kind: client.Timeout, Outcome: client.Unknown}
	}
	return apikey.Deleted{}, nil
}

// TestASecretDeletesItsOwnKeyAndNoOther: it is sent to delete only where it is seen to be of the key that was ordered, and once.
func TestASecretDeletesItsOwnKeyAndNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		own, secret string
		can, loses  bool
		calls       int
		says, next  string
	}{
		"its own":                     {own: "k", secret: leakedSecret, can: true, calls: 1},
		"of another key":              {own: "other", secret: leakedSecret, can: true, says: "not seen to be of this key, but of another", next: "it is that other key"},
		"of a key that is not listed": {own: "elsewhere", secret: leakedSecret, can: true, says: "not seen to be of this key", next: "nothing tells whose it is"},
		"of nobody knows which":       {secret: leakedSecret, can: true, says: "not seen to be of this key", next: "nothing tells whose it is"},
		"refused":                     {own: "k", secret: "another-secret-0123456789", can: true, says: "not seen to accept this secret", next: "may be dead already"},
		"no such call":                {own: "k", secret: leakedSecret, says: "no call by which a secret deletes its own key", next: "without its secret"},
		"an answer that is not there": {own: "k", secret: leakedSecret, can: true, loses: true, calls: 1, says: "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &selfDeleting{issuer: &issuer{caps: able, keys: []apikey.Key{{ID: "k", Name: "app"}, {ID: "other", Name: "web"}}}, own: c.own, loses: c.loses}
			if c.can {
				s.caps.SelfDelete = "DELETE /keys/self"
			}
			d := open(t, s, nil)
			_, err := d.Do(t.Context(), Order{What: Delete, Key: apikey.Key{ID: "k", Name: "app"}, Secret: apikey.NewSecret(c.secret)})
			if s.calls != c.calls || slices.Contains(s.sent, "delete") {
				t.Errorf("%d calls with the secret, and %q", s.calls, s.sent)
			}
			switch {
			case c.says == "" && err != nil, c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%v; want %q", err, c.says)
			case client.MayHaveHappened(err) != c.loses:
				t.Errorf("may have happened: %v, of %v", !c.loses, err)
			}
			next := client.HintOf(err)
			if err != nil && next == "" { // one sentence says it all
				next = err.Error()
			}
			if !strings.Contains(next, c.next) || strings.Contains(next, leakedSecret) {
				t.Errorf("next: %q; want %q", next, c.next)
			}
			for _, r := range d.receipts() {
				if strings.Contains(r, leakedSecret) {
					t.Error("the secret is on record")
				}
			}
		})
	}
}
