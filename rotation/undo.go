package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client"
)

// undo goes back. What fails in it is the undo, wherever the rotation is.
func (r *Rotation) undo(ctx context.Context) (Result, error) {
	res, err := r.goBack(ctx)
	if err != nil {
		err = r.explain(undoing, err)
	}
	return res, err
}

// goBack puts the old value back where it was, and only then, when everything that can be seen says that the old key carries
// the application, deletes the new key.
func (r *Rotation) goBack(ctx context.Context) (Result, error) {
	if !r.saved {
		r.j.State = Aborted
		return Result{Status: Finished, Message: "nothing was begun, nothing was changed"}, nil
	}
	if res, err := r.refuseAfterDelete(ctx); err != nil || res != nil {
		return *orNothing(res), err
	}
	if !r.j.wasPut() { // the new secret was put nowhere, ever: nothing uses the new key
		return r.undoUntouched(ctx)
	}
	for _, check := range []func(context.Context) (*Result, error){r.oldCarries, r.turnOldOn, r.stillCarries, r.beforePuttingBack} {
		if res, err := check(ctx); err != nil || res != nil {
			return r.giveUpUndo(*orNothing(res), err)
		}
	}
	if err := r.beginUndo(); err != nil { // not before: an undo that cannot begin leaves the rotation as it was
		return Result{}, err
	}
	output, err := r.putBack(ctx)
	if err != nil {
		return Result{Output: output}, err
	}
	res, err := r.afterPuttingBack(ctx)
	res.Output = output
	return res, err
}

// giveUpUndo leaves an undo that is refused before anything was put back: going on is possible again. What was switched on stays on, so
// that the rehearsal is to be done anew.
func (r *Rotation) giveUpUndo(res Result, err error) (Result, error) {
	var refused *RefusedError
	if !r.j.Undoing || !errors.As(err, &refused) {
		return res, err
	}
	if slices.ContainsFunc(r.j.Destinations, func(d destinationRecord) bool { return d.Undone || d.Undid != "" }) {
		if r.w.Headless {
			return res, err
		}
		return *ask(Question{Kind: AskTurn, Text: "the undo cannot be finished: " + refused.Reason, Default: No,
			Choices: yesNo("give it up and go on with the rotation", "what was put back is delivered again", WantsNothing)}), nil
	}
	r.j.Undoing = false
	if _, on := r.j.claimed(EnableAnswered, SubjectOld); on && (r.j.Step == Soak || r.j.Step == Delete) && r.j.CanDisable {
		r.j.Step = Disable
	}
	return res, errors.Join(err, r.save("the undo is refused"))
}

func (r *Rotation) beginUndo() error {
	if r.j.Undoing {
		return nil
	}
	r.j.Undoing = true
	return r.save("undo begins")
}

func (r *Rotation) afterPuttingBack(ctx context.Context) (Result, error) {
	if err := r.switchBack(ctx); err != nil {
		return Result{}, err
	}
	if res, err := r.deleteNew(ctx, r.undoGate); err != nil || res != nil {
		return *orNothing(res), err
	}
	return r.undone(ctx)
}

func (r *Rotation) undone(ctx context.Context) (Result, error) {
	if err := r.finishDestinations(ctx); err != nil {
		return Result{}, err
	}
	r.secret, r.old = apikey.Secret{}, apikey.Secret{}
	if r.j.pending(opCreate) {
		r.j.Unfound++
	}
	r.j.State = Aborted
	r.j.Pending = slices.DeleteFunc(r.j.Pending, func(op string) bool { return op != opDisable && op != opEnable }) // what became of these is not known for ever
	r.log("undone at the step %s", r.j.Step)
	if err := r.save("aborted"); err != nil {
		return Result{}, err
	}
	return Result{Status: Finished, Message: "undone: " + r.j.undoneWords(), Notes: r.j.left()}, nil
}

// undoUntouched ends a rotation whose new secret was put nowhere: the new key goes, whatever became of the old one.
func (r *Rotation) undoUntouched(ctx context.Context) (Result, error) {
	if res, err := r.turnOldOn(ctx); err != nil || res != nil { // not begun: who may not undo can go on
		return r.giveUpUndo(*orNothing(res), err)
	}
	if r.j.inPlace() && r.j.New != nil && !r.j.NewGone {
		if res, err := r.oldCarries(ctx); err != nil || res != nil {
			return r.giveUpUndo(*orNothing(res), err)
		}
	}
	if err := r.beginUndo(); err != nil {
		return Result{}, err
	}
	if res, err := r.deleteNew(ctx, noGate); err != nil || res != nil {
		return *orNothing(res), err
	}
	return r.undone(ctx)
}

// refuseAfterDelete: once a deletion of the old key was sent and not refused there is no way back, whatever a list shows. A person may say
// otherwise, where the old secret is still accepted after the service's lag.
func (r *Rotation) refuseAfterDelete(ctx context.Context) (*Result, error) {
	if !r.deleteSent() {
		return nil, nil
	}
	refusal := &RefusedError{Reason: r.j.noWayBack(), Next: "go on with `detent rotate --resume " + r.j.ID + "`", Err: ErrOldGone}
	if r.w.Headless || r.j.ByPerson || r.j.Roll != nil {
		return nil, refusal
	}
	old := r.oldSecret(ctx)
	if old.IsZero() || r.caps.NoTryDead {
		return nil, refusal
	}
	if sent, ok := r.j.claimed(DeleteSent, SubjectOld); !ok || r.w.Wall().Sub(sent.Evidence().At) < r.deadBoundOf() {
		return nil, refusal
	}
	if t, err := r.try(ctx, SubjectOld, old, "kept since the rotation began", ""); err != nil || !t.accepted() {
		return nil, errors.Join(refusal, err)
	}
	return ask(Question{Kind: AskLives, Text: "a deletion of the old key was sent, but its secret is still accepted after the service's lag: does the old key live all the same?",
		Choices: yesNo("it lives: undo", "the deletion counts as not done, by your word", WantsReason), Default: No}), nil
}

func answerLives(_ context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	r.j.OldGone, r.j.LivesOn = false, true
	r.j.settled(opDelete)
	r.recordStatement(SubjectOld, "the old key lives although a deletion was sent (%s)", a.Reason)
	return Result{Status: Moved, Message: "noted"}, r.save("it lives")
}

// oldCarries looks, before anything is put back, whether the old key's row speaks against it. A missing row proves no death, but
// refuses the undo; so does one that somebody else has switched off.
func (r *Rotation) oldCarries(ctx context.Context) (*Result, error) {
	s, err := r.lookAtOld(ctx)
	if err != nil {
		return nil, err
	}
	return r.rowCarries(s)
}

// stillCarries looks anew where the service answered to the switching on that it has no such key: a row that shows it on says otherwise, one
// that shows it off does not.
func (r *Rotation) stillCarries(ctx context.Context) (*Result, error) {
	if !r.noneToTurnOn {
		return nil, nil
	}
	return r.oldCarries(ctx)
}

// lookAtOld looks again for as long as the list may be behind, where it lacks the old key, or shows it off after it was switched on.
func (r *Rotation) lookAtOld(ctx context.Context) (*listing, error) {
	s, err := r.look(ctx)
	_, enabled := r.j.claimed(EnableAnswered, SubjectOld)
	if err == nil && (s.old == nil || enabled && s.old.IsDisabled()) {
		s, _, err = r.lookFor(ctx, r.lag(), func(s *listing) bool { return s.old != nil && !(enabled && s.old.IsDisabled()) })
	}
	return s, err
}

func (r *Rotation) rowCarries(s *listing) (*Result, error) {
	const stays = "the new key stays: the application may be using it"
	switch {
	case s.old == nil && s.new == nil && r.j.New != nil:
		return r.bothGone(), nil
	case s.old == nil && !rule("undo: the row is there"):
		return nil, nil
	case r.overlapOver(s):
		return nil, &RefusedError{Reason: "the overlap is over: the former secret is dead, and the new one cannot be withdrawn alone", Next: fmt.Sprintf("go on with `detent rotate --resume %s`", r.j.ID), Err: ErrOldGone}
	case s.old == nil:
		return nil, &RefusedError{Reason: "the list does not show the old key any more, so there may be nothing to go back to; " + stays,
			Next: fmt.Sprintf("go on with `detent rotate --resume %s`, or end it as it stands with `detent rotate --close %s --reason R`", r.j.ID, r.j.ID), Err: ErrOldGone}
	case s.old.IsDisabled() && !r.maybeDisabled() && rule("undo: the row is enabled"):
		return nil, &RefusedError{Reason: "somebody has disabled the old key: the application would have a key that does not work; " + stays,
			Next: fmt.Sprintf("enable it first, or go on with `detent rotate --resume %s`", r.j.ID)}
	}
	if s.old.IsDisabled() && r.noneToTurnOn && rule("undo: the row is enabled") {
		return nil, &RefusedError{Reason: "the service answered that it has no such key when the old key was to be switched on again, and its list shows it as off; " + stays,
			Next: fmt.Sprintf("go on with `detent rotate --resume %s`", r.j.ID)}
	}
	end, ends := s.old.ExpiresAt.Time()
	if !ends || !end.Before(r.serviceNow().Add(minLife)) || r.j.Carries[carriesEnding] != "" && !end.Before(r.serviceNow()) {
		return nil, nil
	}
	if !rule("undo: it ends no sooner than in ten minutes") {
		return nil, nil
	}
	when := "ends " + end.UTC().Format("2006-01-02 15:04:05Z")
	if end.Before(r.serviceNow()) {
		return nil, &RefusedError{Reason: "the old key has expired: the application would have a key that does not work; " + stays,
			Next: fmt.Sprintf("go on with `detent rotate --resume %s`", r.j.ID)}
	}
	if r.w.Headless {
		return nil, &RefusedError{Reason: "the old key " + when + ": the application would have a key that soon does not work; " + stays,
			Next: fmt.Sprintf("go on with `detent rotate --resume %s`, or undo at a terminal", r.j.ID)}
	}
	return ask(Question{Kind: AskCarries, Subject: carriesEnding, Text: "the old key " + when + ": the application will have a key that soon does not work. Undo all the same?",
		Choices: yesNo("undo all the same", "the old value is put back, and the new key is deleted", WantsReason), Default: No}), nil
}

// What may not be clear about whether the old key carries the application.
const (
	carriesEnding   = "it ends soon"
	carriesLeaked   = "it leaked"
	carriesUnproven = "its secret cannot be tried"
)

func answerCarries(_ context.Context, r *Rotation, q Question, a Answer) (Result, error) {
	if r.j.Carries == nil {
		r.j.Carries = map[string]string{}
	}
	r.j.Carries[q.Subject] = strings.TrimSpace(a.Reason)
	r.recordStatement(SubjectOld, "undo although it is not clear that the old key carries the application (%s)", a.Reason)
	return Result{Status: Moved, Message: "noted"}, r.save("carries anyway")
}

// turnOldOn turns on again what this rotation switched off. A key that was switched off because it leaked comes back to life by a person only.
func (r *Rotation) turnOldOn(ctx context.Context) (*Result, error) {
	if !r.maybeDisabled() || !rule("undo: what was switched off is on first") {
		return nil, nil
	}
	if r.j.OldFirst && r.j.Carries[carriesLeaked] == "" && rule("undo: a leaked key by a person alone") {
		if r.w.Headless {
			return nil, &RefusedError{Reason: "an undo would bring a leaked key back to life: only a person at a terminal may do that",
				Next: fmt.Sprintf("go on with `detent rotate --resume %s`", r.j.ID)}
		}
		return ask(Question{Kind: AskCarries, Subject: carriesLeaked, Text: "an undo brings the leaked key back to life: whoever has it can use it again",
			Choices: yesNo("bring it back", "the old key is enabled again", WantsReason), Default: No}), nil
	}
	if err := r.beginUndo(); err != nil {
		return nil, err
	}
	err := r.switchOn(ctx)
	r.noneToTurnOn = client.IsKind(err, client.NotFound) && certainlyRefused(err)
	if r.noneToTurnOn { // whether that stops the undo, the row says
		return nil, nil
	}
	return nil, err
}

// TurnAround ends an undo half-way and goes on with the rotation: what was put back is delivered again. A person asks for it.
func (r *Rotation) TurnAround() (Result, error) {
	return r.act(func() (Result, error) {
		if r.j.State != Open || !r.j.Undoing {
			return Result{}, &RefusedError{Reason: "no undo has begun"}
		}
		return r.turnAround()
	})
}

func (r *Rotation) turnAround() (Result, error) {
	if !r.j.Undoing { // nothing was put back yet
		return Result{Status: Moved, Message: "the rotation goes on"}, nil
	}
	r.j.Undoing = false
	to := Create
	if r.j.New != nil {
		to = Deliver
	}
	for i := range r.j.Destinations {
		rec := &r.j.Destinations[i]
		rec.Put, rec.Undone, rec.Then, rec.Undid = false, false, false, ""
	}
	r.recordStatement(SubjectNew, "the undo is given up; the rotation goes on")
	return r.move(to, "the undo is given up: what was put back is delivered again next")
}

// undoGate sees, right before the new key is deleted: the list, every place, the old secret, the places on this machine once more.
func (r *Rotation) undoGate(ctx context.Context) (*Result, error) {
	if !rule("undo: its own gate") {
		return nil, nil
	}
	s, err := r.lookAtOld(ctx)
	if err != nil {
		return nil, err
	}
	if s.new != nil && s.new.Own {
		return ask(Question{Kind: AskSwitch, Text: fmt.Sprintf("detent authenticates with the new key, which the undo deletes: "+
			"put the old secret back where it reads its credential (%s), and undo with a new start", r.credentialWords()), Choices: yesNo("look again", "the list is read again", WantsNothing), Default: Yes}), nil
	}
	if res, err := r.rowCarries(s); err != nil || res != nil {
		return res, err
	}
	if err := r.placesBack(ctx); err != nil {
		return nil, err
	}
	if res, err := r.oldAccepted(ctx); err != nil || res != nil {
		return res, err
	}
	return nil, r.placesBack(ctx)
}

// deleteNew removes the new key, by the id that the journal knows, and everything else with our nonce, as far as a list shows it for as
// long as it may be behind.
func (r *Rotation) deleteNew(ctx context.Context, gate func(context.Context) (*Result, error)) (*Result, error) {
	if err := r.settleRoll(ctx); err != nil {
		return nil, err
	}
	if r.j.New != nil && !r.j.NewGone {
		id := r.j.New.ID
		res, err := r.deleteGuarded(ctx, id, gate, func() {
			r.j.NewGone = true
			r.newDeleted(id)
			r.log("deleted %s", apikey.Key{ID: id, Name: r.j.New.Name}.Quoted())
		})
		if err != nil || res != nil {
			return res, err
		}
	}
	bound := r.lostLag()
	if r.j.New != nil || r.j.pending(opCreate) {
		bound = r.lag()
	}
	if r.j.pending(opCreate) {
		if err := r.w.Sleep(ctx, r.w.settle()); err != nil {
			return nil, err
		}
	}
	var s *listing
	var held *Result
	found := false // what was made by a create that was not answered
	_, err := r.lookUntil(ctx, bound, func() (bool, error) {
		var err error
		if s, err = r.look(ctx); err != nil {
			return false, err
		}
		found = found || len(s.ours) > 0
		if held, err = r.deleteStraysOfUndo(ctx, s, gate); err != nil || held != nil {
			return true, err
		}
		return len(s.ours) == 0 && !r.j.pending(opCreate), nil
	})
	if err != nil || held != nil {
		return held, err
	}
	if denied := r.deniedButListed(s); len(denied) > 0 {
		return nil, r.notDeleted(denied)
	}
	if !found {
		r.keepPossible(s)
	}
	if r.j.New == nil { // of a roll whose answer was lost, and whose key no list shows
		return nil, r.giveEndBack(ctx, s)
	}
	return nil, nil // what is still listed by then was answered to be deleted
}

// deleteStraysOfUndo deletes what else carries our mark, each once. The secret of one that was superseded may be in a place: it goes
// through the gate, as the new key does.
func (r *Rotation) deleteStraysOfUndo(ctx context.Context, s *listing, gate func(context.Context) (*Result, error)) (*Result, error) {
	if !rule("end: no key of ours stays") {
		return nil, nil
	}
	ids := slices.Clone(r.j.Superseded)
	for _, k := range s.ours {
		ids = append(ids, k.ID)
	}
	for _, id := range ids {
		if _, answered := r.j.claimed(DeleteAnswered, id); answered && !slices.Contains(r.j.NoSuch, id) || id == r.j.Old.ID || id == r.newID() {
			continue
		}
		apply := func() {
			r.strayDeleted(id)
			r.j.Superseded = slices.DeleteFunc(r.j.Superseded, func(s string) bool { return s == id })
		}
		if !slices.Contains(r.j.Superseded, id) { // nobody ever had its secret
			if err := r.change(opDeleteNew+" "+id, func() error { return r.deleteByID(ctx, id) }, apply); err != nil {
				return nil, err
			}
			continue
		}
		if res, err := r.deleteGuarded(ctx, id, gate, apply); err != nil || res != nil {
			return res, err
		}
	}
	return nil, nil
}

func answerUndone(_ context.Context, r *Rotation, q Question, a Answer) (Result, error) {
	switch a.Choice {
	case LookAgain:
		return Result{Status: Moved}, nil
	case TurnRound:
		return r.turnAround()
	}
	if err := r.vouch(q.Subject, a.Reason); err != nil {
		return Result{}, err
	}
	return Result{Status: Moved, Message: "noted"}, r.save("vouched for")
}
