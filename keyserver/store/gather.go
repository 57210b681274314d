package store

import (
	"context"
	"sync"
)

// gather asks a database that is a round trip away for many keys at once: those that are asked for while it answers wait for the
// next question. None gets an answer to a question that was put before it came.
type gather struct {
	store *Store

	mu      sync.Mutex
	waiting *question
	running int
}

// gatherRuns is how many questions may be on their way at once. With few, each has many keys in it, and a key waits longer for its turn.
const gatherRuns = 4

// question is keys that are asked for together.
type question struct {
	ids   []string
	asked map[string]bool
	done  chan struct{}

	found map[string]*Key
	err   error
}

// key returns a record that others may have too.
func (g *gather) key(ctx context.Context, id string) (*Key, error) {
	if !Storable(id) {
		return nil, ErrNoKey
	}
	g.mu.Lock()
	q := g.waiting
	if q == nil {
		q = &question{asked: map[string]bool{}, done: make(chan struct{})}
		g.waiting = q
	}
	if !q.asked[id] {
		q.asked[id] = true
		q.ids = append(q.ids, id)
	}
	if g.running < gatherRuns {
		g.running++
		g.waiting = nil
		g.mu.Unlock()
		g.run(ctx, q)
	} else {
		g.mu.Unlock()
		<-q.done
	}
	switch k := q.found[id]; {
	case q.err != nil:
		return nil, q.err
	case k == nil:
		return nil, ErrNoKey
	default:
		return k, nil
	}
}

// run asks one question, and lets the next one begin.
func (g *gather) run(ctx context.Context, q *question) {
	ctx = context.WithoutCancel(ctx) // others wait for it too; store.patience bounds it
	defer func() {
		close(q.done)
		g.mu.Lock()
		next := g.waiting
		g.waiting = nil
		if next == nil {
			g.running--
		}
		g.mu.Unlock()
		if next != nil {
			go g.run(ctx, next)
		}
	}()
	if len(q.ids) == 1 {
		var k *Key
		q.err = g.store.Read(ctx, func(ctx context.Context, tx Queryer) (err error) {
			k, err = Get(ctx, tx, q.ids[0])
			return err
		})
		if q.err == ErrNoKey {
			q.err = nil
		} else if q.err == nil {
			q.found = map[string]*Key{k.ID: k}
		}
		return
	}
	q.err = g.store.Read(ctx, func(ctx context.Context, tx Queryer) error {
		q.found = make(map[string]*Key, len(q.ids))
		rows, err := tx.QueryContext(ctx, `SELECT `+keyColumns+` FROM keys WHERE id = ANY($1)`, q.ids)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err says what matters
		for rows.Next() {
			k := new(Key)
			if err := rows.Scan(k.fields()...); err != nil {
				return err
			}
			q.found[k.ID] = k
		}
		return rows.Err()
	})
}
