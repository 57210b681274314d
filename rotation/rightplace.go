package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/delivery"
)

// preflightDestinations does at every place what delivery will do, and sees that it is the right place: it holds the
// old key's secret, or nothing. A result is a question that stops the preflight.
func (r *Rotation) preflightDestinations(ctx context.Context, s *listing) (*Result, error) {
	r.formers, r.old, r.j.OldBy, r.j.OldRefused = map[string]apikey.Secret{}, apikey.Secret{}, "", false
	for d, rec := range r.destinations() {
		r.w.Hook("before: preflight " + d.Spec())
		job := r.job(nil) // where it is, is told by what it finds
		job.Replace = job.Replace || rec.Replace
		plan, err := d.Preflight(ctx, job)
		r.w.Hook("after: preflight " + d.Spec())
		var consent *delivery.ConsentError
		if errors.As(err, &consent) {
			return ask(consentQuestion(rec, consent)), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Describe(), err)
		}
		for _, n := range plan.Notes {
			r.note("%s: %s", d.Describe(), n)
		}
		rec.Backup, rec.CanUndo, rec.Where = plan.Backup, d.CanUndo(), plan.Where
		if rec.Where != "" {
			rec.Host = r.w.Host
		}
		if err := r.refuseSharedPlace(rec); err != nil {
			return nil, err
		}
		if res, err := r.checkPlace(ctx, s, d, rec); err != nil || res != nil {
			return res, err
		}
	}
	if res, err := r.checkAgreement(); err != nil || res != nil {
		return res, err
	}
	if err := r.controlWithoutOld(ctx); err != nil {
		return nil, err
	}
	return nil, r.preflightOwn(ctx)
}

func consentQuestion(rec *destinationRecord, e *delivery.ConsentError) Question {
	kind, flag, yes := AskMixed, "--force-mixed", "deliver there all the same"
	switch e.Needs {
	case delivery.TrackedByGit:
		kind, flag = AskTracked, "--force-tracked"
	case delivery.UnexpectedOwner:
		kind, flag = AskOwner, ""
	case delivery.MountedElsewhere:
		kind, flag = AskReplace, "--replace"
	}
	return Question{Kind: kind, Subject: rec.Spec, Text: rec.Describe + ": " + e.Error(), Flag: flag,
		Choices: yesNo(yes, "the new secret goes there", WantsNothing), Default: No}
}

// refuseSharedPlace: two rotations that write one place would each undo the other.
func (r *Rotation) refuseSharedPlace(rec *destinationRecord) error {
	if !rule("place: one open rotation") {
		return nil
	}
	if rec.Where == "" {
		return nil
	}
	good, _, err := journals(r.w.Store, r.j.ID)
	if err != nil {
		return err
	}
	for _, j := range good {
		if j.State != Open {
			continue
		}
		for _, d := range j.Destinations {
			if d.Where == rec.Where && d.Host == rec.Host && d.Without == "" {
				return &RefusedError{Reason: fmt.Sprintf("%s belongs to the open rotation %s of %q", rec.Describe, j.ID, called(j.Old)),
					Next: fmt.Sprintf("end that one first: `detent rotate --resume %s` or `--abort %s`", j.ID, j.ID)}
			}
		}
	}
	return nil
}

// checkPlace sees what a place holds now. What is not the old key's secret, or not nothing, is the wrong place, until a
// person says not.
func (r *Rotation) checkPlace(ctx context.Context, s *listing, d delivery.Destination, rec *destinationRecord) (*Result, error) {
	held, reads, err := r.held(ctx, d, rec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rec.Describe, err)
	}
	if !reads {
		return nil, nil
	}
	rec.Held = held.Exists
	r.keptBeside(rec, held)
	r.formers[rec.Spec] = held.Secret
	r.placeHeld(rec, held)
	if !held.Exists {
		return r.checkEmptyPlace(s, rec, held)
	}
	wrong, by, err := r.belongs(ctx, s, held.Secret, rec)
	if err != nil {
		return nil, err
	}
	if wrong == "" && by == "" {
		wrong = r.contradictedBy(rec, held.Secret)
	}
	if rec.unseen && (r.j.Replace || r.mayReplace(rec)) && rule("place: what could not be asked about passes for the old key's") {
		r.note("%s: %s; it is replaced, as you said", rec.Describe, wrong)
		wrong = ""
	}
	if wrong == "" {
		rec.WasOld = true
		r.noteAlso(rec, held.Also)
		if by != "" {
			r.j.OldBy = by
		}
		if r.old.IsZero() || by != "" {
			r.old = held.Secret
		}
		return nil, nil
	}
	return r.wrongPlace(rec, wrong), nil
}

func (r *Rotation) placeHeld(rec *destinationRecord, held delivery.Held) {
	what := "a value"
	if !held.Exists {
		what = "nothing"
	}
	r.observed(PlaceHeld, rec.Spec, "read", "%s held %s before anything was put there", rec.Describe, what)
}

// wrongPlace asks whether what a place holds may be replaced. A yes holds for that value, not for what somebody writes there since.
func (r *Rotation) wrongPlace(rec *destinationRecord, why string) *Result {
	if r.j.Replace || r.mayReplace(rec) {
		r.note("%s: %s; it is replaced, as you said, and an undo puts that back", rec.Describe, why)
		rec.WasOld = false
		return nil
	}
	rec.Replace = false
	return ask(Question{Kind: AskReplace, Subject: rec.Spec, Text: fmt.Sprintf("%s: %s: is it the right place?", rec.Describe, why), Flag: "--replace",
		Choices: yesNo("replace it", "what it holds now is kept until the rotation is over, and an undo puts it back", WantsNothing), Default: No})
}

// mayReplace reports whether a person was asked about what a place holds now, and said yes.
func (r *Rotation) mayReplace(rec *destinationRecord) bool {
	held := r.formers[rec.Spec]
	return rec.Replace && (held.IsZero() && rec.Asked == "" || r.fingerprints.is(held, rec.Asked, r.j.ID) || !rule("place: a yes is for what was asked about"))
}

func answerReplace(ctx context.Context, r *Rotation, q Question, _ Answer) (Result, error) {
	if r.j.Step != Preflight {
		return r.overwrite(ctx, q)
	}
	_, rec, err := r.destination(q.Subject)
	if err != nil {
		return Result{}, err
	}
	if rec.Asked, err = r.fingerprints.of(r.formers[rec.Spec]); err != nil {
		return Result{}, err
	}
	rec.Replace = true // this place, and no other
	r.recordStatement(q.Subject, "what it holds may be replaced")
	return Result{Status: Moved, Message: "noted"}, nil
}

// checkEmptyPlace: a variable that is not in a file where something else has this issuer's shape was mistyped, or the file is no
// .env file for whoever reads it.
func (r *Rotation) checkEmptyPlace(s *listing, rec *destinationRecord, held delivery.Held) (*Result, error) {
	if why := r.likelier(s, held); why != "" && rule("place: a missing variable") {
		return r.wrongPlace(rec, why), nil
	}
	return nil, nil
}

// likelier says what in the file looks like the key, where the variable is not there.
func (r *Rotation) likelier(s *listing, held delivery.Held) string {
	for _, other := range held.Others {
		if ok, _ := apikey.CouldBelong(other.Secret, r.caps, s.masks); ok {
			return fmt.Sprintf("it is not there, and %s holds what looks like a key of this service", other.Name)
		}
	}
	for _, loose := range held.Fragments {
		if apikey.BeginsLike(loose.Secret, r.caps, s.masks) {
			return fmt.Sprintf("it is not there, and line %d holds what looks like a key of this service, otherwise than as a variable's value", loose.Line)
		}
	}
	return ""
}

// noteAlso says where else in the file the secret stands: whoever reads it there has it replaced only where that is named too.
func (r *Rotation) noteAlso(rec *destinationRecord, also []delivery.Other) {
	for _, other := range also {
		where := fmt.Sprintf("line %d", other.Line)
		if other.Name != "" {
			where = fmt.Sprintf("%s, line %d,", other.Name, other.Line)
		}
		r.note("%s: %s of the same file holds this secret too, and keeps it: what reads that needs a destination of its own", rec.Describe, where)
	}
}

const notAlike = "it holds another secret than the other places do, and only one of them can be the old key's"

// checkAgreement notices that the places hold different secrets of which each passed for the old one.
func (r *Rotation) checkAgreement() (*Result, error) {
	anyOld := false
	for i := range r.j.Destinations {
		rec := &r.j.Destinations[i]
		if !rec.Reads {
			continue
		}
		anyOld = anyOld || rec.WasOld
		if rec.WasOld && !r.formers[rec.Spec].Equal(r.old) && rule("place: all hold the same") {
			if res := r.wrongPlace(rec, notAlike); res != nil {
				return res, nil
			}
			// Where nothing but last use tells, either may be the old key's: each is tried before it goes back, and neither was shown.
			if rec.WasOld = r.j.OldBy == "" || r.j.OldBy == byLastUse; rec.WasOld {
				r.j.OldBy = ""
			}
		}
	}
	if !anyOld && len(r.dests) > 0 {
		r.note("unknown: who uses the old key: no place that can be read holds it")
	}
	return nil, nil
}

// belongs says why a value is not the old key's secret, or else by what it is shown to be it; neither where nothing
// tells. A value that cannot be this service's is sent nowhere. Where it could not be asked whether it is, the record says so: where it may be
// replaced it passes for the old key's, and is tried before it goes back.
func (r *Rotation) belongs(ctx context.Context, s *listing, secret apikey.Secret, rec *destinationRecord) (wrong, by string, err error) {
	wrong, by, rec.unseen = r.belongsUnasked(s, secret)
	if could, _ := apikey.CouldBelong(secret, r.caps, s.masks); r.caps.NoTryDead || wrong != "" && !could {
		return wrong, by, nil
	}
	owner, how, err := r.identify(ctx, secret)
	switch {
	case err != nil && wrong == "":
		return "", "", err
	case owner.ID != "" && owner.ID != r.j.Old.ID && rule("place: identified"):
		return fmt.Sprintf("it holds the secret of another key, %s, since %s", owner.CalledWithID(), how), "", nil
	case wrong != "":
		return wrong, "", nil
	case owner.ID != "":
		by = how
	}
	t, err := r.try(ctx, SubjectOld, secret, "in "+rec.Describe, "")
	if err != nil {
		if errors.Is(err, errNoControl) {
			r.note("unknown: %v", err)
			return "", by, nil
		}
		return "", "", err
	}
	if err := r.refuseUnproven(s); err != nil && t.Needs != "" { // what else it may be is not asked
		return "", "", err
	}
	if t.Verdict == apikey.Silent && t.Needs != "" && by != "" && !r.maybeDead(*s.old) {
		return "", "", &RefusedError{Reason: fmt.Sprintf("%s holds the old key's secret (%s), and no call shows that it works: %s; %s. That the new key works, which gets the same access, could not be seen", rec.Describe, by, t.Evidence, strings.TrimRight(t.Why, ".")),
			Next: unprovenNext}
	}
	switch {
	case t.Verdict == apikey.Refused && r.maybeDead(*s.old):
		r.j.OldRefused = true
		return "", by, nil
	case t.Verdict == apikey.Refused && rule("place: accepted"):
		return fmt.Sprintf("the service refuses what it holds (%s): it is not the secret of a key that works", t.Evidence), "", nil
	case t.Verdict == apikey.Silent && t.Evidence != "" && !t.unproven && by == "" && rule("place: accepted"):
		rec.unseen = true
		return fmt.Sprintf("whether the service takes what it holds could not be seen (%s)", t.Evidence), "", nil
	case t.Key != nil && t.Key.ID != "" && t.Key.ID != r.j.Old.ID:
		return fmt.Sprintf("it holds the secret of another key, %s", t.Key.Quoted()), "", nil
	case t.Key != nil && t.Key.ID == r.j.Old.ID:
		return "", "the service names it", nil
	case by != "" || !t.accepted() || !r.caps.LastUsed.OK:
		if by == "" {
			r.note("unknown: whether %s holds this key's secret or another's: nothing tells", rec.Describe)
		}
		return "", by, nil
	}
	return r.lastUseTells(ctx, s, secret, t.Call, rec)
}

// belongsUnasked is what belongs says without sending the value anywhere: the plan has no more. unseen says that the service would have to be
// asked with it, and must not be.
func (r *Rotation) belongsUnasked(s *listing, secret apikey.Secret) (wrong, by string, unseen bool) {
	if ok, why := apikey.CouldBelong(secret, r.caps, s.masks); !ok && rule("place: its shape") {
		return "what it holds cannot be a secret of this service (" + why + ")", "", false
	}
	if env := apikey.EnvironmentOf(secret); env != "" && r.j.Old.Environment != "" && env != r.j.Old.Environment {
		return fmt.Sprintf("it holds a %s key, and the one that is replaced is a %s key", env, r.j.Old.Environment), "", false
	}
	if wrong, by = maskTells(secret, s.old.Masked); rule("place: the mask") && wrong != "" {
		return wrong + s.maskedAs(secret), by, false
	}
	if by == "" && !s.old.Own && r.w.Credential.Equal(secret) && !secret.IsZero() && rule("place: not detent's own credential") {
		return "it holds the credential that detent itself uses, and nothing shows that the old key is that one", "", false
	}
	if by == "" && r.caps.NoTryDead && rule("place: what must not be tried needs a person") { // where its mask does not tell, a person does
		return "nothing tells whether what it holds is the old key's secret, and the service must not be asked with it", "", true
	}
	return "", by, false
}

// maskedAs names the one key whose mask tells that a secret is its, where the old key's tells that it is not the old one's.
func (s *listing) maskedAs(secret apikey.Secret) (says string) {
	for i, mask := range s.masks {
		if _, by := maskTells(secret, mask); by != "" && says != "" {
			return ""
		} else if by != "" {
			says = "; by its mask it is that of " + s.maskOf[i]
		}
	}
	return says
}

// maybeDead: of a key that is expired or disabled itself, a refusal is right.
func (r *Rotation) maybeDead(old apikey.Key) bool {
	return old.IsDisabled() || old.ExpiresAt.Before(r.serviceNow())
}

// controlWithoutOld finds out, where no old secret is at hand, whether the service refuses what is made up.
func (r *Rotation) controlWithoutOld(ctx context.Context) error {
	if len(r.j.Controls) > 0 || r.caps.NoTryDead || !r.old.IsZero() {
		return nil
	}
	like := "madeup00madeup00madeup00madeup00"
	if len(r.caps.SecretPrefixes) > 0 {
		like = r.caps.SecretPrefixes[0] + like
	}
	proof, err := r.probe(ctx, apikey.MadeUp(apikey.NewSecret(like), r.w.Random), "")
	if err == nil && proof.Verdict == apikey.Accepted {
		r.j.Controls = map[string]string{proof.Call: controlAccepted}
	}
	if err != nil {
		r.note("unknown: whether the service refuses a made-up secret: it gave no answer")
	}
	return nil
}

// fingerprintFormers journals what recognises the values that the places hold, and the old secret. The key of the fingerprints is made
// only now: a preflight that is refused leaves nothing behind.
func (r *Rotation) fingerprintFormers() (err error) {
	for i := range r.j.Destinations {
		rec := &r.j.Destinations[i]
		if rec.Former, err = r.fingerprints.of(r.formers[rec.Spec]); err != nil {
			return err
		}
	}
	r.j.OldPrint, err = r.fingerprints.of(r.old)
	return err
}
