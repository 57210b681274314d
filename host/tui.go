package host

import (
	"context"
	"fmt"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/config"
	"detent/rotation"
	"detent/tui"
	"detent/tui/lines"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// Dumb is what a terminal calls itself that prints line by line and does nothing else: a shell inside an editor, a log.
const (
	Dumb      = "dumb"
	DumbNeeds = "TERM=dumb says that this terminal cannot place its cursor, and the TUI draws a screen"
)

// Start is the profile that the TUI opens first, and whether all is read-only though that profile is not.
func (h *Host) Start() (start config.Profile, forced bool, err error) {
	if start, err = h.begin(); err == nil {
		forced, err = h.ReadOnly(start)
	}
	return start, forced && !start.ReadOnly, err
}

// ScreenReader reports whether who sits at the terminal hears the screen: they said so by a flag, in the configuration, or by ACCESSIBLE, which other
// programs take too. get reads the environment of their terminal.
func (h *Host) ScreenReader(get func(name string) string) bool {
	switch strings.ToLower(get("ACCESSIBLE")) {
	case "", "0", "no", "false":
		cfg, err := h.Config()
		return h.o.ScreenReader || err == nil && cfg.UI.ScreenReader
	}
	return true
}

// Mouse reports whether the terminal is to report its mouse.
func (h *Host) Mouse() bool {
	cfg, err := h.Config()
	return err != nil || !cfg.UI.NoMouse
}

// Front is what a terminal runs of the screens: themselves, or their lines.
func Front(screens *tui.App, o tui.Options, terminal io.Writer) tea.Model {
	if o.Spoken {
		return lines.New(screens, terminal)
	}
	return screens
}

// Options are those that a terminal of this machine and one over SSH have in common.
func (h *Screens) Options(start config.Profile) tui.Options {
	o := tui.Options{
		Host: h, Profile: start.Name, Now: h.Host.o.Now, Zone: h.Host.o.Zone, Notice: h.Host.notice(), Preferences: h.Host.preferences(),
		Rotate: func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, h, p.Name, k, caps)
		},
		Rotations: func(env *ui.Env) ui.Screen { return rotate.NewList(env, h) },
		RotateAll: func(env *ui.Env, items []rotate.Item) ui.Screen { return rotate.NewQueue(env, h, h.Setting, items) },
		Copy:      func(text string) error { return h.Host.clipboard().copy(text) },
		Bell:      h.Host.bell(),
		News:      h.Host.Follow(),
	}
	if h.Host.ShowsAll() {
		o.All, o.Stage = true, h.Stage
	}
	return o
}

// Abandon waits for what the TUI had under way when it ended, a create above all: a key
// whose secret reached nobody is deleted again. What the screens were like is remembered.
func (h *Screens) Abandon(model *tui.App) {
	h.Host.remember(model)
	ctx, cancel := context.WithTimeout(context.Background(), 2*h.Host.o.Timeout)
	defer cancel()
	for _, line := range model.Abandon(ctx) {
		h.Host.o.Say("%s", line)
	}
	h.settleAll(ctx)
	if h.Host.o.Demo { // its folder goes: nothing that goes on behind the list may write there any more
		h.GiveUp()
	}
}

// notice says first what a crash or a dropped line left open.
func (h *Host) notice() string {
	views, err := h.Rotations()
	open, press := 0, h.keys().Rotations.Help().Key
	for _, v := range views {
		if v.Err == nil && v.State == rotation.Open {
			open++
		}
	}
	switch {
	case err != nil:
		return fmt.Sprintf("open rotations cannot be read: %v", err)
	case open > 0 && h.o.Guest.Views():
		return ui.Count(open, "open rotation") + ": press " + press + " to see"
	case open == 1:
		return "1 rotation is open: press " + press + " to go on with it or to undo it"
	case open > 1:
		return fmt.Sprintf("%d rotations are open: press %s to go on with them or to undo them", open, press)
	}
	if err := h.Ledger().Writable(); err != nil {
		if h.o.Guest != nil {
			return fmt.Sprintf("nothing can be changed, since it cannot be recorded: %v", err)
		}
		return fmt.Sprintf("what is done here is not recorded: %v", err)
	}
	return ""
}
