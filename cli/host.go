package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/rotation"
	"detent/tui/ui"
)

// host gives the TUI profiles, services and places for a secret, on the same
// code as the commands. Its methods may be called from many goroutines.
type host struct {
	a *app
	// opening lets one profile be opened at a time: they share the embedded service.
	opening sync.Mutex
	// sessions are the profiles that were opened, by name.
	sessions map[string]*session
	// rotations are those that the screens have opened.
	tracking  sync.Mutex
	over      bool
	rotations []*rotation.Rotation
}

var _ ui.Host = (*host)(nil)

// Profiles are those of the file and the built-in ones.
func (h *host) Profiles() []ui.Profile {
	cfg, err := h.a.config()
	if err != nil {
		return nil
	}
	out := make([]ui.Profile, len(cfg.Profiles))
	for i, p := range cfg.Profiles {
		out[i] = h.profile(p)
	}
	return out
}

func (h *host) profile(p config.Profile) ui.Profile {
	// A wrong DETENT_READ_ONLY has ended the program before the TUI opened.
	readOnly, _ := h.a.readOnly(p)
	readOnly = readOnly || h.a.remote.views()
	out := ui.Profile{Name: p.Name, Service: p.Service, URL: addressOf(p), Environment: p.Environment, Setting: p.Setting(h.a.flags.demo),
		ReadOnly: readOnly, Embedded: p.Embedded, Token: p.Token.String(), Draft: draftOf(p)}
	if p.Embedded {
		out.Token = "made at start, in memory only"
	}
	return out
}

func (h *host) lookup(name string) (config.Profile, error) {
	cfg, err := h.a.config()
	if err != nil {
		return config.Profile{}, err
	}
	p, ok := cfg.Lookup(name)
	if !ok {
		return p, fmt.Errorf("there is no profile %q", name)
	}
	return p, nil
}

// NeedsTerminal says whether the profile's token comes from a command, which may ask.
func (h *host) NeedsTerminal(name string) bool {
	p, err := h.lookup(name)
	if err != nil || p.Embedded || h.a.remote != nil {
		return false
	}
	tokens, err := h.a.tokens()
	return err == nil && tokens.NeedsTerminal(p)
}

// Open makes a profile ready for use.
func (h *host) Open(ctx context.Context, name string) (ui.Connection, error) {
	p, err := h.lookup(name)
	if err != nil {
		return ui.Connection{}, err
	}
	h.opening.Lock()
	defer h.opening.Unlock()
	s, err := h.a.openProfile(ctx, p)
	if err != nil {
		return ui.Connection{}, err
	}
	h.keep(s)
	return ui.Connection{
		Profile: h.profile(p), Service: s.service, Policy: p.Policy(),
		Rotations: func() []rotation.View { return h.a.openRotations(name) },
	}, nil
}

// Showing records that the secret of a key is about to be shown.
func (h *host) Showing(_ context.Context, profile string, k apikey.Key) error {
	p, err := h.lookup(profile)
	if err != nil {
		return err
	}
	return h.a.ledger().Showing(desk.Entry{Profile: p.Name, Service: p.Service, KeyID: k.ID, KeyName: k.Name})
}

// Deliver puts a secret to a place, reads it back and runs the command after it.
func (h *host) Deliver(ctx context.Context, profile string, k apikey.Key, destination string, secret apikey.Secret, replace bool) (ui.Delivered, error) {
	p, err := h.lookup(profile)
	if err != nil {
		return ui.Delivered{}, err
	}
	if err := h.a.mayDeliver(p, destination); err != nil {
		return ui.Delivered{}, err
	}
	d, err := h.a.destination(p, destination)
	if err != nil {
		return ui.Delivered{}, err
	}
	var out ui.Delivered
	note := func(text string) { out.Notes = append(out.Notes, text) }
	run := desk.NewDelivery(p.Setting(h.a.flags.demo).Of(apikey.EnvironmentOf(secret)), note)
	run.Job.Replace = replace
	places := []place{d}
	if err := run.Preflight(ctx, places, secret); err != nil {
		return out, heldOnScreen(err)
	}
	ctx = desk.ForKey(ctx, k)
	if err := run.Put(ctx, places, secret); err != nil {
		return out, err
	}
	out.Summary = run.Summary
	return out, run.Then(ctx, places)
}

// heldOnScreen is a refusal that a screen lifts with a question.
func heldOnScreen(err error) error {
	if held := (*desk.HeldError)(nil); errors.As(err, &held) {
		return &ui.HeldError{Place: held.Place}
	}
	return err
}
