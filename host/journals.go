package host

import (
	"errors"
	"fmt"
	"slices"

	"detent/apikey"
	"detent/config"
	"detent/rotation"
)

// journals are where the rotations of this machine are kept.
func (h *Host) journals() (rotation.Store, error) {
	dir, err := h.StateDir()
	return rotation.Files{Dir: dir}, err
}

// Rotations lists the journals, newest first.
func (h *Host) Rotations() ([]rotation.View, error) {
	store, err := h.journals()
	if err != nil {
		return nil, err
	}
	views, err := rotation.List(store)
	return h.visible(views), err
}

// Rotation is that of an id.
func (h *Host) Rotation(id string) (rotation.View, error) {
	store, err := h.journals()
	if err != nil {
		return rotation.View{}, err
	}
	v, err := rotation.Find(store, id)
	if err == nil && len(h.visible([]rotation.View{v})) == 0 {
		err = fmt.Errorf("there is no rotation %s in your profiles", id)
	}
	return v, err
}

// Rotating are the ids of the keys that open rotations of a profile concern. The error names
// the journals that cannot be read: what they concern is not known.
func (h *Host) Rotating(profile string) (map[string]bool, error) {
	views, err := h.Rotations()
	if err != nil {
		return nil, err
	}
	var unread []error
	for _, v := range views {
		if v.Err != nil {
			unread = append(unread, v.Err)
		}
	}
	return rotation.Concerns(views, profile), errors.Join(unread...)
}

// OpenRotations are those of a profile, for the list's marks and the header's count. A
// journal that cannot be read is told by the rotations' own screen.
func (h *Host) OpenRotations(profile string) []rotation.View {
	views, _ := h.Rotations()
	return slices.DeleteFunc(views, func(v rotation.View) bool {
		return v.Err != nil || v.State != rotation.Open || v.Profile != profile
	})
}

// rotatingElsewhere says that an open rotation of another profile, of what may be the same service, works with a key.
func (h *Host) rotatingElsewhere(p config.Profile, k apikey.Key) string {
	store, err := h.journals()
	if err != nil {
		return ""
	}
	views, _ := rotation.List(store) // of all operators: whoever may not see a rotation must not break it either
	cfg, err := h.Config()
	if g := h.o.Guest; g != nil && g.FullConfig != nil {
		cfg = g.FullConfig()
	}
	if err != nil {
		return ""
	}
	for _, v := range views {
		other, known := cfg.Lookup(v.Profile)
		if !known { // removed since: where it was is not known
			other = config.Profile{Service: v.Service, URL: p.URL, Embedded: p.Embedded}
		}
		if v.Err != nil || v.State != rotation.Open || v.Profile == p.Name || !oneService(p, other) {
			continue
		}
		for _, its := range []*apikey.Key{&v.Old, v.New} {
			if its != nil && its.ID == k.ID && (k.Name == "" || its.Name == k.Name) {
				return fmt.Sprintf("the key is in the open rotation %s of the profile %s", v.ID, v.Profile)
			}
		}
	}
	return ""
}

// operator is the name of who acts from elsewhere; empty for the user of this machine.
func (h *Host) operator() string {
	if h.o.Guest == nil {
		return ""
	}
	return h.o.Guest.Operator.Name
}
