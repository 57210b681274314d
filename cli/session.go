package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/host"
	"detent/table"
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

// keyRow makes a key what is printed of it; warnings are its findings by key id.
func (s *session) keyRow(k apikey.Key, warnings map[string][]string) table.Row {
	return table.Row{Key: k, Profile: s.Profile.Name, Service: s.Profile.Service, Findings: warnings[k.ID]}
}

// warningsOf are the findings that deserve attention, by key id, as list and check name them.
func (s *session) warningsOf(keys []apikey.Key, rotating map[string]bool, now time.Time) map[string][]string {
	return host.Warnings(s.Examine(keys, rotating, now))
}

func orUnknown(text string) string { return cmp.Or(text, "unknown") }

// keyCount is a number of keys in words: "1 key", "3 keys".
func keyCount(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}

// may refuses an order that could not be carried out whatever it asks for, before anything is asked of the operator. key is the KEY that
// it is of; empty where it is of none, or of one that is known.
func (a *app) may(ctx context.Context, s *session, o desk.Order, key string) error {
	if key != "" && a.guest != nil { // what a role refuses is on record with its key
		o.Key, _ = s.FindToChange(ctx, key, a.host.OpenRotations(s.Profile.Name))
	}
	return refusedUse(s.Profile.Name, s.Desk.May(ctx, o))
}

// refusedUse is wrong usage where an order is refused.
func refusedUse(profile string, err error) error {
	var no *client.Error
	switch {
	case !errors.As(err, &no):
		return err
	case no.Kind == client.Unsupported:
		return host.Usagef("%s: %s", profile, no.Message)
	case no.Kind == client.ReadOnly:
		return host.Usagef("%s", no.Message)
	}
	return err
}
