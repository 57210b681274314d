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
	o := c.body
	if err := o.Only("a user", "name", "email"); err != nil {
		return 0, nil, err
	}
	u := user{createdAt: c.now.UnixMilli()}
	var err error
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
	if c.who.Environment != apikey.Test && store.Storable(c.id) {
		return c.storedUser()
	}
	u, ok := c.users.get(c.id)
	if !ok {
		return 0, nil, errNoUser
	}
	return http.StatusOK, u.answer(), nil
}

var errNoUser = contract.Refuse(http.StatusNotFound, "no such user")

func (c *call) storedUser() (int, []byte, error) {
	u := c.known.get(c.at, c.id)
	if u == nil {
		u = &user{id: c.id}
		seen, err := c.store.RowAt(c.ctx, c.at, `name, email, created_at`, `users WHERE id = $1`, []any{c.id}, &u.name, &u.email, &u.createdAt)
		if errors.Is(err, sql.ErrNoRows) {
			err = errNoUser
		}
		if err != nil {
			return 0, nil, err
		}
		c.known.put(seen, c.id, u)
	}
	return http.StatusOK, u.answer(), nil
}
