package keyserver

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"modernc.org/sqlite"
)

// failure is what an error of the database means for what was asked of it.
type failure int

const (
	failed failure = iota // trying again changes nothing
	taken                 // a unique constraint was hit
	again                 // another transaction was in the way; this one did not happen
	busy                  // the database cannot do it now; it did not happen
	lost                  // the connection is gone, and with it the answer
	full                  // the database cannot write: no room, or read-only; it did not happen
)

// unavailable is a database that cannot be used now.
type unavailable struct {
	unknown bool // whether what was asked happened is not known; else it did not
	err     error
}

func (e *unavailable) Error() string { return e.err.Error() }
func (e *unavailable) Unwrap() error { return e.err }

// maxAttempts is how often a transaction that met others is tried again. With pauses of up to 100 ms
// it has about a second.
const maxAttempts = 14

// txn is one attempt at a transaction.
type txn struct {
	*sql.Tx
	doubt bool // an attempt before this one may have been committed
}

// pause waits a random time that grows with the attempts, so that those who met do not meet again.
func pause(ctx context.Context, attempt int) error {
	longest := min(2*time.Millisecond<<min(attempt, 10), 100*time.Millisecond)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// change runs fn in a write transaction that holds as if no other ran at the same time. An error rolls it back. fn may run more than
// once, when others were in the way or a connection was lost before the end; never after a commit without an answer.
func (s *store) change(ctx context.Context, fn func(ctx context.Context, tx txn) error) error {
	return s.transact(ctx, s.isolation, false, fn)
}

// settle is change for what may happen twice: it is also run again when it is not known whether it happened.
func (s *store) settle(ctx context.Context, fn func(ctx context.Context, tx txn) error) error {
	return s.transact(ctx, s.isolation, true, fn)
}

// add is change for what depends on nothing that others write: it need not be isolated from them.
func (s *store) add(ctx context.Context, fn func(ctx context.Context, tx txn) error) error {
	return s.transact(ctx, sql.LevelDefault, false, fn)
}

// addAgain is add for what may happen twice.
func (s *store) addAgain(ctx context.Context, fn func(ctx context.Context, tx txn) error) error {
	return s.transact(ctx, sql.LevelDefault, true, fn)
}

// load is add for what takes as long as it takes. It is tried once.
func (s *store) load(ctx context.Context, fn func(ctx context.Context, tx txn) error) error {
	_, err := s.attempt(ctx, sql.LevelDefault, false, fn)
	return err
}

func (s *store) transact(ctx context.Context, level sql.IsolationLevel, repeatable bool, fn func(ctx context.Context, tx txn) error) error {
	err := s.tries(ctx, repeatable, func(ctx context.Context, doubt bool) (unknown bool, err error) {
		return s.attempt(ctx, level, doubt, fn)
	})
	// Remembered until something can be written again: a service that can only read is not ready.
	s.stuck.Store(err != nil && (s.failure(err) == full || s.stuck.Load()))
	return err
}

// attempt runs fn once. unknown says that the commit was sent and not answered.
func (s *store) attempt(ctx context.Context, level sql.IsolationLevel, doubt bool, fn func(ctx context.Context, tx txn) error) (unknown bool, err error) {
	tx, err := s.writer.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return false, err
	}
	if err := fn(ctx, txn{tx, doubt}); err != nil {
		_ = tx.Rollback() // where it fails the connection ends, and the transaction with it
		return false, err
	}
	err = tx.Commit()
	kind := s.failure(err)
	// SQLite has told of a commit that has no room for its log before it is one; of any other failure of the disk in the middle it does not know.
	return kind == lost || kind == full && !noRoomLeft(err), err
}

// noRoomLeft is an error that came before anything was committed.
func noRoomLeft(err error) bool {
	const sqliteFull = 13
	var e *sqlite.Error
	return !errors.As(err, &e) || e.Code()&0xff == sqliteFull
}

// read runs fn, once more on another connection when that is lost.
func (s *store) read(ctx context.Context, fn func(ctx context.Context, q queryer) error) error {
	return s.tries(ctx, true, func(ctx context.Context, _ bool) (unknown bool, err error) {
		return false, fn(ctx, s.reader)
	})
}

// tries runs once until it succeeds or trying again is no use. After it met others it runs again, up to maxAttempts times; after a lost
// connection one time, unless it may have happened and must not happen twice. once is told whether it may have happened before, and
// says whether it may have now.
func (s *store) tries(ctx context.Context, repeatable bool, once func(ctx context.Context, doubt bool) (unknown bool, err error)) error {
	ctx, done := s.within(ctx)
	defer done()
	var doubt, cut bool
	for attempt := 0; ; attempt++ {
		unknown, err := once(ctx, doubt)
		if err == nil {
			return nil
		}
		kind := s.failure(err)
		doubt = doubt || unknown
		switch {
		case kind == again && attempt < maxAttempts:
			s.retried(again)
			if s.pause(ctx, attempt) == nil {
				continue
			}
		case kind == lost:
			s.lost()
			if !cut && (!doubt || repeatable) && ctx.Err() == nil {
				cut = true
				s.retried(lost)
				continue
			}
		}
		if kind >= again {
			return &unavailable{doubt, err}
		}
		return err
	}
}

// within gives an operation its time. It is not cut short by a client that goes away: to cancel what runs in
// PostgreSQL costs the connection.
func (s *store) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), s.patience)
}

// commonFailure knows the errors that database/sql itself has.
func commonFailure(err error) failure {
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) {
		return lost
	}
	return failed
}
