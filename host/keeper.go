package host

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/client/issuers"
	"detent/config"
	"detent/desk"
	"detent/tui/ui"
)

var _ ui.Keeper = (*Screens)(nil)

// setUp has the desk carry out an order on a profile of the configuration.
func (h *Host) setUp(ctx context.Context, p config.Profile, o desk.Order) error {
	options := h.deskOptions(p, false)
	options.Keeper = keeper{h}
	_, err := desk.Open(nil, options).Do(ctx, o)
	return err
}

// setUpNamed is setUp of a profile that is there.
func (h *Host) setUpNamed(ctx context.Context, name string, o desk.Order) error {
	cfg, err := h.Config()
	if err != nil {
		return err
	}
	p, ok := cfg.Lookup(name)
	if !ok {
		return Usagef("there is no profile %q; there are %s: nothing was changed", name, strings.Join(cfg.Names(), ", "))
	}
	o.Setup.Was = p
	return h.setUp(ctx, p, o)
}

// RemoveProfile takes a profile out of the configuration file, with its destinations; the file of a token that was typed goes with the
// last profile that names it. One with an open rotation stays: what is open is gone on with by it.
func (h *Host) RemoveProfile(ctx context.Context, name string) error {
	return h.setUpNamed(ctx, name, desk.Order{What: desk.RemoveProfile})
}

// RenameProfile gives a profile another name, with its destinations. One with an open rotation keeps it.
func (h *Host) RenameProfile(ctx context.Context, name, to string) error {
	return h.setUpNamed(ctx, name, desk.Order{What: desk.RenameProfile, Setup: desk.Setup{To: to}})
}

// MakeDefault makes a profile the one that is begun with.
func (h *Host) MakeDefault(ctx context.Context, name string) error {
	return h.setUpNamed(ctx, name, desk.Order{What: desk.DefaultProfile})
}

// RemoveDestination takes a named destination from a profile. What the place holds stays.
func (h *Host) RemoveDestination(ctx context.Context, profile, name string) error {
	return h.setUpNamed(ctx, profile, desk.Order{What: desk.RemoveDestination, Setup: desk.Setup{Place: config.Deliver{Name: name}}})
}

// keeper keeps the configuration of a host, for its desk.
type keeper struct{ *Host }

// Check refuses what cannot be, and keeps a token that was typed.
func (k keeper) Check(o desk.Order) (desk.Order, error) {
	if k.o.Demo {
		return o, errors.New("the demo reads and writes no configuration")
	}
	s := &o.Setup
	switch _, absent := k.lookup(s.Is.Name); o.What {
	case desk.RemoveProfile, desk.RenameProfile:
		if n := len(k.OpenRotations(s.Was.Name)); n > 0 {
			return o, fmt.Errorf("%s of this profile: end that first", ui.Count(n, "rotation")+" is open")
		}
	case desk.AddProfile:
		if absent == nil {
			return o, &desk.FieldError{Field: "name", Why: fmt.Sprintf("there is already a profile %q", s.Is.Name)}
		}
	}
	if !s.Token.IsZero() {
		cfg, err := k.Config()
		if err != nil {
			return o, err
		}
		if err := foreign(cfg.IssuerFolder(), s.Is, s.Token); err != nil {
			return o, &desk.FieldError{Field: "token", Why: err.Error()}
		}
		if s.Is.Token, err = k.o.Env.KeepToken(s.Is.Name, s.Token); err != nil {
			return o, fmt.Errorf("the token could not be kept: %w", err)
		}
	}
	return o, nil
}

// foreign refuses a token that begins as another issuer's do.
func foreign(folder string, p config.Profile, token apikey.Secret) error {
	title, prefix, file := issuers.Foreign(folder, p.Service, token)
	if title == "" || p.SecretPrefix != "" && token.HasPrefix(p.SecretPrefix) {
		return nil
	}
	return fmt.Errorf("it begins with %s, as the secrets of %s do: it was not stored, and is not sent to another service%s", prefix, title, apikey.Capabilities{Title: p.Service, File: file}.Settles())
}

// Keep changes the file; a file of a token that nothing names after that goes.
func (k keeper) Keep(o desk.Order) error {
	s := o.Setup
	err := k.saveConfig(func(path, operator string) error {
		switch o.What {
		case desk.AddProfile:
			return config.Append(path, s.Is, operator)
		case desk.EditProfile:
			return config.Change(path, s.Was, s.Is)
		case desk.RenameProfile:
			return config.Rename(path, s.Was.Name, s.To)
		case desk.RemoveProfile:
			return config.Remove(path, s.Was.Name)
		case desk.DefaultProfile:
			return config.SetDefault(path, s.Was.Name)
		case desk.AddDestination:
			return config.AddDestination(path, s.Was.Name, s.Place)
		case desk.RemoveDestination:
			return config.RemoveDestination(path, s.Was.Name, s.Place.Name)
		}
		return fmt.Errorf("nothing is kept of an order %q", o.What)
	})
	switch {
	case err == nil:
		k.forgetToken(s.Was.Token)
	case !s.Token.IsZero():
		k.forgetToken(s.Is.Token)
	}
	return err
}

// forgetToken removes the file of a token that was typed once, when no profile names it.
func (h *Host) forgetToken(t config.Token) {
	cfg, err := h.Config()
	if g := h.o.Guest; g != nil {
		cfg = g.FullConfig() // those of others too
	}
	if err != nil || cfg.NamesToken(t) {
		return
	}
	if err := h.o.Env.ForgetToken(t); err != nil {
		h.OnClose(func() { h.o.Say("the file of a token that no profile names any more is still there: %v", err) })
	}
}
