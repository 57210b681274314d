package rotation

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Holder is the process that has a rotation open.
type Holder struct {
	ID   string `json:"id"`
	PID  int    `json:"pid"`
	Host string `json:"host"`
	User string `json:"user"`
	// Operator is who works on it over SSH; the process is then the server.
	Operator string    `json:"operator,omitzero"`
	Since    time.Time `json:"since"`
}

func (h Holder) String() string {
	if h.Operator != "" {
		return fmt.Sprintf("the operator %s, since %s", h.Operator, h.Since.UTC().Format(time.RFC3339))
	}
	if h.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d of %s on %s, since %s", h.PID, h.User, h.Host, h.Since.UTC().Format(time.RFC3339))
}

// BusyError says that another process is working on the rotation.
type BusyError struct {
	Name   string // of the key
	Holder Holder
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("the key %q is being rotated by %s; nothing was changed here", e.Name, e.Holder)
}

// OpenError says that the key has an open rotation.
type OpenError struct {
	ID   string
	Name string // of the key
	Step Step
}

func (e *OpenError) Error() string {
	return fmt.Sprintf("the key %q has an open rotation, at the step %s: go on with `detent rotate --resume %s`, or undo it with `detent rotate --abort %s`",
		e.Name, e.Step, e.ID, e.ID)
}

// RefusedError says why a rotation does not begin, or may not do what was
// asked. Nothing was changed.
type RefusedError struct {
	Reason string
	Next   string // what to do
	Err    error  // the kind of refusal, for errors.Is; may be nil
}

func (e *RefusedError) Error() string {
	if e.Next == "" {
		return e.Reason
	}
	return e.Reason + "; " + e.Next
}

// Unwrap gives the kind of refusal.
func (e *RefusedError) Unwrap() error { return e.Err }

// ErrOldGone is wrapped by the refusal to undo once the old key is deleted, or may be.
var ErrOldGone = errors.New("a deletion of the old key was sent, or may have been: only going on is possible")

// StepError is a step that failed: what happened, what is certain, what to do.
type StepError struct {
	Step    Step
	Err     error
	Certain []string
	Next    string
	Undo    string // the other way: what an undo would do; empty where there is none
}

func (e *StepError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v", e.Step, e.Err)
	for i, c := range e.Certain {
		if i == 0 {
			b.WriteString(". Certain: ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(c)
	}
	if e.Next != "" {
		b.WriteString(". Next: " + e.Next)
		if e.Undo != "" {
			b.WriteString("; or undo: " + e.Undo)
		}
	}
	return b.String()
}

// Unwrap gives the cause, for errors.As and client.IsKind.
func (e *StepError) Unwrap() error { return e.Err }

// JournalError says why a journal cannot be used. The file is left as it is.
type JournalError struct {
	Path   string
	Reason string
	Newer  bool // written by a newer detent
}

func (e *JournalError) Error() string {
	return fmt.Sprintf("the journal %s %s; it was left as it is", e.Path, e.Reason)
}
