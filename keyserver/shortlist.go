package keyserver

import (
	"slices"

	"detent/keyserver/store"
)

// A list that is kept has at most so many keys, and bytes of what may be long.
const (
	maxShort      = 64
	maxShortBytes = 64 << 10
)

// shortList is a whole list, from its first key to its last.
type shortList struct {
	keys    []store.Key
	validAt int64 // which leaves out the keys that had expired by then
}

// page is store.page, from memory where the list is short and the store is as it was when it was read.
func (c *call) page(v store.View, after store.Position, limit int, each func(*store.Key) bool) (int, error) {
	if lagging || !c.at.Known || after != (store.Position{}) {
		return c.lag.page(c.ctx, c.store, v, after, limit, c.now, each)
	}
	id := v.Service + " " + string(v.Environment) + " " + v.Project
	if list := c.lists.get(c.at, id); list != nil && list.validAt <= v.ValidAt {
		n := 0
		for i := range list.keys {
			// A copy: what is kept is not to be written to.
			if k := list.keys[i]; n < limit && (k.ExpiresAt == 0 || k.ExpiresAt > v.ValidAt) {
				n++
				if !each(&k) {
					break
				}
			}
		}
		return n, nil
	}
	var keys []store.Key
	bytes, stopped, at, first := 0, false, c.at, limit
	if c.store.Distant() {
		first = min(limit, maxShort+1) // its rows say their version: not all those of a long list
	}
	n, err := c.store.PageAt(c.ctx, &at, v, after, first, func(k *store.Key) bool {
		if bytes += len(k.Restrictions) + len(k.Extra) + len(k.Permissions); len(keys) <= maxShort && bytes <= maxShortBytes {
			keys = append(keys, *k)
		}
		after, stopped = store.Position{CreatedAt: k.CreatedAt, ID: k.ID}, !each(k)
		return !stopped
	})
	switch {
	case err != nil || stopped || n == limit:
		return n, err
	case n == first:
		more, err := c.store.Page(c.ctx, v, after, limit-n, each)
		return n + more, err
	case len(keys) == n && n <= maxShort:
		c.lists.put(at, id, &shortList{slices.Clip(keys), v.ValidAt})
	}
	return n, nil
}
