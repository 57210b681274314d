package store

import (
	"context"
	"database/sql"
	"errors"

	"modernc.org/sqlite"
)

// Failure is what an error of the database means for what was asked of it.
type Failure int

const (
	failed    Failure = iota // trying again changes nothing
	taken                    // a unique constraint was hit
	Contended                // another transaction was in the way; this one did not happen
	busy                     // the database cannot do it now; it did not happen
	Lost                     // the connection is gone, and with it the answer
	full                     // the database cannot write: no room, or read-only; it did not happen
)

// Unavailable is a database that cannot be used now.
type Unavailable struct {
	Unknown bool // whether what was asked happened is not known; else it did not
	err     error
}

func (e *Unavailable) Error() string { return e.err.Error() }

func (e *Unavailable) Unwrap() error { return e.err }

// commonFailure knows the errors that database/sql itself has.
func commonFailure(err error) Failure {
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) {
		return Lost
	}
	return failed
}

// mayHaveHappened reports whether a commit that ended with the error may be one.
func (s *Store) mayHaveHappened(err error) bool {
	kind := s.failure(err)
	// SQLite has told of a commit that has no room for its log before it is one; of any other failure of the disk in the middle it does not know.
	return kind == Lost || kind == full && !noRoomLeft(err)
}

// noRoomLeft is an error that came before anything was committed.
func noRoomLeft(err error) bool {
	const sqliteFull = 13
	var e *sqlite.Error
	return !errors.As(err, &e) || e.Code()&0xff == sqliteFull
}

// ErrNoKey says that the store has no such key, or none that the caller may see.
var ErrNoKey = errors.New("no such key")
