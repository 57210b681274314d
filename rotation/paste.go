package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/delivery"
)

// shortest is the length below which a pasted secret is certainly cut off.
const shortest = 16

func (r *Rotation) askForPaste() Result {
	access := []string{}
	for _, f := range r.caps.AccessFields {
		if v := value(f, r.j.Old.key()); f != apikey.FieldExpiry && v != untold && v != "none" {
			access = append(access, fmt.Sprintf("%s %s", f, v))
		}
	}
	if r.j.Old.ExpiresAt.Known() {
		access = append(access, lifetimeWords(r.j.Old.key()))
	}
	same := "the same access"
	if len(access) > 0 {
		same += " (" + strings.Join(access, "; ") + ")"
	}
	return stop(NeedPaste, fmt.Sprintf("create a key called %q in the dashboard, with %s, and paste its secret here", r.j.Name, same))
}

// paste takes the secret of a key that the operator has made. Nothing is asked of the
// service before it is certain that this is not the secret in use now.
func (r *Rotation) paste(ctx context.Context, secret apikey.Secret) (Result, error) {
	if r.j.Manual && r.j.New != nil && r.j.Step != Create && r.secret.IsZero() && !r.j.Undoing {
		return r.pasteAgain(secret)
	}
	if !r.j.Manual || r.j.Step != Create || r.j.Undoing {
		return Result{}, &RefusedError{Reason: "no secret is asked for at the step " + string(r.j.Step)}
	}
	if err := r.refusePaste(ctx, secret); err != nil {
		return Result{}, err
	}
	r.w.Hook("before: probe")
	proof, err := r.svc.Probe(ctx, secret)
	r.w.Hook("after: probe")
	if err != nil {
		return Result{}, err
	}
	if !proof.Valid {
		return Result{}, &RefusedError{Reason: fmt.Sprintf("the service refuses this secret (%s)", proof.Did),
			Next: "is it whole, and of the right environment? Copy it again"}
	}
	k, err := r.matchRow(ctx, proof.Key)
	if err != nil {
		return Result{}, err
	}
	r.hold(k, secret)
	if err := r.save("pasted"); err != nil {
		return Result{}, err
	}
	return r.created(ctx, "the pasted secret works, and belongs to "+keyWords(*r.j.New))
}

// pasteAgain takes the secret that a killed process had, if it is that one.
func (r *Rotation) pasteAgain(secret apikey.Secret) (Result, error) {
	if !r.recover(secret) {
		return Result{}, &RefusedError{Reason: "this is not the secret that was pasted before", Next: "without it, go on: another key takes its place"}
	}
	return Result{Status: Moved, Said: "the secret of " + keyWords(*r.j.New) + " is in hand again"}, nil
}

// refusePaste finds a wrong paste without using it.
func (r *Rotation) refusePaste(ctx context.Context, secret apikey.Secret) error {
	const again = "copy the new key's secret again, whole"
	switch prefixes := r.caps.SecretPrefixes; {
	case secret.IsZero():
		return &RefusedError{Reason: "nothing was pasted", Next: again}
	case secret.Len() < shortest:
		return &RefusedError{Reason: "what was pasted is too short for a secret: it is cut off", Next: again}
	case len(prefixes) > 0 && !slices.ContainsFunc(prefixes, secret.HasPrefix):
		return &RefusedError{Reason: fmt.Sprintf("a secret of this service begins with %s; this does not", strings.Join(prefixes, " or ")), Next: again}
	}
	if is, want := environmentOf(secret), r.j.Old.Environment; is != "" && want != "" && is != want {
		return &RefusedError{Reason: fmt.Sprintf("this is a secret of the %s environment, the key that is replaced is a %s key", is, want),
			Next: "create a " + string(want) + " key"}
	}
	for i, d := range r.dests {
		if r.j.Destinations[i].Put {
			continue
		}
		if match, err := d.ReadBack(ctx, secret); err == nil && match == delivery.Same && !r.j.Destinations[i].Begun {
			return &RefusedError{Reason: "this secret is in " + d.Describe() + " already: it is the one in use now, not the new one", Next: again}
		}
	}
	return nil
}

// environmentOf tells a secret's environment by how it begins, where that tells anything.
func environmentOf(s apikey.Secret) apikey.Environment {
	switch {
	case s.HasPrefix("sk_live_"):
		return apikey.Live
	case s.HasPrefix("sk_test_"):
		return apikey.Test
	}
	return ""
}

// matchRow finds the key that the pasted secret belongs to: the service tells, or it is the one
// that appeared since the preflight, or of several the one with our mark.
func (r *Rotation) matchRow(ctx context.Context, told *apikey.Key) (apikey.Key, error) {
	s, err := r.look(ctx)
	if err != nil {
		return apikey.Key{}, err
	}
	if told != nil && told.ID != "" {
		i := slices.IndexFunc(s.all, func(k apikey.Key) bool { return k.ID == told.ID })
		switch {
		case told.ID == r.j.Old.ID:
			return apikey.Key{}, &RefusedError{Reason: "this is the secret of the old key", Next: "paste the new one's"}
		case i < 0:
			return apikey.Key{}, errors.New("the secret belongs to a key that the list does not show")
		}
		return s.all[i], nil
	}
	fresh := slices.DeleteFunc(s.all, func(k apikey.Key) bool {
		return slices.Contains(r.j.Seen, k.ID) || slices.Contains(r.j.Superseded, k.ID)
	})
	if len(fresh) > 1 {
		marked := slices.DeleteFunc(slices.Clone(fresh), func(k apikey.Key) bool { _, n := splitName(k.Name); return n != r.j.ID })
		if len(marked) == 1 {
			fresh = marked
		}
	}
	switch len(fresh) {
	case 0:
		return apikey.Key{}, &RefusedError{Reason: "the secret works, but no new key is in the list since this rotation began",
			Next: "create a new key now; one that existed before cannot be told from the others"}
	case 1:
		if k := fresh[0]; r.j.Old.Environment != "" && k.Environment != "" && k.Environment != r.j.Old.Environment {
			return apikey.Key{}, &RefusedError{Reason: fmt.Sprintf("the new key is a %s key, the old one a %s key", k.Environment, r.j.Old.Environment)}
		}
		return fresh[0], nil
	}
	return apikey.Key{}, &RefusedError{Reason: "several keys appeared since this rotation began: " + names(fresh),
		Next: fmt.Sprintf("give the one whose secret this is the name %q, or delete the others, and paste again", r.j.Name)}
}
