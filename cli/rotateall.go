package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"detent/apikey"
	"detent/desk"
	"detent/host"
	"detent/rotation"
	"detent/table"
	"detent/tui/ui"
)

// queued is a key that is to be rotated with others, and what drives it.
type queued struct {
	*host.Queued
	run *rotationRun
}

// rotateAll rotates every key that a filter means: the preflight of all, then one after another.
func (a *app) rotateAll(ctx context.Context, o rotateOptions, p rotation.Params, asJSON bool) error {
	if err := a.confirmable("rotating needs confirmations", o.yes || o.plan); err != nil {
		return err
	}
	s, keys, err := a.toRotate(ctx, o.all)
	if err != nil || len(keys) == 0 {
		return err
	}
	var queue []queued
	for _, q := range a.host.Queue(ctx, s, keys, p) {
		if q.Rotation != nil {
			defer q.Rotation.Close()
		}
		queue = append(queue, queued{q, &rotationRun{a: a, yes: o.yes, asked: true, name: q.Key.Called()}})
	}
	if o.plan {
		if err := a.printPlans(s, queue, asJSON); err != nil {
			return err
		}
		return a.cannot(queue)
	}
	for _, q := range queue { // what has to be asked is asked for one key after another
		if q.Rotation != nil {
			q.run.r = a.host.Ledger().Rotation(q.Rotation)
		}
		for q.Err == nil && q.Ahead.Status == rotation.Stopped {
			if q.Err = q.run.decide(ctx, q.Ahead); q.Err == nil {
				q.Ahead, q.Err = q.Rotation.Rehearse(ctx)
			}
		}
	}
	if ctx.Err() != nil {
		return host.ErrInterrupted
	}
	if err := a.cannot(queue); err != nil {
		return err
	}
	if err := a.confirmAll(ctx, s, queue, o); err != nil {
		return err
	}
	ends := a.host.InTurn(ctx, len(queue), o.wave, func(i int, pause func(context.Context, time.Duration) error) error {
		q := queue[i]
		q.run.pause = pause
		q.run.say("rotation %d of %d begins: %s", i+1, len(queue), q.Rotation.ID())
		if q.Err = q.run.run(ctx); q.Err != nil && !errors.Is(q.Err, host.ErrInterrupted) {
			q.run.say("%v", q.Err)
		}
		return q.Err
	})
	if err := a.printQueue(s, queue, ends, asJSON); err != nil {
		return err
	}
	return a.sum(ends)
}

// toRotate are the keys that a filter means. What it asks for and is not reported is no ground to rotate a key.
func (a *app) toRotate(ctx context.Context, text string) (*host.Session, []apikey.Key, error) {
	filter, err := a.filterOf([]string{text})
	if err != nil {
		return nil, nil, err
	}
	answers, err := a.answers(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	s := answers[0].Session
	if err := a.may(ctx, s, desk.Order{What: desk.Rotate}, ""); err != nil {
		return nil, nil, err
	}
	rotating, err := a.host.Rotating(s.Profile.Name)
	if err != nil {
		return nil, nil, fmt.Errorf("open rotations: %w", err)
	}
	found := answers[0].Find(filter, rotating, a.world.Now())
	if doubt := found.Doubt(); doubt != "" {
		return nil, nil, fmt.Errorf("%s: %s; nothing was changed", s.Profile.Name, doubt)
	}
	if len(found.Keys) == 0 {
		a.say("no key matches: nothing was changed")
	}
	return s, found.Keys, nil
}

// cannot names the keys that cannot be rotated; nothing is begun then.
func (a *app) cannot(queue []queued) error {
	worst := host.ExitDone
	for _, q := range queue {
		if q.Err != nil {
			worst = max(worst, host.ExitOf(q.Err))
			a.say("%s: %v", q.Key.CalledWithID(), q.Err)
		}
	}
	if worst == host.ExitDone {
		return nil
	}
	a.say("no rotation was begun, and nothing was changed")
	return host.Ended(worst)
}

// confirmAll says what would be rotated, and asks once.
func (a *app) confirmAll(ctx context.Context, s *host.Session, queue []queued, o rotateOptions) error {
	a.say("%s to rotate on %s, %d under way at most:", ui.Count(len(queue), "key"), s.Profile.Name, o.wave)
	for _, q := range queue {
		v := q.Rotation.View()
		var places []string
		for _, d := range v.Destinations {
			places = append(places, d.Describe)
		}
		a.say("  %s, %s: %s", q.Key.CalledWithID(), v.Mode, strings.Join(places, ", "))
		for _, n := range v.Notes {
			a.say("    ! %s", n)
		}
	}
	return a.confirm(ctx, o.yes, "Rotate "+ui.Count(len(queue), "key")+"?", "not begun: nothing was changed")
}

func (a *app) printPlans(s *host.Session, queue []queued, asJSON bool) error {
	plans := []planObject{}
	for _, q := range queue {
		if q.Err != nil {
			continue
		}
		plans = append(plans, planJSON(s, q.Plan))
		if !asJSON {
			if err := a.writePlan(q.Plan.Key, q.Plan); err != nil {
				return err
			}
		}
	}
	if asJSON {
		return table.JSON(a.out, plans)
	}
	return nil
}

// printQueue prints the rotations that were begun.
func (a *app) printQueue(s *host.Session, queue []queued, ends []error, asJSON bool) error {
	if !asJSON {
		return nil
	}
	begun := []rotationObject{}
	for i, q := range queue {
		if !errors.Is(ends[i], host.ErrNotBegun) && !q.run.refused(ends[i]) {
			begun = append(begun, rotationJSON(q.Rotation.View(), s.Profile))
		}
	}
	return table.JSON(a.out, begun)
}

// sum says how many came to what end, and is the end of the run.
func (a *app) sum(ends []error) error {
	done, stopped, waiting, broken := 0, 0, 0, false
	for _, err := range ends {
		switch {
		case err == nil:
			done++
		case errors.Is(err, host.ErrNotBegun):
			waiting++
		default:
			stopped++
			broken = broken || errors.Is(err, host.ErrInterrupted)
		}
	}
	a.say("%d done, %d stopped, %d not begun", done, stopped, waiting)
	switch {
	case broken || stopped == 0 && waiting > 0:
		return host.ErrInterrupted
	case stopped > 0:
		return host.ErrNo
	}
	return nil
}
