package host

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"detent/config"
	"detent/desk"
	"detent/tui/ui"
)

var _ ui.Keeper = (*Screens)(nil)

// RemoveProfile takes a profile out of the configuration file, with its destinations; the file of a token that was typed goes with the
// last profile that names it. One with an open rotation stays: what is open is gone on with by it.
func (h *Host) RemoveProfile(name string) error {
	p, err := h.mayKeep(desk.Entry{Action: "profile-remove"}, name)
	if err != nil {
		return err
	}
	if n := len(h.OpenRotations(name)); n > 0 {
		return fmt.Errorf("%s of this profile: end that first", ui.Count(n, "rotation")+" is open")
	}
	err = h.keep(desk.Entry{Profile: name, Service: p.Service, Action: "profile-remove"}, func(path string) error { return config.Remove(path, name) })
	if err == nil {
		h.forgetToken(p.Token)
	}
	return err
}

// MakeDefault makes a profile the one that is begun with.
func (h *Host) MakeDefault(name string) error {
	p, err := h.mayKeep(desk.Entry{Action: "profile-default"}, name)
	if err != nil {
		return err
	}
	return h.keep(desk.Entry{Profile: name, Service: p.Service, Action: "profile-default"}, func(path string) error { return config.SetDefault(path, name) })
}

// RemoveDestination takes a named destination from a profile. What the place holds stays.
func (h *Host) RemoveDestination(profile, name string) error {
	p, err := h.mayKeep(desk.Entry{Action: "destination-remove"}, profile)
	if err != nil {
		return err
	}
	return h.keep(desk.Entry{Profile: profile, Service: p.Service, Action: "destination-remove", Detail: name},
		func(path string) error { return config.RemoveDestination(path, profile, name) })
}

// mayKeep is a profile whose entry in the file may be changed from here.
func (h *Host) mayKeep(act desk.Entry, name string) (config.Profile, error) {
	cfg, err := h.Config()
	if err != nil {
		return config.Profile{}, err
	}
	p, ok := cfg.Lookup(name)
	switch {
	case !ok:
		return p, Usagef("there is no profile %q; there are %s: nothing was changed", name, strings.Join(cfg.Names(), ", "))
	case h.o.Demo:
		return p, errors.New("the demo reads and writes no configuration")
	case h.o.Guest != nil:
		act.Profile = name
		h.o.Guest.Refused(act, "changes the server's configuration")
		return p, errors.New("over SSH no profile is removed and none made the default: that is done on the server")
	}
	return p, nil
}

// keep changes the file, and has that recorded.
func (h *Host) keep(act desk.Entry, edit func(path string) error) error {
	return h.Ledger().Record(act, func() error { return h.saveConfig(func(path, _ string) error { return edit(path) }) })
}

// RemoveProfile is the host's.
func (h *Screens) RemoveProfile(_ context.Context, name string) error {
	return h.host.RemoveProfile(name)
}

// MakeDefault is the host's.
func (h *Screens) MakeDefault(_ context.Context, name string) error { return h.host.MakeDefault(name) }

// RemoveDestination is the host's.
func (h *Screens) RemoveDestination(_ context.Context, profile, name string) error {
	return h.host.RemoveDestination(profile, name)
}
