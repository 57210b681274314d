package host

import (
	"context"
	"errors"
	"time"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/rotate"
)

var _ rotate.Queuer = (*Screens)(nil)

// screenQueue are the rotations of the keys that were marked.
type screenQueue struct {
	host  *Screens
	items []rotate.Queued
	ready []*Queued // by item; nil where it cannot be rotated with the others
}

// Queue makes a rotation of each key ready, as Host.Queue does for a command, each in its own profile, and looks ahead for all; nothing is
// begun.
func (h *Screens) Queue(ctx context.Context, items []rotate.Item) rotate.Queue {
	q := &screenQueue{host: h, items: make([]rotate.Queued, len(items)), ready: make([]*Queued, len(items))}
	of := map[string][]int{}
	var profiles []string
	for i, item := range items {
		q.items[i].Item = item
		if of[item.Profile] == nil {
			profiles = append(profiles, item.Profile)
		}
		of[item.Profile] = append(of[item.Profile], i)
	}
	for _, profile := range profiles {
		s, err := h.session(ctx, profile, items[of[profile][0]].Key)
		keys := make([]apikey.Key, len(of[profile]))
		for n, i := range of[profile] {
			if keys[n] = items[i].Key; err != nil {
				q.items[i].Why = err.Error()
			}
		}
		if err != nil {
			continue
		}
		for n, queued := range h.host.Queue(ctx, s, keys, rotation.Params{Mode: rotation.Planned}) {
			q.ready[of[profile][n]] = queued
		}
	}
	var all []*Queued
	for _, r := range q.ready {
		if r != nil {
			all = append(all, r)
		}
	}
	refuseShared(all)
	for i, r := range q.ready {
		if r != nil {
			q.take(i, r)
		}
	}
	return q
}

// take says of a rotation what it would do, or why it cannot go on unattended.
func (q *screenQueue) take(i int, r *Queued) {
	item := &q.items[i]
	if r.Rotation != nil {
		v := r.Rotation.View()
		for _, d := range v.Destinations {
			item.Places = append(item.Places, d.Describe)
		}
		item.Mode, item.Drain, item.Soak, item.Notes, item.ID = v.Mode, v.Drain, v.Soak, v.Notes, v.ID
	}
	switch {
	case r.Err != nil:
		item.Why = r.Err.Error()
	case r.Ahead.Status == rotation.Stopped && r.Ahead.Question != nil:
		item.Why = "has to be asked about: " + r.Ahead.Question.Text
	case r.Ahead.Status == rotation.Stopped:
		item.Why = "has to be asked about"
	}
	if item.Why != "" {
		if r.Rotation != nil {
			r.Rotation.Close()
		}
		q.ready[i] = nil
	}
}

// Items are the keys, each with what would be done to it.
func (q *screenQueue) Items() []rotate.Queued { return q.items }

// errAsks is the end of a rotation in a queue that a person has to go on with.
var errAsks = errors.New("waits for you: R goes on with it")

// Run rotates what is ready: one acts at a time, all may wait at once, and the first that fails keeps those from beginning that have not.
func (q *screenQueue) Run(ctx context.Context, tell func(rotate.Progress)) {
	var ready []int
	for i, r := range q.ready {
		if r != nil {
			ready = append(ready, i)
			_, _ = q.host.track(r.Rotation, nil) // given up when the session ends
		}
	}
	ends := q.host.host.InTurn(ctx, len(ready), max(len(ready), 1), func(n int, pause func(context.Context, time.Duration) error) error {
		return q.drive(ctx, ready[n], pause, tell)
	})
	for n, err := range ends {
		i := ready[n]
		if errors.Is(err, ErrNotBegun) {
			tell(rotate.Progress{At: i, View: q.ready[i].Rotation.View(), Done: true, Err: err})
		}
		q.ready[i].Rotation.Close()
	}
}

// drive runs one rotation, and closes it: whoever goes on with it needs that. One that needs a person is no failure of the others.
func (q *screenQueue) drive(ctx context.Context, i int, pause func(context.Context, time.Duration) error, tell func(rotate.Progress)) error {
	open := q.ready[i].Rotation
	err := q.steps(ctx, i, open, pause, tell)
	open.Close()
	tell(rotate.Progress{At: i, View: open.View(), Done: true, Err: err})
	if errors.Is(err, errAsks) {
		return nil
	}
	return err
}

// steps does the steps of one rotation until it ends, fails, or needs a person.
func (q *screenQueue) steps(ctx context.Context, i int, open *rotation.Rotation, pause func(context.Context, time.Duration) error, tell func(rotate.Progress)) error {
	return Drive(ctx, q.host.host.Ledger().Rotation(open).Do, Course{
		Moved: func(rotation.Result) { tell(rotate.Progress{At: i, View: open.View()}) },
		Wait: func(ctx context.Context, res rotation.Result) error {
			tell(rotate.Progress{At: i, View: open.View(), Ends: q.host.host.o.Now().Add(res.Left), Total: res.Total})
			return pause(ctx, res.Wait)
		},
		Stopped: func(context.Context, rotation.Result) error { return errAsks },
	})
}

// Close gives up what was not run.
func (q *screenQueue) Close() {
	for _, r := range q.ready {
		if r != nil {
			r.Rotation.Close()
		}
	}
}
