package keyserver

import (
	"context"

	"detent/apikey"
)

// MintAdmin is the secret of one more administrator key.
func (s *Server) MintAdmin(ctx context.Context, service string, env apikey.Environment) (apikey.Secret, error) {
	minted, err := s.Mint(ctx, service, env)
	return minted.Secret, err
}
