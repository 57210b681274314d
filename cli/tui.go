package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"detent/host"
	"detent/paint"
	"detent/tui"
)

// openTUI opens the TUI on the selected profile. Whatever is wrong with the
// configuration is said before the terminal changes.
func (a *app) openTUI(ctx context.Context, _ []string) error {
	if a.screens != nil {
		return a.screens(ctx, a.host)
	}
	in, isFile := a.world.In.(*os.File)
	out, isOut := a.world.Out.(*os.File)
	if !isFile || !isOut || !isTerminal(in) || !isTerminal(out) {
		return host.Usagef("the TUI needs a terminal; without one, use a command: detent list, detent --help")
	}
	spoken := a.host.ScreenReader(a.env.Get)
	if !spoken && a.env.Get("TERM") == host.Dumb {
		return host.Usagef("%s: use a command, such as detent list (detent --help names them all), set TERM to what the terminal is, or add --screen-reader", host.DumbNeeds)
	}
	start, forced, err := a.host.Start()
	if err != nil {
		return err
	}
	if err := a.host.Ready(); err != nil {
		return err
	}
	screen := paint.New(in, out, paint.Options{Plain: spoken, Mouse: a.host.Mouse(), Standard: a.flags.renderer == "standard", ReportFocus: true, Rate: paint.LineRate(a.env.Get, a.env.Get("SSH_CONNECTION") != "")})
	screens := a.host.Screens(screen.Writer())
	o := screens.Options(start)
	o.ReadOnly, o.NoColour, o.Spoken = forced, a.noColour(), spoken
	o.Renderer = a.renderer(out)
	model := tui.New(o)
	// A terminal that goes away hangs up more than once: by the kernel and by the shell.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	_, err = screen.Run(host.Front(model, o, screen.Writer()))
	screens.Abandon(model)
	screens.SayOpen(nextCommands)
	switch {
	case errors.Is(err, tea.ErrInterrupted), errors.Is(err, paint.ErrHangup):
		return host.ErrInterrupted
	case errors.Is(err, tea.ErrProgramPanic):
		return errors.New("detent stopped on an error of its own; what was sent to a service is listed by detent list, what is left open by detent rotations")
	}
	return err
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
