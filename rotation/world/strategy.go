package world

import (
	"context"
	"slices"
	"time"

	"detent/rotation"
)

// announced is a strategy of this package's alone: as create and delete, but before anything is made it is announced, and
// there is a time to object. It is data: journals, plans, words and the way back know nothing of it.
const announced = "announced"

// announce is its own stage.
const announce rotation.Step = "announce"

const objections = 30 * time.Second

func (w *world) strategies() []rotation.Strategy {
	s := rotation.CreateAndDelete
	s.ID, s.Title, s.Stages = announced, "announce, create and delete", slices.Clone(s.Stages)
	at := slices.IndexFunc(s.Stages, func(st rotation.Stage) bool { return st.ID == rotation.Create })
	s.Stages = slices.Insert(s.Stages, at, rotation.Stage{ID: announce, Title: "Announce", Phase: rotation.PhaseCreate, Default: "announce it", Waits: true,
		Text: func(*rotation.View) string { return "announce the rotation, and wait for objections" },
		Does: func(*rotation.Planner) []rotation.Act {
			return []rotation.Act{{Call: "POST /announcements", Times: "1"}, {Wait: "30s"}}
		},
		Proves: func(*rotation.View) []string { return []string{"it was announced"} },
		Undo:   func(*rotation.View) string { return "-" },
		Run:    func(_ context.Context, r *rotation.Rotation) (rotation.Result, error) { return w.announce(r) }})
	return []rotation.Strategy{s}
}

// announce calls once in each process, and waits.
func (w *world) announce(r *rotation.Rotation) (rotation.Result, error) {
	if w.announcer != r {
		err := r.Change("announce the rotation", func() error {
			return failure("announce", w.call("announce", true, nil, func() *trouble { return nil }))
		})
		if err != nil {
			return rotation.Result{}, err
		}
		w.announcer = r
	}
	return r.WaitFor(objections, "waiting for objections", func() (rotation.Result, error) { return r.Advance("nobody objected") })
}
