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

// maybeDisabled reports whether we turned the old key off, or may have.
func (r *Rotation) maybeDisabled() bool { return r.j.OldDisabled || r.j.pending(opDisable) }

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
	if _, answered := r.j.claimed(DeleteAnswered, SubjectOld); r.j.Unanswered && !answered && r.j.GoneBy[r.j.Old.ID] == "" {
		r.isOpen(r.j.Old.ID, notUnderstood)
	}
	said, err := r.svc.Delete(client.AtOnce(ctx), r.j.Old.ID)
	r.goneBy(r.j.Old.ID, said, err)
	r.j.ToldGone = err == nil && said.AlreadyGone && !r.j.Unanswered
	r.j.Unanswered = r.j.Unanswered || err != nil && !certainlyRefused(err) || said.Evidence != ""
	return err
}

const (
	notUnderstood = "a first request was not answered, or not in a way that is understood"
	maybeSent     = "detent ended before it saw the answer to a first request, which may have been sent"
)

// takeUpDeletions opens what became of the deletions that an earlier run of ours began and did not see the end of.
func (r *Rotation) takeUpDeletions() {
	for _, op := range r.j.Pending {
		id, is := strings.CutPrefix(op, opDeleteNew+" ")
		if !is {
			id, is = strings.CutPrefix(op, opDeleteStray+" ")
		}
		switch op {
		case opDelete:
			id, is = r.j.Old.ID, true
		case opDiscard:
			id, is = r.newID(), true
		}
		if is && r.j.GoneBy[id] == "" {
			r.isOpen(id, maybeSent)
		}
	}
}

// goneBy keeps what there is in place of a yes to a deletion.
func (r *Rotation) goneBy(id string, said apikey.Deleted, err error) {
	by := notUnderstood
	first, asked := r.j.GoneBy[id]
	if first != maybeSent && first != answeredOpen {
		first = notUnderstood
	}
	switch {
	case errors.Is(err, client.ErrStillListed):
		by = answeredOpen
	case client.MayHaveHappened(err):
	case err != nil:
		return
	case said.Evidence != "":
		by = said.Evidence
	case said.AlreadyGone && asked:
		by = first + "; asked again, the service has no such key"
	default:
		delete(r.j.GoneBy, id)
		return
	}
	r.isOpen(id, by)
}

func (r *Rotation) isOpen(id, by string) {
	if r.j.GoneBy == nil {
		r.j.GoneBy = map[string]string{}
	}
	r.j.GoneBy[id] = r.withoutSecrets(by) // the service's own words may repeat one
}

// claimedGone is the same as a claim has it.
func (j *journal) claimedGone(id string) string {
	if j.GoneBy[id] != "" {
		return j.deletedWords(id, id)
	}
	return "the service answered that it deleted " + id + ", or that it has no such key"
}

func (r *Rotation) isDeleted() {
	r.j.OldGone, r.j.LivesOn, r.j.Dead = true, false, deadState{}
	if r.j.DeletedAt.IsZero() {
		r.j.DeletedAt = r.w.Wall().UTC()
	}
	r.j.settled(opDisable)
	what := r.j.claimedGone(r.j.Old.ID)
	if r.j.Roll != nil {
		what = fmt.Sprintf("the service answered that no former secret of %s is accepted any more", r.j.Old.ID)
	}
	r.observed(DeleteAnswered, SubjectOld, "answer", "%s", what)
	r.log("the service answered the deletion of the old key")
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
	r.goneBy(id, said, err)
	r.j.NoSuch = slices.DeleteFunc(r.j.NoSuch, func(s string) bool { return s == id })
	if err == nil && said.AlreadyGone {
		r.j.NoSuch = append(r.j.NoSuch, id)
	}
	return err
}

// deleteGuarded deletes one whose secret may be in a place: the gate is passed right before each call.
func (r *Rotation) deleteGuarded(ctx context.Context, id string, gate func(context.Context) (*Result, error), apply func()) (*Result, error) {
	return r.guardedTwice(ctx, opDeleteNew+" "+id, "delete", id, gate, func(ctx context.Context) error {
		return r.deleteOurs(client.AtOnce(ctx), id)
	}, apply)
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

func (r *Rotation) strayDeleted(id string) {
	r.observed(DeleteAnswered, id, "answer", "%s", r.j.claimedGone(id))
}

func (r *Rotation) newDeleted(id string) {
	what := r.j.claimedGone(id)
	if r.j.inPlace() {
		what = fmt.Sprintf("the service answered that the key has its former secret again, instead of that of %s, or that no overlap runs", id)
	}
	r.observed(DeleteAnswered, SubjectNew, "answer", "%s", what)
}
