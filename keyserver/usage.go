package keyserver

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"detent/keyserver/store"
)

// usageDelay is how long a last use may be in memory only. After a kill, last_used lags
// by that much; within the process it is exact, since lists look here too.
const usageDelay = 500 * time.Millisecond

// usage collects when keys were last used and stores it in batches. A timer runs only
// while there is something to store.
type usage struct {
	store *store.Store
	log   *log.Logger

	mu      sync.Mutex
	latest  map[secretName]use // not stored yet, or being stored
	timer   *time.Timer
	armed   bool
	closed  bool
	writing sync.Mutex // one flush at a time
}

// secretName names a secret of a key, which may have had others: they are named by when it got them.
type secretName struct {
	id     string
	rolled int64
}

// use is a moment in milliseconds, and how many calls it is the moment of.
type use struct {
	at    int64
	calls int
	hash  string // of the secret, as it is stored: who has been given another one meanwhile has not used that
}

func (u *usage) start(st *store.Store, l *log.Logger) {
	u.store, u.log = st, l
	u.latest = map[secretName]use{}
}

// touch notes a use of a secret, and returns what was noted before.
func (u *usage) touch(secret secretName, hash string, at int64) (before use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch before = u.latest[secret]; {
	case at > before.at:
		u.latest[secret] = use{at, 1, hash}
	case at == before.at:
		u.latest[secret] = use{at, before.calls + 1, hash}
	}
	if !u.armed && !u.closed {
		u.armed = true
		u.timer = time.AfterFunc(usageDelay, u.flush)
	}
	return before
}

// undo undoes a touch: the call was refused after all. Where it took so long that its use is stored already, it stays.
func (u *usage) undo(secret secretName, at int64, before use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch now := u.latest[secret]; {
	case now.at != at:
	case now.calls > 1:
		u.latest[secret] = use{at, now.calls - 1, now.hash}
	case before.at == 0 || before.at >= at:
		delete(u.latest, secret)
	default:
		u.latest[secret] = before
	}
}

// lastUses are the newest known uses of a key's secret, and of the former one.
func (u *usage) lastUses(k *store.Key) (own, former int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	own = max(k.LastUsedAt, u.latest[secretName{k.ID, k.Rolled.At}].at)
	if f := k.Rolled.Former; f.DiesAt != 0 {
		former = max(f.UsedAt, u.latest[secretName{k.ID, f.RolledAt}].at)
	}
	return own, former
}

func (u *usage) flush() {
	u.writing.Lock()
	defer u.writing.Unlock()
	u.mu.Lock()
	u.armed = false
	batch := maps.Clone(u.latest)
	u.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	if err := u.write(batch); err != nil {
		u.log.Printf("store last use: %v", err) // the next touch tries again
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for secret, use := range batch {
		if u.latest[secret].at == use.at {
			delete(u.latest, secret)
		}
	}
}

// usageRows is how many rows one statement moves: far below what a statement may have of parameters.
const usageRows = 500

// write moves last uses forward, never back: instances may write the same ones in any order. Ids are in order, so
// that two instances do not wait for each other in a circle; where they do, the database ends one, which tries again. A
// row is written once a batch, however often the key was used. A use is that of the secret that was sent: it is the key's, or by now its former
// one, or one that is dead.
func (u *usage) write(batch map[secretName]use) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	inOrder := slices.SortedFunc(maps.Keys(batch), func(a, b secretName) int {
		return cmp.Or(strings.Compare(a.id, b.id), cmp.Compare(a.rolled, b.rolled))
	})
	for secrets := range slices.Chunk(inOrder, usageRows) {
		var rows strings.Builder
		args := make([]any, 0, 3*len(secrets))
		for i, secret := range secrets {
			if i > 0 {
				rows.WriteByte(',')
			}
			fmt.Fprintf(&rows, "(CAST($%d AS TEXT),CAST($%d AS BIGINT),CAST($%d AS TEXT))", 3*i+1, 3*i+2, 3*i+3)
			args = append(args, secret.id, batch[secret].at, batch[secret].hash)
		}
		err := u.store.AddAgain(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE keys SET last_used_at = used.column2 FROM (VALUES `+rows.String()+`) AS used
				WHERE keys.id = used.column1 AND keys.hash = used.column3 AND keys.last_used_at < used.column2`, args...)
			if err == nil {
				_, err = tx.ExecContext(ctx, `UPDATE former_secrets SET used_at = used.column2 FROM (VALUES `+rows.String()+`) AS used
					WHERE former_secrets.id = used.column1 AND former_secrets.hash = used.column3 AND former_secrets.used_at < used.column2`, args...)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *usage) close() {
	u.mu.Lock()
	u.closed = true
	if u.timer != nil {
		u.timer.Stop()
	}
	u.mu.Unlock()
	u.flush()
}
