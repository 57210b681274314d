package rotation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
)

func TestUndoIsAnnouncedByWhatThereIsToUndo(t *testing.T) {
	const on, old, ask, then, gone = "turn the old key on again", "put the old value back in app", "ask you to put the old value back in app", "run the command after app again", "delete the new key"
	app := func(d destinationRecord) journal {
		d.Describe = "app"
		return journal{Destinations: []destinationRecord{d}}
	}
	for name, c := range map[string]struct {
		j    journal
		want []string
	}{
		"nothing was begun":           {app(destinationRecord{CanUndo: true}), []string{"end the rotation; nothing was changed"}},
		"a put was begun":             {app(destinationRecord{CanUndo: true, Begun: true}), []string{old}},
		"a put that has no undo":      {app(destinationRecord{Begun: true, Put: true, Then: true}), []string{ask}},
		"put back, not started again": {app(destinationRecord{CanUndo: true, Begun: true, Undone: true}), []string{then}},
		"put back and started":        {app(destinationRecord{CanUndo: true, Begun: true, Undone: true, Then: true}), []string{"end the rotation; nothing was changed"}},
		"the old key is off":          {journal{OldDisabled: true}, []string{on}},
		"it may be off":               {journal{Pending: []string{opDisable}}, []string{on}},
		"a new key":                   {journal{New: &keyRecord{ID: "n"}}, []string{gone}},
		"there may be a new key":      {journal{Pending: []string{opCreate}}, []string{gone}},
		"an earlier new key":          {journal{Superseded: []string{"n"}}, []string{gone}},
		"everything": {journal{OldDisabled: true, New: &keyRecord{ID: "n"}, Destinations: []destinationRecord{{Describe: "app", CanUndo: true, Begun: true, Put: true, Then: true}}},
			[]string{on, old, gone}},
		"too late": {journal{OldGone: true, OldDisabled: true, New: &keyRecord{ID: "n"}}, []string{""}},
	} {
		if got := c.j.undoWords(); got != strings.Join(c.want, ", then ") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestWhatIsSaidOfAPlaceFollowsWhatWasBegunThere: a place that was left alone is never said to hold anything of ours.
func TestWhatIsSaidOfAPlaceFollowsWhatWasBegunThere(t *testing.T) {
	const untouched, byWord, doubt, back = "app was not changed", "app has its old value by your word", "whether app holds a secret of this rotation", "The old value is back: app"
	for name, c := range map[string]struct {
		d              destinationRecord
		state          State
		undoing        bool
		says, saysNone []string
	}{
		"left alone":                       {destinationRecord{}, Open, false, []string{untouched}, []string{doubt, byWord, back}},
		"left alone, being undone":         {destinationRecord{}, Open, true, []string{untouched}, []string{doubt, back}},
		"left alone, aborted":              {destinationRecord{}, Aborted, false, []string{untouched}, []string{byWord, doubt}},
		"begun":                            {destinationRecord{Begun: true}, Open, false, []string{doubt}, []string{untouched, byWord, back}},
		"begun, being undone":              {destinationRecord{Begun: true}, Open, true, []string{doubt, back}, []string{untouched}},
		"begun, being undone by ourselves": {destinationRecord{Begun: true, CanUndo: true}, Open, true, []string{doubt}, []string{untouched, back}},
		"begun, aborted":                   {destinationRecord{Begun: true}, Aborted, false, []string{byWord}, []string{untouched, doubt}},
		"put":                              {destinationRecord{Begun: true, Put: true}, Open, false, []string{"app was given the new secret"}, []string{untouched, doubt}},
		"put back":                         {destinationRecord{Begun: true, Undone: true}, Open, false, []string{"app holds the old value again"}, []string{untouched, doubt}},
	} {
		c.d.Spec, c.d.Describe = "app", "app"
		v := viewOf(&journal{State: c.state, Step: Deliver, Undoing: c.undoing, Old: keyRecord{ID: "o"}, Destinations: []destinationRecord{c.d}}, false)
		said := strings.Join(slices.Concat(v.Certain, v.Unknown), "\n")
		if c.undoing {
			said += "\n" + strings.Join(v.Statements(), "\n")
		}
		for _, s := range c.says {
			if !strings.Contains(said, s) {
				t.Errorf("%s: %q is not said:\n%s", name, s, said)
			}
		}
		for _, s := range c.saysNone {
			if strings.Contains(said, s) {
				t.Errorf("%s: %q is said:\n%s", name, s, said)
			}
		}
	}
}

// TestAPlaceThatWasPutBackNeedsNoRecovery: a lost secret that lies nowhere any more is not looked for.
func TestAPlaceThatWasPutBackNeedsNoRecovery(t *testing.T) {
	for undone, want := range map[bool]string{true: "delete that key and create again", false: "recover the new secret"} {
		j := journal{State: Open, Step: Deliver, New: &keyRecord{ID: "n"}, Destinations: []destinationRecord{{Spec: "app", Begun: true, Undone: undone}}}
		if got := j.next(false).Default; got != want {
			t.Errorf("undone %v: %q, want %q", undone, got, want)
		}
	}
}

func TestAnUndoLeavesAPlaceAloneThatNothingWasPutTo(t *testing.T) {
	c := newCity(t, vertesiaShape())
	c.place("app", true)
	c.place("worker", true)
	r := c.start(nil)
	c.doUntil(r, Deliver)
	c.dests[0].failPut = errors.New("disk full")
	if _, err := r.Do(context.Background()); err == nil {
		t.Fatal("the put did not fail")
	}
	c.dests[1].failUndo = errors.New("worker was asked to undo what it was never given")
	if _, err := r.Undo(context.Background()); err != nil {
		t.Errorf("%v", err)
	}
}

// matching is a service that says whose secret was proved.
type matching struct {
	service
	key *apikey.Key
}

func (s matching) Probe(ctx context.Context, secret apikey.Secret) (apikey.Proof, error) {
	proof, err := s.service.Probe(ctx, secret)
	proof.Key = s.key
	return proof, err
}

func matchingRotation(t *testing.T, told *apikey.Key) (*city, *Rotation) {
	c, r := manualCity(t)
	r.svc = client.Service(matching{service{c}, told})
	return c, r
}

func TestAPasteIsMatchedToTheKeyThatTheServiceNames(t *testing.T) {
	c, r := matchingRotation(t, &apikey.Key{ID: "made-1", Name: "as the proof has it"})
	secret := c.byHand("made-1", "as the list has it")
	c.byHand("made-2", r.View().NewName) // would be taken, were nothing told
	if _, err := r.Paste(context.Background(), secret); err != nil || r.View().New.ID != "made-1" || r.View().New.Name != "as the list has it" {
		t.Errorf("%v, %+v", err, r.View().New)
	}

	c, r = matchingRotation(t, &apikey.Key{ID: "old-1"})
	if _, err := r.Paste(context.Background(), c.byHand("made-1", "new")); err == nil || !strings.Contains(err.Error(), "this is the secret of the old key") || r.SecretInHand() {
		t.Errorf("the old key: %v", err)
	}

	c, r = matchingRotation(t, &apikey.Key{ID: "hidden"})
	if _, err := r.Paste(context.Background(), c.byHand("made-1", "new")); err == nil || !strings.Contains(err.Error(), "a key that the list does not show") || r.SecretInHand() {
		t.Errorf("a key that is not listed: %v", err)
	}
}

func TestAnEarlierKeyOfTheRotationIsNotTakenForThePastedOne(t *testing.T) {
	c, r := manualCity(t)
	secret := c.byHand("made-1", "earlier")
	r.j.Superseded = []string{"made-1"}
	if _, err := r.Paste(context.Background(), secret); err == nil || !strings.Contains(err.Error(), "no new key is in the list") {
		t.Errorf("%v", err)
	}
}

// TestAPlaceThatAPutWasBegunAtMayHoldThePastedSecret: only a place that was left alone shows that it is the one in use.
func TestAPlaceThatAPutWasBegunAtMayHoldThePastedSecret(t *testing.T) {
	c, r := manualCity(t)
	secret := c.byHand("made-1", "new")
	c.dests[0].content = secret.Reveal()
	if _, err := r.Paste(context.Background(), secret); err == nil || !strings.Contains(err.Error(), "the one in use now") {
		t.Errorf("left alone: %v", err)
	}
	r.j.Destinations[0].Begun = true
	if _, err := r.Paste(context.Background(), secret); err != nil {
		t.Errorf("begun: %v", err)
	}
}
