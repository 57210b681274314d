package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
)

// What a made-up secret met at a call.
const (
	controlRefused  = "refused"
	controlAccepted = "accepted"
)

// errNoControl says that what would make a probe a proof was not answered.
var errNoControl = errors.New("whether a made-up secret is refused by the same call could not be seen, and without that the answer proves nothing")

// tried is what one probe came to.
type tried struct {
	apikey.Proof
	unproven bool      // the answer was good, but a made-up secret gets it too
	at       time.Time // when that was known, by this machine's clock
}

func (t tried) accepted() bool { return t.Verdict == apikey.Accepted && !t.unproven }

// firstUse is our first request with the new secret that was accepted in this process, and when it was asked for by the service's clock.
type firstUse struct{ at, server time.Time }

// try makes one request with a secret of the rotation, by the call that is named, or by one of the service's choice. It proves
// that the secret is alive only where a made-up one is refused by the same call, and that it is dead only where the new
// secret is accepted by it: both are seen to here. from says where the secret was taken.
// Without a subject nothing is claimed: whose it is has yet to be told.
func (r *Rotation) try(ctx context.Context, subject string, secret apikey.Secret, from, call string) (tried, error) {
	use := firstUse{r.w.Now(), r.serviceNow()}
	proof, err := r.probe(ctx, secret, call)
	if err != nil {
		return tried{}, err
	}
	if proof = r.ofKey(subject, proof); subject == SubjectNew && proof.Verdict == apikey.Accepted {
		if r.newCalls == nil {
			r.newCalls = map[string]bool{}
		}
		if r.newCalls[proof.Call] = true; r.newUse.at.IsZero() {
			r.newUse = use
		}
	}
	t := tried{Proof: proof}
	switch proof.Verdict {
	case apikey.Accepted:
		if t.unproven, err = r.control(ctx, cmp.Or(subject, SubjectNew), secret, proof.Call); err != nil {
			return tried{}, err
		}
		if t.at = r.w.Wall(); !t.unproven && subject != "" {
			r.secretAccepted(subject, t, from)
		}
	case apikey.Known:
		if t.unproven, err = r.control(ctx, cmp.Or(subject, SubjectNew), secret, proof.Call); err != nil {
			return tried{}, err
		}
		if !t.unproven && (r.restrictionExplains(subject) || !rule("probe: a 403 is explained")) {
			r.observed(SecretKnown, subject, "probe", "%s, with the secret %s; the key's own restriction explains it", proof.Evidence, from)
		} else {
			t.Verdict = apikey.Silent
		}
	}
	return t, nil
}

// ofKey makes a refusal of one that a living key may get, where the key is known to have what the call needs: by its row, or, of the old one, since
// the new key has the same permissions and was accepted by the same call.
func (r *Rotation) ofKey(subject string, proof apikey.Proof) apikey.Proof {
	if proof.Needs == "" || subject == "" {
		return proof
	}
	held := r.j.Old.key().Permissions
	if subject == SubjectNew && r.j.New != nil {
		held = r.j.New.key().Permissions
	}
	has, _ := apikey.Holds(held, proof.Needs)
	has = has && !proof.NeedsMore
	if !has && subject == SubjectOld && r.j.New != nil && r.newCalls[proof.Call] && held != nil {
		same := apikey.Compare(r.j.Old.key(), r.j.New.key(), []apikey.Field{apikey.FieldPermissions})
		has = slices.ContainsFunc(same, func(d apikey.Difference) bool { return d.Field == apikey.FieldPermissions && d.Verdict == apikey.Equal }) &&
			!(proof.NeedsMore && slices.ContainsFunc(same, func(d apikey.Difference) bool { return d.Field != apikey.FieldExpiry && d.Verdict == apikey.Differs }))
	}
	if has {
		proof.Verdict, proof.Message, proof.Why, proof.Needs = apikey.Refused, proof.Why, "", ""
	}
	return proof
}

func (r *Rotation) secretAccepted(subject string, t tried, from string) {
	r.observedAt(t.at, SecretAccepted, subject, "probe", "%s, with the secret %s", t.Evidence, from)
}

func (r *Rotation) probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	r.w.Hook("before: probe")
	proof, err := r.svc.Probe(ctx, secret, call)
	r.w.Hook("after: probe")
	return proof, err
}

// restrictionExplains: a key whose row carries a restriction may be refused for where we are.
func (r *Rotation) restrictionExplains(subject string) bool {
	var k apikey.Key
	switch {
	case subject == SubjectOld:
		k = r.j.Old.key()
	case subject == SubjectNew && r.j.New != nil:
		k = r.j.New.key()
	}
	return k.Restrictions != nil && !k.Restrictions.Empty()
}

// control asks, once a rotation for each call that a secret of the subject is tried by, whether a made-up secret is refused by it. No answer is asked for again;
// accounts get locked by more.
func (r *Rotation) control(ctx context.Context, of string, like apikey.Secret, call string) (accepts bool, err error) {
	switch r.j.Controls[call] {
	case controlRefused:
		return false, nil
	case controlAccepted:
		return true, nil
	}
	madeUp, silent := apikey.MadeUp(like, r.w.Random), ""
	for i := range looks {
		if i > 0 {
			if err := r.w.Sleep(ctx, between); err != nil {
				return false, err
			}
		}
		var proof apikey.Proof
		proof, err = r.probe(ctx, madeUp, call)
		if err != nil || proof.Verdict == apikey.Silent && !proof.TurnedAway() {
			silent = proof.Evidence
			continue
		}
		if r.j.Controls == nil {
			r.j.Controls = map[string]string{}
		}
		if proof.TurnedAway() || !rule("probe: a made-up secret is refused") {
			r.j.Controls[call] = controlRefused
			r.observed(ControlRefused, of, "probe", "%s, with a made-up secret of the same shape", proof.Evidence)
			return false, nil
		}
		r.j.Controls[call] = controlAccepted
		r.madeUpGot = proof.Evidence
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", errNoControl, err)
	}
	return false, fmt.Errorf("%w (%s)", errNoControl, silent)
}

// madeUpWords say that made-up secrets are not refused, and what was answered to one, where this process asked.
func (r *Rotation) madeUpWords() string {
	if r.madeUpGot == "" {
		return "the service does not refuse made-up secrets"
	}
	return "the service does not refuse made-up secrets (" + r.madeUpGot + ")"
}

// noAnswer reports whether an error of a probe says nothing about the secret, so that it is asked again.
func noAnswer(err error) bool {
	return client.IsKind(err, client.RateLimited) || client.IsKind(err, client.Unavailable) || client.IsKind(err, client.Timeout) || client.IsKind(err, client.Unreachable) ||
		errors.Is(err, errNoControl)
}

// answerWords say what came of a request that told nothing about a secret.
func answerWords(p apikey.Proof, err error) string {
	if err != nil {
		return err.Error()
	}
	return p.Evidence
}
