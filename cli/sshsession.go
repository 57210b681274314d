package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/kballard/go-shellquote"
	"github.com/muesli/termenv"
	"github.com/spf13/pflag"

	"detent/config"
	"detent/desk"
	"detent/paint"
	"detent/sshd"
	"detent/tui"
)

const (
	lockAfter = 10 * time.Minute // without a key
	endAfter  = 60 * time.Minute
)

// serveSession is one run of detent for an operator: it shares nothing with the others but the journals, the audit log
// and the embedded service.
func (a *app) serveSession(people *operators, s *sshd.Session) int {
	operator, cfg, ok := people.find(s.Key)
	if !ok { // since the channel was opened
		people.door.turnedAway(sshd.Refusal{Operator: s.Operator, From: s.From, Why: sshd.Removed})
		return exitNo
	}
	args, what, err := sessionArgs(s.Command)
	how := "on an error of detent's own" // a panic passes here
	leave := people.door.welcome(operator, s, what)
	defer func() { leave(how) }()
	errOut := io.Writer(s.Stderr())
	if s.Terminal {
		errOut = crlf{s}
	}
	who := &guest{operator: operator, session: s, server: a, door: people.door, people: people, taken: cfg}
	s.SetRights(who)
	if errors.Is(err, pflag.ErrHelp) {
		how = "help"
		_, _ = io.WriteString(errOut, plain("detent: "+sessionHelp)+"\n")
		return exitDone
	}
	if err != nil {
		how = "refused"
		who.refused(desk.Entry{Action: "command"}, what)
		_, _ = io.WriteString(errOut, plain("detent: "+err.Error())+"\n")
		return exitUsage
	}
	args = append(args, "--timeout", a.flags.timeout.String())
	if a.flags.readOnly {
		args = append(args, "--read-only")
	}
	out := io.Writer(s)
	if s.Terminal {
		out = errOut
	}
	w := a.world
	w.In, w.Out, w.Err = s, out, errOut
	// DETENT_TOKEN and DETENT_PROFILE are about the profile of whoever started the server.
	env := config.NewEnv(a.env.Without("DETENT_TOKEN", "DETENT_PROFILE"))
	run := &app{world: w, env: env, out: &output{w: out}, cfg: cfg.For(operator),
		actor: desk.Actor{Name: operator.Name, From: s.From}, remote: who}
	defer run.close()
	root := run.root()
	root.SetArgs(args)
	root.SetIn(w.In)
	root.SetOut(run.out)
	root.SetErr(w.Err)
	err = root.ExecuteContext(s.Context())
	if err != nil && !run.started {
		err = usage(err)
	}
	code := run.report(s.Context(), err)
	how = howItEnded(s.Context(), err, code, s.Command == "")
	return code
}

// sessionCommands are what works without a terminal, and the flags of each. What stands nowhere here is refused.
var sessionCommands = map[string]func(f *pflag.FlagSet){
	"list": func(*pflag.FlagSet) {}, "rotations": func(*pflag.FlagSet) {}, "verify": func(*pflag.FlagSet) {},
	"check": func(f *pflag.FlagSet) {
		f.String("max-age", "", "")
		f.String("expiring", "", "")
		f.String("unused", "", "")
		f.Bool("all", false, "")
	},
	"audit": func(f *pflag.FlagSet) { // for admins
		f.String("since", "", "")
		f.String("key", "", "")
		f.String("operator", "", "")
	},
}

const sessionHelp = "over SSH there are list, check, rotations and verify, with -o, -p and the numbers of check, and for admins audit, with -o, --since, --key and --operator; without a command, the TUI"

// sessionArgs makes arguments of ours of a command that a client sent, and says in words of ours what it is: what came may
// hold a secret. None reaches cobra as it came.
func sessionArgs(command string) (args []string, what string, err error) {
	if strings.TrimSpace(command) == "" {
		return nil, "TUI", nil
	}
	words, err := shellquote.Split(command)
	if err != nil {
		return nil, "no command", errors.New("the command cannot be split into words: is a quote left open?")
	}
	if len(words) == 0 { // a comment, an escaped line end
		return nil, "no command", errors.New("the command has no words; " + sessionHelp)
	}
	name := words[0]
	if name == "detent" && len(words) > 1 {
		words = words[1:]
		name = words[0]
	}
	register, ok := sessionCommands[name]
	if name == "help" || name == "--help" || name == "-h" {
		return nil, "help", pflag.ErrHelp
	}
	if !ok {
		return nil, "a command that is not offered", errors.New(sessionHelp)
	}
	f := pflag.NewFlagSet(name, pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringP("output", "o", "", "")
	f.StringP("profile", "p", "", "")
	register(f)
	if err := f.Parse(words[1:]); errors.Is(err, pflag.ErrHelp) {
		return nil, name + " --help", err
	} else if err != nil {
		return nil, name + " with a flag that is not offered", errors.New(err.Error() + "; " + sessionHelp)
	}
	if f.NArg() > 0 {
		return nil, name + " with an argument", errors.New(name + " takes no argument; " + sessionHelp)
	}
	args = []string{name}
	f.Visit(func(x *pflag.Flag) { args = append(args, "--"+x.Name+"="+x.Value.String()) })
	return args, name, nil
}

// openRemoteTUI opens the TUI on the terminal at the far end of the session.
func (a *app) openRemoteTUI(ctx context.Context) error {
	s := a.remote.session
	if !s.Terminal {
		return usagef("the TUI needs a terminal: ssh -t; without one, use a command: ssh HOST list -o json")
	}
	if clientEnv(s.Environ).Getenv("TERM") == dumb {
		return usagef("%s: use a command, ssh HOST list, check, rotations or verify", dumbNeeds)
	}
	start, forced, err := a.startsOn()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	width, height := s.Size(nil)
	stream := paint.NewStream(&hangup{s, cancel}, width, height)
	stream.Resize(s.Size(stream.Resize))
	screen := paint.NewOnStream(stream, paint.Options{ReportFocus: true, Rate: lineRate(a.env.Get, true)})
	a.clip = screen.Writer()
	h := &host{a: a}
	defer h.giveUp()
	o := a.tuiOptions(h, screen, start)
	o.ReadOnly, o.Renderer, o.NoColour = forced, rendererOf(s.Environ), noColourIn(s.Environ)
	who := a.remote.operator.Name + ", " + string(a.remote.operator.Role)
	o.Remote = tui.Remote{On: true, Who: who, LockAfter: lockAfter, EndAfter: endAfter, News: func() (string, bool) {
		select {
		case text := <-s.News():
			return text, true
		case <-ctx.Done():
			return "", false
		}
	}}
	o.Remote.Refused = a.remote.refusedOnScreen
	if a.remote.views() {
		o.Remote.NoWrites = desk.ViewerOnly
	}
	if a.remote.operator.Role != config.Admin {
		o.Remote.NoProfiles = profilesAreAdmins
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
	_, err = screen.Run(model, tea.WithContext(ctx))
	why := context.Cause(ctx)
	cancel(nil)
	a.abandon(model)
	h.sayOpen()
	switch {
	case errors.Is(why, sshd.ErrGone):
		return &codeError{code: exitNo}
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

// crlf is a terminal in raw mode, where a line ends with two characters.
type crlf struct{ w io.Writer }

func (c crlf) Write(p []byte) (int, error) {
	if _, err := c.w.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
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
