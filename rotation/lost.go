package rotation

import (
	"context"
	"errors"
	"strings"
)

// replaceLost deals with a new key whose secret is gone. What was put nowhere is deleted and
// created again. What may have been put somewhere stays alive, because an application may use
// it, and goes together with the old key.
func (r *Rotation) replaceLost(ctx context.Context) (Result, error) {
	if r.j.New == nil { // both keys vanished, and an undo forgot the new one
		return *r.bothGone(), nil
	}
	switch {
	case r.j.inPlace():
		return r.lostRoll(ctx)
	case r.j.renews() && r.j.atOnce():
		if res, err := r.forgoRenewed(ctx); err != nil || res != nil {
			return *orNothing(res), err
		}
		return r.move(Create, "the new secret was lost before it was everywhere: its key is rolled next")
	}
	lost := keyWords(*r.j.New)
	if !r.j.touched() || !rule("lost: what may be in use stays until the old key goes") {
		if err := r.discardNew(ctx); err != nil {
			return Result{}, err
		}
		return r.move(Create, "the secret of "+lost+" was lost before it was put anywhere; that key was deleted, and is created again next")
	}
	r.supersede()
	r.j.New, r.j.Print, r.j.Proved = nil, "", 0
	for i := range r.j.Destinations {
		r.j.Destinations[i].Put, r.j.Destinations[i].Then = false, false
	}
	return r.move(Create, "the secret of "+lost+" was lost while it was delivered; that key stays until another one, created next, has taken its place")
}

// lostRoll deals with a new secret that is gone before it was everywhere. Where it may be in use somewhere and an overlap runs, no second
// roll is made: the key goes back to its former secret, by an undo.
func (r *Rotation) lostRoll(ctx context.Context) (Result, error) {
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	if r.keyOver() {
		return *r.bothGone(), nil
	}
	if s.old != nil && !r.j.atOnce() && !r.nowhere(ctx) && rule("roll: not a second time while the overlap runs") {
		back := r.j.undoWords()
		next := "undo: " + back
		if back == "" {
			next = "find the new secret where it was put; or go on once the overlap is over, at " + r.j.Roll.endsAt() + ": then the key is rolled once more"
		}
		return Result{}, &StepError{Step: r.j.Step, Err: errors.New("the new secret was lost while it was delivered, and while the overlap runs the key is not rolled a second time"),
			Certain: r.j.certain(), Next: next, Undo: back}
	}
	if err := r.forgoRoll(ctx); err != nil {
		return Result{}, err
	}
	return r.move(Create, "the new secret was lost before it was everywhere: the key is rolled once more next")
}

// rollAgain rolls the key once more, by a person's word. A roll whose overlap runs is taken back first, and only where its secret is nowhere.
func (r *Rotation) rollAgain(ctx context.Context, reason string) (Result, error) {
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	row := r.svc.(*rolling).row
	switch {
	case row == nil:
		return Result{}, &RefusedError{Reason: "the list does not show the key: it is not rolled again before it does"}
	case s.old != nil && s.new != nil && !r.nowhere(ctx):
		return Result{}, &RefusedError{Reason: "an overlap runs, and the new secret may be in use: the key is not rolled a second time", Next: "undo, which gives it back to its former secret, or wait until the overlap is over"}
	}
	r.recordStatement(SubjectNew, "the key is to be rolled once more (%s)", reason)
	if s.new != nil {
		if err := r.forgoRoll(ctx); err != nil {
			return Result{}, err
		}
	}
	r.forgetRolled()
	if r.j.pending(opCreate) { // what became of that call is not known, and is not learned any more
		r.j.settled(opCreate)
		r.j.Unfound++
	}
	r.deliverAnew()
	r.j.MintAnyway = true
	return r.move(Create, "the key is rolled once more next, by your word")
}

func answerBothGone(ctx context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	if a.Choice == CloseIt {
		return r.end(strings.TrimSpace(a.Reason))
	}
	if r.j.inPlace() {
		return r.rollAgain(ctx, a.Reason)
	}
	r.recordStatement(SubjectNew, "another key is to be created although both are gone (%s)", a.Reason)
	r.startOver()
	r.j.MintAnyway = true
	return r.move(Create, "another key is created next, by your word")
}
