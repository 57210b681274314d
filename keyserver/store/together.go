package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// together commits as one what came to be written while the write before it was committed: a commit of SQLite waits for the disk once, whatever is in
// it. Each write has a savepoint of its own, so that one that fails takes nothing of the others with it, and none is told of its end before
// the commit that it is in is answered.
type together struct {
	store *Store

	mu      sync.Mutex
	waiting []*write
	running bool
	commits int
}

// maxTogether bounds what one commit has in it.
const maxTogether = 64

// write is one attempt at a transaction.
type write struct {
	ctx   context.Context
	doubt bool
	fn    func(ctx context.Context, tx Tx) error
	done  chan struct{}

	err      error
	unknown  bool
	panicked any
}

// attempt is Store.attempt. Once it has begun it is not called off: that would end the others' transaction.
func (g *together) attempt(ctx context.Context, doubt bool, fn func(ctx context.Context, tx Tx) error) (unknown bool, err error) {
	w := &write{ctx: ctx, doubt: doubt, fn: fn, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, w)
	if g.running {
		g.mu.Unlock()
	} else {
		g.running = true
		batch := g.next()
		g.mu.Unlock()
		g.run(batch)
	}
	<-w.done
	if w.panicked != nil {
		panic(w.panicked)
	}
	return w.unknown, w.err
}

// next takes what is to be committed as one. The lock is held.
func (g *together) next() []*write {
	n := min(len(g.waiting), maxTogether)
	batch := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return batch
}

// run writes a batch, and lets the next one begin.
func (g *together) run(batch []*write) {
	defer func() {
		g.mu.Lock()
		next := g.next()
		g.running = len(next) > 0
		g.mu.Unlock()
		if len(next) > 0 {
			go g.run(next)
		}
		for _, w := range batch {
			close(w.done)
		}
	}()
	if g.write(batch) || len(batch) == 1 {
		return
	}
	for _, w := range batch { // what one of them did to the transaction is not the others' failure
		w.err, w.unknown, w.panicked = nil, false, nil
		g.write([]*write{w})
	}
}

// write runs a batch in one transaction; false says that none of it happened, for certain, and that it was perhaps only one of them.
func (g *together) write(batch []*write) bool {
	tx, err := g.store.Writer.BeginTx(context.Background(), nil)
	if err != nil {
		for _, w := range batch {
			w.err = err
		}
		return true
	}
	wrote := false
	for _, w := range batch {
		if w.err = w.ctx.Err(); w.err != nil {
			continue
		}
		if !w.run(tx, len(batch) > 1) {
			_ = tx.Rollback() // where it fails the connection ends, and the transaction with it
			return false
		}
		wrote = wrote || w.err == nil
	}
	if !wrote {
		_ = tx.Rollback() // as above
		return true
	}
	g.commits++
	if err = tx.Commit(); err == nil {
		return true
	}
	unknown := g.store.mayHaveHappened(err)
	for _, w := range batch {
		// Who was refused may have been refused for what another one did.
		w.err, w.unknown = err, unknown && w.err == nil
	}
	return unknown
}

// run does what is to be written, and takes it back if it fails; false says that the transaction is of no use any more.
func (w *write) run(tx *sql.Tx, others bool) bool {
	ctx := context.WithoutCancel(w.ctx)
	if !others {
		w.err = w.call(ctx, tx)
		return w.err == nil
	}
	if _, err := tx.ExecContext(ctx, `SAVEPOINT one`); err != nil {
		return false
	}
	if w.err = w.call(ctx, tx); w.err != nil {
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO one`); err != nil {
			return false
		}
	}
	_, err := tx.ExecContext(ctx, `RELEASE one`)
	return err == nil
}

// call lets a panic be that of who wanted to write.
func (w *write) call(ctx context.Context, tx *sql.Tx) (err error) {
	defer func() {
		if w.panicked = recover(); w.panicked != nil {
			err = fmt.Errorf("a panic of type %T", w.panicked)
		}
	}()
	return w.fn(ctx, Tx{tx, w.doubt})
}
