package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"detent/apikey"
)

// mint asks for a new key. An answer with an id that a list had before, or with a secret that is known, is not taken: it is not
// the new key's. What was made by that call carries our mark and is found by it.
func (r *Rotation) mint(ctx context.Context) error {
	var made apikey.Created
	var wrong error
	err := r.change(opCreate, func() (err error) {
		if made, err = r.svc.Create(ctx, r.draft()); err != nil {
			return err
		}
		for _, n := range made.Notes {
			r.log("create: %s", n)
		}
		wrong = r.refuseCreated(made)
		if wrong == nil && made.Key.ID != "" && !made.Secret.IsZero() {
			wrong = r.hold(made.Key, made.Secret)
		}
		if wrong != nil && r.j.inPlace() { // the key was rolled, and nobody has its secret
			made.Secret = apikey.Secret{}
			return nil
		}
		if wrong != nil || made.Key.ID == "" {
			return errUnnamed
		}
		return nil
	}, func() {
		if made.Secret.IsZero() {
			rec := record(made.Key)
			r.j.New, r.j.Print = &rec, ""
			return
		}
		r.createAnswered(made)
	})
	switch {
	case wrong != nil:
		return wrong
	case errors.Is(err, errUnnamed):
		return r.findUnnamed(ctx, made)
	}
	return err
}

// draft is what the service is asked for.
func (r *Rotation) draft() apikey.Draft {
	d := r.j.draft()
	d.Expiry, _ = r.caps.Lifetimes.Fit(d.Expiry, r.w.Wall())
	return d
}

// findUnnamed finds the row of a create that was answered with a secret and no id: our mark is on no other.
func (r *Rotation) findUnnamed(ctx context.Context, made apikey.Created) error {
	if made.Secret.IsZero() {
		return nil
	}
	before := maps.Clone(r.listed) // the create
	var hits []apikey.Key
	if _, _, err := r.lookFor(ctx, r.lostLag(), func(s *listing) bool {
		hits = slices.DeleteFunc(s.ours, func(k apikey.Key) bool { return r.isForgotten(k.ID) || before[k.ID] })
		return len(hits) > 0
	}); err != nil || len(hits) != 1 {
		return err
	}
	if err := r.hold(hits[0], made.Secret); err != nil {
		return err
	}
	r.j.settled(opCreate)
	return r.save("found by its mark")
}

func (r *Rotation) createAnswered(made apikey.Created) {
	bound := "an id and a secret"
	if made.Bound {
		bound = "an id that no list had and a secret, in one object"
	}
	what := "create"
	if r.j.inPlace() {
		what, bound = "roll", "a new secret"
	}
	r.observed(CreateAnswered, SubjectNew, "answer", "the service answered the %s of %q with %s: %s", what, cmp.Or(made.Key.Name, called(r.j.Old)), bound, made.Key.ID)
}

// refuseCreated says why an answer cannot be the new key's.
func (r *Rotation) refuseCreated(made apikey.Created) error {
	what, next := "create", "undo: nothing was delivered; the key that carries this rotation's mark, if there is one, is deleted by an undo"
	if r.j.inPlace() {
		what, next = "roll", "go on: nothing was delivered, and nobody has the new secret; the key is rolled once more"
	}
	switch {
	case made.Key.ID != "" && made.Key.ID == r.j.Old.ID && rule("create: not the old id"):
		return &StepError{Step: Create, Err: errors.New("the service answered the create with the old key's id"), Certain: r.j.certain(), Next: next}
	case made.Key.ID != "" && r.listed[made.Key.ID] && rule("create: not the id of another key"):
		return &StepError{Step: Create, Err: fmt.Errorf("the service answered the create with the id of a key that existed before, %s", made.Key.ID), Certain: r.j.certain(), Next: next}
	}
	if whose := r.knownSecret(made.Secret); whose != "" {
		return &StepError{Step: Create, Err: fmt.Errorf("the service answered the %s with a secret that is not new: it is %s", what, whose), Certain: r.j.certain(), Next: next}
	}
	if wrong, _ := maskTells(made.Secret, made.Key.Masked); wrong != "" && !made.Secret.IsZero() && rule("create: the secret fits its row") {
		return &StepError{Step: Create, Err: fmt.Errorf("the service answered the %s with a secret that is not the new key's, which is %s", what, made.Key.Masked), Certain: r.j.certain(), Next: next}
	}
	return nil
}

// knownSecret says whose secret it is, where it is known here not to be a new key's.
func (r *Rotation) knownSecret(secret apikey.Secret) string {
	if !rule("secret: none that is known") {
		return ""
	}
	switch {
	case secret.IsZero():
		return ""
	case secret.Equal(r.w.Credential):
		return "the one that detent itself authenticates with"
	case r.isOld(secret):
		return "the old key's"
	}
	for i := range r.j.Destinations {
		if rec := &r.j.Destinations[i]; r.fingerprints.is(secret, rec.Former, r.j.ID) {
			return "what " + rec.Describe + " held before"
		}
	}
	good, _, err := journals(r.w.Store, r.j.ID)
	if err != nil {
		return ""
	}
	for _, j := range good {
		if r.fingerprints.is(secret, j.Print, j.ID) || r.fingerprints.is(secret, j.OldPrint, j.ID) {
			return "of the rotation " + j.ID
		}
	}
	return ""
}

// hold takes a key as the new one, with its secret.
func (r *Rotation) hold(k apikey.Key, secret apikey.Secret) error {
	print, err := r.fingerprints.of(secret)
	if err != nil {
		return err
	}
	rec := record(k)
	r.j.New, r.secret, r.j.Print, r.j.NewGone = &rec, secret, print, false
	r.j.Proved, r.j.LastUseMoves, r.j.UseSpacing, r.j.UseDelay = 0, false, 0, 0
	r.newUse, r.newCalls = firstUse{}, nil
	return nil
}

// findLost looks for the key of a create whose answer was lost. Without a result none is found for as long as the list
// may be behind, so that it may be created again: what takes effect later still carries our mark.
func (r *Rotation) findLost(ctx context.Context) (*Result, error) {
	if err := r.w.Sleep(ctx, r.w.settle()); err != nil {
		return nil, err
	}
	var hits []apikey.Key
	s, _, err := r.lookFor(ctx, r.lostLag(), func(s *listing) bool {
		hits = slices.DeleteFunc(s.ours, func(k apikey.Key) bool { return r.isForgotten(k.ID) })
		return len(hits) > 0
	})
	if err != nil {
		return nil, err
	}
	cleanup := func(text string) (*Result, error) {
		return ask(Question{Kind: AskCleanup, Text: text, Choices: yesNo("look again", "the list is read again", WantsNothing), Default: Yes}), nil
	}
	switch {
	case len(hits) == 0:
		r.keepPossible(s)
		r.j.settled(opCreate)
		r.j.New = nil
		r.j.Unfound++
		r.j.NameLost = r.j.NameLost || r.caps.NamedAfter
		return nil, r.save("no key was found that carries the mark")
	case len(hits) > 1:
		return cleanup("several keys carry this rotation's mark: " + names(hits) +
			". Nobody has their secrets. Undo deletes them all; or delete them yourself and go on")
	}
	hit := hits[0]
	if !r.asDrafted(hit) {
		return cleanup("a key carries this rotation's mark but not the access that was asked for: " + names(hits) +
			". Undo deletes it; or delete it yourself and go on")
	}
	secret, err := r.retrieve(ctx, hit.ID)
	if err != nil {
		return nil, err
	}
	if whose := r.knownSecret(secret); whose != "" {
		secret = apikey.Secret{} // what the service gives is not this key's
		r.log("the service gave %s for the key that was found", whose)
	}
	if err := r.hold(hit, secret); err != nil {
		return nil, err
	}
	r.j.settled(opCreate)
	if err := r.save("found"); err != nil {
		return nil, err
	}
	if secret.IsZero() {
		return nil, nil // the caller deletes it and creates again
	}
	res, err := r.created(ctx, "the answer to the create was lost; the key was found by its mark and its secret had again: "+names(hits))
	return &res, err
}

// asDrafted compares a found key with what was asked for. Its lifetime is left to the
// comparison before the deletion: a service may shorten it.
func (r *Rotation) asDrafted(k apikey.Key) bool {
	for _, d := range compare(r.j.Old.key(), k, r.j.Fields) {
		if _, said := r.j.wasAccepted(d); d.Field != apikey.FieldExpiry && d.Verdict == Differs && !said {
			return false
		}
	}
	return true
}

// isForgotten reports whether a key of ours was given up, or deleted: a list that is behind may show it still.
func (r *Rotation) isForgotten(id string) bool {
	_, deleted := r.j.claimed(DeleteAnswered, id)
	return deleted || slices.Contains(r.j.Superseded, id)
}

// discardNew deletes a new key whose secret is gone and which was put nowhere.
func (r *Rotation) discardNew(ctx context.Context) error {
	id := r.j.New.ID
	return r.change(opDiscard, func() error {
		return r.deleteByID(ctx, id)
	}, func() {
		r.strayDeleted(id)
		r.log("deleted the new key %s: its secret was gone", id)
		r.forgetRolled()
		r.j.Step = Create
	})
}

// created ends the step. The list shows the new key as the old one was shown, so that they
// compare; and whether another host began the same at the same moment.
func (r *Rotation) created(ctx context.Context, said string) (Result, error) {
	notes := r.odd
	r.odd = nil
	begun := r.w.Now()
	s, _, err := r.lookFor(ctx, r.lag(), hasNew)
	switch {
	case err != nil:
		notes = append(notes, "the list could not be read after the create; old and new are compared later")
	case s.new == nil:
		notes = append(notes, fmt.Sprintf("the list did not show the new key for %s: old and new are compared later", span(r.lag())))
	default:
		r.j.ListLag = r.w.Now().Sub(begun)
		notes = append(notes, r.nameWords(*s.new)...)
	}
	if err == nil {
		if others := s.others(); len(others) > 0 {
			if s.old != nil {
				return *askAlone(others), r.save("met another host")
			}
			// With the old key gone there is no way back, and what is delivered here needs a key that works.
			notes = append(notes, "somebody else has rotated this key, too, and the list does not show the old one: their key stays ("+names(others)+"); see who uses it")
		}
	}
	diff := r.j.diff(r.w.Wall())
	if open := r.undeliverable(diff, err == nil && s.new != nil); len(open) > 0 && rule("create: another access is not delivered unasked") {
		back := ", and an undo deletes it"
		if r.j.OldGone {
			back = ". The old key is gone already"
		}
		return *r.askAccept("the new key is not seen to have the access of the old one: it is delivered nowhere until you accept that with a reason"+back, open),
			r.save("another access")
	}
	notes = append(notes, r.diffWords(diff)...)
	return r.Advance(said, notes...)
}

// nameWords say that a new key is not called as it was asked for. Without the mark in its name none is found whose create is not answered.
func (r *Rotation) nameWords(k apikey.Key) []string {
	if r.j.Roll != nil || r.j.Manual || k.Name == r.j.Name {
		return nil
	}
	said := fmt.Sprintf("the service lists the new key as %s, and was asked to call it %q", k.Quoted(), r.j.Name)
	if _, nonce := apikey.SplitName(k.Name); nonce != r.j.ID {
		r.j.NameLost = true
		said += ": one whose create is not answered cannot be told by its name"
	}
	return []string{said}
}

// stillHeldBack asks anew what holds a new key back whose secret is gone. The one that would be made in its place would be held back as well, so
// that each start of the program would delete one and make another.
func (r *Rotation) stillHeldBack(ctx context.Context) (*Result, error) {
	if r.j.atOnce() { // the application waits for it
		return nil, nil
	}
	s, there, err := r.lookFor(ctx, r.lag(), hasNew)
	if err != nil || !there || !rule("create: what holds a key back holds the next one back") {
		return nil, err
	}
	if others := s.others(); len(others) > 0 && s.old != nil {
		return askAlone(others), nil
	}
	if open := r.undeliverable(r.j.diff(r.w.Wall()), true); len(open) > 0 {
		return r.askAccept("the new key is not seen to have the access of the old one, and nobody has its secret any more: another takes its place only once you accept that with a reason", open), nil
	}
	return nil, nil
}

// askAlone asks where somebody else rotates the same key.
func askAlone(others []apikey.Key) *Result {
	return ask(Question{Kind: AskCleanup, Text: "somebody else rotates this key at this moment: " + names(others) +
		". Undo here deletes the new key of this rotation; or end the other one, and go on", Flag: "--not-mine REASON",
		Choices: yesNo("look again", "the list is read again", WantsNothing), Default: Yes})
}

// undeliverable are the differences that a person accepts before the new secret is put anywhere: what differs, and what a list that shows the new
// key says of the old one alone. Where the old key vanished by itself, what is delivered needs a key that works; one that went first went knowingly.
func (r *Rotation) undeliverable(diff []Difference, listed bool) []Difference {
	if r.j.OldGone && !r.j.OldFirst || r.j.inPlace() {
		return nil
	}
	return slices.DeleteFunc(blocked(diff), func(d Difference) bool {
		return d.Verdict == Unreported && (!listed || d.Old == notReported)
	})
}

// forgetRolled forgets the new secret of a roll that is taken back, but what it is recognised by: where it was put, it may come back.
func (r *Rotation) forgetRolled() {
	if r.j.Roll != nil && r.j.Print != "" && rule("roll: one that was taken back is known by its secret") {
		r.j.OldPrints = append(r.j.OldPrints, r.j.Print)
	}
	r.j.New, r.j.Print, r.j.Proved, r.secret = nil, "", 0, apikey.Secret{}
	if r.j.Roll != nil {
		if r.j.Roll.At.Known() {
			r.j.Roll.TakenBack = append(r.j.Roll.TakenBack, r.j.Roll.At)
		}
		r.j.Roll.At, r.j.Roll.Ends, r.j.Roll.Once = moment{}, moment{}, ""
	}
}

// deliverAnew has every place delivered to again.
func (r *Rotation) deliverAnew() {
	for i := range r.j.Destinations {
		rec := &r.j.Destinations[i]
		rec.Put, rec.Then, rec.Fresh = false, false, rec.Begun
	}
}

// startOver forgets a new key that is gone. Where its secret was put, another will be.
func (r *Rotation) startOver() {
	r.supersede()
	r.j.New, r.j.Print, r.j.Proved, r.secret = nil, "", 0, apikey.Secret{}
	r.deliverAnew()
}

// supersede keeps what an earlier new key is found and recognised by: should it be there after all, it goes with the old key.
func (r *Rotation) supersede() {
	if r.j.Print != "" {
		r.j.OldPrints = append(r.j.OldPrints, r.j.Print)
	}
	if r.j.New == nil {
		return
	}
	r.j.Superseded = append(r.j.Superseded, r.j.New.ID)
	if r.j.Print != "" {
		if r.j.PrintsOf == nil {
			r.j.PrintsOf = map[string]string{}
		}
		r.j.PrintsOf[r.j.New.ID] = r.j.Print
	}
}
