package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/rotation"
)

// rotationRun drives one rotation from the command line: it says what will
// happen, asks where a person has to decide, and stops resumable where nobody can.
type rotationRun struct {
	a     *app
	r     desk.Rotation
	yes   bool
	asked bool          // the operator has said to go on
	at    rotation.Step // the step that was said last
	// pause waits; name is whose lines these are, where there are several rotations.
	pause func(context.Context, time.Duration) error
	name  string
}

func (r *rotationRun) say(format string, args ...any) {
	if r.name != "" {
		format, args = "%s: "+format, append([]any{r.name}, args...)
	}
	r.a.say(format, args...)
}

// stopped is the end of a run that leaves the rotation open: exit 1, with the way on.
func (r *rotationRun) stopped(why string) error {
	return fmt.Errorf("%s. The rotation is open: %s", strings.TrimRight(why, ". "), nextCommands(r.r.View()))
}

// nextCommands are the commands that end an open rotation: there is no way back once the old key is gone.
func nextCommands(v rotation.View) string {
	if v.OldGone {
		return fmt.Sprintf("detent rotate --resume %s goes on", v.ID)
	}
	return fmt.Sprintf("detent rotate --resume %s goes on, --abort %s undoes it", v.ID, v.ID)
}

// resume goes on with a rotation of the journal. A place that only the journal names, and that is not seen to hold the new secret, is
// asked about: who can write the journal's folder could have written a command there.
func (r *rotationRun) resume(ctx context.Context, p config.Profile) error {
	v := r.r.View()
	for _, d := range v.Destinations {
		named := slices.ContainsFunc(p.Deliver, func(c config.Deliver) bool { return c.Name == d.Spec })
		if r.yes || named || d.Without != "" || r.r.Holds(ctx, d.Spec) {
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
	if v.Undoing && !r.yes {
		turn, err := r.a.askYes(ctx, "An undo of this rotation has begun. Give it up and go on with the rotation? [y/N] ")
		if err != nil {
			return r.unanswered(err)
		}
		if turn {
			if _, err := r.r.TurnAround(); err != nil {
				return err
			}
		}
	}
	return r.run(ctx)
}

// run does steps until the rotation is over or needs what it cannot get here.
func (r *rotationRun) run(ctx context.Context) error {
	if !r.asked && !r.yes {
		if err := r.confirmPlan(ctx); err != nil {
			return err
		}
	}
	return closedIsOver(host.Drive(ctx, r.step, host.Course{Before: r.checkInterrupt, Wait: r.wait, Stopped: r.decide}))
}

func closedIsOver(err error) error {
	if errors.Is(err, errClosedByAnswer) {
		return nil
	}
	return err
}

// checkInterrupt stops between two steps when a signal came. A secret that is only in memory is
// delivered first: leaving would lose it.
func (r *rotationRun) checkInterrupt(ctx context.Context) error {
	if ctx.Err() == nil || r.r.SecretInHand() {
		return nil
	}
	return r.interrupted()
}

// interrupted is the end of a run that the operator broke off. A rotation that has not begun is not open.
func (r *rotationRun) interrupted() error {
	if !r.refused(host.ErrInterrupted) {
		r.say("the rotation is open: %s", nextCommands(r.r.View()))
	}
	return host.ErrInterrupted
}

// unanswered is the end of a run whose question got no answer.
func (r *rotationRun) unanswered(err error) error {
	if errors.Is(err, host.ErrInterrupted) {
		return r.interrupted()
	}
	return r.stopped(err.Error())
}

// step does one step, and says so.
func (r *rotationRun) step(ctx context.Context) (rotation.Result, error) {
	before := r.r.View()
	if before.Step != r.at && !before.Next.Waits { // a wait says itself what it waits for
		r.say("%s: %s", before.Next.Step, before.Next.Text)
	}
	r.at = before.Step
	return r.said(r.r.Do(ctx))
}

// said tells what a step came to.
func (r *rotationRun) said(res rotation.Result, err error) (rotation.Result, error) {
	if !r.yes || res.Status != rotation.Stopped { // else the end of the run says it
		r.tell(res)
	}
	if err != nil {
		err = r.failed(err)
	}
	return res, err
}

func (r *rotationRun) tell(res rotation.Result) {
	if res.Output != "" {
		for line := range strings.SplitSeq(strings.TrimRight(res.Output, "\n"), "\n") {
			r.say("  | %s", line)
		}
	}
	if res.Message != "" && res.Status != rotation.Waiting {
		r.say("  %s", res.Message)
	}
	for _, n := range res.Notes {
		r.say("  ! %s", n)
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
	return fmt.Errorf("%w. The rotation is open: %s", err, nextCommands(r.r.View()))
}

// wait sleeps until the next look, and says how long it still takes.
func (r *rotationRun) wait(ctx context.Context, res rotation.Result) error {
	r.say("%s: %s left. %s", res.Step, shortSpan(res.Left), res.Message)
	if w := res.Watch; w != nil && w.Visible && w.Elapsed > 3*res.Total {
		return r.stopped("the old key is still in use: find who uses it")
	}
	if err := r.pause(ctx, res.Wait); err != nil {
		return r.checkInterrupt(ctx)
	}
	return nil
}

// forced are the questions about a place that a flag answers beforehand; without it nothing is begun, which is wrong usage.
var forced = []rotation.QuestionKind{rotation.AskMixed, rotation.AskTracked, rotation.AskOwner}

// decide asks the operator what the rotation needs to know. With --yes nobody is there to ask.
func (r *rotationRun) decide(ctx context.Context, res rotation.Result) error {
	q := res.Question
	if q == nil {
		return r.stopped(res.Message)
	}
	if r.yes {
		return r.cannotAsk(*q)
	}
	a := rotation.Answer{Kind: q.Kind, Subject: q.Subject, Choice: rotation.Yes}
	choose := r.choose
	if q.Each {
		choose = r.confirmEach
	}
	var err error
	a.Choice, err = choose(ctx, *q)
	if err != nil {
		return r.unanswered(err)
	}
	choice, _ := q.Choice(a.Choice)
	if choice.ID == rotation.No {
		return r.declined(*q)
	}
	switch choice.Wants {
	case rotation.WantsReason:
		a.Reason, err = r.a.ask(ctx, "Why? It is recorded. (empty: stop here) ")
		if err == nil && strings.TrimSpace(a.Reason) == "" {
			return r.declined(*q)
		}
	case rotation.WantsSecret:
		a.Secret, err = r.askSecret(ctx)
		if err == nil && a.Secret.IsZero() {
			return nil // asked again
		}
	}
	if err != nil {
		return r.unanswered(err)
	}
	answered, err := r.r.Answer(context.WithoutCancel(ctx), a)
	if answered.Question == nil || answered.Question.Kind != q.Kind {
		r.tell(answered)
	}
	var refused *rotation.RefusedError
	switch {
	case errors.As(err, &refused):
		r.say("  %v", err)
		return nil // asked again
	case err != nil:
		return r.failed(err)
	case answered.Question != nil:
		return r.decide(ctx, answered)
	case answered.Status == rotation.Finished:
		return errClosedByAnswer
	}
	return nil
}

// errClosedByAnswer ends a run whose rotation an answer has closed.
var errClosedByAnswer = errors.New("the rotation is closed")

// cannotAsk is the end of a run that would have to ask.
func (r *rotationRun) cannotAsk(q rotation.Question) error {
	for _, n := range q.Lines {
		r.say("  ! %s", n)
	}
	if slices.Contains(forced, q.Kind) && q.Flag != "" {
		return host.Usagef("%s; %s is that yes; nothing was changed", q.Text, q.Flag)
	}
	v := r.r.View()
	if v.Step == rotation.Preflight && !v.Undoing {
		text := q.Text
		if len(q.Lines) > 0 {
			text += ": " + strings.Join(q.Lines, "; ")
		}
		if q.Flag != "" {
			text += "; " + q.Flag + " says so beforehand"
		}
		return fmt.Errorf("%s; nothing was changed", text)
	}
	if q.Kind == rotation.AskUndone {
		return fmt.Errorf("%s. The rotation is open: detent %s, or detent rotate --abort %s on a terminal and without --yes, which asks for that", strings.TrimRight(q.Text, ". "), q.Flag, r.r.ID())
	}
	text := q.Text
	if q.Kind == rotation.AskAttest && v.Step == rotation.Drain && !v.SeesUse {
		text += ", or give a drain time, which counts as your word (--drain 15m)"
	} else if q.Flag != "" {
		text += " (" + q.Flag + ")"
	}
	return r.stopped(text)
}

// declined is the end of a run in which the operator left a question for later.
func (r *rotationRun) declined(q rotation.Question) error {
	if v := r.r.View(); v.Step == rotation.Preflight && !v.Undoing {
		return errors.New("not confirmed: nothing was changed")
	}
	if q.Each {
		return r.stopped("not confirmed")
	}
	return r.stopped(q.Text)
}

func (r *rotationRun) confirmEach(ctx context.Context, q rotation.Question) (string, error) {
	for _, each := range q.Lines {
		sure, err := r.a.askYes(ctx, each+". Is that so? [y/N] ")
		if err != nil || !sure {
			return rotation.No, err
		}
	}
	return rotation.Yes, nil
}

// choose asks for one of the choices: y or n where there are no others, else the number.
func (r *rotationRun) choose(ctx context.Context, q rotation.Question) (string, error) {
	if len(q.Choices) == 2 {
		yes := q.Choices[0]
		if yes.Wants == rotation.WantsSecret {
			return yes.ID, nil
		}
		sure, err := r.a.askYes(ctx, capital(yes.Label)+"? [y/N] ")
		if err != nil || !sure {
			return rotation.No, err
		}
		return yes.ID, nil
	}
	for i, c := range q.Choices {
		r.say("  %d  %s: %s", i+1, c.Label, c.Does)
	}
	for {
		text, err := r.a.ask(ctx, fmt.Sprintf("Which? [1-%d, empty: leave it for later] ", len(q.Choices)))
		if err != nil || strings.TrimSpace(text) == "" {
			return rotation.No, err
		}
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 1 && n <= len(q.Choices) {
			return q.Choices[n-1].ID, nil
		}
	}
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// askSecret reads the secret of the key that the operator has created in the dashboard; absent where what was typed is none.
func (r *rotationRun) askSecret(ctx context.Context) (apikey.Secret, error) {
	text, err := r.a.askHidden(ctx, "The new key's secret (it is not shown): ")
	if err != nil {
		return apikey.Secret{}, err
	}
	secret, err := apikey.ParseSecret(text)
	if err != nil {
		r.say("  %v", err)
		return apikey.Secret{}, nil
	}
	return secret, nil
}

// confirmPlan shows what will happen and asks whether to begin.
func (r *rotationRun) confirmPlan(ctx context.Context) error {
	v := r.r.View()
	r.say("rotate %s on %s, %s:", v.Old.CalledWithID(), v.Profile, v.Mode)
	for _, l := range v.Plan {
		r.say("  %-9s %s", l.Step, l.Text)
	}
	for _, d := range v.Destinations {
		if !d.CanUndo {
			r.say("  ! %s cannot be undone", d.Describe)
		}
	}
	r.say("  --plan says the calls and writes, one by one")
	return r.a.confirm(ctx, false, "Begin?", "not begun: nothing was changed")
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
	err := host.Drive(ctx, func(ctx context.Context) (rotation.Result, error) { return r.said(r.r.Undo(ctx)) }, host.Course{
		Wait: func(ctx context.Context, res rotation.Result) error {
			if r.pause(ctx, res.Wait) != nil {
				return r.checkInterrupt(ctx)
			}
			return nil
		},
		Stopped: func(ctx context.Context, res rotation.Result) error {
			if err := r.decide(ctx, res); err != nil {
				return err
			}
			if undoGivenUp(res, r.r.View()) {
				return errUndoGivenUp
			}
			return nil
		},
	})
	if errors.Is(err, errUndoGivenUp) {
		return r.run(ctx)
	}
	return closedIsOver(err)
}

// errUndoGivenUp ends an undo that an answer has given up: the rotation goes on instead.
var errUndoGivenUp = errors.New("the undo is given up")

// undoGivenUp reports whether an answer has given the undo up.
func undoGivenUp(asked rotation.Result, now rotation.View) bool {
	return asked.Question != nil && asked.Question.Kind == rotation.AskUndone && !now.Undoing
}

// shortSpan is a countdown: 14m30s, 12s.
func shortSpan(d time.Duration) string { return max(d, 0).Round(time.Second).String() }
