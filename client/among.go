package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"detent/apikey"
)

// Asked is a profile whose service is asked about a secret.
type Asked struct {
	Profile string
	Service Service
}

// Whose is what several services said of a secret.
type Whose struct {
	// Proof is that of the profile that accepted it; else it is refused where all have refused it, and silent where one has not.
	Proof   apikey.Proof
	Profile string // the one that accepted it; empty for none
	// Shown are the keys that a list shows this very secret of, by their profile, though it was not accepted.
	Shown map[string]apikey.Key
	// Refused are the profiles that refused it.
	Refused []string
	// Unidentified is why it cannot be told which key it is of.
	Unidentified error
	// Failed is why it was not answered, by any.
	Failed error
}

// VerifyAmong asks profiles one after another until one accepts a secret. It goes to no more of them than that takes.
func VerifyAmong(ctx context.Context, secret apikey.Secret, all []Asked) Whose {
	out := Whose{Proof: apikey.Proof{Verdict: apikey.Silent, Why: "nobody was asked"}, Shown: map[string]apikey.Key{}}
	var refusal *apikey.Proof
	var doubts []string
	for _, to := range all {
		name := func(text string) string {
			if len(all) == 1 {
				return text
			}
			return to.Profile + ": " + text
		}
		proof, unidentified, err := Verify(ctx, to.Service, secret)
		switch {
		case err != nil && len(all) == 1:
			out.Failed = err
		case err != nil:
			out.Failed = errors.Join(out.Failed, fmt.Errorf("%s: %w", to.Profile, err))
		case proof.Accepted():
			return Whose{Proof: proof, Profile: to.Profile, Unidentified: unidentified}
		case proof.Refused():
			out.Refused = append(out.Refused, to.Profile)
			refusal = &proof
		default:
			doubts = append(doubts, name(proof.Why))
			if proof.Key != nil && !proof.Key.IsDisabled() {
				out.Shown[to.Profile] = *proof.Key
			}
			if out.Proof = proof; len(all) > 1 {
				out.Proof.Key = nil // whose list shows it is in the words
			}
		}
	}
	switch {
	case out.Failed != nil:
		out.Proof = apikey.Proof{Verdict: apikey.Silent}
	case len(doubts) > 0:
		out.Proof.Why = strings.Join(doubts, "; ")
	case refusal != nil:
		out.Proof = *refusal
	}
	return out
}
