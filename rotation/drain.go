package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
)

// drain waits until the old key is quiet: its last use did not change for the whole drain time on our
// own clock, at three looks or more, over a span that the service's last use can show. The old key is never used by us meanwhile.
func (r *Rotation) drain(ctx context.Context) (Result, error) {
	if a, ok := r.attestedAt(Drain); ok {
		return r.Advance("you confirmed that nobody uses " + r.oldOne() + ": " + a.Reason)
	}
	if r.j.DrainExplicit && r.j.Drain == 0 {
		r.recordStatement(SubjectOld, "nobody uses the old key (--drain 0)")
		return r.Advance("no drain, as you said (--drain 0)")
	}
	if res, err := r.places(ctx); err != nil || res != nil {
		return *orNothing(res), err
	}
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	if over, err := r.overlapIsOver(ctx, s); err != nil {
		return Result{}, err
	} else if over {
		return r.Advance("the overlap is over: the former secret is dead, whoever used it")
	}
	if s.new == nil || s.old == nil {
		if s, err = r.lookForBoth(ctx); err != nil {
			return Result{}, err
		}
	}
	switch {
	case r.neitherLeft(s):
		if lives, err := r.newLives(ctx); err != nil || lives {
			return Result{}, errors.Join(errNewMissing, err)
		}
		return *r.bothGone(), nil
	case s.new == nil:
		return *r.newMissing(), nil
	case s.old == nil && r.j.DrainExplicit:
		return r.WaitFor(r.j.Drain, "the list does not show the old key any more: somebody may have deleted it, or it has expired; waiting the time that you named", func() (Result, error) {
			r.j.Unwatched = true
			return r.Advance(fmt.Sprintf("the list did not show the old key, and the drain of %s that you named is over", span(r.j.Drain)))
		})
	case s.old == nil:
		return r.askAttest("the list does not show the old key any more: somebody may have deleted it, or it has expired; but a list may lack a key that lives. Confirm that nobody uses it"), nil
	case r.watched(s.old) && s.old.Own: // our own looks would use it, and it would never be quiet
		return *r.askForSwitch(), nil
	case r.watched(s.old):
		return r.watch(ctx, s)
	case r.j.DrainExplicit:
		return r.WaitFor(r.j.Drain, "the service does not show whether "+r.oldOne()+" is in use: waiting the time that you named", func() (Result, error) {
			return r.Advance(fmt.Sprintf("the drain of %s that you named is over", span(r.j.Drain)))
		})
	}
	said := "the service does not show whether " + r.oldOne() + " is still in use: confirm that every consumer has the new one"
	if r.caps.UsagePage != "" {
		said += ". Look at " + r.caps.UsagePage
	}
	return r.askAttest(said), nil
}

// oldOne is what is to be quiet, as people call it.
func (r *Rotation) oldOne() string {
	old, _ := View{Strategy: r.j.Strategy}.Sides()
	return old
}

func (r *Rotation) askAttest(text string) Result {
	return *ask(Question{Kind: AskAttest, Text: text, Lines: viewOf(r.j, r.strategy, false).Statements(), Each: true, Flag: "--drain 15m",
		Choices: yesNo("all of it is so", "the wait is over, by your word", WantsNothing), Default: No})
}

func answerAttest(_ context.Context, r *Rotation, q Question, a Answer) (Result, error) {
	reason := strings.TrimSpace(a.Reason)
	if reason == "" {
		reason = strings.Join(q.Lines, "; ")
	}
	return Result{Status: Moved, Message: "noted"}, r.attested(reason)
}

// watch looks once at both keys' last use. The new key is used by us at each look: how often that shows is how finely the
// service's last use can be watched at all.
func (r *Rotation) watch(ctx context.Context, s *listing) (Result, error) {
	now, w := r.w.Now(), &r.wait
	first := w.begun.IsZero()
	if first {
		w.begun = now
	}
	r.seeSpacing(s.new.LastUsedAt, now)
	moved := !first && !w.used.Equal(s.old.LastUsedAt)
	w.looks++
	if moved {
		w.moves++
	}
	off := s.old.IsDisabled()
	if first || moved || w.off && !off && rule("quiet: while the key is on") {
		w.quiet, w.used, w.off, w.polls = now, s.old.LastUsedAt, false, 0
	}
	w.off = w.off || off
	w.polls++
	quiet := max(now.Sub(w.quiet)-r.j.UseDelay, 0)
	if !rule("quiet: it ends at the look, minus the delay") {
		quiet = now.Sub(w.quiet)
	}
	seen := &Watch{Visible: true, OldUsed: s.old.LastUsedAt, NewUsed: s.new.LastUsedAt, Moved: moved, Polls: w.polls, Span: r.quietSpan(),
		QuietFor: quiet, Elapsed: now.Sub(w.begun), OwnTraces: w.looks > 3 && w.moves == w.looks-1}
	if seen.QuietFor >= r.j.Drain && w.polls >= 3 {
		if res, ok := r.tooCoarse(seen); !ok {
			return res, nil
		}
		r.quiet(seen)
		r.j.Unwatched = w.off
		return r.Advance(fmt.Sprintf("%s was quiet for %s, at %s", r.oldOne(), span(seen.QuietFor), apikey.Count(w.polls, "look")))
	}
	var refused *refusedNow
	switch err := r.useNew(ctx); {
	case errors.As(err, &refused):
		res, err := r.refusedNew(ctx, 1, refused.tried)
		return *orNothing(res), err
	case err != nil:
		return Result{}, err
	}
	left := r.j.Drain - seen.QuietFor
	res := Result{Status: Waiting, Watch: seen, Left: left, Total: r.j.Drain, Wait: pollEvery(r.j.Drain)}
	if left > 0 {
		res.Wait = min(res.Wait, max(left, 10*time.Millisecond))
	}
	switch {
	case seen.OwnTraces:
		res.Message = r.oldOne() + "'s last use moves with every look of ours: it may be the one that detent itself uses"
	case moved:
		res.Message = r.oldOne() + " was used again: the quiet time begins anew"
	case seen.Span == 0 || seen.QuietFor <= seen.Span:
		res.Message = r.oldOne() + "'s last use is watched: a use may not show yet"
	default:
		res.Message = r.oldOne() + " is quiet"
	}
	return res, nil
}

// useNew probes the new key once more, so that its stamp can move.
func (r *Rotation) useNew(ctx context.Context) error {
	secret, from, err := r.newSecret(ctx)
	if err != nil || secret.IsZero() {
		return err
	}
	t, err := r.try(ctx, SubjectNew, secret, from, "")
	switch {
	case err != nil:
		return err
	case t.Verdict == apikey.Refused:
		return &refusedNow{t}
	}
	r.wait.probed, r.wait.answered = r.w.Now(), time.Time{}
	if _, _, shown := client.ServerTime(r.svc); shown {
		r.wait.answered = r.serviceNow()
	}
	return nil
}

// tooCoarse stops where the span over which the old key did not move says nothing, since a use may not show in it.
func (r *Rotation) tooCoarse(seen *Watch) (Result, bool) {
	if !rule("quiet: longer than a use takes to show") {
		return Result{}, true
	}
	if seen.Span == 0 && wholeSeconds(seen.NewUsed) && seen.QuietFor <= coarseSpacing+r.j.UseDelay {
		seen.Span = coarseSpacing + r.j.UseDelay // finer than that it cannot be, however often it moves
	}
	switch {
	case seen.Span == 0:
		return r.askAttest(fmt.Sprintf("the service's last use cannot be watched this finely: the new key was used by detent for %s, and its last use did not move a second time. "+
			"Confirm that nobody uses the old key, or give a longer --drain", span(seen.Elapsed))), false
	case seen.QuietFor <= seen.Span:
		return r.askAttest(fmt.Sprintf("the service shows a use only every %s or so: that the old key did not move for %s says nothing. "+
			"Confirm that nobody uses the old key, or give a --drain that is longer than that", span(seen.Span), span(seen.QuietFor))), false
	}
	return Result{}, true
}

func (r *Rotation) quiet(seen *Watch) {
	off := ""
	if r.wait.off {
		off = "; it was off for some of that time"
	}
	r.observed(Quiet, SubjectOld, "list", "the old key's last use did not move for %s, until %s before the last of %s; a use shows within %s%s",
		span(seen.QuietFor), span(r.j.UseDelay), apikey.Count(seen.Polls, "look"), span(seen.Span), off)
}

// pollEvery gives a drain at least three looks, and the service no more than it needs.
func pollEvery(drain time.Duration) time.Duration {
	return min(max(drain/10, 200*time.Millisecond), max(drain/3, 10*time.Millisecond), 30*time.Second)
}

func (r *Rotation) attestedAt(step Step) (attestation, bool) {
	for _, a := range slices.Backward(r.j.Attested) {
		if a.Step == step && !a.Undo {
			return a, true
		}
	}
	return attestation{}, false
}

// Attest records the operator's word for what detent cannot see, and ends the wait at hand: every
// consumer has the new key (drain), the rehearsal may be skipped or ended (disable, soak).
func (r *Rotation) Attest(reason string) error {
	r.busy.Lock()
	defer r.busy.Unlock()
	if reason = strings.TrimSpace(reason); reason == "" {
		return &RefusedError{Reason: "say what was confirmed"}
	}
	stage, _ := r.strategy.stage(r.j.Step)
	if r.j.Undoing || !stage.Waits && stage.ID != Disable {
		return &RefusedError{Reason: "there is nothing to confirm at the step " + string(r.j.Step)}
	}
	return r.attested(reason)
}

func (r *Rotation) attested(reason string) error {
	r.j.Attested = append(r.j.Attested, attestation{Step: r.j.Step, Undo: r.j.Undoing, Reason: reason, At: r.w.Wall().UTC()})
	r.recordStatement(SubjectOld, "at %s: %s", r.j.Step, reason)
	return r.save("attested")
}
