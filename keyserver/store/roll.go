package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Rolled says that a key was given a new secret in place of the one that it had. Times are milliseconds since 1970, 0 for none.
type Rolled struct {
	At     int64 // when it got the secret that it has, 0 for its first one
	Former Former
}

// Former is the secret that a rolled key had before. It is let in beside the new one until it dies.
type Former struct {
	Hash     string // hex of its SHA-256
	DiesAt   int64  // 0 where there is none
	UsedAt   int64
	RolledAt int64 // Rolled.At of the key while that was its secret
}

// rolledColumn is all of Rolled as one text after a line break, nothing where the key was never rolled: a list pays for what it reads.
const rolledColumn = `CASE rolled_at WHEN 0 THEN '' ELSE '
' || CAST(rolled_at AS TEXT) || COALESCE((SELECT ' ' || CAST(f.dies_at AS TEXT) || ' ' || CAST(f.used_at AS TEXT)
	|| ' ' || CAST(f.rolled_at AS TEXT) || ' ' || f.hash FROM former_secrets f WHERE f.id = keys.id), ' 0 0 0 ') END`

// Scan implements sql.Scanner.
func (r *Rolled) Scan(column any) error {
	text, err := textOf(column)
	if err != nil {
		return err
	}
	return r.read(text)
}

func (r *Rolled) read(text string) error {
	if *r = (Rolled{}); text == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(text, "\n"), " ")
	if len(parts) != 5 {
		return fmt.Errorf("what a key was rolled to has %d parts", len(parts))
	}
	for i, into := range []*int64{&r.At, &r.Former.DiesAt, &r.Former.UsedAt, &r.Former.RolledAt} {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil {
			return fmt.Errorf("what a key was rolled to: %w", err)
		}
		*into = n
	}
	r.Former.Hash = parts[4]
	return nil
}

// rolledKey is a record of which the restrictions, and behind them rolledColumn, are read from one column: JSON has no line break as it is
// stored, and each column of a list costs a tenth of it.
type rolledKey Key

// Scan implements sql.Scanner.
func (k *rolledKey) Scan(column any) error {
	text, err := textOf(column)
	if err != nil {
		return err
	}
	k.Restrictions, text, _ = strings.Cut(text, "\n")
	return k.Rolled.read(text)
}

// Overlaps reports whether the former secret is still let in.
func (r Rolled) Overlaps(now time.Time) bool { return now.UnixMilli() < r.Former.DiesAt }

// Roll gives a key a new secret, which exists in the return value alone. The one that it has is let in until diesAt, and not at all
// where that is 0. ErrNoKey where the key has another secret than k says.
func Roll(ctx context.Context, q Queryer, random io.Reader, k *Key, now, diesAt int64) (string, error) {
	secret, err := newSecret(random, k)
	if err != nil {
		return "", err
	}
	sum := HashSecret(secret)
	// Later than any secret of this key before: it names the secret.
	after := Rolled{At: max(now, k.UpdatedAt+1, k.Rolled.At+1)}
	if diesAt > 0 {
		after.Former = Former{k.Hash, diesAt, k.LastUsedAt, k.Rolled.At}
	}
	before := k.Hash
	k.Hash, k.LastUsedAt, k.UpdatedAt, k.Rolled, k.read = hex.EncodeToString(sum[:]), 0, after.At, after, nil
	return secret, k.rewrite(ctx, q, before)
}

// EndOverlap takes the former secret away.
func EndOverlap(ctx context.Context, q Queryer, k *Key) error {
	k.Rolled.Former, k.read = Former{}, nil
	return k.rewrite(ctx, q, k.Hash)
}

// KeepFormer gives the key back to its former secret. The one that it has is dead.
func KeepFormer(ctx context.Context, q Queryer, k *Key, now int64) error {
	before, f := k.Hash, k.Rolled.Former
	k.UpdatedAt = max(now, k.Rolled.At) // no later roll is named like the one that is taken back
	k.Hash, k.LastUsedAt, k.Rolled, k.read = f.Hash, f.UsedAt, Rolled{At: f.RolledAt}, nil
	return k.rewrite(ctx, q, before)
}

// rewrite stores a key's secrets where it still has the one of that hash.
func (k *Key) rewrite(ctx context.Context, q Queryer, before string) error {
	done, err := q.ExecContext(ctx, `UPDATE keys SET hash = $1, last_used_at = $2, updated_at = $3, updated_by = $4, rolled_at = $5 WHERE id = $6 AND hash = $7`,
		k.Hash, k.LastUsedAt, k.UpdatedAt, k.UpdatedBy, k.Rolled.At, k.ID, before)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		if err == nil {
			err = ErrNoKey
		}
		return err
	}
	f := k.Rolled.Former
	if f.DiesAt == 0 {
		_, err = q.ExecContext(ctx, `DELETE FROM former_secrets WHERE id = $1`, k.ID)
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO former_secrets (id, hash, dies_at, used_at, rolled_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, dies_at = excluded.dies_at, used_at = excluded.used_at, rolled_at = excluded.rolled_at`,
		k.ID, f.Hash, f.DiesAt, f.UsedAt, f.RolledAt)
	return err
}

// textOf is a column of text, as either driver gives it.
func textOf(column any) (string, error) {
	switch column := column.(type) {
	case string:
		return column, nil
	case []byte:
		return string(column), nil
	}
	return "", fmt.Errorf("a key's column of text is a %T", column)
}
