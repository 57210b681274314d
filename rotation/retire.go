package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
)

// deleteSent reports whether a deletion of the old key was sent and not refused: it is deleted, or being deleted, for ever after.
// What is only journaled while the gate before it looks is not sent.
func (r *Rotation) deleteSent() bool {
	return r.j.deleteSent() && (r.unsent != opDelete || r.j.OldGone)
}

// disable is the reversible rehearsal of the deletion.
func (r *Rotation) disable(ctx context.Context) (Result, error) {
	if a, ok := r.attestedAt(Disable); ok {
		return r.move(Delete, "no rehearsal, as you said: "+a.Reason)
	}
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	switch {
	case s.old == nil:
		if s, err = r.lookForBoth(ctx); err != nil {
			return Result{}, err
		}
		if s.old == nil {
			return r.move(Delete, "the list does not show the old key any more: somebody may have deleted it, or it has expired")
		}
	case s.old.IsDisabled() && !r.maybeDisabled():
		return r.move(Soak, "somebody has disabled the old key already")
	}
	if !r.j.OldDisabled {
		res, err := r.guarded(ctx, opDisable, "disable", r.j.Old.ID, r.gate, func(ctx context.Context) error { return r.switchOff(ctx) }, r.isOff)
		if client.IsKind(err, client.NotFound) && certainlyRefused(err) {
			return r.move(Delete, "the service has no such key any more: somebody may have deleted the old one")
		}
		if err != nil || res != nil {
			return *orNothing(res), err
		}
	}
	return r.move(Soak, "the service answered that the old key is off; it can be turned on again until it is deleted")
}

// switchOff asks twice where the answer is lost: that does no harm.
func (r *Rotation) switchOff(ctx context.Context) error {
	off := false
	r.observed(DisableSent, SubjectOld, "answer", "a request to switch %s off is sent", r.j.Old.ID)
	return r.switchTo(ctx, &off)
}

// switchTo switches the old key on or off. A second answer that says no, other than that there is no such key, says nothing of the first request.
func (r *Rotation) switchTo(ctx context.Context, on *bool) error {
	_, err := r.svc.Update(ctx, r.j.Old.ID, apikey.Patch{Enabled: on})
	if !client.MayHaveHappened(err) || ctx.Err() != nil {
		return err
	}
	_, again := r.svc.Update(ctx, r.j.Old.ID, apikey.Patch{Enabled: on})
	if again == nil || client.IsKind(again, client.NotFound) {
		return again
	}
	return fmt.Errorf("%w; asked again: %v", err, again)
}

func (r *Rotation) isOff() {
	r.j.OldDisabled = true
	r.observed(DisableAnswered, SubjectOld, "answer", "the service answered that %s is off", r.j.Old.ID)
	r.log("%s: done", opDisable)
}

// switchOn turns the old key on again.
func (r *Rotation) switchOn(ctx context.Context) error {
	on := true
	return r.change(opEnable, func() error {
		return r.switchTo(ctx, &on)
	}, func() {
		r.j.OldDisabled = false
		r.j.Dead = deadState{}
		r.j.settled(opDisable)
		r.observed(EnableAnswered, SubjectOld, "answer", "the service answered that %s is on", r.j.Old.ID)
		r.log("%s: done", opEnable)
	})
}

// maybeDisabled reports whether we turned the old key off, or may have.
func (r *Rotation) maybeDisabled() bool { return r.j.OldDisabled || r.j.pending(opDisable) }

func (r *Rotation) reenable(ctx context.Context) (Result, error) {
	if !r.maybeDisabled() || r.deleteSent() || r.j.Undoing {
		return Result{}, &RefusedError{Reason: "the old key was not disabled by this rotation"}
	}
	if r.j.OldFirst {
		return Result{}, &RefusedError{Reason: "the old key is compromised: undo is the way to turn it on again"}
	}
	if err := r.switchOn(ctx); err != nil {
		return Result{}, err
	}
	r.j.Attested = slices.DeleteFunc(r.j.Attested, func(a attestation) bool { return !a.Undo })
	res, err := r.move(Drain, "the old key is on again; the rotation is back at the drain")
	res.Did, res.Step = Soak, r.j.Step
	return res, err
}

// soak leaves the old key off for a while. It begins when its secret is first refused, where that can be seen.
func (r *Rotation) soak(ctx context.Context) (Result, error) {
	if a, ok := r.attestedAt(Soak); ok {
		return r.move(Delete, "the rehearsal was ended by you: "+a.Reason)
	}
	if dead, res, err := r.seeDead(ctx, deadAfterDisable); rule("dead: refused after disable") && (err != nil || !dead) {
		return res, err
	}
	if r.j.Soak == 0 {
		return r.advance("no soak, as you said (--soak 0)")
	}
	return r.waitOut(r.j.Soak, func() (Result, error) {
		return r.advance(fmt.Sprintf("the old key was off for %s", span(r.j.Soak)))
	}, "the old key is off; if something breaks, turn it on again")
}

// retire takes the compromised key out of service before anything else: the gate is given up knowingly.
func (r *Rotation) retire(ctx context.Context) (Result, error) {
	none := func(context.Context) (*Result, error) { return nil, nil }
	switch {
	case r.j.Old.key().IsDisabled():
		return r.advance("the compromised key is disabled already")
	case r.j.CanDisable:
		res, err := r.guarded(ctx, opDisable, "disable", r.j.Old.ID, none, func(ctx context.Context) error { return r.switchOff(ctx) }, r.isOff)
		if client.IsKind(err, client.NotFound) && certainlyRefused(err) {
			r.j.settled(opDisable)
			return r.advance("the service has no such key any more: somebody may have deleted the compromised one")
		}
		if err != nil || res != nil {
			return *orNothing(res), err
		}
		return r.advance("the service answered that the compromised key is off")
	case !r.caps.Delete.OK:
		return r.askDashboard(), nil
	}
	if !r.j.OldGone {
		r.j.Unanswered = r.j.Unanswered || r.j.pending(opDelete)
		if res, err := r.guarded(ctx, opDelete, "delete", r.j.Old.ID, none, r.sendDelete, r.isDeleted); err != nil || res != nil {
			return *orNothing(res), err
		}
	}
	return r.advance("the service answered that it deleted the compromised key")
}

// deleteIsSent claims what comes next.
func (r *Rotation) deleteIsSent() {
	what := "a request to delete %s is sent"
	if r.j.Roll != nil {
		what = "a request by which the former secret of %s dies is sent"
	}
	r.observed(DeleteSent, SubjectOld, "answer", what, r.j.Old.ID)
}

func (r *Rotation) sendDelete(ctx context.Context) error {
	r.deleteIsSent()
	r.sentDelete = true
	said, err := r.svc.Delete(client.AtOnce(ctx), r.j.Old.ID)
	r.j.ToldGone = err == nil && said.AlreadyGone && !r.j.Unanswered
	r.j.Unanswered = r.j.Unanswered || err != nil && !certainlyRefused(err)
	return err
}

func (r *Rotation) isDeleted() {
	r.j.OldGone, r.j.LivesOn, r.j.Dead = true, false, deadState{}
	if r.j.DeletedAt.IsZero() {
		r.j.DeletedAt = r.w.Wall().UTC()
	}
	r.j.settled(opDisable)
	what := "the service answered that it deleted %s, or that it has no such key"
	if r.j.Roll != nil {
		what = "the service answered that no former secret of %s is accepted any more"
	}
	r.observed(DeleteAnswered, SubjectOld, "answer", what, r.j.Old.ID)
	r.log("the service answered the deletion of the old key")
}

func (r *Rotation) askForSwitch() Result {
	return ask(Question{Kind: AskSwitch, Text: fmt.Sprintf("detent still authenticates with the old key: put the new secret where it reads its credential (%s), and resume with a new start", r.credentialWords()),
		Choices: yesNo("look again", "the list is read again", WantsNothing), Default: Yes})
}

func (r *Rotation) credentialWords() string {
	if r.w.Switcher == nil {
		return "its configuration"
	}
	return r.w.Switcher.Describe()
}

// askDashboard: where the wire cannot delete, a person does.
func (r *Rotation) askDashboard() Result {
	return ask(Question{Kind: AskDashboard, Text: fmt.Sprintf("delete the old key %s in the dashboard: the service offers no call for it", keyWords(r.j.Old)),
		Choices: yesNo("it is deleted", "your word counts, and the old secret is tried where it is at hand", WantsNothing), Default: No})
}

func answerDashboard(_ context.Context, r *Rotation, _ Question, _ Answer) (Result, error) {
	r.recordStatement(SubjectOld, "the old key was deleted in the dashboard")
	r.j.ByPerson, r.j.OldGone = true, true
	if r.j.DeletedAt.IsZero() {
		r.j.DeletedAt = r.w.Wall().UTC()
	}
	return Result{Status: Moved, Message: "noted"}, r.save("deleted by a person")
}

// deleteByID deletes one of our own keys by the id that the journal knows. Where the answer is lost it asks once more: to a key
// that is gone the service says so.
func (r *Rotation) deleteByID(ctx context.Context, id string) error {
	err := r.deleteOurs(ctx, id)
	if err == nil || certainlyRefused(err) || ctx.Err() != nil {
		return err
	}
	if waitErr := r.w.Sleep(ctx, between); waitErr != nil {
		return err
	}
	return r.deleteOurs(ctx, id)
}

// deleteOurs deletes a key of this rotation. "No such key" is the end of one that is gone, and a no to one that lives: which of the two
// it is, the list says.
func (r *Rotation) deleteOurs(ctx context.Context, id string) error {
	said, err := r.svc.Delete(ctx, id)
	r.j.NoSuch = slices.DeleteFunc(r.j.NoSuch, func(s string) bool { return s == id })
	if err == nil && said.AlreadyGone {
		r.j.NoSuch = append(r.j.NoSuch, id)
	}
	return err
}

// deniedButListed are those keys of ours that a list shows though the service answered their deletion with "no such key".
func (r *Rotation) deniedButListed(s *listing) []apikey.Key {
	var out []apikey.Key
	for _, k := range s.ours {
		if slices.Contains(r.j.NoSuch, k.ID) && rule("end: no such key, though listed, is no deletion") {
			out = append(out, k)
		}
	}
	return out
}

// notDeleted takes back what was made of such an answer.
func (r *Rotation) notDeleted(keys []apikey.Key) error {
	for _, k := range keys {
		if k.ID == r.newID() {
			r.j.NewGone = false
		}
	}
	return errors.Join(fmt.Errorf("the service answered the deletion with \"no such key\", but %s later still lists %s: nothing was deleted", span(r.lag()), names(keys)),
		r.save("a deletion was refused"))
}

// What the old secret is tried for.
type deadFor int

const (
	deadAfterDisable deadFor = iota
	deadAfterDelete
)

// deadBound is how long the old secret is given to be refused.
func (r *Rotation) deadBound() time.Duration {
	switch {
	case r.j.Mode == Compromised:
		return compromisedBound
	case r.caps.RevokeLag > 0:
		return r.caps.RevokeLag + maxPause
	}
	return deadDefault
}

const (
	compromisedBound = 5 * time.Minute
	deadDefault      = time.Minute
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
			_, res, err := r.refusedNew(ctx, 1, refused.tried)
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
			Message: r.stillWords()}, nil
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
	return fmt.Sprintf("the old secret is still accepted, %s after %s%s", span(r.j.Dead.Still), r.j.authority(), why)
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
