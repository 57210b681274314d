package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"detent/apikey"
	"detent/delivery"
)

// minLife is how long the key that stays must live beyond what the rotation still takes.
const minLife = 10 * time.Minute

// gate sees, in this order and with nothing between, that the new key carries: the list, the places, the secret taken from
// one of them, the places on this machine once more. A result is a question or a step back; then nothing may be sent.
func (r *Rotation) gate(ctx context.Context) (*Result, error) {
	if res, err := r.unreadable(ctx); err != nil || res != nil {
		return res, err
	}
	s, res, err := r.gateList(ctx)
	if err != nil || res != nil {
		return res, err
	}
	if res, err := r.places(ctx); rule("gate: the places") && (err != nil || res != nil) {
		return res, err
	}
	if res, err := r.gateSecret(ctx, s); err != nil || res != nil {
		return res, err
	}
	if !rule("gate: the places once more") {
		return nil, nil
	}
	return r.places(ctx)
}

// gateList: the new row is there, enabled, and outlives what the rotation still takes; nobody else replaces the key; the access is the same.
func (r *Rotation) gateList(ctx context.Context) (*listing, *Result, error) {
	s, err := r.look(ctx)
	if err == nil && s.new == nil { // a list may be behind: it is looked at again before it counts for anything
		s, _, err = r.lookFor(ctx, r.lag(), hasNew)
	}
	if err != nil || !rule("gate: the list") {
		return s, nil, err
	}
	switch {
	case r.neitherLeft(s):
		if lives, err := r.newLives(ctx); err != nil || lives {
			return nil, nil, errors.Join(errNewMissing, err)
		}
		return nil, r.bothGone(), nil
	case s.new == nil:
		return nil, r.newMissing(), nil
	case s.new.IsDisabled() && rule("gate: the new row is enabled"):
		return nil, nil, errNewOff
	case s.old != nil && s.old.Own:
		return nil, r.askForSwitch(), nil
	}
	if r.j.Unwatched && s.old != nil && !s.old.IsDisabled() && r.watched(s.old) && rule("quiet: while the key is on") {
		r.j.Unwatched = false
		res, err := r.move(Drain, "the old key is listed and on, and was not while it was watched: its use is watched first")
		return nil, &res, err
	}
	if others := append(s.rivals, s.foreign...); len(others) > 0 && rule("gate: no rival") {
		return nil, ask(Question{Kind: AskCleanup, Text: "somebody else rotates this key, too: " + names(others) + ". See who uses their key before the old one goes",
			Flag: "--not-mine REASON", Choices: yesNo("look again", "the list is read again", WantsNothing), Default: Yes}), nil
	}
	if s.new.ExpiresAt.Before(r.serviceNow()) && rule("gate: the new key has not ended") {
		return nil, r.bothGone(), nil
	}
	if end, ends := s.new.ExpiresAt.Time(); ends && end.Before(r.serviceNow().Add(r.stillTakes())) && !r.shortByNature() && rule("gate: the new key outlives what is left") {
		return nil, r.bothGone().asking(fmt.Sprintf("the new key ends %s, before this rotation would be over: undo, put another in its place, or give it a longer life", end.UTC().Format(time.RFC3339))), nil
	}
	diff := r.j.diff(r.w.Wall())
	if open := blocked(diff); len(open) > 0 && rule("gate: the same access") {
		stays := "the old key stays"
		if r.j.atOnce() {
			stays = "the old secret died with the roll, and this rotation stays open"
		}
		return nil, r.askAccept("old and new are not proved to have the same access; "+stays+" until you accept that with a reason", open), nil
	}
	r.sameAccess(diff)
	return s, nil, nil
}

// stillTakes is how long the new key must live for the rotation to be over and a little beyond.
func (r *Rotation) stillTakes() time.Duration {
	left := time.Minute
	if r.j.Step == Disable { // the rehearsal comes first
		left += r.j.Soak
	}
	return left
}

// shortByNature: a key whose whole life is shorter than that lives no longer in its replacement.
func (r *Rotation) shortByNature() bool {
	life, ok := apikey.Lifetime(r.j.Old.key())
	return ok && life < minLife
}

func (r *Rotation) sameAccess(diff []Difference) {
	accepted := ""
	for _, d := range diff {
		if d.Verdict == Tolerated {
			accepted = "; what differs or is not reported was accepted"
		}
	}
	if accepted == "" {
		r.observed(SameAccess, SubjectNew, "comparison", "every field of access that the service reports is the same on both keys")
	}
}

// gateSecret: the secret, as a place holds it, is accepted by the service just now.
func (r *Rotation) gateSecret(ctx context.Context, s *listing) (*Result, error) {
	if !rule("gate: the secret from a place is accepted") {
		return nil, nil
	}
	secret, from, err := r.newSecret(ctx)
	if err != nil {
		return nil, err
	}
	if secret.IsZero() { // no place can be read, and the process that had it is gone: each place has its own proof
		return nil, nil
	}
	t, err := r.try(ctx, SubjectNew, secret, from, "")
	switch {
	case err != nil:
		return nil, err
	case t.Key != nil && t.Key.ID != "" && t.Key.ID != r.j.New.ID:
		return nil, fmt.Errorf("the secret in use belongs to another key, %s", namedWords(t.Key))
	case t.accepted():
		return nil, nil
	case t.unproven || t.Verdict == apikey.Known:
		if r.acceptsProbe() {
			return nil, nil
		}
		return r.askUnproven(t), nil
	case t.Verdict == apikey.Refused:
		return r.refusedNew(ctx, 1, t)
	}
	return nil, fmt.Errorf("whether the new key works could not be seen (%s: %s): the old one stays", t.Evidence, t.Why)
}

// places reads every place that can be read: each holds the new secret. One that holds the old value again (a deploy, an editor) stops the
// step, or is delivered to again where that was asked for.
func (r *Rotation) places(ctx context.Context) (*Result, error) {
	for d, rec := range r.destinations() {
		if rec.Without != "" || !rec.Reads {
			continue
		}
		if err := r.settlePlace(ctx, d, rec); err != nil {
			return nil, fmt.Errorf("%s: %w", rec.Describe, err)
		}
		held, _, err := r.held(ctx, d, rec)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s cannot be read now: %w; what it holds is not known, so the old key stays", rec.Describe, err)
		case r.isNew(held.Secret):
			continue
		}
		return r.strayed(rec, held)
	}
	return nil, nil
}

// strayed deals with a place that no longer holds the new secret.
func (r *Rotation) strayed(rec *destinationRecord, held delivery.Held) (*Result, error) {
	former := r.isFormer(rec, held) || r.isOld(held.Secret) || r.isSuperseded(held.Secret)
	what := "holds the old value again"
	switch {
	case !former && !held.Exists:
		what = "holds nothing any more"
	case !former:
		what = "holds another value, neither the old one nor the new"
	}
	if !former && held.Exists && !r.w.Headless && rule("gate: over the old value alone") {
		return ask(Question{Kind: AskReplace, Subject: rec.Spec, Text: fmt.Sprintf("%s %s: somebody has written it. Put one of the two there, or deliver over it", rec.Describe, what), Default: No,
			Choices: yesNo("deliver over it", "what it holds now is kept until the rotation is over, where no copy is kept yet", WantsNothing)}), nil
	}
	if !former && (held.Exists || r.w.Headless) && rule("gate: over the old value alone") {
		return nil, fmt.Errorf("%s %s: somebody has written it; put one of the two there, then go on", rec.Describe, what)
	}
	if r.resumed && r.w.Headless && (r.j.Redelivered < maxRedelivery || !rule("gate: twice a rotation")) {
		return r.redeliver(rec, what)
	}
	if r.w.Headless && r.j.Redelivered >= maxRedelivery && rule("gate: twice a rotation") {
		return nil, fmt.Errorf("%s %s, after it was delivered again %d times: something else writes it", rec.Describe, what, r.j.Redelivered)
	}
	return ask(Question{Kind: AskAgain, Subject: rec.Spec, Text: fmt.Sprintf("%s %s: a deploy, configuration management or an editor may have put it back", rec.Describe, what),
		Flag: "rotate --resume " + r.j.ID + " --yes", Default: Yes,
		Choices: yesNo("deliver it again", "the new secret is put there again, over the old value alone, and the command after it runs", WantsNothing)}), nil
}

func (r *Rotation) redeliver(rec *destinationRecord, what string) (*Result, error) {
	r.j.Redelivered++
	rec.Put, rec.Then = false, false
	res, err := r.move(Deliver, rec.Describe+" "+what+": it is delivered again next")
	return &res, err
}

// overwrite delivers over a value that a person has looked at, and over no other.
func (r *Rotation) overwrite(ctx context.Context, q Question) (Result, error) {
	d, rec, err := r.destination(q.Subject)
	if err != nil {
		return Result{}, err
	}
	held, _, err := r.held(ctx, d, rec)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", rec.Describe, err)
	}
	if rec.Over, err = r.fingerprints.of(held.Secret); err != nil {
		return Result{}, err
	}
	r.recordStatement(rec.Spec, "%s is delivered to over what somebody has written there", rec.Describe)
	res, err := r.redeliver(rec, "holds what somebody has written there")
	return *orNothing(res), err
}

func answerAgain(ctx context.Context, r *Rotation, q Question, _ Answer) (Result, error) {
	d, rec, err := r.destination(q.Subject)
	if err != nil {
		return Result{}, err
	}
	if h, ok := d.(delivery.Holder); ok { // the copy may lie on a volume that is not there now: the end names it
		if _, err := h.Former(ctx, r.job(rec)); errors.Is(err, delivery.ErrNoCopy) {
			r.leftBehind(rec)
		}
	}
	if r.overNothing == nil {
		r.overNothing = map[string]bool{}
	}
	r.overNothing[rec.Spec] = true
	res, err := r.redeliver(rec, "does not hold the new value")
	return *orNothing(res), err
}

// unreadable asks, for each place that nobody can read, for what stands in for reading it: its probe says that the application there
// works, or the new key was used by somebody else than us; else a person's word. It is asked for anew by each process.
func (r *Rotation) unreadable(ctx context.Context) (*Result, error) {
	if !rule("gate: each place that nobody can read") {
		return nil, nil
	}
	for d, rec := range r.destinations() {
		if rec.Without != "" || rec.Reads {
			continue
		}
		if !rec.Put {
			return nil, fmt.Errorf("%s: whether it was given the new secret is not known", rec.Describe)
		}
		r.w.Hook("before: probe of " + rec.Spec)
		configured, _, err := d.Probe(ctx)
		r.w.Hook("after: probe of " + rec.Spec)
		switch {
		case configured && err != nil:
			return nil, fmt.Errorf("%s: its probe says that the application there does not work: %w", rec.Describe, err)
		case configured:
			r.commandEnded(rec, "its probe")
			continue
		case rec.Used != "":
			continue
		case r.foreignUse && len(r.unreadOnes()) == 1:
			rec.Used = "the new key's last use moved where no request of detent's explains it"
			continue
		case r.j.AcceptUnknown != "":
			rec.Used = r.j.AcceptUnknown
			r.recordStatement(rec.Spec, "%s counts as using the new key (%s)", rec.Describe, r.j.AcceptUnknown)
			continue
		}
		return ask(Question{Kind: AskUnread, Subject: rec.Spec, Text: "nobody can read " + rec.Describe + ": does what reads it use the new key?", Flag: "--accept-unknown REASON",
			Choices: yesNo("it does", "your word stands in for what cannot be read", WantsReason), Default: No}), nil
	}
	return nil, nil
}

func answerUnread(_ context.Context, r *Rotation, q Question, a Answer) (Result, error) {
	_, rec, err := r.destination(q.Subject)
	if err != nil {
		return Result{}, err
	}
	rec.Used = strings.TrimSpace(a.Reason)
	r.recordStatement(rec.Spec, "what reads %s uses the new key (%s)", rec.Describe, a.Reason)
	return Result{Status: Moved, Message: "noted"}, r.save("vouched for")
}
