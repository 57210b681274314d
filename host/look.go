package host

import (
	"detent/config"
	"detent/tui"
	"detent/tui/ui"
)

// keys are those of the screens. What is wrong with them was said when the configuration was read.
func (h *Host) keys() *ui.Keys {
	if cfg, err := h.Config(); err == nil {
		if keys, err := keysOf(cfg.UI); err == nil {
			return keys
		}
	}
	return ui.NewKeys()
}

// preferences are the user's: of the configuration, else of the session before.
func (h *Host) preferences() tui.Preferences {
	out := tui.Preferences{Keys: h.keys()}
	last := h.last()
	out.Order, out.Chosen = last.Order, last.Chosen
	if cfg, err := h.Config(); err == nil {
		out.Columns = cfg.UI.Columns
		out.Look.Theme = cfg.UI.Theme
		if cfg.UI.Order != "" {
			out.Order = cfg.UI.Order
		}
	}
	get := h.o.Env.Get
	out.Look.Unsaid = h.o.Guest != nil || get("DETENT_THEME") == "" && get("COLORFGBG") == "" && get("TERM") != "linux"
	return out
}

// last is what the session before left.
func (h *Host) last() config.Last {
	if !h.remembers() {
		return config.Last{}
	}
	dir, err := h.o.Env.StateDir()
	if err != nil {
		return config.Last{}
	}
	return config.ReadLast(dir)
}

// remember keeps what the screens were like for the next session. Where that fails nothing is lost but this.
func (h *Host) remember(model *tui.App) {
	if !h.remembers() {
		return
	}
	if dir, err := h.o.Env.StateDir(); err == nil {
		last := config.Last{}
		last.Profile, last.Order, last.Chosen = model.Left()
		_ = config.WriteLast(dir, last)
	}
}

// begin is the profile to begin with: what is said beats what was in use last. A token in the environment is for a profile that is said.
func (h *Host) begin() (config.Profile, error) {
	start, err := h.Selected()
	cfg, failed := h.Config()
	if err != nil || failed != nil || h.o.Profile != "" || cfg.Default != "" || h.o.Env.Get("DETENT_PROFILE") != "" || h.o.Env.Get("DETENT_TOKEN") != "" {
		return start, err
	}
	if p, ok := cfg.Lookup(h.last().Profile); ok {
		return p, nil
	}
	return start, nil
}
