package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/config"
	"detent/paint"
	"detent/rotation"
	"detent/tui"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// dumb is what a terminal calls itself that prints line by line and does nothing else: a shell inside an editor, a log.
const (
	dumb      = "dumb"
	dumbNeeds = "TERM=dumb says that this terminal cannot place its cursor, and the TUI draws a screen"
)

// openTUI opens the TUI on the selected profile. Whatever is wrong with the
// configuration is said before the terminal changes.
func (a *app) openTUI(ctx context.Context, _ []string) error {
	if a.remote != nil {
		return a.openRemoteTUI(ctx)
	}
	in, isFile := a.world.In.(*os.File)
	out, isOut := a.world.Out.(*os.File)
	if !isFile || !isOut || !isTerminal(in) || !isTerminal(out) {
		return usagef("the TUI needs a terminal; without one, use a command: detent list, detent --help")
	}
	if a.env.Get("TERM") == dumb {
		return usagef("%s: use a command, such as detent list (detent --help names them all), or set TERM to what the terminal is", dumbNeeds)
	}
	start, forced, err := a.startsOn()
	if err != nil {
		return err
	}
	if _, err := a.debugLog(); err != nil {
		return err
	}
	if a.flags.demo {
		if _, err := a.tempDir(); err != nil {
			return err
		}
	}
	screen := paint.New(in, out, paint.Options{Standard: a.flags.renderer == "standard", ReportFocus: true, Rate: paint.LineRate(a.env.Get, a.env.Get("SSH_CONNECTION") != "")})
	a.clip = screen.Writer()
	h := &host{a: a}
	o := a.tuiOptions(h, screen, start)
	o.ReadOnly, o.NoColour = forced, a.noColour()
	o.Renderer = a.renderer(out)
	model := tui.New(o)
	// A terminal that goes away hangs up more than once: by the kernel and by the shell.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	_, err = screen.Run(model)
	a.abandon(model)
	h.sayOpen()
	switch {
	case errors.Is(err, tea.ErrInterrupted), errors.Is(err, paint.ErrHangup):
		return errInterrupted
	case errors.Is(err, tea.ErrProgramPanic):
		return errors.New("detent stopped on an error of its own; what was sent to a service is listed by detent list, what is left open by detent rotations")
	}
	return err
}

// startsOn is the profile that the TUI opens first, and whether all is read-only though that profile is not.
func (a *app) startsOn() (start config.Profile, forced bool, err error) {
	if start, err = a.selected(); err == nil {
		forced, err = a.readOnly(start)
	}
	return start, forced && !start.ReadOnly, err
}

// tuiOptions are those that a terminal of this machine and one over SSH have in common.
func (a *app) tuiOptions(h *host, screen *paint.Screen, start config.Profile) tui.Options {
	return tui.Options{
		Host: h, Profile: start.Name, Now: a.world.Now, Zone: a.world.Zone, Notice: a.notice(),
		Rotate: func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, h, p.Name, k, caps)
		},
		Rotations: func(env *ui.Env) ui.Screen { return rotate.NewList(env, h) },
		Copy:      func(text string) error { return h.a.clipboard().copy(text) },
	}
}

// abandon waits for what the TUI had under way when it ended, a create above all: a key
// whose secret reached nobody is deleted again.
func (a *app) abandon(model *tui.App) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*a.flags.timeout)
	defer cancel()
	for _, line := range model.Abandon(ctx) {
		a.say("%s", line)
	}
}

// renderer has the terminal's colours as far as the environment tells; nothing is asked of the terminal.
func (a *app) renderer(out *os.File) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(out)
	r.SetHasDarkBackground(lipgloss.HasDarkBackground())
	if a.noColour() || a.flags.changed("no-color") { // what NO_COLOR leaves out are colours, not what is bold or reversed
		r.SetColorProfile(r.Output().ColorProfile())
	}
	return r
}

func (a *app) noColour() bool {
	return a.flags.noColor || !a.flags.changed("no-color") && a.env.NoColor()
}

// notice says first what a crash or a dropped line left open.
func (a *app) notice() string {
	views, err := a.rotations()
	open := 0
	for _, v := range views {
		if v.Err == nil && v.State == rotation.Open {
			open++
		}
	}
	switch {
	case err != nil:
		return fmt.Sprintf("open rotations cannot be read: %v", err)
	case open > 0 && a.remote.views():
		return ui.Count(open, "open rotation") + ": press R to see"
	case open == 1:
		return "1 rotation is open: press R to go on with it or to undo it"
	case open > 1:
		return fmt.Sprintf("%d rotations are open: press R to go on with them or to undo them", open)
	}
	if err := a.ledger().Writable(); err != nil {
		if a.remote != nil {
			return fmt.Sprintf("nothing can be changed, since it cannot be recorded: %v", err)
		}
		return fmt.Sprintf("what is done here is not recorded: %v", err)
	}
	return ""
}
