package remote

import (
	"context"
	"errors"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/paint"
	"detent/rotation"
	"detent/sshd"
	"detent/tui"
)

const (
	lockAfter = 10 * time.Minute // without a key
	endAfter  = 60 * time.Minute
)

// screens opens the TUI on the terminal at the far end of the session.
func (r *guest) screens(ctx context.Context, h *host.Host) error {
	s := r.session
	if !s.Terminal {
		return host.Usagef("the TUI needs a terminal: ssh -t; without one, use a command: ssh HOST list -o json")
	}
	spoken := h.ScreenReader(clientEnv(s.Environ).Getenv)
	if !spoken && clientEnv(s.Environ).Getenv("TERM") == host.Dumb {
		return host.Usagef("%s: use a command, ssh HOST list, check, rotations or verify, or ssh -t HOST screen-reader", host.DumbNeeds)
	}
	start, forced, err := h.Start()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	width, height := s.Size(nil)
	stream := paint.NewStream(&hangup{s, cancel}, width, height)
	stream.Resize(s.Size(stream.Resize))
	screen := paint.NewOnStream(stream, paint.Options{Plain: spoken, Mouse: h.Mouse(), ReportFocus: true, Rate: r.lineRate})
	screens := h.Screens(screen.Writer())
	defer screens.GiveUp()
	o := screens.Options(start)
	o.ReadOnly, o.Renderer, o.NoColour, o.Spoken = forced, rendererOf(s.Environ), noColourIn(s.Environ), spoken
	who := r.operator.Name + ", " + string(r.operator.Role)
	o.Remote = tui.Remote{On: true, Who: who, LockAfter: lockAfter, EndAfter: endAfter}
	o.News.Next = func() (string, bool) {
		select {
		case text := <-s.News():
			return text, true
		case <-ctx.Done():
			return "", false
		}
	}
	o.Remote.Refused = screens.Refused
	if r.operator.Role == config.Viewer {
		o.Remote.NoWrites = desk.ViewerOnly
	}
	if r.operator.Role != config.Admin {
		o.Remote.NoProfiles = desk.ProfilesAreAdmins
	}
	o.After = func(d time.Duration, msg tea.Msg) tea.Cmd { // Bubble Tea's own waits on when the session is over
		return func() tea.Msg {
			late := time.NewTimer(d)
			defer late.Stop()
			select {
			case <-late.C:
				return msg
			case <-ctx.Done():
				return nil
			}
		}
	}
	model := tui.New(o)
	_, err = screen.Run(host.Front(model, o, screen.Writer()), tea.WithContext(ctx))
	why := context.Cause(ctx)
	cancel(nil)
	screens.Abandon(model)
	screens.SayOpen(func(rotation.View) string { return "press R in detent to go on with it or to undo it" })
	switch {
	case errors.Is(why, sshd.ErrGone):
		return host.ErrNo
	case why != nil && !errors.Is(why, context.Canceled):
		return why
	case errors.Is(err, tea.ErrProgramPanic):
		return errors.New("detent stopped on an error of its own; what was sent to a service is in the list, what is left open in the rotations")
	case model.Ended() != "":
		return &idleError{model.Ended()}
	}
	return err
}

// hangup ends the program when nothing more can be typed.
type hangup struct {
	*sshd.Session
	end context.CancelCauseFunc
}

func (h *hangup) Read(p []byte) (int, error) {
	n, err := h.Session.Read(p)
	if err != nil {
		h.end(sshd.ErrGone)
	}
	return n, err
}

// clientEnv is what a client says of its terminal.
type clientEnv []string

// Environ and Getenv are how termenv asks.
func (e clientEnv) Environ() []string { return e }

func (e clientEnv) Getenv(name string) string { return config.NewEnv(e).Get(name) }

func noColourIn(environ []string) bool { return config.NewEnv(environ).NoColor() }

// rendererOf has the colours that a client's variables tell of; nothing is asked of its terminal.
func rendererOf(environ []string) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(io.Discard)
	told := termenv.NewOutput(io.Discard, termenv.WithEnvironment(clientEnv(environ)), termenv.WithTTY(true))
	r.SetColorProfile(told.EnvColorProfile())
	if noColourIn(environ) { // what is left out are colours, not what is bold or reversed
		r.SetColorProfile(told.ColorProfile())
	}
	r.SetHasDarkBackground(lipgloss.HasDarkBackground())
	return r
}
