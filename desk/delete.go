package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"detent/apikey"
	"detent/audit"
	"detent/client"
)

func init() {
	kinds[Delete] = kind{
		op:        "delete a key",
		admins:    true,
		abilities: func(c *apikey.Capabilities) []*apikey.Ability { return []*apikey.Ability{&c.Delete} },
		can:       func(c apikey.Capabilities) apikey.Ability { return c.Delete },
		check: func(o Order, c apikey.Capabilities) *FieldError {
			if !o.Secret.IsZero() && c.SelfDelete == "" {
				return &FieldError{Why: c.Title + " has no call by which a secret deletes its own key: delete the key without its secret, with the profile's credential"}
			}
			return nil
		},
		recordAsked: func(_ *Desk, o Order, was apikey.Key, e *Entry) {
			if !o.Secret.IsZero() {
				e.Detail = "by its own secret"
			}
			e.Before = fieldsOf(&was, apikey.FieldRole, apikey.FieldEnabled, apikey.FieldMasked) // by the mask it is told later whose a secret was
		},
		recordResult: recordGone("already gone"),
		call: func(ctx context.Context, d *Desk, o Order) (out Outcome, err error) {
			out.Deleted, err = d.deleteForSure(ctx, o)
			return out, err
		},
	}
}

// recordGone is the recordResult of what is answered as a delete is: no more certain than its words are.
func recordGone(already string) func(*Desk, Order, Outcome, error, *audit.Outcome) {
	return func(_ *Desk, _ Order, out Outcome, err error, r *audit.Outcome) {
		switch d := out.Deleted; {
		case err != nil:
		case d.Evidence != "":
			r.Reason, r.Certain = d.Evidence, d.Answered()
		case d.AlreadyGone:
			r.Reason = already
		}
	}
}

func (s *ordering) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	out, err := s.d.handle(ctx, Order{What: Delete, Key: apikey.Key{ID: id}, Act: s.act})
	return out.Deleted, err
}

func (s *ordering) deleteBySecret(ctx context.Context, id string, secret apikey.Secret) (apikey.Deleted, error) {
	out, err := s.d.handle(ctx, Order{What: Delete, Key: apikey.Key{ID: id}, Secret: secret, Act: s.act})
	return out.Deleted, err
}

// deleteForSure deletes; where the answer was lost, it asks once more by the same id, which a service that has carried it out says to. A
// list settles nothing here: it may lack a key that lives. But "no such key" is no answer to a key that the list shows.
func (d *Desk) deleteForSure(ctx context.Context, o Order) (apikey.Deleted, error) {
	remove := func() (apikey.Deleted, error) {
		if !o.Secret.IsZero() {
			return d.deleteBySecret(ctx, o)
		}
		ctx, cancel := d.uncancelled(ctx, o)
		defer cancel()
		return d.service.Delete(ctx, o.Key.ID)
	}
	done, err := remove()
	var first error
	switch {
	case o.Act || !o.Secret.IsZero(): // a secret that has ended its key is refused, and that says nothing of why
		return done, err
	case errors.Is(err, client.ErrBegun):
		return apikey.Deleted{Begun: true, Evidence: "the service answered that it took the deletion (202), and its list still has the key: look again in a while"}, nil
	case errors.Is(err, client.ErrStillListed): // it was answered
	case err != nil && client.MayHaveHappened(err):
		o.note("%v: asking once more", err)
		first = err
		if done, err = remove(); err != nil {
			return done, stillOpen(o, first, err)
		}
	}
	if err != nil || !done.AlreadyGone {
		return done, err
	}
	looking, cancel := d.uncancelled(ctx, o)
	defer cancel()
	listed := false
	listErr := d.List(looking, func(batch []apikey.Key) {
		for i := range batch {
			listed = listed || batch[i].ID == o.Key.ID
		}
	})
	if listErr == nil && listed {
		return done, &client.Error{Op: o.op(), Kind: client.BadAnswer, Outcome: client.Unknown,
			Message: "the service answered that it has no such key, and lists it all the same",
			Hint:    "Its list may be behind: look again, and delete it once more where it is still there."}
	}
	if first != nil {
		done.Evidence = "the first request was not answered, or not in a way that is understood (" + asked(first) + "); asked again, the service has no such key"
	}
	return done, nil
}

// stillOpen is why a second request failed, after a first one that may have been carried out: no to the second is no to that alone.
func stillOpen(o Order, first, second error) error {
	out := &client.Error{Op: o.op(), Kind: client.Timeout, Outcome: client.Unknown, Err: second,
		Message: "a first request was not answered, or not in a way that is understood (" + asked(first) + "); asked again: " + asked(second),
		Hint:    "Look whether the key is there, and delete it once more where it is."}
	if e := (*client.Error)(nil); errors.As(first, &e) {
		out.Kind, out.Status = e.Kind, e.Status
	}
	return out
}

// asked is what came of a request, without what it was.
func asked(err error) string {
	if e := (*client.Error)(nil); errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return err.Error()
}

// deleteBySecret has a secret delete its own key, once it is seen to be of that key: the call says nothing of which it deletes.
func (d *Desk) deleteBySecret(ctx context.Context, o Order) (apikey.Deleted, error) {
	refused := func(kind client.Kind, why, next string) (apikey.Deleted, error) {
		return apikey.Deleted{}, &client.Error{Op: o.op(), Kind: kind, Outcome: client.NotDone, Message: why, Hint: next}
	}
	deleteBySecret := d.service.Abilities().DeleteBySecret
	if deleteBySecret == nil {
		return refused(client.Unsupported, "this service has no call by which a secret deletes its own key", "Delete the key without its secret, with the profile's credential.")
	}
	proof, unidentified, err := client.Verify(ctx, d.service, o.Secret)
	var failed *client.Error
	switch {
	case errors.As(err, &failed): // a read, after which the service is as it was
		return apikey.Deleted{}, &client.Error{Op: o.op(), Kind: failed.Kind, Status: failed.Status, Outcome: client.NotDone, Err: err,
			Message: "whose the secret is could not be looked at, and nothing was deleted: " + failed.Message,
			Hint:    cmp.Or(failed.Hint, "Try it again in a moment, or delete the key without its secret, with the profile's credential.")}
	case proof.Refused():
		return refused(client.Invalid, "the service is not seen to accept this secret, but refuses it: nothing was deleted",
			"It may be dead already. Where the key is listed all the same, delete it without its secret, with the profile's credential.")
	case !proof.Accepted():
		return refused(client.Invalid, "the service is not seen to accept this secret ("+cmp.Or(proof.Why, proof.Evidence)+"): nothing was deleted",
			"Verify it again in a moment, or from where it may be used; or delete the key without its secret, with the profile's credential.")
	case proof.Key == nil:
		why := ""
		if unidentified != nil {
			why = " (" + unidentified.Error() + ")"
		}
		return refused(client.Conflict, "the secret is not seen to be of this key"+why+": nothing was deleted",
			"It works, and nothing tells whose it is: delete the key without its secret, with the profile's credential, and verify the secret after that.")
	case proof.Key.ID != o.Key.ID:
		return refused(client.Conflict, fmt.Sprintf("the secret is not seen to be of this key, but of another, %q (%s): nothing was deleted", proof.Key.Name, proof.Key.ID),
			"Where the secret is the one that leaked, it is that other key that has to be deleted; this one without its secret, with the profile's credential.")
	}
	ctx, cancel := d.uncancelled(ctx, o)
	defer cancel()
	return deleteBySecret(ctx, o.Key.ID, o.Secret)
}
