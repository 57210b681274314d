// Package cli is the command line: one file a command, from its flags to what it prints. Results go to standard output, everything
// else to standard error.
//
// Its files, from the bottom up: flags.go, output.go, prompt.go and secret.go, what is read and written; app.go, one run; format.go,
// session.go and consent.go, what several commands share; the commands; root.go, their table; and this one.
package cli

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
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
