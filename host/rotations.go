package host

import (
	"context"
	"fmt"
	"slices"

	"detent/apikey"
	"detent/config"
	"detent/delivery"
	"detent/desk"
	"detent/rotation"
)

// World is what a rotation on a session needs of the world.
func (h *Host) World(s *Session) (rotation.World, error) {
	store, err := h.journals()
	if err != nil {
		return rotation.World{}, err
	}
	w := rotation.World{Store: store, Credential: s.token, Operator: h.operator(), Profile: s.Profile.Name, Service: s.Desk.Acts(), Timeout: h.o.Timeout, Manages: s.Profile.Embedded,
		Resolve: func(spec string) (place, error) { return h.Destination(s.Profile, spec) },
		Now:     h.o.Now, Sleep: h.o.Sleep, Hook: h.o.Hook,
		Announce: s.Desk.Announce, Notify: s.Desk.Notify}
	if c := h.credential(s); c != nil {
		w.Switcher = c
	}
	return w, nil
}

// Suggested are the profile's destinations whose keys match the name, with or without the mark of a rotation.
func Suggested(p config.Profile, name string) []config.Deliver {
	var out []config.Deliver
	for _, d := range p.Deliver {
		if slices.ContainsFunc(d.Keys, func(pattern string) bool { return apikey.MatchName(pattern, name) }) {
			out = append(out, d)
		}
	}
	return out
}

// NoPlaceError is a key that no place is known for.
type NoPlaceError struct{ Key string }

func (e *NoPlaceError) Error() string {
	return "where does the application read " + e.Key + "? Name a place with --deliver, or a destination of the profile whose keys match; nothing was changed"
}

// StartRotation makes a rotation of a key ready, with the world of its profile. Its places are those given, else those of the profile whose
// keys match; a rotation without one is wrong usage. p has what the operator says.
func (h *Host) StartRotation(s *Session, k apikey.Key, places []delivery.Destination, p rotation.Params) (*rotation.Rotation, error) {
	if k.Type == apikey.PublicKey {
		return nil, fmt.Errorf("%s is a public key and is not rotated: the request returns the same value while it is valid; nothing was changed", k.Called())
	}
	if len(places) == 0 {
		var names []string
		for _, d := range Suggested(s.Profile, k.Name) {
			names = append(names, d.Name)
		}
		var err error
		if places, err = h.Destinations(s.Profile, names); err != nil {
			return nil, Usage(err)
		}
	}
	world, err := h.World(s)
	if err != nil {
		return nil, err
	}
	if own := world.Switcher; len(places) == 0 && k.Own && own != nil && own.CanSwitch() {
		return nil, Usagef("%s is what detent itself reads from %s: name that with --deliver file:%s, or where else it is read; nothing was changed", k.Called(), own.Describe(), s.Profile.Token.File)
	}
	if len(places) == 0 {
		return nil, Usage(&NoPlaceError{k.Called()})
	}
	k.Environment = s.EnvironmentOf(k)
	world.Headless = p.Headless // which is of the world that takes the place of p's
	p.World, p.Key, p.Destinations = world, k, places
	return rotation.Start(p)
}

// CloseRotation ends an open rotation by its journal alone: its profile and its places may be gone for good.
func (h *Host) CloseRotation(ctx context.Context, id, reason string) (rotation.View, error) {
	v, err := h.Rotation(id)
	if err != nil {
		return v, err
	}
	d := desk.Open(nil, h.deskOptions(config.Profile{Name: v.Profile, Service: v.Service}, false))
	if err := d.CheckRole(ctx, desk.Order{What: desk.Rotate, Key: v.Old}); err != nil {
		return v, err
	}
	store, err := h.journals()
	if err != nil {
		return v, err
	}
	err = h.Ledger().Closing(v, reason, func() error {
		v, err = rotation.CloseAsItStands(rotation.World{Store: store, Operator: h.operator(), Now: h.o.Now, Notify: d.Notify}, id, reason)
		return err
	})
	return v, err
}
