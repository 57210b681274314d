package cli

import (
	"context"

	"detent/host"
)

// session is a profile in use, for a command that prints its keys.
type session struct{ *host.Session }

// open opens the profile selected by flags, environment and file.
func (a *app) open(ctx context.Context) (*session, error) {
	s, err := a.host.Open(ctx)
	if err != nil {
		return nil, err
	}
	return &session{s}, nil
}

// openFor is open for a command that prints what -o says.
func (a *app) openFor(ctx context.Context, format string) (s *session, asJSON bool, err error) {
	if asJSON, err = wantsJSON(format); err != nil {
		return nil, false, err
	}
	s, err = a.open(ctx)
	return s, asJSON, err
}
