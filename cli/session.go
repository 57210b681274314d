package cli

import (
	"context"
	"errors"

	"detent/client"
	"detent/desk"
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

// may refuses an order that could not be carried out whatever it asks for, before anything is asked of the operator. key is the KEY that
// it is of; empty where it is of none, or of one that is known.
func (a *app) may(ctx context.Context, s *session, o desk.Order, key string) error {
	if key != "" && a.guest != nil { // what a role refuses is on record with its key
		o.Key, _ = s.FindToChange(ctx, key, a.host.OpenRotations(s.Profile.Name))
	}
	err := s.Desk.May(ctx, o)
	var no *client.Error
	switch {
	case !errors.As(err, &no):
		return err
	case no.Kind == client.Unsupported:
		return host.Usagef("%s: %s", s.Profile.Name, no.Message)
	}
	return host.Usagef("%s", no.Message)
}
