package rotation

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"detent/apikey"
	"detent/client"
)

const opCreate = "create"

// maxMints bounds how often one Do creates anew after a lost answer.
const maxMints = 3

func (r *Rotation) draft() apikey.Draft {
	old := r.j.Old.key()
	d := apikey.Draft{Name: r.j.Name, Expiry: expiryFor(old), Permissions: slices.Clone(old.Permissions), Role: old.Role,
		Type: old.Type, Environment: old.Environment, Extra: maps.Clone(old.Extra)}
	if old.Restrictions != nil {
		d.Restrictions = *old.Restrictions
	}
	return d
}

// create makes the new key, or finds the one whose create was not answered.
func (r *Rotation) create(ctx context.Context) (Result, error) {
	if r.j.Manual {
		return r.askForPaste(), nil
	}
	for range maxMints {
		if r.j.pending(opCreate) {
			res, settled, err := r.findLost(ctx)
			if err != nil || settled {
				return res, err
			}
		}
		if r.j.New != nil {
			have, err := r.needSecret(ctx)
			if err != nil {
				return Result{}, err
			}
			if have {
				return r.created(ctx, "the new key exists: "+keyWords(*r.j.New))
			}
			if err := r.discardNew(ctx); err != nil {
				return Result{}, err
			}
		}
		err := r.mint(ctx)
		switch {
		case client.MayHaveHappened(err):
			continue
		case err != nil:
			return Result{}, err
		case r.secret.IsZero():
			continue // the answer came without a secret
		}
		return r.created(ctx, "the new key was created: "+keyWords(*r.j.New))
	}
	return Result{}, fmt.Errorf("%d times a key was asked for, and no answer brought its secret", maxMints)
}

func keyWords(k keyRecord) string { return fmt.Sprintf("%q (%s)", k.Name, k.ID) }

func (r *Rotation) mint(ctx context.Context) error {
	var made apikey.Created
	return r.change(opCreate, func() (err error) {
		made, err = r.svc.Create(ctx, r.draft())
		return err
	}, func() {
		r.hold(made.Key, made.Secret)
		for _, n := range made.Notes {
			r.log("create: %s", n)
		}
	})
}

// hold takes a key as the new one, with its secret.
func (r *Rotation) hold(k apikey.Key, secret apikey.Secret) {
	rec := record(k)
	r.j.New, r.secret = &rec, secret
	r.j.Print = secret.Fingerprint(r.j.ID)
	r.j.Proved, r.j.LastUseMoves = 0, false
}

// findLost looks for the key of a create whose answer was lost. settled is false where none
// exists (now certainly), so that it may be created again.
func (r *Rotation) findLost(ctx context.Context) (res Result, settled bool, err error) {
	if err := r.w.Sleep(ctx, r.w.settle()); err != nil {
		return Result{}, false, err
	}
	s, err := r.look(ctx)
	if err != nil {
		return Result{}, false, err
	}
	hits := slices.DeleteFunc(s.ours, func(k apikey.Key) bool { return slices.Contains(r.j.Superseded, k.ID) })
	switch {
	case len(hits) == 0:
		r.j.settled(opCreate)
		r.j.New = nil
		return Result{}, false, r.save("no key was created")
	case len(hits) > 1:
		return stop(NeedCleanup, "several keys carry this rotation's mark: "+names(hits)+
			". Nobody has their secrets. Undo deletes them all; or delete them yourself and go on"), true, nil
	}
	hit := hits[0]
	if !r.asDrafted(hit) {
		return stop(NeedCleanup, "a key carries this rotation's mark but not the access that was asked for: "+names(hits)+
			". Undo deletes it; or delete it yourself and go on"), true, nil
	}
	secret, err := r.retrieve(ctx, hit.ID)
	if err != nil {
		return Result{}, false, err
	}
	r.hold(hit, secret)
	r.j.settled(opCreate)
	if err := r.save("found"); err != nil {
		return Result{}, false, err
	}
	if secret.IsZero() {
		return Result{}, false, nil // the caller deletes it and creates again
	}
	res, err = r.created(ctx, "the answer to the create was lost; the key was found by its mark and its secret had again: "+names(hits))
	return res, true, err
}

// asDrafted compares a found key with what was asked for. Its lifetime is left to the
// comparison before the deletion: a service may shorten it.
func (r *Rotation) asDrafted(k apikey.Key) bool {
	for _, d := range compare(r.j.Old.key(), k, r.j.Fields) {
		if d.Field != apikey.FieldExpiry && d.Verdict == Differs {
			return false
		}
	}
	return true
}

// retrieve asks for a secret again; absent where the service does not give it.
func (r *Rotation) retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	giver, ok := client.As[client.Retriever](r.svc)
	if !ok {
		return apikey.Secret{}, nil
	}
	r.w.Hook("before: retrieve")
	secret, err := giver.Retrieve(ctx, id)
	r.w.Hook("after: retrieve")
	if client.IsKind(err, client.Unsupported) || client.IsKind(err, client.Forbidden) || client.IsKind(err, client.NotFound) {
		return apikey.Secret{}, nil
	}
	return secret, err
}

// discardNew deletes a new key whose secret is gone and which was put nowhere.
func (r *Rotation) discardNew(ctx context.Context) error {
	id := r.j.New.ID
	return r.change("delete the key without a secret", func() error {
		return r.deleteKey(ctx, id)
	}, func() {
		r.log("deleted the new key %s: its secret was gone", id)
		r.j.New, r.j.Print, r.j.Step = nil, "", Create
	})
}

// created ends the step. The list shows the new key as the old one was shown, so that they
// compare; and whether another host began the same at the same moment.
func (r *Rotation) created(ctx context.Context, said string) (Result, error) {
	var notes []string
	s, err := r.look(ctx)
	if err != nil {
		notes = append(notes, "the list could not be read after the create; old and new are compared later")
	} else if others := append(s.rivals, s.foreign...); len(others) > 0 {
		if s.old != nil {
			return stop(NeedCleanup, "somebody else rotates this key at this moment: "+names(others)+
				". Undo here deletes the new key of this rotation; or end the other one, and go on"), r.save("met another host")
		}
		// With the old key gone there is no way back, and what is delivered here needs a key that works.
		notes = append(notes, "somebody else has rotated this key, too, and the old one is gone: their key stays ("+names(others)+"); see who uses it")
	}
	notes = append(notes, diffWords(r.j.diff())...)
	return r.move(Deliver, said, notes...)
}

// needSecret brings the new secret into memory: it is there, or a destination that it was put to
// still holds it, or the service gives it again. False means that it is gone.
func (r *Rotation) needSecret(ctx context.Context) (bool, error) {
	if !r.secret.IsZero() {
		return true, nil
	}
	if r.j.New == nil || r.j.Print == "" {
		return false, nil
	}
	for i, d := range r.dests {
		if !r.j.Destinations[i].Begun {
			continue
		}
		if r.recover(r.held(ctx, d)) {
			return true, nil
		}
	}
	secret, err := r.retrieve(ctx, r.j.New.ID)
	if err != nil {
		return false, err
	}
	return r.recover(secret), nil
}

// recover takes a secret if it is the new one, told by its fingerprint: a destination may still
// hold the old one, which is never to be used.
func (r *Rotation) recover(secret apikey.Secret) bool {
	if secret.IsZero() || secret.Fingerprint(r.j.ID) != r.j.Print {
		return false
	}
	r.secret = secret
	return true
}

// replaceLost deals with a new key whose secret is gone. What was put nowhere is deleted and
// created again. What may have been put somewhere stays alive, because an application may use
// it, and goes together with the old key.
func (r *Rotation) replaceLost(ctx context.Context) (Result, error) {
	lost := keyWords(*r.j.New)
	if !r.j.touched() {
		if err := r.discardNew(ctx); err != nil {
			return Result{}, err
		}
		return r.move(Create, "the secret of "+lost+" was lost before it was put anywhere; that key was deleted, and is created again next")
	}
	r.j.Superseded = append(r.j.Superseded, r.j.New.ID)
	r.j.New, r.j.Print = nil, ""
	for i := range r.j.Destinations {
		r.j.Destinations[i].Put, r.j.Destinations[i].Then = false, false
	}
	return r.move(Create, "the secret of "+lost+" was lost while it was delivered; that key stays until another one, created next, has taken its place")
}
