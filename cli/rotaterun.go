package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/config"
	"detent/rotation"
)

// rotationRun drives one rotation from the command line: it says what will
// happen, asks where a person has to decide, and stops resumable where nobody can.
type rotationRun struct {
	a     *app
	r     recordedRotation
	yes   bool
	asked bool // the operator has said to go on
}

// stopped is the end of a run that leaves the rotation open: exit 1, with the way on.
func (r *rotationRun) stopped(why string) error {
	return fmt.Errorf("%s. The rotation is open: %s", strings.TrimRight(why, ". "), waysOn(r.r.View()))
}

// waysOn are the commands that end an open rotation: there is no way back once the old key is gone.
func waysOn(v rotation.View) string {
	if v.OldGone {
		return fmt.Sprintf("detent rotate --resume %s goes on", v.ID)
	}
	return fmt.Sprintf("detent rotate --resume %s goes on, --abort %s undoes it", v.ID, v.ID)
}

// takeUp goes on with a rotation of the journal. A place that only the journal names, where no secret was put yet, is
// asked about: who can write the journal's folder could have written a command there.
func (r *rotationRun) takeUp(ctx context.Context, p config.Profile) error {
	for _, d := range r.r.View().Destinations {
		named := slices.ContainsFunc(p.Deliver, func(c config.Deliver) bool { return c.Name == d.Spec })
		if r.yes || named || d.Put {
			continue
		}
		sure, err := r.a.askYes(ctx, fmt.Sprintf("The new secret goes to %s, which is named by the journal alone. Did you name it? [y/N] ", d.Describe))
		if err != nil {
			return r.unanswered(err)
		}
		if !sure {
			return r.stopped(d.Describe + " was not confirmed, and nothing was done")
		}
	}
	return r.goOn(ctx)
}

// goOn does steps until the rotation is over or needs what it cannot get here.
func (r *rotationRun) goOn(ctx context.Context) error {
	if !r.asked && !r.yes {
		if err := r.confirmPlan(ctx); err != nil {
			return err
		}
	}
	for {
		if err := r.mayGoOn(ctx); err != nil {
			return err
		}
		res, err := r.step(ctx)
		if err != nil {
			return r.failed(err)
		}
		switch res.Status {
		case rotation.Finished:
			return nil
		case rotation.Waiting:
			if err := r.wait(ctx, res); err != nil {
				return err
			}
		case rotation.Stopped:
			if err := r.decide(ctx, res); err != nil {
				return err
			}
		}
	}
}

// mayGoOn stops between two steps when a signal came. A secret that is only in memory is
// delivered first: leaving would lose it.
func (r *rotationRun) mayGoOn(ctx context.Context) error {
	if ctx.Err() == nil || r.r.SecretInHand() {
		return nil
	}
	return r.brokenOff()
}

// brokenOff is the end of a run that the operator broke off in an open rotation.
func (r *rotationRun) brokenOff() error {
	r.a.say("the rotation is open: %s", waysOn(r.r.View()))
	return errInterrupted
}

// unanswered is the end of a run whose question got no answer.
func (r *rotationRun) unanswered(err error) error {
	if errors.Is(err, errInterrupted) {
		return r.brokenOff()
	}
	return r.stopped(err.Error())
}

// step does one step whole: a signal does not break it off half way, where nobody
// could tell whether it happened.
func (r *rotationRun) step(ctx context.Context) (rotation.Result, error) {
	before := r.r.View()
	if before.Step != rotation.Drain && before.Step != rotation.Soak {
		r.a.say("%s: %s", before.Next.Step, before.Next.Text)
	}
	res, err := r.r.Do(context.WithoutCancel(ctx))
	if !r.yes || res.Status != rotation.Stopped { // else the end of the run says it
		r.tell(res)
	}
	return res, err
}

func (r *rotationRun) tell(res rotation.Result) {
	if res.Output != "" {
		for line := range strings.SplitSeq(strings.TrimRight(res.Output, "\n"), "\n") {
			r.a.say("  | %s", line)
		}
	}
	if res.Said != "" && res.Status != rotation.Waiting {
		r.a.say("  %s", res.Said)
	}
	for _, n := range res.Notes {
		r.a.say("  ! %s", n)
	}
}

// refused reports whether an error came before there was a rotation to go on with.
func (r *rotationRun) refused(err error) bool {
	v := r.r.View()
	return err != nil && v.Step == rotation.Preflight && !v.Undoing
}

// failed says what is certain; a rotation that was never begun is simply refused.
func (r *rotationRun) failed(err error) error {
	v := r.r.View()
	if v.State != rotation.Open || r.refused(err) || errors.Is(err, rotation.ErrOldGone) {
		return err
	}
	return fmt.Errorf("%w. The rotation is open: %s", err, waysOn(r.r.View()))
}

// wait sleeps until the next look, and says how long it still takes.
func (r *rotationRun) wait(ctx context.Context, res rotation.Result) error {
	r.a.say("%s: %s left. %s", res.Step, shortSpan(res.Left), res.Said)
	if w := res.Watch; w != nil && w.Visible && w.Elapsed > 3*res.Total {
		return r.stopped("the old key is still in use: find who uses it")
	}
	if err := r.a.pause(ctx, res.Wait); err != nil {
		return r.mayGoOn(ctx)
	}
	return nil
}

// decide asks the operator for what the rotation needs. With --yes nobody is there to ask.
func (r *rotationRun) decide(ctx context.Context, res rotation.Result) error {
	if r.yes {
		for _, n := range res.Notes {
			r.a.say("  ! %s", n)
		}
		undoing := r.r.View().Undoing
		switch {
		case undoing && res.Need == rotation.NeedAttest:
			return fmt.Errorf("%s. The rotation is open: detent rotate --abort %s, on a terminal and without --yes, asks for that", strings.TrimRight(res.Said, ". "), r.r.ID())
		case res.Need == rotation.NeedAttest && res.Step == rotation.Drain:
			return r.stopped(res.Said + ", or give a drain time, which counts as your word (--drain 15m)")
		}
		return r.stopped(res.Said)
	}
	switch res.Need {
	case rotation.NeedAttest:
		return r.attest(ctx)
	case rotation.NeedAccept:
		return r.accept(ctx)
	case rotation.NeedPaste:
		return r.paste(ctx)
	}
	return r.stopped(res.Said)
}

func (r *rotationRun) attest(ctx context.Context) error {
	said := r.r.View().Statements()
	for _, each := range said {
		sure, err := r.a.askYes(ctx, each+". Is that so? [y/N] ")
		if err != nil {
			return r.unanswered(err)
		}
		if !sure {
			return r.stopped("not confirmed")
		}
	}
	return r.r.Attest("confirmed on the command line: " + strings.Join(said, "; "))
}

func (r *rotationRun) accept(ctx context.Context) error {
	for _, d := range r.r.View().Diff {
		if d.Blocks() {
			r.a.say("  %s: old %s, new %s", d.Field, d.Old, d.New)
		}
	}
	reason, err := r.a.ask(ctx, "Why is that acceptable? (empty: stop here) ")
	if err != nil {
		return r.unanswered(err)
	}
	if strings.TrimSpace(reason) == "" {
		return r.stopped("the old and the new key differ")
	}
	return r.r.Accept(reason, false)
}

// paste takes the secret of the key that the operator has created in the dashboard.
func (r *rotationRun) paste(ctx context.Context) error {
	text, err := r.a.askHidden(ctx, "The new key's secret (it is not shown): ")
	if err != nil {
		return r.unanswered(err)
	}
	secret, err := apikey.ParseSecret(text)
	if err != nil {
		r.a.say("  %v", err)
		return nil // asked again
	}
	res, err := r.r.Paste(context.WithoutCancel(ctx), secret)
	r.tell(res)
	var refused *rotation.RefusedError
	if errors.As(err, &refused) {
		r.a.say("  %v", err)
		return nil
	}
	if err != nil {
		return r.failed(err)
	}
	return nil
}

// confirmPlan shows what will happen and asks whether to begin.
func (r *rotationRun) confirmPlan(ctx context.Context) error {
	v := r.r.View()
	r.a.say("rotate %s (%s) on %s, %s:", v.Old.Name, v.Old.ID, v.Profile, v.Mode)
	for _, l := range v.Plan {
		r.a.say("  %-9s %s", l.Step, l.Text)
	}
	for _, d := range v.Destinations {
		if !d.CanUndo {
			r.a.say("  ! %s cannot be undone", d.Describe)
		}
	}
	sure, err := r.a.askYes(ctx, "Begin? [y/N] ")
	if err == nil && !sure {
		err = fmt.Errorf("not begun: nothing was changed")
	}
	return err
}

// abort undoes until the old key is as it was.
func (r *rotationRun) abort(ctx context.Context) error {
	v := r.r.View()
	if !r.yes && v.Next.Undo != "" {
		sure, err := r.a.askYes(ctx, strings.TrimRight(v.Next.Undo, ".")+". Undo? [y/N] ")
		if err != nil {
			return r.unanswered(err)
		}
		if !sure {
			return r.stopped("not undone")
		}
	}
	for {
		res, err := r.r.Undo(context.WithoutCancel(ctx))
		if !r.yes || res.Status != rotation.Stopped {
			r.tell(res)
		}
		switch {
		case err != nil:
			return r.failed(err)
		case res.Status == rotation.Finished:
			return nil
		case res.Status == rotation.Stopped:
			if err := r.decide(ctx, res); err != nil {
				return err
			}
		case res.Status == rotation.Waiting:
			if err := r.a.pause(ctx, res.Wait); err != nil {
				return r.mayGoOn(ctx)
			}
		}
	}
}

// pause waits, or ends early when a signal comes.
func (a *app) pause(ctx context.Context, d time.Duration) error {
	if a.world.Sleep != nil {
		return a.world.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shortSpan is a countdown: 14m30s, 12s.
func shortSpan(d time.Duration) string { return max(d, 0).Round(time.Second).String() }
