package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// quickCheckLimit is the size up to which a store is checked as a whole before it is opened: some 3 ms. A larger
// one is checked in its first pages, and damage further in shows when it is read.
const quickCheckLimit = 2 << 20

// pageCache is what the connection that writes may keep of the file, in KiB: a large change writes all over its indexes, and with SQLite's
// usual 2 MiB every page is read and written again and again. There are up to eight that read, beside each other.
const (
	pageCache   = "_pragma=cache_size(-16384)"
	readerCache = "_pragma=cache_size(-2048)"
)

// sqliteDialect: a transaction takes the write lock when it begins (_txlock), so that no two of them meet.
var sqliteDialect = dialect{
	tables:  `SELECT COUNT(*), COUNT(CASE WHEN name = 'detent_meta' THEN 1 END) FROM sqlite_master WHERE type = 'table'`,
	failure: sqliteFailure,
	// No numbers: the driver looks each one up among all of them.
	parameter: func(int) string { return "?" },
}

func sqliteFailure(err error) Failure {
	const (
		primaryKey, unique                    = 1555, 2067
		busyClass                             = 5             // its low byte: another process has held the write lock for longer than the busy timeout
		readOnly, ioError, noRoom, cannotOpen = 8, 10, 13, 14 // low bytes too
	)
	var e *sqlite.Error
	switch {
	case !errors.As(err, &e):
		return commonFailure(err)
	case e.Code() == primaryKey || e.Code() == unique:
		return taken
	}
	switch e.Code() & 0xff {
	case busyClass:
		return busy
	case readOnly, ioError, noRoom, cannotOpen:
		return full
	}
	return failed
}

// openSQLite opens or makes the store. A file that is no store, a damaged one and one of a
// newer version are refused before anything is written.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	if err := inspect(ctx, path); err != nil {
		return nil, err
	}
	writer, err := sql.Open("sqlite", dsn(path, "_pragma=busy_timeout(5000)", "_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)", pageCache, "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite", dsn(path, "mode=ro", "_pragma=busy_timeout(5000)", readerCache))
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(8)
	reader.SetMaxIdleConns(8)
	return newStore(sqliteDialect, path, writer, newPrepared(reader), func() {}), nil
}

// prepareFile makes the file 0600 before SQLite does (which would make it 0644); the
// journal files inherit the mode.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the key store: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the key store: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("the key store %s is no regular file", path)
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	return errors.Join(err, f.Close())
}

// inspect reads an existing file without changing a byte of it.
func inspect(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return err
	}
	damaged := func(why any) error {
		return fmt.Errorf("%s is not a key store, or is damaged (%v): nothing was changed; move it away or put a copy back", path, why)
	}
	// SQLite takes a file of a few bytes for an empty database and would write over it.
	if ok, err := hasMagic(path); err != nil || !ok {
		return damaged(cmp.Or(err, errors.New("no SQLite file")))
	}
	db, err := sql.Open("sqlite", dsn(path, "mode=ro", "_pragma=busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing was written
	if info.Size() <= quickCheckLimit {
		var verdict string
		if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
			return damaged(err)
		} else if verdict != "ok" {
			return damaged(verdict)
		}
	}
	_, err = sqliteDialect.schemaOf(ctx, db)
	var newer *newerError
	switch {
	case errors.As(err, &newer):
		return fmt.Errorf("%s %w", path, err)
	case err != nil:
		return damaged(err)
	}
	return nil
}

func hasMagic(path string) (bool, error) {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return string(head[:n]) == magic, err
}
