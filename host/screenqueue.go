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
	ends  []error   // of those that were run
}

// Queue makes a rotation of each key ready, as Host.Queue does for a command, each in its own profile, and looks ahead for all; nothing is
// begun.
func (h *Screens) Queue(ctx context.Context, items []rotate.Item) rotate.Queue {
	q := &screenQueue{host: h, items: make([]rotate.Queued, len(items)), ready: make([]*Queued, len(items)), ends: make([]error, len(items))}
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
		for n, queued := range h.Host.Queue(ctx, s, keys, rotation.Params{Mode: rotation.Planned}) {
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
		item.Places = nil
		for _, d := range v.Destinations {
			item.Places = append(item.Places, d.Describe)
		}
		item.Mode, item.Drain, item.Soak, item.Notes, item.ID = v.Mode, v.Drain, v.Soak, v.Notes, v.ID
		if v.Step != rotation.Preflight {
			item.Notes = append([]string{"goes on where it stands: " + v.PublicStep()}, item.Notes...)
		}
	}
	item.Why, item.Hole = "", false
	var none *NoPlaceError
	switch {
	case errors.As(r.Err, &none):
		item.Why, item.Hole = "no place is known for it: where does the application read this key?", true
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

// Fill gives a key that none is known for its places, and looks ahead for it.
func (q *screenQueue) Fill(ctx context.Context, i int, places []string) rotate.Queued {
	item := q.items[i].Item
	r := &Queued{Key: item.Key}
	r.Rotation, r.Err = q.start(ctx, item, places)
	if r.Err == nil {
		all := []*Queued{}
		for _, other := range q.ready {
			if other != nil {
				all = append(all, other)
			}
		}
		refuseShared(append(all, r))
	}
	if r.Err == nil {
		r.Ahead, r.Err = r.Rotation.Rehearse(ctx)
	}
	q.ready[i] = r
	q.take(i, r)
	q.items[i].Hole = q.items[i].Why != "" // another place may be the right one
	return q.items[i]
}

func (q *screenQueue) start(ctx context.Context, item rotate.Item, places []string) (*rotation.Rotation, error) {
	s, found, err := q.host.withPlaces(ctx, item.Profile, item.Key, places)
	if err != nil {
		return nil, err
	}
	return q.host.Host.StartRotation(s, item.Key, found, rotation.Params{Mode: rotation.Planned})
}

// Again makes what has stopped or was not begun ready once more, where it stands: what is over is left out, and so is what asks a person.
func (q *screenQueue) Again(ctx context.Context) rotate.Queue {
	next := &screenQueue{host: q.host}
	for i, err := range q.ends {
		if err == nil || q.ready[i] == nil {
			continue
		}
		v := q.ready[i].Rotation.View()
		r := &Queued{Key: q.items[i].Key}
		switch begun := v.Step != rotation.Preflight; {
		case errors.Is(err, rotate.ErrAsks):
			r.Err = err
		case begun:
			r.Rotation, r.Err = q.host.reopen(ctx, v)
		default:
			var specs []string
			for _, d := range v.Destinations {
				specs = append(specs, d.Spec)
			}
			if r.Rotation, r.Err = q.start(ctx, q.items[i].Item, specs); r.Err == nil {
				r.Ahead, r.Err = r.Rotation.Rehearse(ctx)
			}
		}
		next.items, next.ready, next.ends = append(next.items, rotate.Queued{Item: q.items[i].Item}), append(next.ready, r), append(next.ends, nil)
		next.take(len(next.items)-1, r)
	}
	return next
}

// Run rotates what is ready: one acts at a time, at most wave are under way, and the first that fails keeps those from beginning that have not.
func (q *screenQueue) Run(ctx context.Context, wave int, tell func(rotate.Progress)) {
	var ready []int
	for i, r := range q.ready {
		if r != nil {
			ready = append(ready, i)
			_, _ = q.host.track(r.Rotation, nil) // given up when the session ends
		}
	}
	ends := q.host.Host.InTurn(ctx, len(ready), max(wave, 1), func(n int, pause func(context.Context, time.Duration) error) error {
		return q.drive(ctx, ready[n], pause, tell)
	})
	for n, err := range ends {
		i := ready[n]
		if err != nil { // one that asks keeps nobody from beginning, but it has not come to its end
			q.ends[i] = err
		}
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
	if errors.Is(err, rotate.ErrAsks) {
		q.ends[i] = err
		return nil
	}
	return err
}

// steps does the steps of one rotation until it ends, fails, or needs a person.
func (q *screenQueue) steps(ctx context.Context, i int, open *rotation.Rotation, pause func(context.Context, time.Duration) error, tell func(rotate.Progress)) error {
	return Drive(ctx, q.host.Host.Ledger().Rotation(open).Do, Course{
		Moved: func(rotation.Result) { tell(rotate.Progress{At: i, View: open.View()}) },
		Wait: func(ctx context.Context, res rotation.Result) error {
			tell(rotate.Progress{At: i, View: open.View(), Ends: q.host.Host.o.Now().Add(res.Left), Total: res.Total})
			return pause(ctx, res.Wait)
		},
		Stopped: func(context.Context, rotation.Result) error { return rotate.ErrAsks },
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
