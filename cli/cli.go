// Package cli is the command line: one file a command, from its flags to what it prints. Results go to standard output, everything
// else to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"detent/client"
	"detent/config"
	"detent/host"
)

// World is what a run of detent needs from outside.
type World struct {
	In       io.Reader
	Out, Err io.Writer
	Environ  []string
	Now      func() time.Time
	Zone     *time.Location
	// Sleep waits, and returns early with the context's error; nil for the real one.
	Sleep func(ctx context.Context, d time.Duration) error
	// Hook is called at every point where a rotation or a delivery must survive a kill; for tests.
	Hook func(point string)
}

// Main runs detent as the process that it is, and returns the exit code.
func Main(args []string) int {
	// net/http complains there of a server that misbehaves: over the screen, in words of the server's.
	log.SetOutput(io.Discard)
	ctx, stop := untilSignal()
	defer stop()
	return Run(ctx, args, World{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(), Now: time.Now, Zone: time.Local,
	})
}

// untilSignal is done when the user or the system wants detent to end; the cause says which.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	// A reader that went away must not kill us before a new secret is accounted for.
	// Notify, not Ignore: a child process would inherit the latter.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		select {
		case s := <-caught:
			cancel(signalError{s})
			// The second one ends at once, whatever is under way.
			signal.Stop(caught)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(caught); cancel(nil) }
}

// signalError is the cause of a context that a signal ended.
type signalError struct{ signal os.Signal }

func (e signalError) Error() string { return e.signal.String() }

// Run runs one command line in a world and returns the exit code.
func Run(ctx context.Context, args []string, w World) int {
	a := newApp(w)
	defer a.close()
	return a.report(ctx, a.execute(ctx, args))
}

// app is one run of detent.
type app struct {
	world World
	env   config.Env
	out   *output
	flags globals
	// started says that a command's own code has begun.
	started bool

	host   *host.Host // made when the flags are known
	saying sync.Mutex
	// An operator over SSH, and what opens the screens at the far end; nil for the user of this process.
	guest   *host.Guest
	screens func(context.Context, *host.Host) error
}

func newApp(w World) *app {
	return &app{world: w, env: config.NewEnv(w.Environ), out: &output{w: w.Out}}
}

// execute runs a command line.
func (a *app) execute(ctx context.Context, args []string) error {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.world.In)
	root.SetOut(a.out)
	root.SetErr(a.world.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		// cobra itself refused the command line before a command ran.
		err = host.Usage(err)
	}
	return err
}

// begin makes the host, which the flags are known for.
func (a *app) begin() {
	o := host.Options{Settings: a.flags.settings(), Env: a.env, Now: a.world.Now, Zone: a.world.Zone, Sleep: a.world.Sleep, Hook: a.world.Hook,
		UserAgent: userAgent(), Err: a.world.Err, Say: a.say, Guest: a.guest}
	if isTerminal(a.world.Err) {
		o.Terminal = a.world.Err
	}
	a.host = host.New(o)
}

func (a *app) close() {
	if a.host != nil {
		a.host.Close()
	}
}

// run is a command's code, marked as begun, so that its errors are not taken for cobra's.
func (a *app) run(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.started = true
		if err := a.flags.check(); err != nil {
			return host.Usage(err)
		}
		a.begin()
		return f(cmd.Context(), args)
	}
}

// report prints the error, if any, and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	if err == nil {
		return host.ExitDone
	}
	interrupted := errors.Is(err, context.Canceled) || client.IsKind(err, client.Canceled)
	switch {
	case errors.As(err, new(host.Ended)):
		return host.ExitOf(err)
	case ctx.Err() != nil && interrupted || errors.Is(err, host.ErrInterrupted):
		if client.MayHaveHappened(err) {
			a.say("%v", err)
		}
		a.say("interrupted")
		return host.ExitInterrupted
	}
	a.say("%v", err)
	if hint := client.HintOf(err); hint != "" {
		a.say("%s", hint)
	}
	return host.ExitOf(err)
}

// say prints one line for the operator on standard error.
func (a *app) say(format string, args ...any) {
	a.saying.Lock()
	defer a.saying.Unlock()
	_, _ = io.WriteString(a.world.Err, host.Plain(fmt.Sprintf("detent: "+format, args...))+"\n")
}

// advise says what a service's documents advise, to a person alone: a script's log is no place for it.
func (a *app) advise(words []string) {
	if !isTerminal(a.world.Err) {
		return
	}
	for _, text := range words {
		a.say("%s", text)
	}
}

// note is say for whoever has one text.
func (a *app) note(text string) { a.say("%s", text) }

// output is standard output, in plain text. A reader that has gone away is no reason for noise:
// what comes after is dropped, and broken tells those who must know.
type output struct {
	w      io.Writer
	broken bool
}

func (o *output) Write(p []byte) (int, error) { return o.write(p, host.Plain(string(p))) }

// asIs is standard output for what is plain text already, but for line ends that a terminal has no use for.
type asIs struct{ *output }

func (o asIs) Write(p []byte) (int, error) { return o.write(p, string(p)) }

// write writes a text in the place of what was given.
func (o *output) write(p []byte, text string) (int, error) {
	if o.broken {
		return len(p), nil
	}
	_, err := io.WriteString(o.w, text)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		o.broken = true
		err = nil
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
