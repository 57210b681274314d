package rotation

import (
	"context"
	"time"
)

// lag bounds how long a list may be behind an answer: what the service declares, or what its create showed, with a margin.
func (r *Rotation) lag() time.Duration {
	switch {
	case r.caps.ListLag > 0:
		return r.caps.ListLag
	case r.j.ListLag > 0:
		return max(2*r.j.ListLag, minLag)
	}
	return defaultLag
}

const (
	defaultLag = 60 * time.Second
	minLag     = 5 * time.Second
)

// lookUntil looks, at 1, 2, 4 … s, until shown says yes or the bound has passed.
func (r *Rotation) lookUntil(ctx context.Context, bound time.Duration, shown func() (bool, error)) (bool, error) {
	if !rule("answered: a list is looked at again until its lag is over") {
		return shown()
	}
	begun, pause := r.w.Now(), time.Second
	for {
		if yes, err := shown(); yes || err != nil {
			return yes, err
		}
		left := bound - r.w.Now().Sub(begun)
		if left <= 0 {
			return false, nil
		}
		if err := r.w.Sleep(ctx, min(pause, left)); err != nil {
			return false, err
		}
		pause = min(2*pause, maxPause)
	}
}

const maxPause = 30 * time.Second
