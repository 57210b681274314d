package store

import (
	"context"
	"database/sql"
	"sync"
)

// prepared is a pool whose queries SQLite parses and plans once a connection, which takes it longer than to answer most of
// them. PostgreSQL's driver does so itself. There are as many as this program has texts of queries.
type prepared struct {
	*sql.DB
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

func newPrepared(db *sql.DB) *prepared { return &prepared{DB: db, stmts: map[string]*sql.Stmt{}} }

func (p *prepared) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt := p.stmts[query]
	p.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt = p.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := p.PrepareContext(ctx, query)
	if err == nil {
		p.stmts[query] = stmt
	}
	return stmt, err
}

// QueryContext and QueryRowContext ask once they have begun whether or not the client still waits: the driver starts a
// goroutine for each query that can be called off, and these take microseconds.

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(uncancelled(ctx), args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	stmt, err := p.statement(ctx, query)
	if err != nil {
		return p.DB.QueryRowContext(ctx, query, args...) // which fails in the same way, in a row
	}
	return stmt.QueryRowContext(uncancelled(ctx), args...)
}

func uncancelled(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// Close ends the statements before their connections.
func (p *prepared) Close() error {
	p.mu.Lock()
	for _, stmt := range p.stmts {
		_ = stmt.Close() // its connections end next
	}
	p.mu.Unlock()
	return p.DB.Close()
}
