//go:build lagtest

package keyserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"detent/keyserver/store"
)

// This file is in no program that is given to anybody: it is compiled with
//
//	go build -tags lagtest
//
// alone, for tests of a client against a service that is behind, as real ones are: one accepts a deleted token for most of
// a minute, others list a deleted key for some seconds. Two variables of the process, each a duration such as 56s:
//
//	DETENT_LAGTEST_REVOCATION  a key that was deleted, disabled or demoted is let in as it was for that long, its
//	                           exchanged tokens too, and may write. One that is enabled is let in at once.
//	DETENT_LAGTEST_LIST        a list shows the keys as they were that long ago: a new one is missing, a deleted one is
//	                           there, a changed one is as it was. Reading one key by its id is exact.
//
// Answers to a delete or an update are those of the store, at once: a second delete is a 404. What is behind is
// what this process changed itself; it is forgotten when the process ends.

// lagging: what a list shows changes while the store does not.
const lagging = true

// lag remembers what was.
type lag struct {
	revocation, list time.Duration

	mu     sync.Mutex
	former map[string][]formerKey // by id, oldest first
}

// formerKey is a key as it was until a moment.
type formerKey struct {
	store.Key
	until time.Time
}

func newLag() (*lag, error) {
	l := &lag{former: map[string][]formerKey{}}
	for name, into := range map[string]*time.Duration{"DETENT_LAGTEST_REVOCATION": &l.revocation, "DETENT_LAGTEST_LIST": &l.list} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		var err error
		if *into, err = time.ParseDuration(text); err != nil || *into < 0 {
			return nil, fmt.Errorf("%s=%q is no duration such as 56s", name, text)
		}
	}
	return l, nil
}

// changed notes what a key was before a change that is answered now.
func (l *lag) changed(before *store.Key, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.former[before.ID] = append(l.former[before.ID], formerKey{*before, now})
}

// formerly is the key as it was a while ago, nil if nothing was changed since.
func (l *lag) formerly(id string, now time.Time, while time.Duration) *store.Key {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.former[id] {
		if p := &l.former[id][i]; now.Sub(p.until) < while {
			k := p.Key
			return &k
		}
	}
	return nil
}

// accepted is the key that a credential is checked against.
func (l *lag) accepted(id string, k *store.Key, err error, now time.Time) (*store.Key, error) {
	if err != nil && !errors.Is(err, store.ErrNoKey) {
		return k, err
	}
	if was := l.formerly(id, now, l.revocation); was != nil && was.Enabled {
		if err == nil && was.Rolled.At != k.Rolled.At { // rolled: the new secret is let in at once
			both := *k
			both.Rolled.Former = store.Former{Hash: was.Hash, DiesAt: now.Add(l.revocation).UnixMilli(), RolledAt: was.Rolled.At}
			return &both, nil
		}
		return was, nil
	}
	return k, err
}

// page is store.page of the keys as they were.
func (l *lag) page(ctx context.Context, st *store.Store, v store.View, after store.Position, limit int, now time.Time, each func(*store.Key) bool) (int, error) {
	var keys []*store.Key
	seen := map[string]bool{}
	_, err := st.Page(ctx, v, after, 1<<30, func(k *store.Key) bool {
		seen[k.ID] = true
		if now.Sub(time.UnixMilli(k.CreatedAt)) >= l.list {
			now := *k
			keys = append(keys, &now)
		}
		return true
	})
	if err != nil {
		return 0, err
	}
	for i, k := range keys {
		if was := l.formerly(k.ID, now, l.list); was != nil {
			keys[i] = was
		}
	}
	for _, id := range l.ids() {
		k := l.formerly(id, now, l.list)
		if k != nil && !seen[id] && holds(v, k) && before(after, k) && now.Sub(time.UnixMilli(k.CreatedAt)) >= l.list {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b *store.Key) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	keys = keys[:min(limit, len(keys))]
	for i, k := range keys {
		if !each(k) {
			return i + 1, nil
		}
	}
	return len(keys), nil
}

func (l *lag) ids() (ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.former {
		ids = append(ids, id)
	}
	return ids
}

// holds says in Go what store.page asks the database.
func holds(v store.View, k *store.Key) bool {
	return k.Service == v.Service && (v.Environment == "" || k.Environment == v.Environment) &&
		(v.Project == "" || k.Project == v.Project) && (k.ExpiresAt == 0 || k.ExpiresAt > v.ValidAt)
}

func before(p store.Position, k *store.Key) bool {
	return k.CreatedAt > p.CreatedAt || k.CreatedAt == p.CreatedAt && k.ID > p.ID
}
