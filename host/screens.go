package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/rotation"
	"detent/tui/ui"
)

// Screens are what the TUI asks of a host: profiles, services and places for a secret, as the commands have them. Its methods may
// be called from many goroutines.
type Screens struct {
	*Host
	// opening lets one profile be opened at a time: they share the embedded service.
	opening sync.Mutex
	// sessions are the profiles that were opened, by name.
	sessions map[string]*Session
	// known are the keys that were told when all profiles were asked together.
	known *once
	// tracking has those that the screens have opened.
	tracking  sync.Mutex
	over      bool
	rotations []*rotation.Rotation
	// places were given the secret of a key, and what they held is kept.
	places kept
}

// Screens are those on a terminal, which takes a text for its clipboard between two frames.
func (h *Host) Screens(terminal io.Writer) *Screens {
	_ = startUncollected()
	o := h.o
	o.Terminal = terminal
	return &Screens{Host: &Host{o, h.resources}}
}

var (
	_ ui.Host  = (*Screens)(nil)
	_ ui.Fleet = (*Screens)(nil)
)

// Profiles are those of the file and the built-in ones.
func (h *Screens) Profiles() []ui.Profile {
	cfg, err := h.Host.Config()
	if err != nil {
		return nil
	}
	out := make([]ui.Profile, len(cfg.Profiles))
	for i, p := range cfg.Profiles {
		out[i] = h.profile(p)
	}
	return out
}

func (h *Screens) profile(p config.Profile) ui.Profile {
	// A wrong DETENT_READ_ONLY has ended the program before the TUI opened.
	readOnly, _ := h.Host.ReadOnly(p)
	readOnly = readOnly || h.Host.o.Guest.Views()
	out := ui.Profile{Name: p.Name, Service: p.Service, URL: p.Address(), Environment: p.Environment, Setting: p.Setting(h.Host.o.Demo),
		ReadOnly: readOnly, Embedded: p.Embedded, Token: p.Token.String()}
	for _, d := range p.Deliver {
		out.Destinations = append(out.Destinations, d.Name)
	}
	if p.Embedded {
		out.Token = "made at start, in memory only"
		return out // nothing of it is changed: its declaration need not be read before the first frame
	}
	out.Draft = h.Host.draftOf(p)
	return out
}

// NeedsTerminal says whether the profile's token comes from a command, which may ask.
func (h *Screens) NeedsTerminal(name string) bool {
	p, err := h.lookup(name)
	if err != nil || p.Embedded || h.Host.o.Guest != nil {
		return false
	}
	tokens, err := h.Host.tokens()
	return err == nil && tokens.NeedsTerminal(p)
}

// Open makes a profile ready for use.
func (h *Screens) Open(ctx context.Context, name string) (ui.Connection, error) {
	p, err := h.lookup(name)
	if err != nil {
		return ui.Connection{}, err
	}
	h.opening.Lock()
	defer h.opening.Unlock()
	s, err := h.Host.OpenProfile(ctx, p)
	if err != nil {
		return ui.Connection{}, err
	}
	h.keep(s)
	return h.connection(s), nil
}

// connection is an open profile as the screens have it.
func (h *Screens) connection(s *Session) ui.Connection {
	p := s.Profile
	return ui.Connection{
		Catalogue: func(ctx context.Context) error { return s.AskCatalogue(ctx, CatalogueAge) },
		Profile:   h.profile(p), Service: s.Service, Order: s.Desk.Send, Policy: p.Policy(),
		Rotations: func() []rotation.View { return h.Host.OpenRotations(p.Name) },
	}
}

// Hear asks profiles, nil for all, as Host.Hear does. A profile whose token command may ask on the terminal cannot be opened under a
// screen: where it is not open, it is one that says why it does not answer.
func (h *Screens) Hear(ctx context.Context, only []string, each func(ui.Heard)) {
	cfg, err := h.Host.Config()
	if err != nil {
		each(ui.Heard{Done: true, Err: err})
		return
	}
	profiles := cfg.Profiles
	h.opening.Lock()
	if only == nil || h.known == nil {
		h.known = newOnce(cfg.Profiles)
	}
	known := h.known
	h.opening.Unlock()
	if only != nil {
		profiles = slices.DeleteFunc(slices.Clone(profiles), func(p config.Profile) bool { return !slices.Contains(only, p.Name) })
	}
	connections := map[string]*ui.Connection{} // by profile; calls of each come one at a time
	hearOnce(ctx, profiles, known, h.openUnderScreen, func(said Heard) {
		name := said.Profile.Name
		if said.Session != nil && connections[name] == nil {
			c := h.connection(said.Session)
			connections[name] = &c
		}
		each(ui.Heard{Profile: name, Connection: connections[name], Keys: said.Keys, Done: said.Done, Err: said.Err})
	})
}

// openUnderScreen opens a profile while others are, where that asks nothing on the terminal.
func (h *Screens) openUnderScreen(ctx context.Context, p config.Profile) (*Session, error) {
	if !h.NeedsTerminal(p.Name) {
		s, err := h.Host.OpenProfile(ctx, p)
		if err == nil {
			h.opening.Lock()
			defer h.opening.Unlock()
			h.keep(s)
		}
		return s, err
	}
	h.opening.Lock()
	defer h.opening.Unlock()
	if s := h.sessions[p.Name]; s != nil {
		return s, nil
	}
	return nil, errNeedsTerminal(p.Name)
}

// Showing records that the secret of a key is about to be shown.
func (h *Screens) Showing(ctx context.Context, profile string, k apikey.Key) error {
	p, err := h.lookup(profile)
	if err != nil {
		return err
	}
	_, err = desk.Open(nil, h.Host.deskOptions(p, false)).Do(ctx, desk.Order{What: desk.Show, Key: k})
	return err
}

// Deliver puts a secret to a place, reads it back and runs the command after it.
func (h *Screens) Deliver(ctx context.Context, profile string, k apikey.Key, destination string, secret apikey.Secret, replace bool) (ui.Delivered, error) {
	p, err := h.lookup(profile)
	if err != nil {
		return ui.Delivered{}, err
	}
	if err := h.Host.mayDeliver(p, destination); err != nil {
		return ui.Delivered{}, err
	}
	d, err := h.Host.Destination(p, destination)
	if err != nil {
		return ui.Delivered{}, err
	}
	var out ui.Delivered
	run := desk.NewDelivery(p.Setting(h.Host.o.Demo).Of(apikey.EnvironmentOf(secret)), func(text string) { out.Notes = append(out.Notes, text) })
	run.Job.Replace, run.Keeps = replace, k.ID != ""
	places := []place{d}
	done, err := desk.Open(nil, h.Host.deskOptions(p, false)).Do(ctx, desk.Order{What: desk.Deliver, Key: k, Places: places, Delivery: run, Secret: secret})
	if done.Delivered {
		out.Summary, out.Kept = run.Summary, run.Keeping()
		h.places.add(profile, k, run)
	}
	return out, heldOnScreen(err)
}

// heldOnScreen is a refusal that a screen lifts with a question.
func heldOnScreen(err error) error {
	if held := (*desk.HeldError)(nil); errors.As(err, &held) {
		return &ui.HeldError{Place: held.Place}
	}
	return err
}

func errNeedsTerminal(profile string) error {
	return fmt.Errorf("the profile %s is not open, and its token command may ask on the terminal: switch to it first (p)", profile)
}

// keep remembers the open session of a profile; opening is held.
func (h *Screens) keep(s *Session) {
	if h.sessions == nil {
		h.sessions = map[string]*Session{}
	}
	h.sessions[s.Profile.Name] = s
	go releaseCode() // while the service answers
}
