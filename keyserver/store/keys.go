package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// Key is one stored key. Permissions, Restrictions and Extra are JSON as it goes over
// the wire, so that a list never takes it apart. Times are milliseconds since 1970, 0 for none.
type Key struct {
	ID           string
	Service      string
	Environment  apikey.Environment
	Name         string
	Type         string // sk or pk for Vertesia
	Role         string
	Project      string
	ProjectName  string
	Permissions  string // object of arrays by feature
	Restrictions string // object, "" for none
	Extra        string // object of Vertesia's fields that are kept as they are, "" for none
	Hash         string // hex of the secret's SHA-256
	Value        string // a public key's secret, "" for all others
	Enabled      bool
	Admin        bool // minted as an administrator
	CreatedAt    int64
	UpdatedAt    int64
	ExpiresAt    int64
	LastUsedAt   int64
	CreatedBy    string
	UpdatedBy    string
	Rolled       Rolled // where the key was given a new secret

	Session bool // lives in memory only

	read *readings // of the texts above, once for many requests; nil where they are read as they are needed
}

// readings are what is asked of a key on every request.
type readings struct {
	hash      [sha256.Size]byte
	hashErr   error
	former    [sha256.Size]byte
	formerErr error
	grants    map[string]bool // Feature.name
	limits    apikey.Restrictions
	limitsErr error
}

// ReadOnce reads a key's texts before several requests share it. After that nobody may write to it.
func (k *Key) ReadOnce() {
	r := &readings{}
	r.hash, r.hashErr = k.Sum()
	r.former, r.formerErr = k.formerSum()
	r.limits, r.limitsErr = k.Limits()
	if grants, err := k.grants(); err == nil {
		r.grants = map[string]bool{}
		for feature, names := range grants {
			for _, name := range names {
				r.grants[feature+"."+name] = true
			}
		}
	}
	k.read = r
}

// Sum is the stored hash of the secret.
func (k *Key) Sum() (sum [sha256.Size]byte, err error) {
	if k.read != nil {
		return k.read.hash, k.read.hashErr
	}
	return sumOf(k.Hash)
}

func sumOf(text string) (sum [sha256.Size]byte, err error) {
	n, err := hex.Decode(sum[:], []byte(text))
	if err == nil && n != len(sum) {
		err = errors.New("the key's hash is cut")
	}
	return sum, err
}

func (k *Key) formerSum() (sum [sha256.Size]byte, err error) {
	switch {
	case k.read != nil:
		return k.read.former, k.read.formerErr
	case k.Rolled.Former.DiesAt == 0:
		return sum, nil
	}
	return sumOf(k.Rolled.Former.Hash)
}

// Accepts reports whether a secret of that hash is one of the key's, and whether it is the former one. It takes as long for a wrong one.
func (k *Key) Accepts(given [sha256.Size]byte, now time.Time) (former, ok bool) {
	own, err := k.Sum()
	is := subtle.ConstantTimeCompare(given[:], own[:]) == 1 && err == nil
	before, err := k.formerSum()
	was := subtle.ConstantTimeCompare(given[:], before[:]) == 1 && err == nil && k.Rolled.Overlaps(now)
	return was && !is, is || was
}

const keyColumns = `id, service, environment, name, type, role, project, project_name, permissions, restrictions, extra,
	hash, value, enabled, admin, created_at, updated_at, expires_at, last_used_at, created_by, updated_by`

// readColumns are those of a whole key, and what fields reads.
const readColumns = keyColumns + `, ` + rolledColumn

func (k *Key) fields() []any {
	return []any{&k.ID, &k.Service, &k.Environment, &k.Name, &k.Type, &k.Role, &k.Project, &k.ProjectName,
		&k.Permissions, &k.Restrictions, &k.Extra, &k.Hash, &k.Value, &k.Enabled, &k.Admin,
		&k.CreatedAt, &k.UpdatedAt, &k.ExpiresAt, &k.LastUsedAt, &k.CreatedBy, &k.UpdatedBy, &k.Rolled}
}

// Expired reports whether the key's end has come.
func (k *Key) Expired(now time.Time) bool {
	return k.ExpiresAt > 0 && k.ExpiresAt <= now.UnixMilli()
}

// grants are the permissions of a Prosopo key by feature.
func (k *Key) grants() (map[string][]string, error) {
	var g map[string][]string
	if k.Permissions == "" {
		return g, nil
	}
	err := json.Unmarshal([]byte(k.Permissions), &g)
	return g, err
}

// Has reports whether a Prosopo key holds the permission, written Feature.name.
func (k *Key) Has(permission string) bool {
	if k.read != nil {
		return k.read.grants[permission]
	}
	grants, err := k.grants()
	p := apikey.ParsePermission(permission)
	return err == nil && slices.Contains(grants[p.Feature], p.Name)
}

// Limits are the restrictions of a generic key.
func (k *Key) Limits() (apikey.Restrictions, error) {
	var r apikey.Restrictions
	if k.read != nil {
		return k.read.limits, k.read.limitsErr
	}
	if k.Restrictions == "" {
		return r, nil
	}
	err := json.Unmarshal([]byte(k.Restrictions), &r)
	return r, err
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Get reads a key.
func Get(ctx context.Context, q Queryer, id string) (*Key, error) {
	if !Storable(id) {
		return nil, ErrNoKey
	}
	var k Key
	err := q.QueryRowContext(ctx, `SELECT `+readColumns+` FROM keys WHERE id = $1`, id).Scan(k.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoKey
	}
	return &k, err
}

// Storable reports whether a text can be in the store at all: PostgreSQL takes no other.
func Storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// GetOf is Get for a key that the caller may see: of that service, and of that
// environment unless it is empty.
func GetOf(ctx context.Context, q Queryer, service string, env apikey.Environment, id string) (*Key, error) {
	k, err := Get(ctx, q, id)
	if err == nil && (k.Service != service || env != "" && k.Environment != env) {
		return nil, ErrNoKey
	}
	return k, err
}

const insertKeySQL = `INSERT INTO keys (` + keyColumns + `, mints)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`

// Values are what a row of the key holds, for a Filler.
func (k *Key) Values(mints bool) []any {
	return []any{k.ID, k.Service, string(k.Environment), k.Name, k.Type, k.Role, k.Project, k.ProjectName,
		k.Permissions, k.Restrictions, k.Extra, k.Hash, k.Value, bit(k.Enabled), bit(k.Admin),
		k.CreatedAt, k.UpdatedAt, k.ExpiresAt, k.LastUsedAt, k.CreatedBy, k.UpdatedBy, bit(mints)}
}

// Insert gives the key an id and a secret and stores it. The secret exists in the return value alone,
// but for a public key, whose value is public by design. mints says whether the key can create keys.
func Insert(ctx context.Context, q Queryer, random io.Reader, k *Key, mints bool) (string, error) {
	for attempt := 0; ; attempt++ {
		secret, err := Mint(random, k)
		if err != nil {
			return "", err
		}
		if k.Type == apikey.PublicKey {
			k.Value = secret
		}
		stored, err := q.ExecContext(ctx, insertKeySQL+` ON CONFLICT (id) DO NOTHING`, k.Values(mints)...)
		if err != nil {
			return "", fmt.Errorf("store the key: %w", err)
		}
		switch n, err := stored.RowsAffected(); {
		case err != nil:
			return "", fmt.Errorf("store the key: %w", err)
		case n == 1:
			return secret, nil
		case attempt == 3: // two ids of 60 bits may meet once in a very long while
			return "", errors.New("store the key: its id is taken, four times in a row")
		}
	}
}

// Mint gives the record an id and a hash and returns the secret that belongs to them.
func Mint(random io.Reader, k *Key) (string, error) {
	id, err := newID(random, k.Service)
	if err != nil {
		return "", err
	}
	k.ID = id
	secret, err := newSecret(random, k)
	if err != nil {
		return "", err
	}
	sum := HashSecret(secret)
	k.Hash = hex.EncodeToString(sum[:])
	return secret, nil
}

// Update stores what may change of a key.
func Update(ctx context.Context, q Queryer, k *Key, mints bool) error {
	_, err := q.ExecContext(ctx, `UPDATE keys SET name = $1, role = $2, enabled = $3, extra = $4, mints = $5, updated_at = $6, updated_by = $7
		WHERE id = $8`, k.Name, k.Role, bit(k.Enabled), k.Extra, bit(mints), k.UpdatedAt, k.UpdatedBy, k.ID)
	return err
}

// Delete takes a key out.
func Delete(ctx context.Context, q Queryer, id string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM keys WHERE id = $1`, id)
	if err == nil {
		_, err = q.ExecContext(ctx, `DELETE FROM former_secrets WHERE id = $1`, id)
	}
	return err
}

// CountMinters counts the keys of a service, id aside, that can create keys and still live at that time; unrestricted leaves out those
// with restrictions.
func CountMinters(ctx context.Context, q Queryer, service, id string, at time.Time, unrestricted bool) (int, error) {
	query := `SELECT COUNT(*) FROM keys WHERE service = $1 AND mints = 1 AND id <> $2
		AND enabled = 1 AND (expires_at = 0 OR expires_at > $3)`
	if unrestricted {
		query += ` AND restrictions = ''`
	}
	var n int
	err := q.QueryRowContext(ctx, query, service, id, at.UnixMilli()).Scan(&n)
	return n, err
}

// View says which keys a list holds; empty fields do not narrow it.
type View struct {
	Service     string
	Environment apikey.Environment
	Project     string
	ValidAt     int64 // leaves out keys that expired by then, 0 keeps them
}

// Position is a place in a list: after the key that was made at that time and has that id.
type Position struct {
	CreatedAt int64
	ID        string
}

// listed are the columns that a contract's list shows. A list of 100,000 keys is felt: each
// column costs a tenth of it.
func (k *Key) listed(service string) (string, []any) {
	switch service {
	case wirename.Prosopo:
		return joinedColumns, []any{(*scannedKey)(k)}
	case wirename.Vertesia:
		return `id, name, type, role, project, project_name, extra, value, enabled, created_at, updated_at, expires_at, created_by, updated_by`,
			[]any{&k.ID, &k.Name, &k.Type, &k.Role, &k.Project, &k.ProjectName, &k.Extra, &k.Value, &k.Enabled,
				&k.CreatedAt, &k.UpdatedAt, &k.ExpiresAt, &k.CreatedBy, &k.UpdatedBy}
	default:
		return `id, name, environment, restrictions || ` + rolledColumn + `, created_at, expires_at, last_used_at`,
			[]any{&k.ID, &k.Name, &k.Environment, (*rolledKey)(k), &k.CreatedAt, &k.ExpiresAt, &k.LastUsedAt}
	}
}

// joinedColumns are what Prosopo's list shows of a key, as one text: SQLite's driver takes as long for a column as
// SQLite for a row. The name comes last, as it alone may hold a line break.
const joinedColumns = `id || '
' || CAST(created_at AS TEXT) || '
' || CAST(expires_at AS TEXT) || '
' || permissions || '
' || name`

// scannedKey is a record that is read from joinedColumns.
type scannedKey Key

// Scan implements sql.Scanner.
func (j *scannedKey) Scan(column any) error {
	text, err := textOf(column)
	if err != nil {
		return err
	}
	var created, expires string
	var all bool
	j.ID, text, _ = strings.Cut(text, "\n")
	created, text, _ = strings.Cut(text, "\n")
	expires, text, _ = strings.Cut(text, "\n")
	if j.Permissions, j.Name, all = strings.Cut(text, "\n"); !all {
		return errors.New("a key's columns are not all there")
	}
	if j.CreatedAt, err = strconv.ParseInt(created, 10, 64); err != nil {
		return err
	}
	j.ExpiresAt, err = strconv.ParseInt(expires, 10, 64)
	return err
}

// Page hands the next keys after a position to each, oldest first, at most limit and until it takes no more, and says how many there were.
// The record is reused for the next one. Between two pages no connection is held, so that a slow reader
// of a list delays nobody. Where a connection is lost in the middle, another one goes on from there.
func (s *Store) Page(ctx context.Context, v View, after Position, limit int, each func(*Key) bool) (int, error) {
	return s.PageAt(ctx, &Seen{}, v, after, limit, each)
}

// PageAt is Page for a caller who has seen the store at that version, which becomes the page's own.
func (s *Store) PageAt(ctx context.Context, at *Seen, v View, after Position, limit int, each func(*Key) bool) (int, error) {
	if !Storable(after.ID) {
		return 0, nil
	}
	k := &Key{Service: v.Service}
	columns, fields := k.listed(v.Service)
	var text string
	if at.Known && s.version != "" {
		columns, fields = columns+", "+s.version, append(fields, &text)
	}
	n := 0
	err := s.Read(ctx, func(ctx context.Context, q Queryer) error {
		if n > 0 {
			*at = Seen{} // two questions are of two versions
		}
		rows, err := q.QueryContext(ctx, `SELECT `+columns+` FROM keys
			WHERE service = $1 AND (created_at, id) > ($2, $3)
			AND ($4 = '' OR environment = $4) AND ($5 = '' OR project = $5) AND NOT (expires_at BETWEEN 1 AND $6)
			ORDER BY created_at, id LIMIT $7`,
			v.Service, after.CreatedAt, after.ID, string(v.Environment), v.Project, v.ValidAt, limit-n)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err says what matters
		for rows.Next() {
			if err := rows.Scan(fields...); err != nil {
				return err
			}
			after = Position{k.CreatedAt, k.ID}
			n++
			if !each(k) {
				return nil
			}
		}
		return rows.Err()
	})
	*at = s.seenAs(*at, text)
	return n, err
}
