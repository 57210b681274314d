package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
)

// What a harmless request leaves open, but a listed key may tell.
const (
	openPermissions  = "the permissions beyond the reads that were tried: the service has no call that tells them"
	openBesides      = "what the key may do besides"
	openRole         = "the role of the key"
	openRestrictions = "its restrictions, other than that this request was answered"
)

// Belongs reports whether a secret has a shape that can be this service's, and why not: such a one is sent nowhere to find
// out. Where the service declares no shape, the masks of its list tell, as far as it can be read.
func Belongs(ctx context.Context, s Service, secret apikey.Secret) (bool, string) {
	caps := s.Capabilities()
	var masks []string
	if ok, why := apikey.CouldBelong(secret, caps, nil); !ok || len(caps.SecretPrefixes) > 0 {
		return ok, why
	}
	_ = s.List(ctx, func(batch []apikey.Key) {
		for _, k := range batch {
			masks = append(masks, k.Masked)
		}
	})
	return apikey.CouldBelong(secret, caps, masks)
}

// controls is how often a made-up secret is tried where there is no answer.
const controls = 3

// Verify proves a secret and finds the key that it belongs to, where the service lets us tell. Why that cannot be told
// is no failure: the proof stands. What the same call shows of a made-up secret too proves nothing, and is Silent; so is what the list
// contradicts, which shows the key switched off.
func Verify(ctx context.Context, s Service, secret apikey.Secret) (proof apikey.Proof, unidentified, failed error) {
	proof, failed = s.Probe(ctx, secret, "")
	switch {
	case failed != nil:
		return proof, nil, failed
	case proof.TurnedAway():
		return ofHalf(s.Capabilities(), secret, byList(ctx, s, secret, proof)), nil, nil
	case proof.Verdict == apikey.Silent:
		return proof, nil, nil
	}
	if why := controlFailure(ctx, s, secret, proof); why != "" {
		proof.Verdict, proof.Why = apikey.Silent, why
		proof.Can, proof.Cannot, proof.Unknown, proof.Hint = nil, nil, nil, ""
		return proof, nil, nil
	}
	if identify := s.Abilities().Identify; identify != nil && proof.Key == nil {
		proof.Key, unidentified = identify(ctx, secret)
	} else if named := proof.Key; named != nil {
		proof.Key, unidentified = listedAs(ctx, s, named.ID)
		if proof.Key == nil && unidentified == nil {
			proof.Unknown = append(proof.Unknown, "whose it is: the service names a key, "+named.ID+", that its list does not have")
		}
	}
	if k := proof.Key; k != nil {
		proof.Unknown = slices.DeleteFunc(proof.Unknown, func(open string) bool {
			return (open == openPermissions || open == openBesides) && k.Permissions != nil || open == openRole && k.Role != "" || open == openRestrictions && k.Restrictions != nil
		})
		if proof.Accepted() && k.IsDisabled() {
			proof.Verdict, proof.Can, proof.Cannot, proof.Unknown = apikey.Silent, nil, nil, nil
			proof.Why = fmt.Sprintf("%s, and the list shows its key, %s, switched off: the two contradict each other", proof.Evidence, k.CalledWithID())
		}
	}
	return proof, unidentified, nil
}

// ofHalf is a refusal of what may be half of a secret: of its key it says nothing.
func ofHalf(caps apikey.Capabilities, secret apikey.Secret, proof apikey.Proof) apikey.Proof {
	if half := caps.Half(secret); half != "" && proof.Refused() {
		proof.Verdict, proof.Why, proof.Message, proof.Hint = apikey.Silent, half, "", "Give the whole secret."
	}
	return proof
}

// byList holds a refusal against the list, where that shows secrets or permissions. It is one alone of a key that is known to have what the
// call needs, and of a secret that the list does not show on. A list that cannot be read adds nothing.
func byList(ctx context.Context, s Service, secret apikey.Secret, proof apikey.Proof) apikey.Proof {
	var k *apikey.Key
	can := s.Abilities()
	if can.Listed != nil {
		k, _ = can.Listed(ctx, secret)
	}
	shown := k != nil
	if can.Identify != nil && k == nil && proof.Needs != "" {
		k, _ = can.Identify(ctx, secret)
	}
	if proof.Needs != "" && k != nil {
		caps := s.Capabilities()
		has, _ := apikey.Holds(k.Permissions, proof.Needs)
		switch {
		case apikey.HoldsNone(k.Permissions, caps.ProvenBy):
			proof.Hint = ""
			proof.Why = fmt.Sprintf("%s has none of the permissions %s, and without one of them a living key is answered as a dead one", k.CalledWithID(), strings.Join(caps.ProvenBy, ", "))
		case has && !shown && !proof.NeedsMore:
			proof.Verdict, proof.Message, proof.Why, proof.Needs = apikey.Refused, proof.Why, "", ""
		}
	}
	if shown {
		why := proof.Why
		if proof.Refused() {
			why = "the call is refused: " + cmp.Or(proof.Message, proof.Evidence)
		}
		proof.Verdict, proof.Message, proof.Hint, proof.Key = apikey.Silent, "", "", k
		proof.Why = fmt.Sprintf("the list shows this very secret, on, as that of %s; %s", k.CalledWithID(), why)
	}
	return proof
}

// listedAs is the key with an id, as the list has it; nil where the list has none.
func listedAs(ctx context.Context, s Service, id string) (found *apikey.Key, err error) {
	err = s.List(ctx, func(batch []apikey.Key) {
		for _, k := range batch {
			if k.ID == id {
				found = &k
			}
		}
	})
	return found, err
}

// controlFailure says why a proof is worth nothing: the call that gave it does not refuse a made-up secret of the same shape.
func controlFailure(ctx context.Context, s Service, secret apikey.Secret, proof apikey.Proof) string {
	made := apikey.MadeUp(secret, rand.Reader)
	var err error
	for range controls {
		var control apikey.Proof
		if control, err = s.Probe(ctx, made, proof.Call); err != nil {
			continue // no answer is not "not refused"
		}
		if control.TurnedAway() {
			return ""
		}
		return fmt.Sprintf("%s answered %d to a made-up secret too, which it should refuse: its answers prove nothing here", proof.Call, control.Status)
	}
	return "whether a made-up secret is refused was not answered: " + err.Error()
}
