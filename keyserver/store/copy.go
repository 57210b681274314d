package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Copied says how much Copy moved.
type Copied struct{ Keys, Users int }

// copiedTables are what a store is; leases and the version are each store's own.
var copiedTables = []struct {
	name, columns, where string
	since                int // the version of a store that has it
}{
	{"detent_meta", "name, value", "WHERE name NOT IN ('schema', 'lock')", 0},
	{"keys", keyColumns + ", mints", "", 0},
	{"users", "id, name, email, created_at", "", 0},
	{"signers", "kid, public, expires_at", "", 0},
	{"former_secrets", "id, hash, dies_at, used_at, rolled_at", "", sinceRolls},
}

// sinceRolls is the version from which on a key can have had another secret.
const sinceRolls = 4

// Copy copies the SQLite store at path, hashes and all, into the store that o names, which is made if need be
// and must be empty. The source is only read, as it is at one moment. It is one transaction: what was written is read back, counted and
// compared before it is committed.
func Copy(ctx context.Context, o Options, path string) (Copied, error) {
	if info, err := os.Stat(path); err != nil {
		return Copied{}, fmt.Errorf("read the store to copy: %w", err)
	} else if target, err := os.Stat(o.Path); o.URL == "" && err == nil && os.SameFile(info, target) {
		return Copied{}, fmt.Errorf("%s is the store to copy into, too", path)
	} else if info.Size() == 0 {
		return Copied{}, fmt.Errorf("%s is empty: nothing to copy", path)
	}
	if err := inspect(ctx, path); err != nil {
		return Copied{}, err
	}
	source, err := sql.Open("sqlite", dsn(path, "mode=ro", "_pragma=busy_timeout(5000)", pageCache))
	if err != nil {
		return Copied{}, err
	}
	defer func() { _ = source.Close() }() // only read
	moment, err := source.BeginTx(ctx, nil)
	if err != nil {
		return Copied{}, fmt.Errorf("read %s: %w", path, err)
	}
	defer func() { _ = moment.Rollback() }() // only read
	st, password, err := Open(ctx, o)
	if err != nil {
		return Copied{}, err
	}
	done, err := st.copyFrom(ctx, moment)
	if err != nil {
		err = fmt.Errorf("copy %s to %s: %w", path, st.Name, err)
	}
	return done, WithoutPassword(errors.Join(err, st.Close()), password)
}

func (s *Store) copyFrom(ctx context.Context, source Queryer) (Copied, error) {
	rows := map[string]int{}
	version, err := sqliteDialect.schemaOf(ctx, source)
	if err != nil {
		return Copied{}, err
	}
	unknown, err := s.attempt(ctx, s.isolation, false, func(ctx context.Context, tx Tx) error {
		for _, table := range copiedTables {
			if table.name == "keys" && version >= sinceRolls {
				table.columns += ", rolled_at"
			}
			what := table.columns + " FROM " + table.name + " " + table.where
			if found, err := digest(ctx, tx, what, nil); err != nil {
				return err
			} else if found.rows > 0 {
				return fmt.Errorf("it is not empty (%d rows in %s): nothing was copied", found.rows, table.name)
			}
			if version < table.since {
				continue
			}
			fill := &Filler{ctx: ctx, tx: tx, dialect: s.dialect, into: "INSERT INTO " + table.name + " (" + table.columns + ") "}
			read, err := digest(ctx, source, what, fill.Add)
			if err == nil {
				err = fill.Flush()
			}
			if err != nil {
				return fmt.Errorf("%s: %w", table.name, err)
			}
			written, err := digest(ctx, tx, what, nil)
			if err != nil {
				return err
			}
			if written != read {
				return fmt.Errorf("%s: %d rows were written of %d, or not as they were: nothing was copied", table.name, written.rows, read.rows)
			}
			rows[table.name] = read.rows
		}
		return nil
	})
	if unknown {
		err = fmt.Errorf("the answer to the commit was lost, the copy may be there whole or not at all; look before you copy again: %w", err)
	}
	return Copied{Keys: rows["keys"], Users: rows["users"]}, err
}

// contents is what a table holds, whatever order it is read in.
type contents struct {
	rows int
	sum  [sha256.Size]byte // of the rows' hashes, bit by bit; no row is there twice
}

// digest reads rows, hands each to each, and sums them up.
func digest(ctx context.Context, q Queryer, what string, each func(row []any) error) (c contents, err error) {
	rows, err := q.QueryContext(ctx, "SELECT "+what)
	if err != nil {
		return c, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what matters
	columns, err := rows.Columns()
	if err != nil {
		return c, err
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	var text []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return c, err
		}
		text = text[:0]
		for _, value := range row {
			field := fmt.Sprint(value)
			text = append(binary.AppendUvarint(text, uint64(len(field))), field...)
		}
		for i, b := range sha256.Sum256(text) {
			c.sum[i] ^= b
		}
		c.rows++
		if each != nil {
			if err := each(row); err != nil {
				return c, err
			}
		}
	}
	return c, rows.Err()
}

// Filler stores rows many at a time.
type Filler struct {
	dialect
	ctx  context.Context
	tx   Tx
	into string    // INSERT INTO table (columns)
	many *sql.Stmt // stores fillRows; it ends with the transaction
	args []any
	rows int
}

// FillKeys is a Filler of keys; a row of it is a key's values.
func (s *Store) FillKeys(ctx context.Context, tx Tx) *Filler {
	into, _, _ := strings.Cut(insertKeySQL, "VALUES")
	return &Filler{ctx: ctx, tx: tx, dialect: s.dialect, into: into}
}

// fillRows is how many rows go into the store with one statement: SQLite's own bound is 32,766 values.
const fillRows = 100

// Add stores a row, now or with those that come next.
func (f *Filler) Add(row []any) (err error) {
	f.args = append(f.args, row...)
	if f.rows++; f.rows < fillRows {
		return nil
	}
	if f.many == nil {
		if f.many, err = f.tx.PrepareContext(f.ctx, f.statement()); err != nil {
			return err
		}
	}
	_, err = f.many.ExecContext(f.ctx, f.args...)
	f.args, f.rows = f.args[:0], 0
	return err
}

// Flush stores what is left.
func (f *Filler) Flush() error {
	if f.rows == 0 {
		return nil
	}
	_, err := f.tx.ExecContext(f.ctx, f.statement(), f.args...)
	f.args, f.rows = f.args[:0], 0
	return err
}

// statement stores as many rows as there are now.
func (f *Filler) statement() string {
	var b strings.Builder
	b.WriteString(f.into + "VALUES ")
	columns := len(f.args) / f.rows
	for i := range f.args {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteByte(',')
		}
		b.WriteString(f.parameter(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}
