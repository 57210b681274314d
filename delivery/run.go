package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"detent/apikey"
)

// lastLines is how much of a failed program's output an error holds.
const lastLines = 5

// tailWriter keeps the last bytes that were written to it.
type tailWriter struct {
	mu      sync.Mutex
	buf     []byte
	max     int
	dropped bool
}

func (w *tailWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = append(w.buf, p...)
	if over := len(w.buf) - w.max; over > 0 {
		w.buf = append(w.buf[:0], w.buf[over:]...)
		w.dropped = true
	}
	return len(p), nil
}

// text is what was kept, without a first line that the limit cut: the cut may lie
// in the middle of a secret.
func (w *tailWriter) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := string(w.buf)
	if !w.dropped {
		return s
	}
	_, s, found := strings.Cut(s, "\n")
	if !found {
		return "[more output than is kept]"
	}
	return "[earlier output is not kept]\n" + s
}

// RunError is a program that did not do what it was run for.
type RunError struct {
	// How it ended in few words, without anything of its output: "exit code 3".
	How string
	// Certain is false where it was ended from outside: what it had done by then is not known.
	Certain bool
	err     error
}

func (e *RunError) Error() string { return e.err.Error() }

// Unwrap gives the error with the program's last output.
func (e *RunError) Unwrap() error { return e.err }

// run starts a program, gives it stdin, and waits for it, at most Options.Timeout;
// then it and everything it started is killed. The output is fit for a terminal
// and free of the secrets; a failure is an error that holds its last lines.
func run(ctx context.Context, words []string, stdin io.Reader, o Options, secrets ...apikey.Secret) (string, error) {
	program, err := o.LookPath(words[0])
	if err != nil {
		return "", &RunError{"not run", true, notFound(words[0], err)}
	}
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, program, words[1:]...)
	cmd.Args[0] = words[0]
	cmd.Env = o.Environ
	cmd.Stdin = stdin
	out := &tailWriter{max: o.MaxOutput}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	err = cmd.Run()
	text := strings.TrimRight(scrub(out.text(), secrets...), "\n ")
	// ErrWaitDelay: it ended well and left something running that holds its output, as a restart may.
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return text, nil
	}
	name := display(words[0])
	var exit *exec.ExitError
	how, certain := "", false
	switch {
	case ctx.Err() != nil:
		how, err = "ended with detent", fmt.Errorf("%s was ended because detent was: what it had done by then is not known", name)
	case limited.Err() != nil:
		how, err = "ended after "+o.Timeout.String(), fmt.Errorf("%s did not end within %s and was killed: what it had done by then is not known", name, o.Timeout)
	case errors.As(err, &exit) && exit.Exited():
		how, certain = fmt.Sprintf("exit code %d", exit.ExitCode()), true
		err = fmt.Errorf("%s failed with %s", name, how)
	case errors.As(err, &exit):
		how, err = exit.String(), fmt.Errorf("%s was ended by a signal (%s)", name, exit.ProcessState)
	default:
		how, certain, err = "not run", true, fmt.Errorf("%s could not be run: %w", name, cause(err))
	}
	if tail := last(text, lastLines); tail != "" {
		err = fmt.Errorf("%w; its last output:\n%s", err, tail)
	}
	return text, &RunError{how, certain, err}
}

func notFound(program string, err error) error {
	var lookup *exec.Error
	if errors.As(err, &lookup) {
		err = lookup.Err
	}
	return fmt.Errorf("the program %s cannot be run: %w", display(program), err)
}

func last(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
