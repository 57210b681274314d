package keyserver

import (
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
	latest  map[string]use // by id; not stored yet, or being stored
	timer   *time.Timer
	armed   bool
	closed  bool
	writing sync.Mutex // one flush at a time
}

// use is a moment in milliseconds, and how many calls it is the moment of.
type use struct {
	at    int64
	calls int
}

func (u *usage) start(st *store.Store, l *log.Logger) {
	u.store, u.log = st, l
	u.latest = map[string]use{}
}

// touch notes a use, and returns what was noted before.
func (u *usage) touch(id string, at int64) (before use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch before = u.latest[id]; {
	case at > before.at:
		u.latest[id] = use{at, 1}
	case at == before.at:
		u.latest[id] = use{at, before.calls + 1}
	}
	if !u.armed && !u.closed {
		u.armed = true
		u.timer = time.AfterFunc(usageDelay, u.flush)
	}
	return before
}

// undo undoes a touch: the call was refused after all. Where it took so long that its use is stored already, it stays.
func (u *usage) undo(id string, at int64, before use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch now := u.latest[id]; {
	case now.at != at:
	case now.calls > 1:
		u.latest[id] = use{at, now.calls - 1}
	case before.at == 0 || before.at >= at:
		delete(u.latest, id)
	default:
		u.latest[id] = before
	}
}

// lastUse is the newest known use of a key whose stored one is given.
func (u *usage) lastUse(id string, stored int64) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return max(stored, u.latest[id].at)
}

func (u *usage) flush() {
	u.writing.Lock()
	defer u.writing.Unlock()
	u.mu.Lock()
	u.armed = false
	batch := make(map[string]int64, len(u.latest))
	for id, use := range u.latest {
		batch[id] = use.at
	}
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
	for id, at := range batch {
		if u.latest[id].at == at {
			delete(u.latest, id)
		}
	}
}

// usageRows is how many rows one statement moves: far below what a statement may have of parameters.
const usageRows = 500

// write moves last uses forward, never back: instances may write the same ones in any order. Ids are in order, so
// that two instances do not wait for each other in a circle; where they do, the database ends one, which tries again. A
// row is written once a batch, however often the key was used.
func (u *usage) write(batch map[string]int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(batch)), usageRows) {
		var rows strings.Builder
		args := make([]any, 0, 2*len(ids))
		for i, id := range ids {
			if i > 0 {
				rows.WriteByte(',')
			}
			fmt.Fprintf(&rows, "(CAST($%d AS TEXT),CAST($%d AS BIGINT))", 2*i+1, 2*i+2)
			args = append(args, id, batch[id])
		}
		err := u.store.AddAgain(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE keys SET last_used_at = used.column2 FROM (VALUES `+rows.String()+`) AS used
				WHERE keys.id = used.column1 AND keys.last_used_at < used.column2`, args...)
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
