package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Options name a store.
type Options struct {
	// Path is the SQLite file. It is made 0600 and its missing folders 0700.
	Path string
	// URL is a PostgreSQL database instead.
	URL string
	// MustExist: a store that is not there is an error, ErrNoStore, and is not made.
	MustExist bool
}

// Open opens the store that the options name, or makes it, and brings it to this program's version. It also
// returns what must not be in any log.
func Open(ctx context.Context, o Options) (st *Store, password string, err error) {
	switch {
	case o.URL != "":
		if st, password, err = openPostgres(o.URL); err != nil {
			return nil, "", fmt.Errorf("the address of the key store %w", err)
		}
	default:
		if _, err := os.Stat(o.Path); o.MustExist && errors.Is(err, os.ErrNotExist) {
			return nil, "", fmt.Errorf("%w at %s", ErrNoStore, o.Path)
		}
		if st, err = openSQLite(ctx, o.Path); err != nil {
			return nil, "", err
		}
	}
	if err := st.ready(ctx, o.MustExist); err != nil {
		err = fmt.Errorf("open the key store %s: %w", st.Name, err)
		return nil, "", WithoutPassword(errors.Join(err, st.Close()), password)
	}
	return st, password, nil
}

// ErrNoStore says that a store that had to be there is not.
var ErrNoStore = errors.New("there is no store")

func (s *Store) ready(ctx context.Context, mustExist bool) error {
	err := s.Read(ctx, func(ctx context.Context, q Queryer) error {
		if s.metaFirst {
			if err := checkEncoding(ctx, q); err != nil {
				return err
			}
		}
		version, err := s.schemaOf(ctx, q)
		if err == nil && version == 0 && mustExist {
			err = ErrNoStore
		}
		return err
	})
	switch {
	case errors.Is(err, errForeign):
		return fmt.Errorf("it is %w: nothing was changed; give detent a database or a schema of its own", err)
	case err != nil:
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	return s.migrate(ctx)
}

// connect makes the first connection that writes. SQLite turns a new file into one with a write-ahead log there, and where
// several programs do so at once it tells all but one that the file is locked, at once: its busy timeout is for other locks.
func (s *Store) connect(ctx context.Context) error {
	const attempts = 100 // some 5 s, which is the busy timeout
	for attempt := 0; ; attempt++ {
		err := s.Writer.PingContext(ctx)
		if err == nil || s.failure(err) != busy || attempt == attempts {
			return err
		}
		if err := s.Pause(ctx, attempt); err != nil {
			return err
		}
	}
}
