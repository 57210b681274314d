package keyserver

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"detent/apikey"
)

// guard is the one way into a handler, for every contract: auth, enabled, expiry,
// restriction, permission. It returns the caller's key.
func (s *Server) guard(r *http.Request, service string, n need, now time.Time) (*record, error) {
	k, err := s.authenticate(r.Context(), service, bearer(r), now)
	if err != nil {
		return nil, err
	}
	if !k.Enabled {
		return nil, errDisabled
	}
	if k.expired(now) {
		if err := s.sweep(r.Context(), now); err != nil {
			return nil, err
		}
		return nil, errExpired
	}
	if !k.session {
		s.usage.touch(k.ID, now.UnixMilli())
	}
	limits, err := k.limits()
	if err != nil {
		return nil, err
	}
	if err := within(limits, r); err != nil {
		return nil, err
	}
	return k, k.permit(n)
}

// errUnknownKey answers for every credential that is not a key's: unknown, wrong,
// malformed, deleted, or of another service. They are not told apart.
var errUnknownKey = unauthorized("the key is not valid: it may be mistyped, revoked, or of another environment or service")

var (
	errNoCredential = unauthorized("no key: send the header Authorization: Bearer <key>")
	errDisabled     = unauthorized("the key is disabled")
	errExpired      = unauthorized("the key has expired")
	errTokenExpired = unauthorized("the token has expired: exchange the key again")
)

// authenticate finds the key that a credential belongs to. A wrong secret takes the same path
// as one for a key that does not exist: one lookup, one hash, one comparison.
func (s *Server) authenticate(ctx context.Context, service, credential string, now time.Time) (*record, error) {
	if credential == "" {
		return nil, errNoCredential
	}
	if service == apikey.Vertesia && strings.Count(credential, ".") == 2 {
		return s.authenticateToken(ctx, credential, now)
	}
	id, formed := idOf(service, credential)
	k, err := s.lookup(ctx, id)
	if err != nil && !errors.Is(err, errNoKey) {
		return nil, err
	}
	var stored [sha256.Size]byte
	known := err == nil && k.Service == service
	if known {
		n, err := hex.Decode(stored[:], []byte(k.Hash))
		known = err == nil && n == len(stored)
	}
	given := hashSecret(credential)
	same := subtle.ConstantTimeCompare(given[:], stored[:]) == 1
	if !same || !known || !formed {
		return nil, errUnknownKey
	}
	return k, nil
}

// lookup finds a key by its id, in memory or in the store. The store is asked each time:
// what another process deleted is refused on the next request.
func (s *Server) lookup(ctx context.Context, id string) (*record, error) {
	if k, ok := s.sessions[id]; ok {
		return k, nil
	}
	var k *record
	err := s.store.read(ctx, func(ctx context.Context, q queryer) (err error) {
		k, err = getKey(ctx, q, id)
		return err
	})
	return k, err
}
