package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detent/apikey"
)

// What the old secret is tried for.
type deadFor int

const (
	deadAfterDisable deadFor = iota
	deadAfterDelete
)

// seeDead tries the old secret, at 1, 2, 4 … 30 s, until it is refused while the new one is accepted by the same call. It reports true
// where the step may go on: refused, or nothing more can be learnt. Otherwise the result is a wait, or a stop.
func (r *Rotation) seeDead(ctx context.Context, why deadFor) (bool, Result, error) {
	if r.j.Dead.Refused || r.j.Dead.Untold != "" && why == deadAfterDisable {
		return true, Result{}, nil
	}
	since, w := r.deadSince(why), &r.wait
	left := func() time.Duration { return max(r.deadBound()-r.w.Wall().Sub(since), 0) }
	over := left() == 0 // asked once: it is never given up without a try that began at the bound
	if now := r.w.Now(); w.nextTry.IsZero() || !now.Before(w.nextTry) || over {
		untold, err := r.tryOld(ctx, since)
		if refused := (*refusedNow)(nil); errors.As(err, &refused) && why == deadAfterDisable && rule("dead: a new key that is refused is no time to wait") {
			res, err := r.refusedNew(ctx, 1, refused.tried)
			return false, *orNothing(res), err
		}
		if err != nil && !errors.As(err, new(*refusedNow)) {
			return false, Result{}, err
		} else if untold != "" {
			r.j.Dead.Untold = untold
			return true, Result{}, r.save("the old secret is not tried")
		}
		w.tries++
		pause := maxPause
		if w.tries < 6 { // 2^5 s is beyond the longest pause
			pause = min(time.Duration(1<<(w.tries-1))*time.Second, maxPause)
		}
		w.nextTry = r.w.Now().Add(min(pause, left()))
	}
	if r.j.Dead.Refused {
		w.begun = time.Time{} // the soak begins now
		return true, Result{}, r.save("the old secret is refused")
	}
	if !over {
		return false, Result{Status: Waiting, Wait: max(w.nextTry.Sub(r.w.Now()), 10*time.Millisecond), Left: max(left(), time.Millisecond), Total: r.deadBound(),
			Message: r.stillWords() + r.givenWords()}, nil
	}
	if err := r.save("the old secret is still accepted"); err != nil {
		return false, Result{}, err
	}
	return r.stillAccepted(ctx, why)
}

// deadSince is when the service answered; in a process that did not send it, the bound begins anew.
func (r *Rotation) deadSince(why deadFor) time.Time {
	if why == deadAfterDelete && !r.j.DeletedAt.IsZero() {
		return r.j.DeletedAt
	}
	if c, ok := r.j.claimed(DisableAnswered, SubjectOld); ok {
		return c.Evidence().At
	}
	if r.wait.begun.IsZero() {
		r.wait.begun = r.w.Now()
	}
	return r.w.Wall().Add(-r.w.Now().Sub(r.wait.begun))
}

// deadBound is how long the old secret is given to be refused.
func (r *Rotation) deadBound() time.Duration {
	if r.j.Mode == Compromised {
		return compromisedBound
	}
	return r.deadBoundOf()
}

// deadBoundOf is the service's own lag, without what a compromised key is given beyond it.
func (r *Rotation) deadBoundOf() time.Duration {
	if r.caps.RevokeLag > 0 {
		return r.caps.RevokeLag + maxPause
	}
	return deadDefault
}

const (
	compromisedBound = 5 * time.Minute
	deadDefault      = time.Minute
)

// stillAccepted is what comes of an old secret that is accepted beyond the bound. One that was never shown to be the old key's
// holds nothing open.
func (r *Rotation) stillAccepted(ctx context.Context, why deadFor) (bool, Result, error) {
	if why == deadAfterDelete && r.j.ToldGone {
		switch s, err := r.look(ctx); {
		case err != nil:
			return false, Result{}, err
		case s.old != nil:
			res, err := r.refusedAsUnknown(fmt.Sprintf("%s later it lists the key and accepts its secret", span(r.j.Dead.Still)))
			return false, res, err
		}
	}
	if r.j.OldBy == "" && rule("dead: what was not shown to be the old key's holds nothing open") {
		r.j.Dead.GaveUp = true
		return true, Result{}, nil
	}
	still := r.stillWords()
	switch {
	case why == deadAfterDisable:
		return false, Result{}, fmt.Errorf("%s that the key is off: nothing is deleted on that", still)
	case r.j.Mode == Compromised:
		return false, Result{}, fmt.Errorf("%s %s: a compromised key stays open until it is refused", still, r.j.endedWords())
	}
	r.j.Dead.GaveUp = true
	return true, Result{}, nil
}

// refusedAsUnknown: "no such key", as the first and only answer to a deletion, was a no where the list still shows the key after its
// lag. Then nothing was deleted, and both ways are open again. A process that did not send it goes on by itself, through the gate.
func (r *Rotation) refusedAsUnknown(but string) (Result, error) {
	sent := r.sentDelete
	r.j.OldGone, r.j.ToldGone, r.j.DeletedAt, r.j.Dead = false, false, time.Time{}, deadState{}
	r.log("the deletion was refused: the old key is still there")
	words := "the service answered the deletion with \"no such key\", but " + but + ": nothing was deleted"
	if err := r.save("the deletion was refused"); err != nil || !sent {
		return Result{Status: Moved, Message: words}, err
	}
	return Result{}, errors.New(words)
}

// tryOld makes one try with the old secret. untold says why there is none.
func (r *Rotation) tryOld(ctx context.Context, since time.Time) (untold string, err error) {
	if r.caps.NoTryDead && rule("dead: not where it must not be tried") {
		return "the service must not be asked with a dead secret", nil
	}
	old := r.oldSecret(ctx)
	if old.IsZero() {
		return "the old secret is not at hand", nil
	}
	if r.isNew(old) {
		return "the old secret is not at hand", nil
	}
	if r.j.OldRefused && r.j.OldBy == "" && rule("dead: not what was refused all along") {
		return "what the places held was refused before this rotation began, too, and nothing showed that it was the old key's secret", nil
	}
	call, works, err := r.newCall(ctx)
	switch {
	case noAnswer(err), err == nil && call.Verdict == apikey.Silent && call.Evidence != "":
		r.lastAnswer = answerWords(call, err)
		return "", nil // asked again
	case err != nil:
		return "", err
	case !works && rule("probe: dead only while the new one is accepted"):
		untold = "the new secret is not accepted by any call, so that a refusal of the old one would prove nothing"
		if call.Verdict == apikey.Refused {
			return untold, &refusedNow{tried{Proof: call}}
		}
		return untold, nil
	}
	t, err := r.try(ctx, SubjectOld, old, "kept since the rotation began", call.Call)
	switch {
	case noAnswer(err), err == nil && t.Verdict == apikey.Silent:
		r.lastAnswer = answerWords(t.Proof, err)
		return "", nil // asked again
	case err != nil:
		return "", err
	case t.Verdict == apikey.Refused:
		r.j.Dead.Refused = true
		r.secretRefused(t, since)
	case t.unproven:
		return r.madeUpWords(), nil
	default:
		r.lastAnswer = ""
		r.j.Dead.Still = max(r.w.Wall().Sub(since).Round(time.Millisecond), time.Millisecond)
	}
	return "", nil
}

// The same call as another probe: the new secret's, for the old one to be tried by.
func (r *Rotation) newCall(ctx context.Context) (apikey.Proof, bool, error) {
	secret, from, err := r.newSecret(ctx)
	if err != nil || secret.IsZero() {
		return apikey.Proof{}, false, err
	}
	t, err := r.try(ctx, SubjectNew, secret, from, "")
	if err != nil {
		return apikey.Proof{}, false, err
	}
	return t.Proof, t.accepted() || t.Verdict == apikey.Known, nil
}

// givenWords say what the time is made of that an old secret is given, where the service's own lag is a part of it.
func (r *Rotation) givenWords() string {
	if r.caps.RevokeLag == 0 || r.j.Mode == Compromised {
		return ""
	}
	return fmt.Sprintf(" (it may be for %s, and is tried for %s more)", span(r.caps.RevokeLag), span(maxPause))
}

// stillWords say what was seen of an old secret that was not refused yet.
func (r *Rotation) stillWords() string {
	why := ""
	if r.lastAnswer != "" {
		why = " (" + r.lastAnswer + ")"
	}
	if r.j.Dead.Still == 0 {
		return "whether the old secret is refused could not be seen yet" + why + ", since " + r.j.authority()
	}
	if why != "" {
		why = ", and no later try told anything" + why
	}
	what, but := "the old secret", ""
	if r.j.OldBy == "" {
		what, but = "what the place held before", ". It was not shown to be the old key's"
	}
	return fmt.Sprintf("%s is still accepted, %s after %s%s%s", what, span(r.j.Dead.Still), r.j.authority(), why, but)
}

func (r *Rotation) secretRefused(t tried, since time.Time) {
	after := max(r.w.Wall().Sub(since), 0)
	r.observed(SecretRefused, SubjectOld, "probe", "%s, with the old secret, while the new one is accepted by the same call, %s after %s", t.Evidence, span(after.Round(time.Second)), r.j.authority())
}

// lookAtDead tries the old secret once beside other work, where the old key went first.
func (r *Rotation) lookAtDead(ctx context.Context) {
	if r.j.Dead.Refused || r.j.New == nil {
		return
	}
	if _, err := r.tryOld(ctx, r.deadSince(deadAfterDelete)); err != nil {
		r.log("the old secret could not be tried: %v", err)
	}
}
