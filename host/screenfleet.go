package host

import (
	"context"
	"slices"

	"detent/config"
	"detent/tui/ui"
)

var _ ui.Fleet = (*Screens)(nil)

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
