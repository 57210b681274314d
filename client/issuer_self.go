package client

import (
	"context"
	"strings"

	"detent/apikey"
)

// selfDelete is the call by which a secret deletes its own key; empty where there is none.
func (s *issuer) selfDelete() string {
	if s.d.Delete == nil {
		return ""
	}
	return s.d.Delete.BySecret
}

// DeleteBySecret implements SelfDeleter.
func (s *issuer) DeleteBySecret(ctx context.Context, id string, secret apikey.Secret) (apikey.Deleted, error) {
	ctx, done := s.operation(ctx)
	defer done()
	method, path, has := strings.Cut(s.selfDelete(), " ")
	if !has {
		return apikey.Deleted{}, unsupported(opDelete, apikey.Cannot("the service has no call by which a secret deletes its own key"))
	}
	if bad := s.checkID(opDelete, id); bad != nil {
		return apikey.Deleted{}, bad
	}
	c := call{op: opDelete, method: method, path: s.ofParents(path), spelt: path, id: s.spelling.wire(id), bearer: secret, scheme: s.tried,
		paced: s.d.Paced, header: s.d.Headers, write: true, emptyYes: s.d.Delete.EmptyYes}
	out, err := s.remove(ctx, c, s.do)
	if e := asError(err); e != nil && e.Kind == Unauthorized {
		e.Hint = "It is the leaked secret that was refused: it is dead already, or may not do this. Verify it, or delete the key with the profile's credential."
	}
	return out, err
}
