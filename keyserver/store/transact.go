package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"
)

// maxAttempts is how often a transaction that met others is tried again. With pauses of up to 100 ms
// it has about a second.
const MaxAttempts = 14

// Tx is one attempt at a transaction.
type Tx struct {
	*sql.Tx
	Doubt bool // an attempt before this one may have been committed
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

// Change runs fn in a write transaction that holds as if no other ran at the same time. An error rolls it back. fn may run more than
// once, when others were in the way or a connection was lost before the end; never after a commit without an answer.
func (s *Store) Change(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	return s.transact(ctx, s.isolation, false, fn)
}

// Settle is change for what may happen twice: it is also run again when it is not known whether it happened.
func (s *Store) Settle(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	return s.transact(ctx, s.isolation, true, fn)
}

// Add is change for what depends on nothing that others write: it need not be isolated from them.
func (s *Store) Add(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	return s.transact(ctx, sql.LevelDefault, false, fn)
}

// AddAgain is add for what may happen twice.
func (s *Store) AddAgain(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	return s.transact(ctx, sql.LevelDefault, true, fn)
}

// Load is add for what takes as long as it takes. It is tried once.
func (s *Store) Load(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	_, err := s.alone(ctx, sql.LevelDefault, false, fn)
	return err
}

func (s *Store) transact(ctx context.Context, level sql.IsolationLevel, repeatable bool, fn func(ctx context.Context, tx Tx) error) error {
	err := s.tries(ctx, repeatable, func(ctx context.Context, doubt bool) (unknown bool, err error) {
		return s.attempt(ctx, level, doubt, fn)
	})
	// Remembered until something can be written again: a service that can only read is not ready.
	s.stuck.Store(err != nil && (s.failure(err) == full || s.stuck.Load()))
	return err
}

// attempt runs fn once. unknown says that the commit was sent and not answered.
func (s *Store) attempt(ctx context.Context, level sql.IsolationLevel, doubt bool, fn func(ctx context.Context, tx Tx) error) (unknown bool, err error) {
	if s.distant {
		return s.alone(ctx, level, doubt, fn)
	}
	return s.together.attempt(ctx, doubt, fn)
}

// alone is an attempt in a transaction of its own.
func (s *Store) alone(ctx context.Context, level sql.IsolationLevel, doubt bool, fn func(ctx context.Context, tx Tx) error) (unknown bool, err error) {
	tx, err := s.Writer.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return false, err
	}
	if err := fn(ctx, Tx{tx, doubt}); err != nil {
		_ = tx.Rollback() // where it fails the connection ends, and the transaction with it
		return false, err
	}
	err = tx.Commit()
	return s.mayHaveHappened(err), err
}

// Read runs fn, once more on another connection when that is lost.
func (s *Store) Read(ctx context.Context, fn func(ctx context.Context, q Queryer) error) error {
	return s.tries(ctx, true, func(ctx context.Context, _ bool) (unknown bool, err error) {
		return false, fn(ctx, s.Reader)
	})
}

// tries runs once until it succeeds or trying again is no use. After it met others it runs again, up to maxAttempts times; after a lost
// connection one time, unless it may have happened and must not happen twice. once is told whether it may have happened before, and
// says whether it may have now.
func (s *Store) tries(ctx context.Context, repeatable bool, once func(ctx context.Context, doubt bool) (unknown bool, err error)) error {
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
		case kind == Contended && attempt < MaxAttempts:
			s.Retried(Contended)
			if s.Pause(ctx, attempt) == nil {
				continue
			}
		case kind == Lost:
			s.lost()
			if !cut && (!doubt || repeatable) && ctx.Err() == nil {
				cut = true
				s.Retried(Lost)
				continue
			}
		}
		if kind >= Contended {
			return &Unavailable{doubt, err}
		}
		return err
	}
}

// within gives an operation its time. It is not cut short by a client that goes away: to cancel what runs in
// PostgreSQL costs the connection.
func (s *Store) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), s.patience)
}

// Pool is what is read from.
type Pool interface {
	Queryer
	QueryRow(query string, args ...any) *sql.Row
	Stats() sql.DBStats
	Close() error
}

// Queryer is what *sql.DB and *sql.Tx share.
type Queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}
