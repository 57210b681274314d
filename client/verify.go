package client

import (
	"context"
	"slices"

	"detent/apikey"
)

// What a harmless request leaves open, but a listed key may tell.
const (
	openPermissions  = "the permissions beyond the reads that were tried: the service has no call that tells them"
	openRole         = "the role of the key"
	openRestrictions = "its restrictions, other than that this request was answered"
)

// Verify proves a secret and finds the key that it belongs to, where the service lets us tell. Why that cannot be told
// is no failure: the proof stands.
func Verify(ctx context.Context, s Service, secret apikey.Secret) (proof apikey.Proof, unidentified, failed error) {
	proof, failed = s.Probe(ctx, secret)
	if failed != nil || !proof.Valid {
		return proof, nil, failed
	}
	if finder, ok := As[Identifier](s); ok && proof.Key == nil {
		proof.Key, unidentified = finder.Identify(ctx, secret)
	}
	if k := proof.Key; k != nil {
		proof.Unknown = slices.DeleteFunc(proof.Unknown, func(open string) bool {
			return open == openPermissions && k.Permissions != nil || open == openRole && k.Role != "" || open == openRestrictions && k.Restrictions != nil
		})
	}
	return proof, unidentified, nil
}
