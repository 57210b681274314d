package keyserver

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"detent/keyserver/store"

	"detent/keyserver/contract"
)

const (
	// onceHeader makes a create, or a roll, that is sent twice one: the second is answered with the key that the first made, never with its secret.
	onceHeader = "Idempotency-Key"
	replayed   = "Idempotent-Replay"
	// onceLife is for how long it does.
	onceLife = 24 * time.Hour
	maxOnce  = 128 // characters
)

// once names a create or a roll for those who send it again.
type once struct {
	key  string
	body string // hash of what was sent
}

// errRepeated says that somebody else's call of that name was there first.
var errRepeated = errors.New("the call was sent twice")

// onceOf reads the header; nil where there is none. Of is what the call is about beside its body.
func (c *call) onceOf(of string) (*once, error) {
	values := c.r.Header.Values(onceHeader)
	if len(values) == 0 {
		return nil, nil
	}
	key := values[0]
	if len(values) > 1 || len(key) == 0 || len(key) > maxOnce {
		return nil, contract.Invalid("%s must be there once, with 1 to %d characters", onceHeader, maxOnce)
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return nil, contract.Invalid("%s must be of printable ASCII characters", onceHeader)
		}
	}
	text, err := json.Marshal(c.body) // fields in order, and no white space between: what was meant, not how it was written
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append(text, of...))
	return &once{key, hex.EncodeToString(sum[:])}, nil
}

func (c *call) answerAgain(write func(*store.Key, string) []byte) ([]byte, error) {
	var body, id string
	var k *store.Key
	err := c.store.Read(c.ctx, func(ctx context.Context, q store.Queryer) error {
		err := q.QueryRowContext(ctx, `SELECT body, id FROM once WHERE caller = $1 AND name = $2 AND expires_at > $3`,
			c.who.ID, c.once.key, c.now.UnixMilli()).Scan(&body, &id)
		if err == nil {
			k, err = store.Get(ctx, q, id)
		}
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil && !errors.Is(err, store.ErrNoKey):
		return nil, err
	case body != c.once.body:
		return nil, contract.Conflict("%s was used for another call within a day: take a new one", onceHeader)
	case err != nil:
		return nil, contract.Conflict("the key of this call is gone: take a new %s", onceHeader)
	}
	c.w.Header().Set(replayed, "true")
	return write(k, ""), nil
}

// remember notes, in the transaction that makes the key, what the create was called.
func (c *call) remember(ctx context.Context, tx store.Tx, k *store.Key) error {
	if c.once == nil {
		return nil
	}
	now := c.now.UnixMilli()
	if _, err := tx.ExecContext(ctx, `DELETE FROM once WHERE expires_at <= $1`, now); err != nil {
		return err
	}
	stored, err := tx.ExecContext(ctx, `INSERT INTO once (caller, name, body, id, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (caller, name) DO NOTHING`, c.who.ID, c.once.key, c.once.body, k.ID, now+onceLife.Milliseconds())
	if err != nil {
		return err
	}
	n, err := stored.RowsAffected()
	if err == nil && n == 0 {
		err = errRepeated
	}
	return err
}
