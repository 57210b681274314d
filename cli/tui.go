package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"detent/rotation"
	"detent/tui"
)

// openTUI opens the TUI on the selected profile. Whatever is wrong with the
// configuration is said before the terminal changes.
func (a *app) openTUI(ctx context.Context, _ []string) error {
	in, isFile := a.world.In.(*os.File)
	out, isOut := a.world.Out.(*os.File)
	if !isFile || !isOut || !isTerminal(in) || !isTerminal(out) {
		return usagef("the TUI needs a terminal; without one, use a command: detent list, detent --help")
	}
	start, err := a.selected()
	if err != nil {
		return err
	}
	forced, err := a.readOnly(start)
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
	model := tui.New(tui.Options{
		Host: &host{a: a}, Profile: start.Name, ReadOnly: forced && !start.ReadOnly, Now: a.world.Now, Zone: a.world.Zone,
		Renderer: a.renderer(out), Out: out, Notice: a.notice(),
	})
	return a.show(ctx, model, in, out)
}

// show runs the program until it ends or a signal ends it: a lost line and a
// panic give the terminal back, too.
func (a *app) show(ctx context.Context, model tea.Model, in, out *os.File) error {
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithAltScreen(),
		tea.WithReportFocus(), tea.WithoutSignalHandler(), tea.WithFilter(dropSuspend))
	_, err := program.Run()
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case errors.Is(err, tea.ErrProgramPanic):
		return errors.New("detent stopped on an error of its own; what was sent to a service is listed by detent list, open rotations by R in the TUI")
	}
	return err
}

// dropSuspend keeps a session leader from stopping for ever (ssh -t host detent).
func dropSuspend(_ tea.Model, msg tea.Msg) tea.Msg {
	if _, ok := msg.(tea.SuspendMsg); ok {
		return nil
	}
	return msg
}

// renderer has the terminal's colours as far as the environment tells; nothing is asked of the terminal.
func (a *app) renderer(out *os.File) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(out)
	r.SetHasDarkBackground(lipgloss.HasDarkBackground())
	switch {
	case a.flags.noColor, !a.flags.changed("no-color") && a.env.NoColor():
		r.SetColorProfile(termenv.Ascii)
	case a.flags.changed("no-color"):
		r.SetColorProfile(r.Output().ColorProfile())
	}
	return r
}

// notice says first what a crash or a dropped line left open.
func (a *app) notice() string {
	dir, err := a.journalDir()
	if err != nil {
		return ""
	}
	views, err := rotation.List(dir)
	open := 0
	for _, v := range views {
		if v.Err == nil && v.State == rotation.Open {
			open++
		}
	}
	switch {
	case err != nil:
		return fmt.Sprintf("open rotations cannot be read: %v", err)
	case open == 1:
		return "1 rotation is open: press R to go on with it or to undo it"
	case open > 1:
		return fmt.Sprintf("%d rotations are open: press R to go on with them or to undo them", open)
	}
	return ""
}
