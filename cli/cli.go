// Package cli is the command line: one file a command, and the host that gives
// the TUI what it needs of the world. Results go to standard output, everything
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
	"detent/desk"
)

// The exit codes of docs/REFERENCE.md.
const (
	exitDone        = 0
	exitNo          = 1 // the answer is no, or the service refused
	exitUsage       = 2 // wrong usage or configuration
	exitInterrupted = 130
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
	a := &app{world: w, env: config.NewEnv(w.Environ), out: &output{w: w.Out}}
	defer a.close()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(w.In)
	root.SetOut(a.out)
	root.SetErr(w.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		// cobra itself refused the command line before a command ran.
		err = usage(err)
	}
	return a.report(ctx, err)
}

// app is one run of detent.
type app struct {
	world World
	env   config.Env
	out   *output
	flags globals
	// started says that a command's own code has begun.
	started bool

	configuring sync.Mutex // guards cfg: the TUI adds profiles while it opens others
	cfg         *config.Config
	local       *embedded
	debug       io.WriteCloser
	auditing    sync.Mutex // guards trail
	trail       *desk.Ledger
	actor       desk.Actor // who acts; zero for the user of this machine
	temp        string     // folder of the demo
	remote      *guest     // the session over SSH that this run is; nil for the user of this process
	embedding   sync.Mutex // guards local, which such sessions share
	saying      sync.Mutex
	clip        io.Writer // where the TUI's terminal takes sequences between frames; nil outside it
	cleanups    []func()
}

// onClose runs f when the run ends; the last one first.
func (a *app) onClose(f func()) { a.cleanups = append(a.cleanups, f) }

func (a *app) close() {
	for i := len(a.cleanups) - 1; i >= 0; i-- {
		a.cleanups[i]()
	}
	a.cleanups = nil
}

// run is a command's code, marked as begun, so that its errors are not taken for cobra's.
func (a *app) run(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.started = true
		if err := a.flags.check(); err != nil {
			return usage(err)
		}
		return f(cmd.Context(), args)
	}
}

// codeError is an error with its own exit code. A nil err prints nothing.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *codeError) Unwrap() error { return e.err }

// usage marks an error of usage or configuration.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &codeError{exitUsage, err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// answerNo ends a command whose result, already printed, is no.
var answerNo error = &codeError{code: exitNo}

// report prints the error, if any, and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	var coded *codeError
	var refused *client.Error
	interrupted := errors.Is(err, context.Canceled) || client.IsKind(err, client.Canceled)
	switch {
	case errors.As(err, &coded) && coded.err == nil:
		return coded.code
	case ctx.Err() != nil && interrupted || errors.Is(err, errInterrupted):
		if client.MayHaveHappened(err) {
			a.say("%v", err)
		}
		a.say("interrupted")
		return exitInterrupted
	}
	a.say("%v", err)
	code := exitNo
	if errors.As(err, &refused) {
		if hint := client.HintOf(err); hint != "" {
			a.say("%s", hint)
		}
		// Nothing was sent: what was asked for cannot be, here.
		if refused.Kind == client.ReadOnly || refused.Kind == client.Unsupported {
			code = exitUsage
		}
	}
	if coded != nil {
		code = coded.code
	}
	return code
}

// say prints one line for the operator on standard error.
func (a *app) say(format string, args ...any) {
	a.saying.Lock()
	defer a.saying.Unlock()
	_, _ = io.WriteString(a.world.Err, plain(fmt.Sprintf("detent: "+format, args...))+"\n")
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

func (o *output) Write(p []byte) (int, error) {
	if o.broken {
		return len(p), nil
	}
	_, err := io.WriteString(o.w, plain(string(p)))
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		o.broken = true
		err = nil
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
