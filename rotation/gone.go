package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

// bothGone asks before a key is made for one that somebody may have deleted on purpose.
func (r *Rotation) bothGone() *Result {
	if r.keyOver() {
		return r.askOrClose("the key is not listed any more, or has expired: no new secret of it would be accepted. Create another key, and close this rotation")
	}
	another := Choice{ID: Yes, Label: "create another key", Does: "a new key with the old one's access is created and delivered", Wants: WantsReason}
	if r.j.inPlace() {
		another.Label, another.Does = "roll the key once more", "the key is given another new secret, which is delivered; where the key itself is over, no secret of it helps"
	}
	return r.askOrClose("the new key is gone or has expired, and whether the old one works is not known: somebody may have deleted both on purpose", another)
}

// askOrClose asks where there is nothing to go on with: what a person may choose first, or to close the rotation.
func (r *Rotation) askOrClose(text string, first ...Choice) *Result {
	closes := Choice{ID: CloseIt, Label: "close the rotation as it stands", Does: "nothing is changed; what is left where is said", Wants: WantsReason}
	return ask(Question{Kind: AskBothGone, Text: text, Choices: append(first, closes, later()), Default: No, Flag: "rotate --close " + r.j.ID + " --reason R"})
}

// newMissing asks what is to take the new key's place, where no list shows it for as long as it may be behind, and its secret is not
// accepted either.
func (r *Rotation) newMissing() *Result {
	way := r.wayOut()
	return r.bothGone().asking("the list does not show the new key: it may have been deleted elsewhere, or have expired, or the list is behind. " + strings.ToUpper(way[:1]) + way[1:])
}

// wayOut is what there is to do about a new key that does not work: no undo where it would be refused.
func (r *Rotation) wayOut() string {
	if r.deleteSent() {
		return "put another in its place, or close the rotation"
	}
	return "undo, or put another in its place"
}

// newFails asks the same where a person says that the new key does not work, and nothing that the service answers shows it.
func (r *Rotation) newFails() *Result {
	if r.keyOver() {
		return r.bothGone()
	}
	return r.bothGone().asking("by your word the new key does not work: " + r.wayOut())
}

// neitherLeft reports whether a list shows that neither key can carry the application: each is missing, expired, or deleted by us.
func (r *Rotation) neitherLeft(s *listing) bool {
	now := r.serviceNow()
	dead := func(k *apikey.Key) bool { return k == nil || k.ExpiresAt.Before(now) }
	return dead(s.new) && (dead(s.old) || r.deleteSent())
}

// keyOver reports whether the list shows that no new secret of the key helps: it is not there, or it has expired with all its secrets.
func (r *Rotation) keyOver() bool {
	s, rolls := r.svc.(*rolling)
	switch {
	case !rolls:
		return false
	case s.row == nil:
		return s.gone || s.listed
	}
	return s.gone || s.row.ExpiresAt.Before(r.serviceNow().Add(time.Minute))
}

// refusedNow is a new key that was accepted before and is refused now.
type refusedNow struct{ tried }

func (e *refusedNow) Error() string { return "the service refuses the new key (" + e.Evidence + ")" }

// refusedNew says what a new key that is refused again and again may be: gone, as a list shows for as long as it may be behind, or there and
// refused.
func (r *Rotation) refusedNew(ctx context.Context, times int, t tried) (*Result, error) {
	refused := fmt.Errorf("the service refuses the new key (%d times; %s)", times, t.Evidence)
	if times == 0 {
		refused = errors.New("whether the new key works cannot be seen")
	}
	s, there, err := r.lookFor(ctx, r.lag(), hasNew)
	res := r.newMissing()
	switch {
	case err != nil:
		return nil, errors.Join(refused, err)
	case r.neitherLeft(s):
		res = r.bothGone()
	case there && times > 0: // listed, and refused: nothing here can mend it
		res = r.bothGone().asking(refused.Error() + ", although the list shows it: " + r.wayOut())
	case there:
		return nil, refused
	}
	return res, nil
}

var (
	errNewMissing = errors.New("the list does not show the new key: it may have been deleted elsewhere, or have expired, or the list is behind")
	errNewOff     = errors.New("the new key is disabled: without the old one there would be none that works")
)

// newLives looks whether the new key works although the list does not show it.
func (r *Rotation) newLives(ctx context.Context) (bool, error) {
	if r.j.New == nil {
		return false, nil
	}
	secret, from, err := r.newSecret(ctx)
	if err != nil || secret.IsZero() {
		return false, err
	}
	t, err := r.try(ctx, SubjectNew, secret, from, "")
	return t.accepted() || t.Verdict == apikey.Known, err
}

func (r *Rotation) askUnproven(t tried) *Result {
	text := r.madeUpWords() + ": whether the new key works cannot be seen by it"
	if t.Verdict == apikey.Known {
		text = "the service knows the new secret, but refuses it from here, as the key's restriction explains: whether the application can use it cannot be seen from here (" + t.Evidence + ")"
	}
	return ask(Question{Kind: AskUnproven, Text: text, Flag: "--accept-unknown REASON", Default: No,
		Choices: slices.Insert(yesNo("go on, by your word", "the new key counts as working", WantsReason), 1,
			Choice{ID: Fails, Label: "it does not work", Does: "what is to take its place is asked next"})})
}

// acceptsProbe reports whether answers that prove nothing, or that only show that the secret is known, were accepted.
func (r *Rotation) acceptsProbe() bool {
	if r.j.AcceptProbe == "" && r.j.AcceptUnknown != "" {
		r.j.AcceptProbe = r.j.AcceptUnknown
	}
	return r.j.AcceptProbe != ""
}
