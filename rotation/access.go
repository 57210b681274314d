package rotation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"detent/apikey"
)

// findLacks compares what the old key is seen to have with what a create can ask for. A person in a dashboard can ask for all, and a roll takes
// over what there is.
func (r *Rotation) findLacks(old apikey.Key) {
	r.j.Lacks = nil
	if r.j.Manual || r.j.Roll != nil {
		return
	}
	for _, id := range r.caps.Unsent {
		f := apikey.FieldOf(id)
		if words := f.Words(old); f.Reported(&old) && words != noneOfIt && words != f.Usual {
			r.j.Lacks = append(r.j.Lacks, lack{Field: id, Old: words})
		}
	}
	asked := apikey.LifetimeOf(old)
	fit, fits := r.caps.Lifetimes.Fit(asked, r.w.Wall())
	if fits && r.caps.Expiry.OK && shorter(asked, fit, r.w.Wall()) {
		r.j.Lacks = append(r.j.Lacks, lack{Field: apikey.FieldExpiry, Old: apikey.LifetimeWords(old), New: "lives " + span(fit.After)})
	}
}

// shorter reports whether a lifetime is shorter by more than what rounding takes.
func shorter(asked, fit apikey.Expiry, now time.Time) bool {
	switch {
	case fit.IsNever():
		return false
	case asked.IsNever():
		return true
	}
	life := asked.Instant(now).Sub(now)
	return life-fit.Instant(now).Sub(now) > life/20
}

// askLacks: less access in production stops an application, and more is a risk: a person says beforehand that the new key may differ so.
func (r *Rotation) askLacks() *Question {
	var open []string
	for _, l := range r.j.Lacks {
		if reason, said := r.j.wasAccepted(Difference{Field: l.Field, Old: l.Old, New: l.instead()[0]}); said {
			r.note("%s. So it is made, as you said (%s)", l.words(), reason)
		} else {
			open = append(open, l.words())
		}
	}
	switch {
	case len(open) == 0:
		return nil
	case r.acceptLacks != "":
		r.takeLacks(open, r.acceptLacks)
		return r.askLacks()
	}
	return &Question{Kind: AskLacks, Text: "the new key would not have the access and lifetime of the old one", Lines: open, Flag: "--accept-lacks REASON",
		Choices: yesNo("create it all the same", "the new key is made without what cannot be asked for, and is compared with the old one before it is delivered", WantsReason), Default: No}
}

// askAccept asks about differences that were seen.
func (r *Rotation) askAccept(text string, open []Difference) *Result {
	return ask(Question{Kind: AskAccept, Text: text, Lines: r.diffWords(open),
		Choices: yesNo("accept the differences", "the new key replaces the old one although these differ", WantsReason), Default: No, Flag: "--accept-unknown REASON, for what is not reported"})
}

func answerAccept(_ context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	for _, d := range r.j.diff(r.w.Wall()) {
		if d.Blocks() {
			r.j.Accepted = append(r.j.Accepted, acceptance{Field: d.Field, Reason: strings.TrimSpace(a.Reason), Old: d.Old, New: d.New, At: r.w.Wall().UTC()})
		}
	}
	r.recordStatement(SubjectNew, "the differences of old and new are accepted (%s)", a.Reason)
	return Result{Status: Moved, Message: "noted"}, r.save("accepted")
}

func answerLacks(_ context.Context, r *Rotation, q Question, a Answer) (Result, error) {
	r.takeLacks(q.Lines, strings.TrimSpace(a.Reason))
	return Result{Status: Moved, Message: "noted"}, nil
}

// takeLacks accepts that the new key has nothing of what it cannot be asked to have, or that it is not reported. Something else of it blocks.
func (r *Rotation) takeLacks(lines []string, reason string) {
	for _, l := range r.j.Lacks {
		for _, made := range l.instead() {
			r.j.Accepted = append(r.j.Accepted, acceptance{Field: l.Field, Reason: reason, Old: l.Old, New: made, At: r.w.Wall().UTC()})
		}
	}
	r.recordStatement(SubjectNew, "the new key may be made so: %s (%s)", strings.Join(lines, "; "), reason)
}

// refuseUnproven: where a living key without a permission is answered as a dead one is, nothing would ever show that the new key works, which gets
// what the old one has. A place that holds a secret which was accepted shows that the names are not all.
func (r *Rotation) refuseUnproven(s *listing) error {
	_, accepted := r.j.claimed(SecretAccepted, SubjectOld)
	why := Unproven(*s.old, r.caps)
	if accepted || why == "" {
		return nil
	}
	return &RefusedError{Reason: why, Next: unprovenNext}
}

const unprovenNext = "in the issuer's file, declare a [[probe]] whose call a key with one of its permissions is answered, and which it needs; " +
	"`detent delete` deletes a key that leaked without any proof"

// Unproven says why no rotation of a key begins whose secret was not seen to be accepted; empty where nothing speaks against it.
func Unproven(k apikey.Key, caps apikey.Capabilities) string {
	if !apikey.HoldsNone(k.Permissions, caps.ProvenBy) {
		return ""
	}
	return fmt.Sprintf("the key has none of the permissions %s, and without one of them a living key is answered as a dead one: that the new key works, and that the old one is dead, could not be seen",
		strings.Join(caps.ProvenBy, ", "))
}
