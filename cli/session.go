package cli

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/table"
	"detent/tui/keylist"
)

// openFor opens the profile for a command that prints what -o says.
func (a *app) openFor(ctx context.Context, format string) (s *host.Session, asJSON bool, err error) {
	if asJSON, err = wantsJSON(format); err != nil {
		return nil, false, err
	}
	s, err = a.host.Open(ctx)
	return s, asJSON, err
}

// allProfilesFlag registers --all-profiles.
func allProfilesFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "all-profiles", false, "ask all profiles, side by side; each row says whose it is")
}

// filterOf reads FILTER.
func (a *app) filterOf(words []string) (keylist.Filter, error) {
	f, err := keylist.ParseFilter(strings.Join(words, " "))
	if err != nil { // it may be of what keys of a service have beside
		f, err = keylist.ParseFilter(strings.Join(words, " "), a.host.PropertyNames()...)
	}
	if err != nil {
		err = host.Usagef("FILTER: %w", err)
	}
	return f, err
}

// answers are those of the profile in use, or of all. Where one is asked, that it does not answer is the error.
func (a *app) answers(ctx context.Context, all bool) ([]host.Answer, error) {
	p, err := a.host.Selected()
	if err != nil {
		return nil, err
	}
	if !all {
		answers := a.host.Ask(ctx, []config.Profile{p})
		return answers, answers[0].Err
	}
	if a.flags.profile != "" {
		return nil, host.Usagef("--all-profiles and --profile: ask one of the two")
	}
	cfg, err := a.host.Config()
	if err != nil {
		return nil, err
	}
	answers := a.host.Ask(ctx, cfg.Profiles)
	if ctx.Err() != nil {
		return nil, host.ErrInterrupted
	}
	return answers, nil
}

// failed names the profiles that did not answer, each with the exit code that it has alone, and ends with the highest of these.
func (a *app) failed(answers []host.Answer, codeOf func(error) int) error {
	worst := host.ExitDone
	for _, answer := range answers {
		if answer.Err == nil {
			continue
		}
		code := codeOf(answer.Err)
		worst = max(worst, code)
		a.say("%s: %v (exit %d)", answer.Profile.Name, answer.Err, code)
		if hint := client.HintOf(answer.Err); hint != "" {
			a.say("%s: %s", answer.Profile.Name, hint)
		}
	}
	if worst != host.ExitDone {
		return host.Ended(worst)
	}
	return nil
}

// keyRow makes a key what is printed of it; warnings are its findings by key id.
func keyRow(p config.Profile, k apikey.Key, warnings map[string][]string) table.Row {
	return table.Row{Key: k, Profile: p.Name, Service: p.Service, Findings: warnings[k.ID]}
}

// rowOf is a key as it is printed by itself.
func (a *app) rowOf(s *host.Session, k apikey.Key) table.Row {
	row := keyRow(s.Profile, k, host.Warnings(s.Examine([]apikey.Key{k}, nil, a.world.Now())))
	row.Properties = s.Caps.Properties
	return row
}

// printKey prints one key whole, and for people what of its access is not known.
func (a *app) printKey(s *host.Session, row table.Row, asJSON bool) error {
	if asJSON {
		return table.JSON(a.out, row)
	}
	row.Access, row.Properties = s.Caps.AccessFields, s.Caps.Properties
	return table.Key(a.out, row)
}

func orUnknown(text string) string { return cmp.Or(text, "unknown") }

// may refuses an order that could not be carried out whatever it asks for, before anything is asked of the operator. key is the KEY that
// it is of; empty where it is of none, or of one that is known.
func (a *app) may(ctx context.Context, s *host.Session, o desk.Order, key string) error {
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
