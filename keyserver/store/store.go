package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// migrations bring a store from one version to the next; a store's version is how many
// of them it has seen. The SQL is what SQLite and PostgreSQL share: text ids, times as
// milliseconds since 1970 (0: none), booleans as 0 and 1. Where a database does not roll back what
// makes a table, a migration that was cut off runs again: each statement can.
// Never change one that was released: add the next, whose file comes after it by name.
var migrations = func() (out []string) {
	files, _ := migrationFiles.ReadDir("migrations") // in order
	for _, f := range files {
		text, _ := migrationFiles.ReadFile("migrations/" + f.Name())
		out = append(out, string(text))
	}
	return out
}()

//go:embed migrations/*.sql
var migrationFiles embed.FS

// dialect is what the databases do not share.
type dialect struct {
	// isolation is that of a transaction which reads and then writes what depends on it.
	isolation sql.IsolationLevel
	// tables is a query for the number of tables, and how many of them are detent_meta.
	tables string
	// failure tells apart what went wrong.
	failure func(error) Failure
	// parameter is how the nth parameter of a statement with many is written.
	parameter func(n int) string
	// metaFirst: detent_meta is made on its own, so that a row of it can be the lock of what follows.
	metaFirst bool
	// distant: a question costs a round trip, so that several are better put as one.
	distant bool
	// version is an expression for the version that a statement sees, as text, empty where there is none.
	version string
	// patience is how long one operation may take, 0 for as long as it takes.
	patience time.Duration
}

// Store is a database that keeps the keys. SQLite has one writer, so that writes queue here and not in its
// busy handler, and a pool of readers that never wait for it (WAL); PostgreSQL has one pool for both.
type Store struct {
	dialect
	Name    string // as it may be shown: no password
	Writer  *sql.DB
	Reader  Pool
	Version *version                                     // of SQLite; batcher has PostgreSQL's
	Pause   func(ctx context.Context, attempt int) error // before the next attempt
	lost    func()                                       // a connection was lost: distrust the others

	Retried func(why Failure) // an operation is tried again
	// Distrusted is called, with the reason, when the store's version cannot be believed: nothing is kept in memory from then on.
	Distrusted func(why string)
	stuck      atomic.Bool // the last write found no room

	batcher  batcher  // what is asked of a database that is a round trip away
	together together // what is written to SQLite at once
}

// schemaOf is the version of the store behind q, 0 for one that is empty. Another program's database and a store of
// a newer version are errors.
func (d dialect) schemaOf(ctx context.Context, q Queryer) (int, error) {
	var tables, ours int
	if err := q.QueryRowContext(ctx, d.tables).Scan(&tables, &ours); err != nil {
		return 0, err
	}
	if tables == 0 {
		return 0, nil
	}
	if ours == 0 {
		return 0, errForeign
	}
	var text string
	err := q.QueryRowContext(ctx, `SELECT value FROM detent_meta WHERE name = 'schema'`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) && d.metaFirst {
		return 0, nil // its maker was cut off, or is at work
	}
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(text)
	if err == nil && version > len(migrations) {
		err = &newerError{version}
	}
	return version, err
}

var errForeign = errors.New("another program's database")

// newerError says that a store was made by a program that is newer than this one.
type newerError struct{ version int }

func (e *newerError) Error() string {
	return fmt.Sprintf("is of a newer version (%d; this program knows up to %d): nothing was changed; use the newer program", e.version, len(migrations))
}

// migrate runs what the store has not seen, once: who else wants to waits for a row of detent_meta, then
// finds nothing left to do. A kill leaves the old version.
func (s *Store) migrate(ctx context.Context) error {
	var version int
	err := s.Read(ctx, func(ctx context.Context, q Queryer) (err error) {
		version, err = s.schemaOf(ctx, q)
		return err
	})
	if err != nil || version == len(migrations) {
		return err
	}
	if s.metaFirst {
		if err := s.makeMeta(ctx); err != nil {
			return err
		}
	}
	return s.Settle(ctx, func(ctx context.Context, tx Tx) error {
		if s.metaFirst {
			if err := SetMeta(ctx, tx, "lock", "schema"); err != nil {
				return err
			}
		}
		version, err := s.schemaOf(ctx, tx)
		if err != nil {
			return err
		}
		for _, m := range migrations[version:] {
			if s.metaFirst { // a column cannot be added twice
				m = strings.ReplaceAll(m, "ADD COLUMN ", "ADD COLUMN IF NOT EXISTS ")
			}
			if _, err := tx.ExecContext(ctx, m); err != nil {
				return err
			}
		}
		return SetMeta(ctx, tx, "schema", strconv.Itoa(len(migrations)))
	})
}

// makeMeta makes detent_meta. Two that do so at once may both find it missing; one of them fails, and finds it the next time.
func (s *Store) makeMeta(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		_, err := s.Writer.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS detent_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)`)
		if kind := s.failure(err); err == nil || attempt == MaxAttempts || kind != taken && kind != Contended {
			return err
		}
		if err := s.Pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// SetMeta stores a value by its name, in place of the one that is there.
func SetMeta(ctx context.Context, tx Queryer, name, value string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO detent_meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// MetaOr returns the stored value of a name, storing the one given if there is none.
func (s *Store) MetaOr(ctx context.Context, name, value string) (string, error) {
	var stored string
	err := s.Settle(ctx, func(ctx context.Context, tx Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO detent_meta (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = detent_meta.value RETURNING value`, name, value).Scan(&stored)
	})
	return stored, err
}

// probeSize is how much is written to see whether a store can write again: some pages, as a key and its indexes are.
const probeSize = 16 << 10

// Writable reports whether the store can write, for all that is known. After a write found no room that is tried.
func (s *Store) Writable(ctx context.Context) error {
	if !s.stuck.Load() {
		return nil
	}
	return s.Settle(ctx, func(ctx context.Context, tx Tx) error {
		return SetMeta(ctx, tx, "probe", strings.Repeat("0", probeSize))
	})
}

// newStore is a store that nothing counts yet.
func newStore(d dialect, name string, writer *sql.DB, reader Pool, lost func()) *Store {
	s := &Store{dialect: d, Name: name, Writer: writer, Reader: reader, Pause: pause, lost: lost, Retried: func(Failure) {}, Distrusted: func(string) {}}
	s.batcher.store, s.together.store = s, s
	return s
}

// Watch lets the store's version say whether anybody has committed anything since, where a trial shows that it does.
func (s *Store) Watch(ctx context.Context) (err error) {
	if s.distant {
		return s.batcher.watch(ctx)
	}
	s.Version, err = openVersion(s.Name)
	return err
}

// Ended is called after a commit that changed something and before it is answered, with what its caller saw before: where the version has not
// moved since, it is not believed any more.
func (s *Store) Ended(before Seen) {
	if s.distant {
		s.batcher.ended(before)
		return
	}
	if !s.Version.Moved(before) {
		s.Distrusted(unmoved)
	}
}

// Distant reports whether a question costs a round trip.
func (s *Store) Distant() bool { return s.distant }

// Key reads a key, which others may have too: it must not be written to. It is as it was at the version that is returned: the one given,
// or one that was asked for since.
func (s *Store) Key(ctx context.Context, id string, at Seen) (k *Key, seen Seen, err error) {
	if s.distant {
		return s.batcher.key(ctx, id, at)
	}
	err = s.Read(ctx, func(ctx context.Context, q Queryer) (err error) {
		k, err = Get(ctx, q, id)
		return err
	})
	return k, at, err
}

// Close ends every connection.
func (s *Store) Close() error {
	if s.Reader == Pool(s.Writer) {
		return s.Writer.Close()
	}
	return errors.Join(s.Version.Close(), s.Reader.Close(), s.Writer.Close())
}
