package host

import (
	"context"
	"slices"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/rotation"
	"detent/tui/rotate"
)

var _ rotate.Host = (*Screens)(nil)

// Rotations are those that have a journal here.
func (h *Screens) Rotations(context.Context) ([]rotation.View, error) { return h.Host.Rotations() }

// Setting is what the configuration says of a profile.
func (h *Screens) Setting(profile string) apikey.Setting {
	p, err := h.lookup(profile)
	if err != nil {
		return apikey.Setting{Remote: true}
	}
	return p.Setting(h.Host.o.Demo)
}

// Destinations are the profile's, those that match the key first.
func (h *Screens) Destinations(profile, key string) []rotate.Named {
	p, err := h.lookup(profile)
	if err != nil {
		return nil
	}
	match := Suggested(p, key)
	var first, rest []rotate.Named
	for _, d := range p.Deliver {
		n := rotate.Named{Name: d.Name, Suggested: slices.ContainsFunc(match, func(m config.Deliver) bool { return m.Name == d.Name })}
		if place, err := h.Host.Destination(p, d.Name); err == nil {
			n.Describe = place.Describe()
		} else {
			n.Describe = err.Error()
		}
		if n.Suggested {
			first = append(first, n)
		} else {
			rest = append(rest, n)
		}
	}
	return append(first, rest...)
}

// Start begins a rotation on a profile that is open.
func (h *Screens) Start(ctx context.Context, profile string, k apikey.Key, plan rotate.Plan) (rotate.Rotation, error) {
	s, places, err := h.withPlaces(ctx, profile, k, plan.Destinations)
	if err != nil {
		return nil, err
	}
	world, err := h.Host.World(s)
	if err != nil {
		return nil, err
	}
	k.Environment = s.EnvironmentOf(k)
	return h.track(rotation.Start(rotation.Params{World: world, Key: k, Destinations: places, Mode: plan.Mode, OldFirst: plan.OldFirst,
		Drain: plan.Drain, Soak: plan.Soak, Strategy: plan.Strategy, Overlap: plan.Overlap}))
}

// Resume opens a rotation of the journal on the profile that it belongs to.
func (h *Screens) Resume(ctx context.Context, id string) (rotate.Rotation, error) {
	v, err := h.Host.Rotation(id)
	if err != nil {
		return nil, err
	}
	return h.track(h.reopen(ctx, v))
}

// reopen opens a rotation of the journal on its profile.
func (h *Screens) reopen(ctx context.Context, v rotation.View) (*rotation.Rotation, error) {
	s, err := h.session(ctx, v.Profile, v.Old)
	if err != nil {
		return nil, err
	}
	world, err := h.Host.World(s)
	if err != nil {
		return nil, err
	}
	return rotation.Resume(world, v.ID, rotation.ResumeOptions{})
}

// withPlaces is session, with places that were named, where whoever acts may deliver there.
func (h *Screens) withPlaces(ctx context.Context, profile string, k apikey.Key, specs []string) (*Session, []place, error) {
	s, err := h.session(ctx, profile, k)
	if err != nil {
		return nil, nil, err
	}
	for _, spec := range specs {
		if err := h.Host.mayDeliver(s.Profile, spec); err != nil {
			return nil, nil, err
		}
	}
	places, err := h.Host.destinations(s.Profile, specs)
	return s, places, err
}

// session is an open profile, where k may be rotated; one whose token command may ask on the terminal must be opened by switching to it.
func (h *Screens) session(ctx context.Context, profile string, k apikey.Key) (*Session, error) {
	h.opening.Lock()
	defer h.opening.Unlock()
	s := h.sessions[profile]
	if s == nil {
		if h.NeedsTerminal(profile) {
			return nil, errNeedsTerminal(profile)
		}
		p, err := h.lookup(profile)
		if err != nil {
			return nil, err
		}
		if s, err = h.Host.OpenProfile(ctx, p); err != nil {
			return nil, err
		}
		h.keep(s)
	}
	now := *s
	if p, err := h.lookup(profile); err == nil { // places are added and removed while a profile is open
		now.Profile.Deliver = p.Deliver
	}
	return &now, s.Desk.May(ctx, desk.Order{What: desk.Rotate, Key: k})
}

// Refused has what the screens refused for the role recorded.
func (h *Screens) Refused(profile string, o desk.Order) {
	if p, err := h.lookup(profile); err == nil || o.What == desk.AddProfile { // which may be one that does not open, or is not there yet
		_ = desk.Open(nil, h.Host.deskOptions(p, false)).CheckRole(context.Background(), o)
	}
}

// track remembers a rotation that the screens have open, so that it is given up when their session ends.
func (h *Screens) track(r *rotation.Rotation, err error) (rotate.Rotation, error) {
	if err != nil {
		return nil, err
	}
	h.tracking.Lock()
	defer h.tracking.Unlock()
	if h.over { // the session ended while it was opened
		r.Close()
	}
	h.rotations = append(h.rotations, r)
	return h.Host.Ledger().Rotation(r), nil
}

// SayOpen tells of the rotations that were worked on here and are open, with how to go on: a wait that went on behind the list has
// ended with the program. Those of a demo are gone.
func (h *Screens) SayOpen(how func(rotation.View) string) {
	if h.Host.o.Demo {
		return
	}
	h.tracking.Lock()
	defer h.tracking.Unlock()
	views, _ := h.Host.Rotations() // the next start tells what cannot be read
	for _, v := range views {
		if v.Err == nil && v.State == rotation.Open && slices.ContainsFunc(h.rotations, func(r *rotation.Rotation) bool { return r.ID() == v.ID }) {
			h.Host.o.Say("the rotation of %s is open; %s", v.Old.Called(), how(v))
		}
	}
}

// GiveUp closes what the screens left open, after the step under way: somebody else may go on. Locally
// the end of the process does that.
func (h *Screens) GiveUp() {
	h.tracking.Lock()
	defer h.tracking.Unlock()
	h.over = true
	for _, r := range h.rotations {
		r.Close()
	}
}
