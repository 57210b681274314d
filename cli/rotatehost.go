package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"detent/apikey"
	"detent/desk"
	"detent/rotation"
	"detent/tui/rotate"
)

var _ rotate.Host = (*host)(nil)

// Rotations are those that have a journal here.
func (h *host) Rotations(context.Context) ([]rotation.View, error) { return h.a.rotations() }

// Setting is what the configuration says of a profile.
func (h *host) Setting(profile string) apikey.Setting {
	p, err := h.lookup(profile)
	if err != nil {
		return apikey.Setting{Far: true}
	}
	return p.Setting(h.a.flags.demo)
}

// Destinations are the profile's, those that match the key first.
func (h *host) Destinations(profile, key string) []rotate.Named {
	p, err := h.lookup(profile)
	if err != nil {
		return nil
	}
	match := suggested(p, key)
	var out []rotate.Named
	for _, d := range p.Deliver {
		n := rotate.Named{Name: d.Name}
		for _, m := range match {
			n.Suggested = n.Suggested || m.Name == d.Name
		}
		if place, err := h.a.destination(p, d.Name); err == nil {
			n.Describe = place.Describe()
		} else {
			n.Describe = err.Error()
		}
		out = append(out, n)
	}
	slices.SortStableFunc(out, func(a, b rotate.Named) int {
		switch {
		case a.Suggested == b.Suggested:
			return 0
		case a.Suggested:
			return -1
		}
		return 1
	})
	return out
}

// Start begins a rotation on a profile that is open.
func (h *host) Start(ctx context.Context, profile string, k apikey.Key, plan rotate.Plan) (rotate.Rotation, error) {
	s, err := h.session(ctx, profile)
	if err != nil {
		return nil, err
	}
	for _, d := range plan.Destinations {
		if err := h.a.mayDeliver(s.profile, d); err != nil {
			return nil, err
		}
	}
	places, err := h.a.destinations(s.profile, plan.Destinations)
	if err != nil {
		return nil, err
	}
	world, err := h.a.rotationWorld(s)
	if err != nil {
		return nil, err
	}
	k.Environment = s.environmentOf(k)
	return h.track(rotation.Start(rotation.Params{World: world, Key: k, Destinations: places, Mode: plan.Mode, OldFirst: plan.OldFirst,
		Drain: plan.Drain, Soak: plan.Soak}))
}

// Resume opens a rotation of the journal on the profile that it belongs to.
func (h *host) Resume(ctx context.Context, id string) (rotate.Rotation, error) {
	store, err := h.a.journals()
	if err != nil {
		return nil, err
	}
	v, err := rotation.Find(store, id)
	if err == nil && len(h.a.visible([]rotation.View{v})) == 0 {
		err = fmt.Errorf("there is no rotation %s in your profiles", id)
	}
	if err != nil {
		return nil, err
	}
	s, err := h.session(ctx, v.Profile)
	if err != nil {
		return nil, err
	}
	world, err := h.a.rotationWorld(s)
	if err != nil {
		return nil, err
	}
	return h.track(rotation.Resume(world, id, rotation.ResumeOptions{}))
}

// session is an open profile; one whose token command may ask on the terminal must be opened by switching to it.
func (h *host) session(ctx context.Context, profile string) (*session, error) {
	h.opening.Lock()
	defer h.opening.Unlock()
	s := h.sessions[profile]
	if s == nil {
		if h.NeedsTerminal(profile) {
			return nil, fmt.Errorf("the profile %s is not open, and its token command may ask on the terminal: switch to it first (p)", profile)
		}
		p, err := h.lookup(profile)
		if err != nil {
			return nil, err
		}
		if s, err = h.a.openProfile(ctx, p); err != nil {
			return nil, err
		}
		h.keep(s)
	}
	if s.readOnly {
		if h.a.remote.views() {
			h.a.remote.refused(desk.Entry{Profile: profile, Service: s.profile.Service, Action: "rotate"}, desk.BeyondRole)
			return nil, errors.New(desk.ViewerOnly)
		}
		return nil, fmt.Errorf("%s is read-only: nothing is rotated", profile)
	}
	return s, nil
}

// keep remembers the open session of a profile; opening is held.
func (h *host) keep(s *session) {
	if h.sessions == nil {
		h.sessions = map[string]*session{}
	}
	h.sessions[s.profile.Name] = s
}

// track remembers a rotation that the screens have open, so that it is given up when their session ends.
func (h *host) track(r *rotation.Rotation, err error) (rotate.Rotation, error) {
	if err != nil {
		return nil, err
	}
	h.tracking.Lock()
	defer h.tracking.Unlock()
	if h.over { // the session ended while it was opened
		r.Close()
	}
	h.rotations = append(h.rotations, r)
	return h.a.ledger().Rotation(r), nil
}

// sayOpen tells of the rotations that were worked on here and are open: a wait that went on behind the list has
// ended with the program. Those of a demo are gone.
func (h *host) sayOpen() {
	if h.a.flags.demo {
		return
	}
	h.tracking.Lock()
	defer h.tracking.Unlock()
	views, _ := h.a.rotations() // the next start tells what cannot be read
	for _, v := range views {
		if v.Err != nil || v.State != rotation.Open || !slices.ContainsFunc(h.rotations, func(r *rotation.Rotation) bool { return r.ID() == v.ID }) {
			continue
		}
		how := waysOn(v)
		if h.a.remote != nil {
			how = "press R in detent to go on with it or to undo it"
		}
		h.a.say("the rotation of %s is open; %s", v.Old.Name, how)
	}
}

// giveUp closes what the screens left open, after the step under way: somebody else may go on. Locally
// the end of the process does that.
func (h *host) giveUp() {
	h.tracking.Lock()
	defer h.tracking.Unlock()
	h.over = true
	for _, r := range h.rotations {
		r.Close()
	}
}
