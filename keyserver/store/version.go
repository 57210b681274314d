package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
)

// version tells, in some microseconds, whether anything was committed to a SQLite store by any connection of any process. It is
// a connection of its own that never writes, and PRAGMA data_version: of one connection, two values differ if
// another one committed between them (sqlite.org/pragma.html), and a commit shows in it before whoever made it is answered.
type version struct {
	conn driver.Conn
	ask  interface {
		driver.Stmt
		driver.StmtQueryContext
	}
	unusable atomic.Bool // it did not move with a commit of our own, or is closed: it says nothing any more

	begun atomic.Int64 // how many times it was asked
	mu    sync.Mutex
	value int64 // the last answer
	known bool
	into  []driver.Value
}

// Seen is a version that was asked for after a request came in: what is answered may be as the store was then.
type Seen struct {
	value int64  // SQLite
	text  string // PostgreSQL
	Known bool
}

// openVersion opens the connection; the file must be a store.
func openVersion(path string) (*version, error) {
	conn, err := (&sqlite.Driver{}).Open(dsn(path, "mode=ro", "_pragma=busy_timeout(5000)"))
	if err != nil {
		return nil, err
	}
	stmt, err := conn.Prepare(`PRAGMA data_version`)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	ask, ok := stmt.(interface {
		driver.Stmt
		driver.StmtQueryContext
	})
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver's statements are a %T", stmt), conn.Close())
	}
	return &version{conn: conn, ask: ask, into: make([]driver.Value, 1)}, nil
}

// Now is the version at some moment after it was called; known is false where that cannot be told. Those who ask while another
// is being answered share the next answer.
func (v *version) Now() Seen {
	if v == nil || v.unusable.Load() {
		return Seen{}
	}
	before := v.begun.Load()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.begun.Load() == before && !v.unusable.Load() {
		v.begun.Add(1)
		v.value, v.known = v.read()
	}
	return Seen{value: v.value, Known: v.known && !v.unusable.Load()}
}

func (v *version) read() (int64, bool) {
	rows, err := v.ask.QueryContext(context.Background(), nil)
	if err != nil {
		return 0, false
	}
	err = rows.Next(v.into)
	value, ok := v.into[0].(int64)
	return value, errors.Join(err, rows.Close()) == nil && ok
}

// Moved says that something was committed since before was read, and reports whether that shows; if not, nothing that this says
// is believed any more.
func (v *version) Moved(before Seen) bool {
	if before.Known && v.Now() == before {
		v.unusable.Store(true)
		return false
	}
	return true
}

func (v *version) Close() error {
	if v == nil {
		return nil
	}
	v.unusable.Store(true)
	v.mu.Lock()
	defer v.mu.Unlock()
	// SQLite keeps a connection open, and the write-ahead log with it, as long as a statement of it is.
	return errors.Join(v.ask.Close(), v.conn.Close())
}

const unmoved = "it did not move with a commit"

// seenAs is what a statement saw whose version is text, for a caller that saw before. Without a row it had no place to say its version in.
func (s *Store) seenAs(before Seen, text string) Seen {
	if s.version == "" {
		return before
	}
	return Seen{text: text, Known: before.Known && text != ""}
}

// RowAt reads a row, and the version that it is of, for a caller who has seen the store at that version.
func (s *Store) RowAt(ctx context.Context, at Seen, columns, from string, args []any, into ...any) (Seen, error) {
	var text string
	if at.Known && s.version != "" {
		columns, into = columns+", "+s.version, append(into, &text)
	}
	err := s.Read(ctx, func(ctx context.Context, q Queryer) error {
		return q.QueryRowContext(ctx, `SELECT `+columns+` FROM `+from, args...).Scan(into...)
	})
	return s.seenAs(at, text), err
}

// versionOfPostgres is which transactions a statement sees the commits of, and of which start of the database. In one run of a
// primary, two statements for which it is the same have no commit between them: a transaction that wrote and was not seen by the first is either
// among those that ran then, or has a number from then on (postgresql.org/docs: pg_current_snapshot). A replica does not
// name those that run; there it is empty.
const versionOfPostgres = `(SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_postmaster_start_time()::text || ' ' || pg_current_snapshot()::text END)`

func dsn(path string, options ...string) string {
	u := url.URL{Scheme: "file", Path: path}
	for i, o := range options {
		if i > 0 {
			u.RawQuery += "&"
		}
		u.RawQuery += o
	}
	return u.String()
}
