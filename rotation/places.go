package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

func (r *Rotation) isNew(s apikey.Secret) bool {
	return !s.IsZero() && (s.Equal(r.secret) || r.fingerprints.is(s, r.j.Print, r.j.ID))
}

// isOurs reports whether a value is the secret of a key that this rotation made: an undo deletes all of them.
func (r *Rotation) isOurs(s apikey.Secret) bool { return r.isNew(s) || r.isSuperseded(s) }

// isSuperseded reports whether a value is a secret of an earlier new key of this rotation.
func (r *Rotation) isSuperseded(s apikey.Secret) bool {
	for _, print := range r.j.OldPrints {
		if r.fingerprints.is(s, print, r.j.ID) {
			return true
		}
	}
	return false
}

// isOld reports whether a value is the old key's secret, as far as that is known.
func (r *Rotation) isOld(s apikey.Secret) bool {
	return !s.IsZero() && (s.Equal(r.old) || r.fingerprints.is(s, r.j.OldPrint, r.j.ID))
}

// isFormer reports whether a place holds what it held before anything was put there, as far as that was kept.
func (r *Rotation) isFormer(rec *destinationRecord, held delivery.Held) bool {
	if rec.Former == "" && !rec.Held {
		return !held.Exists && rec.Where != ""
	}
	return held.Exists && r.fingerprints.is(held.Secret, rec.Former, r.j.ID)
}

// held reads a destination. reads is false where it cannot be read at all.
func (r *Rotation) held(ctx context.Context, d delivery.Destination, rec *destinationRecord) (held delivery.Held, reads bool, err error) {
	h, ok := d.(delivery.Holder)
	if !ok {
		return delivery.Held{}, false, nil
	}
	r.w.Hook("before: read " + rec.Spec)
	held, err = h.Held(ctx)
	r.w.Hook("after: read " + rec.Spec)
	if err != nil {
		return held, true, err
	}
	r.placeHolds(rec, held)
	return held, true, nil
}

// Holds reports whether a destination, read just now, holds the new secret.
func (r *Rotation) Holds(ctx context.Context, spec string) bool {
	r.busy.Lock()
	defer r.busy.Unlock()
	d, rec, err := r.destination(spec)
	if err != nil || r.release == nil {
		return false
	}
	held, _, err := r.held(ctx, d, rec)
	return err == nil && r.isNew(held.Secret)
}

func (r *Rotation) placeHolds(rec *destinationRecord, held delivery.Held) {
	what := "another value"
	switch {
	case !held.Exists:
		what = "nothing"
	case r.isNew(held.Secret):
		what = heldNew
	case rec.Where == "" || r.j.Step == Preflight, r.isFormer(rec, held) && !rec.Begun:
		what = "a value"
	case r.isFormer(rec, held):
		what = "the value that it had before" // something was put there
	case r.isOld(held.Secret) && r.j.OldBy != "":
		what = "the old key's secret"
	case r.isOld(held.Secret):
		what = "what passes for the old key's secret"
	}
	r.observed(PlaceHolds, rec.Spec, "read", "%s held %s", rec.Describe, what)
}

// elsewhere says that a path leads to another place than when the rotation began: an atomic deploy has swapped it.
func elsewhere(rec *destinationRecord, held delivery.Held) error {
	if rec.Where == "" || held.Where == "" || held.Where == rec.Where {
		return nil
	}
	return fmt.Errorf("it is another file now: the path led to %s when the rotation began, and leads to %s", rec.Where, held.Where)
}

// keptBeside is where the copy of what a place holds is kept: beside the file at the end of links.
func (r *Rotation) keptBeside(rec *destinationRecord, held delivery.Held) {
	if held.File != "" {
		rec.Backup = held.File + ".detent-" + r.j.ID
	}
}

// leftBehind has the end name a place's kept copy: what became of it cannot be seen.
func (r *Rotation) leftBehind(rec *destinationRecord) {
	if rec.Backup != "" && !slices.Contains(rec.Left, rec.Backup) {
		rec.Left = append(rec.Left, rec.Backup)
	}
}

// follow takes up a place whose path leads elsewhere than before: what reads the path reads that file now. Its value must pass for the
// old key's, as at the preflight, or be one of ours.
func (r *Rotation) follow(ctx context.Context, d delivery.Destination, rec *destinationRecord) error {
	if !rec.Reads || rec.Where == "" {
		return nil
	}
	held, _, err := r.held(ctx, d, rec)
	if err != nil || elsewhere(rec, held) == nil {
		return err
	}
	ours := r.isFormer(rec, held) || r.isOld(held.Secret) || r.isNew(held.Secret) || r.isSuperseded(held.Secret) || r.fingerprints.is(held.Secret, rec.Over, r.j.ID)
	if held.Exists && !ours || !held.Exists && rec.Held {
		return fmt.Errorf("%w, and holds another value there", elsewhere(rec, held))
	}
	r.log("%s leads to %s now", rec.Describe, held.Where)
	if rec.Begun { // the copy beside the other file is nobody's any more
		rec.Left = append(rec.Left, rec.Backup)
	}
	rec.Where = held.Where
	if !r.isNew(held.Secret) && !r.isSuperseded(held.Secret) { // a secret of ours is nothing to go back to
		rec.Held = held.Exists
		if rec.Former, err = r.fingerprints.of(held.Secret); err != nil {
			return err
		}
	}
	r.keptBeside(rec, held)
	return r.save("the place is elsewhere")
}

// settlePlace learns of a place in a journal of an older version what preflight would have journaled.
func (r *Rotation) settlePlace(ctx context.Context, d delivery.Destination, rec *destinationRecord) error {
	if rec.Where != "" || !rec.Reads || !rec.Begun {
		return nil
	}
	h := d.(delivery.Holder)
	held, err := h.Held(ctx)
	if err != nil {
		return err
	}
	former, err := h.Former(ctx, r.job(rec))
	if errors.Is(err, delivery.ErrNoCopy) {
		return nil // nothing is known of what it held: undo stops there, and going on does not need it
	}
	if err != nil {
		return err
	}
	rec.Where, rec.Host, rec.Held = held.Where, r.w.Host, former.Exists
	r.keptBeside(rec, held)
	rec.Former, err = r.fingerprints.of(former.Secret)
	return err
}

// cameBack takes up what a place's copy is seen to hold where that is no longer what the preflight saw, and is what an undo goes back to: the
// old key's secret, where the place held nothing and somebody has put it back before the new one was delivered; or what somebody
// had written there and a person said may be delivered over, where no other copy was left.
func (r *Rotation) cameBack(rec *destinationRecord, copied delivery.Held) error {
	if copied.Exists && rec.Former != rec.Over && r.fingerprints.is(copied.Secret, rec.Over, r.j.ID) {
		rec.Former, rec.Held, rec.WasOld = rec.Over, true, false
		return nil
	}
	if rec.Held || !copied.Exists || !r.isOld(copied.Secret) || !rule("put: what came back since the preflight is what was there") {
		return nil
	}
	print, err := r.fingerprints.of(copied.Secret)
	if err != nil {
		return err
	}
	r.log("%s held the old key's secret again when the new one was put there", rec.Describe)
	rec.Former, rec.Held, rec.WasOld = print, true, true
	return nil
}

// vouch takes a person's word that a destination has its old value again, or has what the person wants it to have.
// Where it can be read, it is: it must not hold the new secret, nor that of a new key before it.
func (r *Rotation) vouch(spec, reason string) error {
	d, rec, err := r.destination(spec)
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return &RefusedError{Reason: "say why " + rec.Describe + " counts as put back: the reason is recorded"}
	}
	if held, reads, err := r.held(context.Background(), d, rec); reads && err == nil && r.isOurs(held.Secret) && rule("undone: not where the new secret is") {
		return &RefusedError{Reason: rec.Describe + " holds the new secret: it is not put back", Next: "put the old value back, or go on with the rotation"}
	}
	rec.Undid = reason
	r.recordStatement(rec.Spec, "%s has its old value again (%s)", rec.Describe, reason)
	return nil
}

// ready sees, right before the former secret dies, that each place can be written, and holds what it held.
func (r *Rotation) ready(ctx context.Context) error {
	for d, rec := range r.destinations() {
		if rec.Without != "" {
			continue
		}
		if err := r.follow(ctx, d, rec); err != nil {
			return fmt.Errorf("%s: %w; nothing was sent", rec.Describe, err)
		}
		r.w.Hook("before: preflight " + rec.Spec)
		_, err := d.Preflight(ctx, r.job(rec))
		r.w.Hook("after: preflight " + rec.Spec)
		if err != nil {
			return fmt.Errorf("%s: %w; nothing was sent", rec.Describe, err)
		}
		held, reads, err := r.held(ctx, d, rec)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w; nothing was sent", rec.Describe, err)
		case reads && !r.isFormer(rec, held) && !r.isOld(held.Secret) && !r.isOurs(held.Secret):
			return fmt.Errorf("%s holds something else than when the rotation began; nothing was sent", rec.Describe)
		}
	}
	return nil
}

// nowhere reports whether the new secret is seen to be in no place: each that it may have been put to can be read, and holds something else.
func (r *Rotation) nowhere(ctx context.Context) bool {
	for d, rec := range r.destinations() {
		if !rec.Begun || rec.Undone || rec.Fresh {
			continue
		}
		if held, reads, err := r.held(ctx, d, rec); !reads || err != nil || r.isNew(held.Secret) { // that of an earlier roll is another
			return false
		}
	}
	return !r.j.Switched
}

// newSecret is the new secret, taken from a place that holds it, else from memory, else from the service where it gives
// secrets again. It is absent where none has it.
func (r *Rotation) newSecret(ctx context.Context) (secret apikey.Secret, from string, err error) {
	if r.j.New == nil {
		return apikey.Secret{}, "", nil
	}
	for d, rec := range r.destinations() {
		if !rec.Begun || rec.Without != "" {
			continue
		}
		held, reads, err := r.held(ctx, d, rec)
		if reads && err == nil && r.isNew(held.Secret) {
			r.secret = held.Secret
			return held.Secret, "read back from " + rec.Describe, nil
		}
	}
	if !r.secret.IsZero() {
		return r.secret, "in hand", nil
	}
	if r.j.Print == "" {
		return apikey.Secret{}, "", nil
	}
	again, err := r.retrieve(ctx, r.j.New.ID)
	if err == nil && r.recover(again) {
		return r.secret, "given again by the service", nil
	}
	return apikey.Secret{}, "", err
}

// needSecret brings the new secret into memory: it is there, or a destination that it was put to
// still holds it, or the service gives it again. False means that it is gone.
func (r *Rotation) needSecret(ctx context.Context) (bool, error) {
	if !r.secret.IsZero() {
		return true, nil
	}
	secret, _, err := r.newSecret(ctx)
	return !secret.IsZero(), err
}

// recover takes a secret if it is the new one, told by its fingerprint: a destination may still
// hold the old one, which is never to be used.
func (r *Rotation) recover(secret apikey.Secret) bool {
	if !r.fingerprints.is(secret, r.j.Print, r.j.ID) {
		return false
	}
	r.secret = secret
	return true
}

// retrieve asks for a secret again; absent where the service does not give it.
func (r *Rotation) retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	retrieve := r.svc.Abilities().Retrieve
	if retrieve == nil {
		return apikey.Secret{}, nil
	}
	r.w.Hook("before: retrieve")
	secret, err := retrieve(ctx, id)
	r.w.Hook("after: retrieve")
	if client.IsKind(err, client.Unsupported) || client.IsKind(err, client.Forbidden) || client.IsKind(err, client.NotFound) {
		return apikey.Secret{}, nil
	}
	return secret, err
}

// oldSecret is the old key's secret, where it is at hand: in memory, in a kept copy, or in a place that has it.
func (r *Rotation) oldSecret(ctx context.Context) apikey.Secret {
	if !r.old.IsZero() {
		return r.old
	}
	for i, d := range r.dests {
		h, ok := d.(delivery.Holder)
		if !ok {
			continue
		}
		rec := &r.j.Destinations[i]
		if former, err := h.Former(ctx, r.job(rec)); err == nil && r.isOld(former.Secret) {
			r.old = former.Secret
			return r.old
		}
		if held, err := h.Held(ctx); err == nil && r.isOld(held.Secret) {
			r.old = held.Secret
			return r.old
		}
	}
	return apikey.Secret{}
}
