package host

import (
	"errors"
	"fmt"

	"detent/client"
)

// The exit codes of docs/REFERENCE.md.
const (
	ExitDone        = 0
	ExitNo          = 1 // the answer is no, or the service refused
	ExitUsage       = 2 // wrong usage or configuration
	ExitInterrupted = 130
)

// Ended ends a run that has said all there is to say, with this exit code.
type Ended int

func (e Ended) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// ExitOf is the exit code of an error.
func ExitOf(err error) int {
	var ended Ended
	var wrong *UsageError
	var refused *client.Error
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &ended):
		return int(ended)
	case errors.Is(err, ErrInterrupted):
		return ExitInterrupted
	case errors.As(err, &wrong):
		return ExitUsage
	case errors.As(err, &refused) && (refused.Kind == client.ReadOnly || refused.Kind == client.Unsupported):
		return ExitUsage // nothing was sent: what was asked for cannot be, here
	}
	return ExitNo
}

// The ends of a run that a front brings about, beside what went wrong.
var (
	// ErrNo ends a run that has said all there is to say: the answer is no.
	ErrNo error = Ended(ExitNo)
	// ErrInterrupted ends a run that the user broke off.
	ErrInterrupted = errors.New("interrupted")
)

// UsageError is wrong usage or configuration: nothing was begun.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap gives the error itself.
func (e *UsageError) Unwrap() error { return e.Err }

// Usage marks an error of usage or configuration; nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}

// Usagef makes one.
func Usagef(format string, args ...any) error { return Usage(fmt.Errorf(format, args...)) }
