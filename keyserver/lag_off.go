//go:build !lagtest

package keyserver

import (
	"context"
	"time"

	"detent/keyserver/store"
)

// lag is what lag_on.go is about. Here there is none: what was answered holds on the very next request.
type lag struct{}

const lagging = false

func newLag() (*lag, error) { return nil, nil }

func (*lag) changed(*store.Key, time.Time) {}

func (*lag) accepted(_ string, k *store.Key, err error, _ time.Time) (*store.Key, error) {
	return k, err
}

func (*lag) page(ctx context.Context, st *store.Store, v store.View, after store.Position, limit int, _ time.Time, each func(*store.Key) bool) (int, error) {
	return st.Page(ctx, v, after, limit, each)
}
