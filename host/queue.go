package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"detent/apikey"
	"detent/rotation"
)

// Queued is a key that is to be rotated with others.
type Queued struct {
	Key      apikey.Key
	Rotation *rotation.Rotation // nil where it cannot begin; whoever asked closes it
	Err      error
	// Ahead is what its preflight came to; Plan what it would do, where only that was asked for.
	Ahead rotation.Result
	Plan  rotation.FullPlan
}

// Queue makes a rotation of each key ready and looks ahead for all of them side by side; nothing is begun.
func (h *Host) Queue(ctx context.Context, s *Session, keys []apikey.Key, p rotation.Params) []*Queued {
	queue := make([]*Queued, len(keys))
	for i, k := range keys {
		q := &Queued{Key: k}
		queue[i] = q
		if k.Own { // the others' rotations work with it
			q.Err = errors.New("is the key that detent itself works with: rotate it by itself")
			continue
		}
		q.Rotation, q.Err = h.StartRotation(s, k, nil, p)
	}
	refuseShared(queue)
	beside(len(queue), func(i int) {
		switch q := queue[i]; {
		case q.Err != nil:
		case p.PlanOnly:
			q.Plan, q.Err = q.Rotation.Plan(ctx)
		default:
			q.Ahead, q.Err = q.Rotation.Rehearse(ctx)
		}
	})
	return queue
}

// refuseShared refuses two keys of one place: the second would be delivered over the first.
func refuseShared(queue []*Queued) {
	of := map[string]*Queued{}
	for _, q := range queue {
		if q.Err != nil {
			continue
		}
		for _, d := range q.Rotation.View().Destinations {
			if other := of[d.Describe]; other != nil {
				q.Err = fmt.Errorf("goes to %s, where %s goes too: a place is of one key", d.Describe, other.Key.CalledWithID())
				break
			}
			of[d.Describe] = q
		}
	}
}

// ErrNotBegun is the end of a rotation whose turn never came.
var ErrNotBegun = errors.New("not begun")

// InTurn runs n rotations. One acts at a time; one that pauses lets another act, and at most wave are under way. The first that ends with
// an error keeps those from beginning that have not: their end is ErrNotBegun. What is under way goes on to its own end.
func (h *Host) InTurn(ctx context.Context, n, wave int, run func(i int, pause func(context.Context, time.Duration) error) error) []error {
	var acting sync.Mutex // whoever has it acts; it guards stop too
	var all sync.WaitGroup
	stop, ends, under := false, make([]error, n), make(chan struct{}, wave)
	pause := func(ctx context.Context, d time.Duration) error {
		acting.Unlock()
		defer acting.Lock()
		return h.Pause(ctx, d)
	}
	for i := range n {
		under <- struct{}{}
		acting.Lock()
		if stop || ctx.Err() != nil {
			ends[i] = ErrNotBegun
			acting.Unlock()
			<-under
			continue
		}
		all.Go(func() {
			defer func() { <-under }()
			defer acting.Unlock()
			ends[i] = run(i, pause)
			stop = stop || ends[i] != nil
		})
	}
	all.Wait()
	return ends
}

// beside runs f for each of n, a few at a time.
func beside(n int, f func(i int)) {
	const few = 8
	var all sync.WaitGroup
	turn := make(chan struct{}, few)
	for i := range n {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			f(i)
		})
	}
	all.Wait()
}
