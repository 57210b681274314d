package host

import (
	"errors"
	"fmt"
)

// The exit codes of docs/REFERENCE.md.
const (
	ExitDone        = 0
	ExitNo          = 1 // the answer is no, or the service refused
	ExitUsage       = 2 // wrong usage or configuration
	ExitInterrupted = 130
)

// The ends of a run that a front brings about, beside what went wrong.
var (
	// ErrNo ends a run that has said all there is to say: the answer is no.
	ErrNo = errors.New("no")
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
