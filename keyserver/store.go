package keyserver

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"modernc.org/sqlite"
)

// migrations bring a store from one version to the next; a store's version is how many
// of them it has seen. The SQL is what SQLite and PostgreSQL share: text ids, times as
// milliseconds since 1970 (0: none), booleans as 0 and 1. Never change one that was released: add the next.
var migrations = []string{`
CREATE TABLE detent_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE keys (
	id           TEXT PRIMARY KEY,
	service      TEXT NOT NULL,
	environment  TEXT NOT NULL,
	name         TEXT NOT NULL,
	type         TEXT NOT NULL,
	role         TEXT NOT NULL,
	project      TEXT NOT NULL,
	project_name TEXT NOT NULL,
	permissions  TEXT NOT NULL,
	restrictions TEXT NOT NULL,
	extra        TEXT NOT NULL,
	hash         TEXT NOT NULL,
	value        TEXT NOT NULL,
	enabled      BIGINT NOT NULL,
	admin        BIGINT NOT NULL,
	mints        BIGINT NOT NULL,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL,
	expires_at   BIGINT NOT NULL,
	last_used_at BIGINT NOT NULL,
	created_by   TEXT NOT NULL,
	updated_by   TEXT NOT NULL
);
CREATE INDEX keys_in_order ON keys (service, created_at, id);
CREATE INDEX keys_expiring ON keys (service, expires_at) WHERE expires_at > 0;
CREATE INDEX keys_minting ON keys (service) WHERE mints = 1;
CREATE INDEX keys_public ON keys (project, name) WHERE type = 'pk';
CREATE TABLE users (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	email      TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE TABLE signers (
	kid        TEXT PRIMARY KEY,
	public     TEXT NOT NULL,
	expires_at BIGINT NOT NULL
);`,
}

// quickCheckLimit is the size up to which a store is checked as a whole before it is opened: some 3 ms. A larger
// one is checked in its first pages, and damage further in shows when it is read.
const quickCheckLimit = 2 << 20

// pageCache is what each connection may keep of the file, in KiB. A list in order of creation reads rows from all over it,
// and a large change writes all over its indexes: with SQLite's usual 2 MiB every page is read and written again and again.
const pageCache = "_pragma=cache_size(-32768)"

// store is the SQLite file: one writer, so that writes queue here and not in SQLite's
// busy handler, and a pool of readers that never wait for it (WAL).
type store struct {
	writer *sql.DB
	reader *sql.DB
}

// openStore opens or makes the store. A file that is no store, a damaged one and one of a
// newer version are refused before anything is written.
func openStore(ctx context.Context, path string) (*store, error) {
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
	s := &store{writer: writer}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the key store %s: %w", path, err), writer.Close())
	}
	s.reader, err = sql.Open("sqlite", dsn(path, "mode=ro", "_pragma=busy_timeout(5000)", pageCache))
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	s.reader.SetMaxOpenConns(8)
	s.reader.SetMaxIdleConns(8)
	return s, nil
}

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
	var tables, ours int
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN name = 'detent_meta' THEN 1 END)
		FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &ours); err != nil {
		return damaged(err)
	}
	if tables == 0 {
		return nil
	}
	if ours == 0 {
		return damaged("another program's database")
	}
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return damaged(err)
	}
	if version > len(migrations) {
		return fmt.Errorf("%s is of a newer version (%d; this program knows up to %d): nothing was changed; use the newer program",
			path, version, len(migrations))
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

// queryer is what *sql.DB and *sql.Tx share.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func schemaVersion(ctx context.Context, db queryer) (int, error) {
	var text string
	if err := db.QueryRowContext(ctx, `SELECT value FROM detent_meta WHERE name = 'schema'`).Scan(&text); err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// migrate runs what the store has not seen, in one transaction: two processes that open a
// new store at once take turns, and a kill leaves the old version.
func (s *store) migrate(ctx context.Context) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		var tables int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'detent_meta'`).Scan(&tables); err != nil {
			return err
		}
		version := 0
		if tables > 0 {
			var err error
			if version, err = schemaVersion(ctx, tx); err != nil {
				return err
			}
		}
		if version >= len(migrations) {
			return nil
		}
		for _, m := range migrations[version:] {
			if _, err := tx.ExecContext(ctx, m); err != nil {
				return err
			}
		}
		return setMeta(ctx, tx, "schema", strconv.Itoa(len(migrations)))
	})
}

func setMeta(ctx context.Context, tx queryer, name, value string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO detent_meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// metaOr returns the stored value of a name, storing the one given if there is none.
func (s *store) metaOr(ctx context.Context, name, value string) (string, error) {
	var stored string
	err := s.writer.QueryRowContext(ctx, `INSERT INTO detent_meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = detent_meta.value RETURNING value`, name, value).Scan(&stored)
	return stored, err
}

// change runs fn in a write transaction; an error rolls it back.
func (s *store) change(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (s *store) close() error { return errors.Join(s.reader.Close(), s.writer.Close()) }

// isConflict reports whether err is a unique constraint that was hit. It is the one place that knows the driver.
func isConflict(err error) bool {
	const primaryKey, unique = 1555, 2067
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == primaryKey || e.Code() == unique)
}
