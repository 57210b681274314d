package cli

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"detent/host"
)

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

// say prints one line for the operator on standard error.
func (a *app) say(format string, args ...any) {
	a.saying.Lock()
	defer a.saying.Unlock()
	_, _ = io.WriteString(a.world.Err, host.Plain(fmt.Sprintf("detent: "+format, args...))+"\n")
}

// note is say for whoever has one text.
func (a *app) note(text string) { a.say("%s", text) }

// advise says what a service's documents advise, to a person alone: a script's log is no place for it.
func (a *app) advise(words []string) {
	if !isTerminal(a.world.Err) {
		return
	}
	for _, text := range words {
		a.say("%s", text)
	}
}
