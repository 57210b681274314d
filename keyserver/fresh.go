package keyserver

import (
	"sync"

	"detent/keyserver/store"
)

// fresh keeps rows that were read, for as long as the store is what it was when they were read: until anybody, in this process or another,
// commits anything. Whoever takes one out says which version the
// store has now.
type fresh[T any] struct {
	mu   sync.RWMutex
	at   store.Seen
	rows map[string]*T
}

// maxFresh bounds what is kept; then it begins anew.
const maxFresh = 20_000

// get returns a row that must not be written to, nil if there is none of that version.
func (f *fresh[T]) get(at store.Seen, id string) *T {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !at.Known || f.at != at {
		return nil
	}
	return f.rows[id]
}

// put keeps a row that was read after the store was seen to have that version. If somebody committed in between, the row is newer than the
// version, which nobody sees any more.
func (f *fresh[T]) put(at store.Seen, id string, row *T) {
	if !at.Known {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at != at || len(f.rows) >= maxFresh || f.rows == nil {
		f.at, f.rows = at, map[string]*T{}
	}
	f.rows[id] = row
}
