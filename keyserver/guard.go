package keyserver

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// guard is the one way into a handler, for every contract: auth, enabled, expiry,
// restriction, permission. It returns the caller's key, of one that is refused too where it is known, and which of its secrets was
// sent. at becomes the version that the key was read at.
func (s *Server) guard(r *http.Request, service string, n need, now time.Time, at *store.Seen) (k *store.Key, former bool, err error) {
	k, former, err = s.authenticate(r.Context(), service, bearer(r), now, at)
	if err == nil {
		k, err = s.admit(r, k, n, now)
	}
	return k, former, err
}

// admit asks of a key that was recognised what it may do.
func (s *Server) admit(r *http.Request, k *store.Key, n need, now time.Time) (*store.Key, error) {
	if !k.Enabled {
		return k, errDisabled
	}
	if k.Expired(now) {
		if err := s.sweep(r.Context(), now); err != nil {
			return nil, err
		}
		return k, errExpired
	}
	limits, err := k.Limits()
	if err != nil {
		return nil, err
	}
	if err := within(limits, r); err != nil {
		return k, err
	}
	return k, permit(k, n)
}

// authenticate finds the key that a credential belongs to. A wrong secret takes the same path
// as one for a key that does not exist: one lookup, one hash, one comparison.
// former: it is the one that a rolled key had before, and is still let in.
func (s *Server) authenticate(ctx context.Context, service, credential string, now time.Time, at *store.Seen) (k *store.Key, former bool, err error) {
	if credential == "" {
		return nil, false, errNoCredential
	}
	if service == wirename.Vertesia && strings.Count(credential, ".") == 2 {
		k, err = s.authenticateToken(ctx, credential, now, at)
		return k, false, err
	}
	id, formed := store.IDOf(service, credential)
	given := store.HashSecret(credential)
	// By the hash of what was sent: only the right secret finds it. A wrong one takes the long way, as one for a key that is not there.
	// A former secret dies without a commit, so that it always does.
	if k := s.admitted.get(*at, string(given[:])); k != nil && k.Service == service {
		k, err = s.lag.accepted(id, k, nil, now)
		return k, false, err
	}
	raw, seen, err := s.lookup(ctx, id, *at)
	*at = seen
	k, err = s.lag.accepted(id, raw, err, now)
	if err != nil && !errors.Is(err, store.ErrNoKey) {
		return nil, false, err
	}
	known := err == nil && k.Service == service
	if !known {
		k = &store.Key{Hash: noHash}
	}
	former, same := k.Accepts(given, now)
	if !same || !known || !formed {
		return nil, false, errUnknownKey
	}
	if !k.Session && k == raw && !former && s.keeps() {
		s.keep(seen, k)
		s.admitted.put(seen, string(given[:]), k)
	}
	return k, former, nil
}

// authenticateToken finds the key that a token stands for. The caller checks the key as if
// it had been sent itself: deleting, disabling and expiry end its tokens at once.
func (s *Server) authenticateToken(ctx context.Context, token string, now time.Time, at *store.Seen) (*store.Key, error) {
	stands, err := s.openToken(ctx, token, now)
	if err != nil {
		return nil, err
	}
	if now.Unix() >= stands.until {
		return nil, errTokenExpired
	}
	k, err := s.current(ctx, stands.id, at)
	k, err = s.lag.accepted(stands.id, k, err, now)
	if errors.Is(err, store.ErrNoKey) {
		return nil, errUnknownKey
	}
	return k, err
}

// noHash is that of no secret.
var noHash = strings.Repeat("0", 2*sha256.Size)

// keeps reports whether keys that were read are kept here; where the store is a round trip away it keeps them itself.
func (s *Server) keeps() bool { return s.store.Version != nil }

// keep keeps a key that was read after the version was asked for.
func (s *Server) keep(at store.Seen, k *store.Key) {
	if at.Known {
		k.ReadOnce()
		s.keys.put(at, k.ID, k)
	}
}

// lookup finds a key by its id, in memory or in the store. The store is asked each time:
// what another process deleted is refused on the next request.
func (s *Server) lookup(ctx context.Context, id string, at store.Seen) (*store.Key, store.Seen, error) {
	if k, ok := s.sessions[id]; ok {
		return k, at, nil
	}
	return s.store.Key(ctx, id, at)
}

// current is a key as it is now, from memory where the store is as it was when the key was read.
func (s *Server) current(ctx context.Context, id string, at *store.Seen) (*store.Key, error) {
	if k, ok := s.sessions[id]; ok {
		return k, nil
	}
	if k := s.keys.get(*at, id); k != nil {
		return k, nil
	}
	k, seen, err := s.store.Key(ctx, id, *at)
	if *at = seen; err == nil && s.keeps() {
		s.keep(seen, k)
	}
	return k, err
}

// bearer is the credential of a request, "" if there is none.
func bearer(r *http.Request) string {
	scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(value)
}
