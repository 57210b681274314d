package rotation

import (
	"context"
	"fmt"
	"slices"

	"detent/client"
)

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
		res, err := r.guarded(ctx, opDisable, "disable", r.j.Old.ID, r.gate, r.switchOff, r.isOff)
		if client.IsKind(err, client.NotFound) && certainlyRefused(err) {
			return r.move(Delete, "the service has no such key any more: somebody may have deleted the old one")
		}
		if err != nil || res != nil {
			return *orNothing(res), err
		}
	}
	return r.move(Soak, "the service answered that the old key is off; it can be turned on again until it is deleted")
}

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
		return r.Advance("no soak, as you said (--soak 0)")
	}
	return r.WaitFor(r.j.Soak, "the old key is off; if something breaks, turn it on again", func() (Result, error) {
		return r.Advance(fmt.Sprintf("the old key was off for %s", span(r.j.Soak)))
	})
}

// retire takes the compromised key out of service before anything else: the gate is given up knowingly.
func (r *Rotation) retire(ctx context.Context) (Result, error) {
	switch {
	case r.j.Old.key().IsDisabled():
		return r.Advance("the compromised key is disabled already")
	case r.j.CanDisable:
		res, err := r.guarded(ctx, opDisable, "disable", r.j.Old.ID, noGate, r.switchOff, r.isOff)
		if client.IsKind(err, client.NotFound) && certainlyRefused(err) {
			r.j.settled(opDisable)
			return r.Advance("the service has no such key any more: somebody may have deleted the compromised one")
		}
		if err != nil || res != nil {
			return *orNothing(res), err
		}
		return r.Advance("the service answered that the compromised key is off")
	case !r.caps.Delete.OK:
		return r.askDashboard(), nil
	}
	if !r.j.OldGone {
		r.j.Unanswered = r.j.Unanswered || r.j.pending(opDelete)
		if res, err := r.guarded(ctx, opDelete, "delete", r.j.Old.ID, noGate, r.sendDelete, r.isDeleted); err != nil || res != nil {
			return *orNothing(res), err
		}
	}
	return r.Advance(r.j.deletedWords("the compromised key", r.j.Old.ID))
}

// askDashboard: where the wire cannot delete, a person does.
func (r *Rotation) askDashboard() Result {
	return *ask(Question{Kind: AskDashboard, Text: fmt.Sprintf("delete the old key %s in the dashboard: the service offers no call for it", keyWords(r.j.Old)),
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
