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
		if v := value(f, r.j.Old.key()); f != apikey.FieldExpiry && v != notReported && v != "none" {
			access = append(access, fmt.Sprintf("%s %s", f, v))
		}
	}
	if r.j.Old.ExpiresAt.Known() {
		access = append(access, apikey.LifetimeWords(r.j.Old.key()))
	}
	same := "the same access"
	if len(access) > 0 {
		same += " (" + strings.Join(access, "; ") + ")"
	}
	text := fmt.Sprintf("create a key called %q in the dashboard, with %s, and paste its secret here", r.j.Name, same)
	if n := len(r.j.Superseded); n > 0 && len(r.j.OldPrints) > 0 {
		text += fmt.Sprintf("; or, if you still have it, the secret of the earlier one (%s) again", r.j.Superseded[n-1])
	}
	return *ask(Question{Kind: AskPaste, Text: text, Default: Yes,
		Choices: yesNo("paste the new secret", "it is checked, tried, and matched to the row that appeared", WantsSecret)})
}

// paste takes the secret of a key that the operator has made, as it was asked for. Nothing is asked of the
// service before it is certain that this is not the secret in use now.
func (r *Rotation) paste(ctx context.Context, secret apikey.Secret) (res Result, err error) {
	defer func() {
		if err == nil {
			return
		}
		if unsaved := r.pasteUntaken(); unsaved != nil {
			err = errors.Join(err, unsaved)
		}
	}()
	earlier := r.j.PasteRefused
	if err := r.refusePaste(ctx, secret); err != nil {
		return Result{}, err
	}
	if r.caps.NoTryDead { // the old secret may be what was pasted, and be asked with nothing: the row that appeared has the first word
		k, err := r.matchRow(ctx, nil, secret)
		if err != nil {
			return Result{}, err
		}
		if wrong := notOf(k, secret); wrong != "" && rule("paste: nothing contradicts") {
			return Result{}, &RefusedError{Reason: wrong, Next: "copy the new key's secret again"}
		}
	}
	before, err := r.look(ctx)
	if err != nil {
		return Result{}, err
	}
	r.pastes++
	t, err := r.try(ctx, "", secret, "that was pasted", "") // whose it is, is told below
	switch {
	case err != nil:
		return Result{}, err
	case t.Verdict == apikey.Refused:
		return Result{}, &RefusedError{Reason: fmt.Sprintf("the service refuses this secret (%s)", t.Evidence),
			Next: "is it whole, and of the right environment? Copy it again"}
	case t.Verdict == apikey.Silent && !t.unproven:
		return Result{}, &RefusedError{Reason: fmt.Sprintf("whether the service takes this secret could not be seen (%s: %s)", t.Evidence, t.Why), Next: "paste it again in a moment"}
	}
	k, err := r.matchRow(ctx, t.Key, secret)
	if err != nil {
		return Result{}, err
	}
	wrong, by, err := r.whosePaste(ctx, before, k, secret, t)
	switch {
	case err != nil:
		return Result{}, err
	case wrong != "" && rule("paste: nothing contradicts"):
		return Result{}, &RefusedError{Reason: wrong, Next: "copy the new key's secret again"}
	case by == "" && rule("paste: what nothing identifies needs a person"):
		if err := r.pasteUntaken(); err != nil { // until a person has said so
			return Result{}, err
		}
		r.pasted = &pasted{secret, k, t, earlier}
		return *ask(Question{Kind: AskWhose, Text: fmt.Sprintf("nothing tells that this is the secret of %s, the key that appeared since the rotation began", k.Quoted()), Default: No,
			Choices: yesNo("it is its secret", "your word counts; it is delivered next", WantsReason)}), nil
	}
	return r.takePaste(ctx, pasted{secret, k, t, earlier}, by)
}

// pasteUntaken notes that a secret was pasted, and its key not taken for the new one: that key may be left.
func (r *Rotation) pasteUntaken() error {
	r.pasteRefused = r.w.Now()
	if r.j.PasteRefused {
		return nil
	}
	r.j.PasteRefused = true
	return r.save("a paste was not taken")
}

// pasted is a secret that works, and that nothing shows to be the new key's.
type pasted struct {
	secret  apikey.Secret
	key     apikey.Key
	tried   tried
	earlier bool // another one, before it, was not taken
}

func (r *Rotation) vouchForPaste(ctx context.Context, reason string) (Result, error) {
	p := r.pasted
	if p == nil {
		return Result{}, &RefusedError{Reason: "nothing was pasted", Next: "paste it again"}
	}
	r.pasted = nil
	r.recordStatement(SubjectNew, "the pasted secret is that of %s (%s)", p.key.Quoted(), reason)
	return r.takePaste(ctx, *p, "your word")
}

func (r *Rotation) takePaste(ctx context.Context, p pasted, by string) (Result, error) {
	k, secret, t := p.key, p.secret, p.tried
	if err := r.hold(k, secret); err != nil {
		return Result{}, err
	}
	r.j.PasteRefused = p.earlier
	r.j.Superseded = slices.DeleteFunc(r.j.Superseded, func(id string) bool { return id == k.ID })
	r.j.OldPrints = slices.DeleteFunc(r.j.OldPrints, func(print string) bool { return r.fingerprints.is(secret, print, r.j.ID) })
	if t.accepted() {
		r.secretAccepted(SubjectNew, t, "that was pasted")
	}
	if err := r.save("pasted"); err != nil {
		return Result{}, err
	}
	said := "the pasted secret works"
	if !t.accepted() {
		said = "the pasted secret is known to the service"
	}
	return r.created(ctx, fmt.Sprintf("%s, and belongs to %s: told by %s", said, keyWords(*r.j.New), by))
}

// whosePaste says why a pasted secret is not the new row's, or else by what it is shown to be; neither where nothing tells.
func (r *Rotation) whosePaste(ctx context.Context, before *listing, k apikey.Key, secret apikey.Secret, t tried) (wrong, by string, err error) {
	if t.Key != nil && t.Key.ID == k.ID {
		return "", "the service, which names it", nil
	}
	owner, how, err := r.identify(ctx, secret)
	switch {
	case err != nil:
		return "", "", err
	case owner.ID == k.ID:
		return "", how, nil
	case owner.ID != "":
		return fmt.Sprintf("this is the secret of another key, %s, since %s", owner.CalledWithID(), how), "", nil
	}
	if wrong = notOf(k, secret); wrong != "" {
		return wrong, "", nil
	}
	if _, by = maskTells(secret, k.Masked); by != "" {
		return "", by, nil
	}
	if !r.caps.LastUsed.OK || !t.accepted() {
		return "", "", nil
	}
	need := 1
	if r.pastes > 1 { // what an earlier paste was asked with may show only now
		need = 2
	}
	rows, err := r.watchRounds(ctx, before.uses, func() error {
		_, err := r.probe(ctx, secret, t.Call)
		return err
	}, func(rows map[string]*roundsOf, _ int) bool { return rows[k.ID] != nil && rows[k.ID].probes >= need })
	if err != nil {
		return "", "", err
	}
	mine, old := rows[k.ID], rows[r.j.Old.ID]
	switch {
	case mine != nil && mine.probes >= need:
		return "", "its last use, which moved with our probe", nil
	case mine == nil && old != nil && old.probes == useRounds && old.pauses == 0:
		return "this is the secret of the old key: its last use moves with each of our probes, and the new one's never", "", nil
	}
	for id, row := range rows {
		if mine == nil && row.probes == useRounds && row.pauses == 0 {
			return fmt.Sprintf("this is the secret of another key, %s: its last use moves with each of our probes, and the new one's never", id), "", nil
		}
	}
	return "", "", nil
}

// notOf says that a secret cannot be a key's, as far as its row shows how that begins and ends.
func notOf(k apikey.Key, secret apikey.Secret) string {
	if wrong, _ := maskTells(secret, k.Masked); wrong != "" {
		return fmt.Sprintf("this is not the secret of %s, the key that appeared, whose secret is %s", k.Quoted(), k.Masked)
	}
	return ""
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
		return &RefusedError{Reason: fmt.Sprintf("a secret of this service begins with %s; this does not%s", strings.Join(prefixes, " or "), r.caps.Settles()), Next: again}
	}
	if whose := r.knownSecret(secret); whose != "" {
		return &RefusedError{Reason: "this secret is not new: it is " + whose, Next: again}
	}
	if is, want := apikey.EnvironmentOf(secret), r.j.Old.Environment; is != "" && want != "" && is != want {
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

// matchRow finds the key that the pasted secret belongs to: the service tells, or it is the one
// that appeared since the preflight, or of several the one with our mark. The secret of an earlier new key, which was lost and is
// at hand again, is that one's.
func (r *Rotation) matchRow(ctx context.Context, told *apikey.Key, secret apikey.Secret) (apikey.Key, error) {
	earlier := r.isSuperseded(secret)
	var fresh []apikey.Key
	s, _, err := r.lookFor(ctx, r.lag(), func(s *listing) bool { // the list may be behind the dashboard
		fresh = slices.DeleteFunc(slices.Clone(s.all), func(k apikey.Key) bool {
			_, deleted := r.j.claimed(DeleteAnswered, k.ID) // a list may be behind that, too
			return deleted || slices.Contains(r.j.Seen, k.ID) || slices.Contains(r.j.Superseded, k.ID) != earlier
		})
		return len(fresh) > 0
	})
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
	marked := slices.DeleteFunc(slices.Clone(fresh), func(k apikey.Key) bool { _, n := apikey.SplitName(k.Name); return n != r.j.ID })
	if len(marked) == 1 {
		fresh = marked
	}
	if its := slices.DeleteFunc(slices.Clone(fresh), func(k apikey.Key) bool { return !r.fingerprints.is(secret, r.j.PrintsOf[k.ID], r.j.ID) }); len(its) == 1 {
		fresh = its
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
