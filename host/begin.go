package host

import (
	"fmt"

	"detent/apikey"
	"detent/delivery"
	"detent/rotation"
)

// NoPlaceError is a key that no place is known for.
type NoPlaceError struct{ Key string }

func (e *NoPlaceError) Error() string {
	return "where does the application read " + e.Key + "? Name a place with --deliver, or a destination of the profile whose keys match; nothing was changed"
}

// StartRotation makes a rotation of a key ready, with the world of its profile. Its places are those given, else those of the profile whose
// keys match; a rotation without one is wrong usage. p has what the operator says.
func (h *Host) StartRotation(s *Session, k apikey.Key, places []delivery.Destination, p rotation.Params) (*rotation.Rotation, error) {
	if k.Type == apikey.PublicKey {
		return nil, fmt.Errorf("%s is a public key and is not rotated: the request returns the same value while it is valid; nothing was changed", k.Name)
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
		return nil, Usagef("%s is what detent itself reads from %s: name that with --deliver file:%s, or where else it is read; nothing was changed", k.Name, own.Describe(), s.Profile.Token.File)
	}
	if len(places) == 0 {
		return nil, Usage(&NoPlaceError{k.Name})
	}
	k.Environment = s.EnvironmentOf(k)
	world.Headless = p.Headless // which is of the world that takes the place of p's
	p.World, p.Key, p.Destinations = world, k, places
	return rotation.Start(p)
}
