package keyserver

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"sync"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/store"
)

// user is what the generic contract's example endpoint keeps.
type user struct {
	id        string
	name      string
	email     string
	createdAt int64
}

// maxTestUsers bounds what test keys can make this process hold; the oldest go first.
const maxTestUsers = 10_000

// memoryUsers are the users that test keys made: never stored, never seen by a live key.
type memoryUsers struct {
	mu    sync.Mutex
	byID  map[string]user
	order []string
}

func (m *memoryUsers) add(u user) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byID == nil {
		m.byID = map[string]user{}
	}
	if len(m.order) == maxTestUsers {
		delete(m.byID, m.order[0])
		m.order = m.order[1:]
	}
	m.byID[u.id] = u
	m.order = append(m.order, u.id)
}

func (m *memoryUsers) get(id string) (user, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.byID[id]
	return u, ok
}

func (u user) answer() []byte {
	b := append([]byte(nil), `{"success":true,"data":{"id":`...)
	b = contract.AppendText(b, u.id)
	b = contract.AppendField(b, "name", u.name)
	b = contract.AppendField(b, "email", u.email)
	b = contract.AppendTime(b, "created_at", u.createdAt)
	return append(b, "}}"...)
}

func userCreate(c *call) (int, []byte, error) {
	o, err := contract.ReadBody(c.r)
	if err != nil {
		return 0, nil, err
	}
	if err := o.Only("a user", "name", "email"); err != nil {
		return 0, nil, err
	}
	u := user{createdAt: c.now.UnixMilli()}
	if u.name, err = o.Name("name"); err != nil {
		return 0, nil, err
	}
	if o.Has("email") {
		if u.email, err = o.Name("email"); err != nil {
			return 0, nil, err
		}
	}
	text, err := store.RandomText(c.random, 10)
	if err != nil {
		return 0, nil, err
	}
	u.id = "usr_" + text
	if c.who.Environment == apikey.Test {
		c.users.add(u)
		return http.StatusCreated, u.answer(), nil
	}
	err = c.store.Add(c.ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO users (id, name, email, created_at) VALUES ($1, $2, $3, $4)`,
			u.id, u.name, u.email, u.createdAt)
		return err
	})
	return http.StatusCreated, u.answer(), err
}

func userGet(c *call) (int, []byte, error) {
	u, ok := c.users.get(c.id)
	if c.who.Environment != apikey.Test && store.Storable(c.id) {
		stored, err := c.known.through(c.at, c.id, func() (*user, error) {
			u := &user{id: c.id}
			err := c.store.Read(c.ctx, func(ctx context.Context, q store.Queryer) error {
				return q.QueryRowContext(ctx, `SELECT name, email, created_at FROM users WHERE id = $1`, c.id).
					Scan(&u.name, &u.email, &u.createdAt)
			})
			return u, err
		})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, nil, err
		}
		if ok = err == nil; ok {
			u = *stored
		}
	}
	if !ok {
		return 0, nil, contract.Refuse(http.StatusNotFound, "no such user")
	}
	return http.StatusOK, u.answer(), nil
}
