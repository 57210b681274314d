package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// postgresPool is how many connections an instance has at most: enough to keep some cores of a database busy, and few
	// enough that five instances fit into PostgreSQL's usual 100.
	postgresPool = 16
	// postgresPatience is how long an operation waits for the database before the caller is told that it cannot be used.
	postgresPatience = 5 * time.Second
	postgresConnect  = 3 * time.Second
)

// postgresDialect keeps to what PostgreSQL's distributed relatives take as well: no advisory locks, no extensions,
// no SKIP LOCKED; transactions that meet are tried again.
var postgresDialect = dialect{
	isolation: sql.LevelSerializable,
	tables: `SELECT COUNT(*), COUNT(CASE WHEN table_name = 'detent_meta' THEN 1 END)
		FROM information_schema.tables WHERE table_schema = current_schema()`,
	failure:   postgresFailure,
	parameter: func(n int) string { return "$" + strconv.Itoa(n) },
	metaFirst: true,
	distant:   true,
	version:   versionOfPostgres,
	patience:  postgresPatience,
}

// IsPostgresURL reports whether a store is named by a URL of PostgreSQL and not by a path.
func IsPostgresURL(store string) bool {
	return strings.HasPrefix(store, "postgres://") || strings.HasPrefix(store, "postgresql://")
}

// postgresFailure goes by SQLSTATE (PostgreSQL's appendix A; CockroachDB and YugabyteDB use the same).
func postgresFailure(err error) Failure {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return connectionFailure(err)
	}
	switch e.Code {
	case "23505", "42P07", "42710": // unique_violation; duplicate_table and duplicate_object, of two that make one at once
		return taken
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return Contended
	case "40003", // statement_completion_unknown
		"57P01", "57P02", "57P03", "57P05", "25P03": // shut down, crashed, starting; idle for too long
		return Lost
	case "55P03", "57014": // a lock that was not to be had; a statement timeout
		return busy
	case "25006", "53100": // a replica, since a failover; no room on its disk
		return full
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "08": // the connection
		return Lost
	case "53", "58": // out of connections, memory or disk; a failure of the system
		return busy
	}
	return failed
}

func connectionFailure(err error) Failure {
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return failed
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.As(err, &network), errors.As(err, &connect), pgconn.SafeToRetry(err), pgconn.Timeout(err):
		return Lost
	}
	return commonFailure(err)
}

// openPostgres prepares a pool; nothing is connected yet. What the URL leaves out comes from PostgreSQL's usual
// variables and files: PGHOST, PGPASSWORD, PGPASSFILE, PGSERVICE.
func openPostgres(raw string) (*Store, string, error) {
	cfg, err := postgresConfig(raw)
	if err != nil {
		return nil, "", err
	}
	// A connection that was handed out before another one broke is suspect: a database that restarts ends them all.
	var lostAt atomic.Int64
	db := stdlib.OpenDB(*cfg, stdlib.OptionShouldPing(func(_ context.Context, p stdlib.ShouldPingParams) bool {
		return p.IdleDuration > time.Second || time.Now().Add(-p.IdleDuration).UnixNano() <= lostAt.Load()
	}))
	db.SetMaxOpenConns(postgresPool)
	db.SetMaxIdleConns(postgresPool)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour) // so that a database that moved is found
	return newStore(postgresDialect, postgresName(cfg), db, db, func() { lostAt.Store(time.Now().UnixNano()) }), cfg.Password, nil
}

// postgresConfig reads a URL. The driver's own errors quote it, and of one that is malformed nobody knows which part is the password.
func postgresConfig(raw string) (*pgx.ConnConfig, error) {
	u, err := url.Parse(raw)
	if err != nil || !IsPostgresURL(raw) {
		return nil, errors.New("is no URL such as postgres://user@host/database (a special character in the user's name or the password is written %XX)")
	}
	cfg, err := pgx.ParseConfig(raw)
	if err != nil {
		return nil, errors.New("is a URL that PostgreSQL's driver does not take: see to its parameters (sslmode, sslrootcert, service …), its port, and the files and PG… variables that they name")
	}
	if undecidedTLS(cfg) {
		q := u.Query()
		q.Set("sslmode", "verify-full")
		u.RawQuery = q.Encode()
		if cfg, err = pgx.ParseConfig(u.String()); err != nil {
			return nil, errors.New("cannot be reached with sslmode=verify-full, which is the default beyond this machine: name another sslmode")
		}
	}
	if cfg.ConnectTimeout == 0 || cfg.ConnectTimeout > postgresConnect {
		cfg.ConnectTimeout = postgresConnect
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "detent"
	}
	return cfg, nil
}

// undecidedTLS reports whether a connection beyond this machine would be encrypted or not as it comes, and with whoever answers:
// that is the driver's default, sslmode=prefer.
func undecidedTLS(cfg *pgx.ConnConfig) bool {
	plain, encrypted := false, false
	note := func(host string, tls bool) {
		ip := net.ParseIP(host)
		if host == "localhost" || filepath.IsAbs(host) || ip != nil && ip.IsLoopback() {
			return
		}
		plain, encrypted = plain || !tls, encrypted || tls
	}
	note(cfg.Host, cfg.TLSConfig != nil)
	for _, f := range cfg.Fallbacks {
		note(f.Host, f.TLSConfig != nil)
	}
	return plain && encrypted
}

// postgresName is how messages call the store.
func postgresName(cfg *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", User: url.User(cfg.User), Path: "/" + cfg.Database}
	if filepath.IsAbs(cfg.Host) {
		u.RawQuery = "host=" + cfg.Host
	} else {
		u.Host = net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
	}
	return u.String()
}

// checkEncoding refuses a database that would not keep every name as it was sent.
func checkEncoding(ctx context.Context, q Queryer) error {
	var encoding string
	if err := q.QueryRowContext(ctx, `SHOW server_encoding`).Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("its encoding is %s: make it with createdb --encoding=UTF8 --template=template0", encoding)
	}
	return nil
}

// WithoutPassword is an error that does not quote the password.
func WithoutPassword(err error, password string) error {
	if err == nil || password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), password, "****"))
}
