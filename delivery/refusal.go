package delivery

import (
	"errors"
	"fmt"
)

// Consent is a yes that only the operator can give.
type Consent int

// The consents.
const (
	MixedEnvironments Consent = iota // a live secret beside test values, or the reverse: Job.AllowMixed
	TrackedByGit                     // a file that git tracks: Job.AllowTracked
	UnexpectedOwner                  // a file of neither the operator, root nor its folder's owner: Job.AllowOwner
	MountedElsewhere                 // a file that others have mounted by itself: Job.Replace
)

// ConsentError is a refusal that the operator's explicit yes lifts.
type ConsentError struct {
	Needs Consent
	Err   error
}

func (e *ConsentError) Error() string { return e.Err.Error() }

// Unwrap gives the refusal itself.
func (e *ConsentError) Unwrap() error { return e.Err }

// PlaceKind says why a place cannot be looked at, or not be written.
type PlaceKind int

// Why a place is no place.
const (
	Unreadable    PlaceKind = iota // the system does not let us, or it is too large
	FolderMissing                  // its folder is not there: moved away, or a volume that is not mounted
	Dangling                       // a symbolic link leads to a file that is not there
	NoFile                         // it is a folder, a pipe, a device
	Sealed                         // another program encrypts it
	Ambiguous                      // its readers would read it differently
	Elsewhere                      // the path leads to another place than Job.Where
	Untrusted                      // a symbolic link of a stranger
)

// PlaceError is a place that cannot be looked at or written; nothing is known of what it
// holds, and nothing was written.
type PlaceError struct {
	Kind PlaceKind
	Err  error
}

func (e *PlaceError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *PlaceError) Unwrap() error { return e.Err }

func noPlace(kind PlaceKind, format string, args ...any) error {
	return &PlaceError{kind, fmt.Errorf(format, args...)}
}

var (
	// ErrNoCopy says that there is no kept copy of the job that can be believed: it is not
	// there, cannot be read, or is not ours. What was there before is then not known.
	ErrNoCopy = errors.New("there is no kept copy of what was there before")
	// ErrUnexpected says that Job.Expect refused what the place holds. Nothing was written.
	ErrUnexpected = errors.New("it holds something else than expected: nothing was written")
	// ErrCopyLeft comes with another error where a copy that was just made is out of reach, of what was there or of what was to be: its
	// volume or folder is.
	ErrCopyLeft = errors.New("a copy that was made before is out of reach now")
	// ErrNoUndo is the answer of a destination that CanUndo says no about.
	ErrNoUndo = errors.New("it cannot be undone")
)

// errMoving says that others write to the file faster than it can be replaced.
var errMoving = errors.New("the file keeps being changed by another program: nothing was written; try again when that program is quiet")
