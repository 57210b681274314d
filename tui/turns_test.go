package tui

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/rotate"
)

// walkedRotations are rotations without a service: each Do is the next step, and one of them has to be waited for.
type walkedRotations struct {
	now  func() time.Time
	mu   sync.Mutex
	all  []*walkedRotation
	look time.Duration // after which a wait is looked at again; 0 is a second
}

func (w *walkedRotations) Rotations(context.Context) (views []rotation.View, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.all {
		views = append(views, r.View())
	}
	return views, nil
}

func (w *walkedRotations) Setting(string) apikey.Setting {
	return apikey.Setting{Environment: apikey.Live, Remote: true}
}

func (w *walkedRotations) Destinations(string, string) []rotate.Named {
	return []rotate.Named{{Name: "payments", Describe: "API_KEY in /srv/中文/.env", Suggested: true}, {Name: hostileNames()[2], Describe: hostileNames()[5]}}
}

func (w *walkedRotations) Start(_ context.Context, profile string, k apikey.Key, plan rotate.Plan) (rotate.Rotation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &walkedRotation{now: w.now, look: max(w.look, time.Second)}
	r.view = rotation.View{ID: fmt.Sprintf("walk%06d", len(w.all)), Profile: profile, Service: "prosopo", Mode: plan.Mode, State: rotation.Open, CanDisable: true, SeesUse: true,
		Started: w.now(), Changed: w.now(), Old: k, NewName: k.Name + " ~r", Drain: 15 * time.Minute, Soak: 10 * time.Minute,
		Certain: []string{"the old key " + k.Name + " was not touched"}, Unknown: []string{hostileNames()[6] + hostileNames()[8]}}
	for _, d := range plan.Destinations {
		r.view.Destinations = append(r.view.Destinations, rotation.DestinationView{Spec: d, Describe: d, CanUndo: true})
	}
	r.at(0)
	w.all = append(w.all, r)
	return r, nil
}

func (w *walkedRotations) Resume(_ context.Context, id string) (rotate.Rotation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.all {
		if r.view.ID == id {
			return r, nil
		}
	}
	return nil, fmt.Errorf("there is no rotation %s", id)
}

type walkedRotation struct {
	now    func() time.Time
	look   time.Duration
	mu     sync.Mutex
	view   rotation.View
	step   int
	waited bool
}

var walkedSteps = []rotation.Step{rotation.Preflight, rotation.Create, rotation.Deliver, rotation.Verify, rotation.Drain, rotation.Disable, rotation.Soak, rotation.Delete}

func phaseOf(s rotation.Step) rotation.Phase {
	switch s {
	case rotation.Preflight, rotation.Create:
		return rotation.PhaseCreate
	case rotation.Deliver:
		return rotation.PhaseUpdate
	case rotation.Verify:
		return rotation.PhaseVerify
	}
	return rotation.PhaseDelete
}

func (r *walkedRotation) at(step int) {
	r.step, r.waited = step, false
	r.view.Plan = nil
	for i, s := range walkedSteps {
		line := rotation.PlanLine{Step: s, Title: string(s), Phase: phaseOf(s), State: rotation.Later, Text: string(s) + " of " + r.view.Old.Name}
		switch {
		case i < step:
			line.State = rotation.Completed
		case i == step:
			line.State = rotation.Current
		}
		r.view.Plan = append(r.view.Plan, line)
	}
	if step < len(walkedSteps) {
		r.view.Step = walkedSteps[step]
		r.view.Next = rotation.Next{Step: r.view.Step, Text: "do " + string(r.view.Step), Default: string(r.view.Step), Undo: "put everything back", Waits: r.view.Step == rotation.Drain || r.view.Step == rotation.Soak}
	}
}

func (r *walkedRotation) View() rotation.View {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.view
}

func (r *walkedRotation) Do(context.Context) (rotation.Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	did := r.view.Step
	if did == rotation.Drain && !r.waited {
		r.waited = true
		return rotation.Result{Status: rotation.Waiting, Did: did, Step: did, Wait: r.look, Left: 15 * time.Minute, Total: 15 * time.Minute,
			Watch: &rotation.Watch{Visible: true, OldUsed: apikey.At(r.now().Add(-3 * time.Minute)), NewUsed: apikey.At(r.now()), Polls: 2}}, nil
	}
	if r.at(r.step + 1); r.step == len(walkedSteps) {
		r.view.State = rotation.Over
		return rotation.Result{Status: rotation.Finished, Did: did, Step: did, Message: "the old key is gone"}, nil
	}
	return rotation.Result{Status: rotation.Moved, Did: did, Step: r.view.Step, Message: string(did) + " is done", Output: strings.Join(hostileNames(), "\n")}, nil
}

func (r *walkedRotation) Undo(context.Context) (rotation.Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.view.State = rotation.Aborted
	return rotation.Result{Status: rotation.Finished, Did: r.view.Step, Step: r.view.Step, Message: "undone"}, nil
}

func (r *walkedRotation) Answer(context.Context, rotation.Answer) (rotation.Result, error) {
	return rotation.Result{Status: rotation.Moved, Message: "noted"}, nil
}
func (r *walkedRotation) TurnAround() (rotation.Result, error) {
	return rotation.Result{Status: rotation.Moved, Message: "the undo is given up"}, nil
}
func (r *walkedRotation) End(context.Context, string) (rotation.Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.view.State = rotation.Closed
	return rotation.Result{Status: rotation.Finished, Message: "closed as it stands"}, nil
}
func (r *walkedRotation) Plan(context.Context) (rotation.FullPlan, error) {
	var out rotation.FullPlan
	for _, s := range walkedSteps {
		out.Stages = append(out.Stages, rotation.StagePlan{ID: s, Title: string(s), Does: []rotation.Act{{Call: hostileNames()[3], Times: "1"}}, Proves: hostileNames()[4:6]})
	}
	return out, nil
}
func (r *walkedRotation) Attest(string) error { return nil }
func (r *walkedRotation) Close()              {}
func (r *walkedRotation) Reenable(context.Context) (rotation.Result, error) {
	return rotation.Result{Status: rotation.Moved, Message: "the old key is on again"}, nil
}
