package rotation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/rotation"
	"detent/rotation/world"
)

// lackingShapes are services whose create cannot ask for the access that their rows show.
var lackingShapes = map[string]struct {
	sc    world.Scenario
	words []string
}{
	"permissions":  {with(prosopoLike, func(sc *world.Scenario) { sc.Unsent = true }), []string{"permissions: the old key has Rules.getRules, Rules.setRules, which a create cannot ask for"}},
	"role":         {with(vertesiaLike, func(sc *world.Scenario) { sc.Unsent = true }), []string{"role: the old key has developer, which a create cannot ask for"}},
	"restrictions": {with(genericLike, func(sc *world.Scenario) { sc.Unsent = true }), []string{"environment: the old key has live, which", "restrictions: the old key has ip 10.0.0.0/8", "could do more"}},
}

// TestAccessThatACreateCannotAskForIsSomebodysWordBeforehand: nothing is made before it, whoever asks and however.
func TestAccessThatACreateCannotAskForIsSomebodysWordBeforehand(t *testing.T) {
	for name, tc := range lackingShapes {
		for _, headless := range []bool{false, true} {
			for _, accept := range []string{"", "known"} { // what a service does not report is something else
				settings := func(p *rotation.Params) { noWaits(p); p.Headless, p.AcceptUnknown = headless, accept }
				in(t, tc.sc).planIsRefused(settings, tc.words[0])
				f := in(t, tc.sc)
				f.restrict(tc.sc)
				r := f.Start(settings)
				for _, look := range []func(context.Context) (rotation.Result, error){r.Rehearse, r.Do} {
					res, err := look(context.Background())
					if err != nil || res.Question == nil || res.Question.Kind != rotation.AskLacks || res.Question.Default != rotation.No {
						t.Fatalf("%s: %+v, %v", name, res, err)
					}
					for _, words := range tc.words {
						if !strings.Contains(strings.Join(res.Notes, "; "), words) {
							t.Errorf("%s: it says %q, not %q", name, res.Notes, words)
						}
					}
				}
				if text := r.View().Next.Text + r.View().Plan[1].Text; strings.Contains(text, "with the access and lifetime of the old one") && !strings.Contains(text, "but for what cannot be asked for: ") {
					t.Errorf("%s: it claims %q", name, text)
				}
				log := f.Log()
				r.Close()
				f.leavesNothing(log)
			}
		}
	}
}

// restrict gives the old key of a service with restrictions one.
func (f *fixture) restrict(sc world.Scenario) {
	if sc.Access == "restrictions" {
		f.Edit("old", func(k *apikey.Key) { k.Restrictions = &apikey.Restrictions{IPAddresses: []string{"10.0.0.0/8"}} })
		f.Pass(time.Second)
	}
}

// TestAKeyWithoutWhatACreateCannotAskForIsDeliveredByThatWord, and what it has of it beyond that is asked about before it is.
func TestAKeyWithoutWhatACreateCannotAskForIsDeliveredByThatWord(t *testing.T) {
	for name, tc := range lackingShapes {
		for _, act := range []string{"", "create answers: wide"} {
			f := in(t, tc.sc)
			f.restrict(tc.sc)
			r := f.Start(noWaits)
			f.until(r, rotation.Create)
			if act != "" {
				f.Adversary(act, 0)
			}
			res := f.do(r)
			other := act != "" && tc.sc.Access != "restrictions" // no restriction is what was said
			if asked := res.Question != nil && res.Question.Kind == rotation.AskAccept; asked != other {
				t.Errorf("%s, %q: %+v", name, act, res)
			}
			if other && f.Place(0).Holds() != "old" {
				t.Errorf("%s: it was delivered, and nobody was asked", name)
			}
			if !other {
				f.drive(r)
				f.rotated(name)
			}
			f.Forgive()
		}
	}
}

// TestOtherAccessThanAskedForIsNotDeliveredUnasked: what a service makes otherwise is seen before a place has it.
func TestOtherAccessThanAskedForIsNotDeliveredUnasked(t *testing.T) {
	for name, sc := range shapes {
		for _, act := range []string{"create answers: restricted", "create answers: wide", "create answers: short"} {
			for _, yes := range []bool{false, true} {
				f := in(t, sc)
				f.restrict(sc)
				r := f.Start(noWaits)
				f.until(r, rotation.Create)
				f.Adversary(act, 0)
				res := f.do(r)
				if res.Question == nil || res.Question.Kind != rotation.AskAccept || len(res.Question.Lines) == 0 {
					t.Fatalf("%s, %s: %+v", name, act, res)
				}
				if f.Place(0).Holds() != "old" {
					t.Errorf("%s, %s: delivered, and nobody was asked", name, act)
				}
				if !yes {
					f.undo(r)
					f.undone(name + ", " + act)
					continue
				}
				if _, err := f.answer(r, res.Question); err != nil {
					t.Fatal(err)
				}
				if res := f.do(r); res.Status != rotation.Moved || r.View().Step != rotation.Deliver {
					t.Errorf("%s, %s: answered, and it stands at %s: %+v", name, act, r.View().Step, res)
				}
				f.Forgive()
			}
		}
	}
}

// TestAWeakerKeyIsNotDeliveredUnaskedWhereTheOldOneWentFirst: what is lost then is somebody's word as well, whether the old key is off or deleted.
func TestAWeakerKeyIsNotDeliveredUnaskedWhereTheOldOneWentFirst(t *testing.T) {
	for name, sc := range shapes {
		for _, beforehand := range []bool{false, true} {
			f := in(t, with(sc, func(sc *world.Scenario) { sc.Compromised, sc.OldFirst = true, true }))
			f.restrict(sc)
			r := f.Start(func(p *rotation.Params) { p.Mode, p.OldFirst = rotation.Compromised, true })
			f.until(r, rotation.Create)
			if !beforehand {
				f.Adversary("create answers: restricted", 0)
			}
			res := f.do(r)
			if asked := res.Question != nil && res.Question.Kind == rotation.AskAccept; asked == beforehand || f.Place(0).Holds() != "old" {
				t.Fatalf("%s: the place holds that of %s: %+v", name, f.Place(0).Holds(), res)
			}
			if gone := f.Key("old").Gone; !beforehand && gone == strings.Contains(res.Question.Text, "an undo deletes it") {
				t.Errorf("%s: %s", name, res.Question.Text)
			}
			f.drive(r)
			f.Forgive()
		}
	}
}

// TestALifetimeThatTheServiceDoesNotGiveIsSomebodysWordBeforehand: one that is shorter ends an application's key one day.
func TestALifetimeThatTheServiceDoesNotGiveIsSomebodysWordBeforehand(t *testing.T) {
	day := 24 * time.Hour
	for life, want := range map[time.Duration]string{
		0:            "expires_at: old never expires, and a new key: 90d at most",
		400 * day:    "expires_at: old lives 400d, and a new key: 90d at most",
		90 * day:     "",
		30*day - 1e9: "", // made with 30 days
	} {
		f := in(t, prosopoLike)
		f.caps(func(c *apikey.Capabilities) {
			c.Lifetimes = apikey.Lifetimes{Spans: []time.Duration{30 * day, 90 * day}, Always: true}
		})
		if life > 0 {
			f.Edit("old", func(k *apikey.Key) {
				k.CreatedAt, k.ExpiresAt = apikey.At(f.Now()), apikey.At(f.Now().Add(life))
			})
		}
		r := f.Start(noWaits)
		res := f.do(r)
		if asked := res.Question != nil && res.Question.Kind == rotation.AskLacks; asked != (want != "") || asked && res.Question.Lines[0] != want {
			t.Fatalf("%s: %+v", life, res)
		}
		f.until(r, rotation.Deliver) // and not a second time
		f.Forgive()
	}
}

// TestWhatHoldsAKeyBackIsNotMadeAnew: a start of the program finds no secret of the new key, and what held it back would hold the next one back as well. It stands, and
// makes none, until somebody has said or mended what it asks.
func TestWhatHoldsAKeyBackIsNotMadeAnew(t *testing.T) {
	for name, sc := range map[string]world.Scenario{"created": genericLike, "rolled to": besideLike} {
		for what, tc := range map[string]struct {
			strike func(f *fixture) (mend func())
			asks   rotation.QuestionKind
			yes    bool // a person says that it may be so
		}{
			"accepted":      {func(f *fixture) func() { return f.another() }, rotation.AskAccept, true},
			"mended":        {func(f *fixture) func() { return f.another() }, rotation.AskAccept, false},
			"another host":  {func(f *fixture) func() { return f.Adversary("second host", 0) }, rotation.AskCleanup, false},
			"deleted again": {func(f *fixture) func() { f.another(); return func() { f.Remove("new") } }, rotation.AskAccept, false},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				f := in(t, sc)
				r := f.Start(func(p *rotation.Params) { noWaits(p); p.Headless = true })
				f.until(r, rotation.Create)
				mend := tc.strike(f)
				if res := f.do(r); res.Question == nil || res.Question.Kind != tc.asks {
					t.Fatalf("%+v", res)
				}
				f.Log()
				var res rotation.Result
				for range 3 {
					r = f.headless(r, rotation.ResumeOptions{})
					if res = f.do(r); res.Question == nil || res.Question.Kind != tc.asks {
						t.Errorf("%+v", res)
					}
				}
				if log := f.Log(); count(log, "create")+count(log, "delete") > 0 {
					t.Errorf("keys come and go: %v", log)
				}
				if tc.yes {
					r = f.again(r, rotation.ResumeOptions{})
					f.react(r, f.do(r))
				} else {
					mend()
					f.Pass(time.Second)
				}
				f.drive(r)
				f.rotated(what)
				f.Forgive()
			})
		}
	}
}

// another gives the next key that is made another environment than it is asked for with; that is mended.
func (f *fixture) another() (mend func()) {
	f.Hook = func(point string) {
		if point == "after: create" {
			f.Edit("key-3", func(k *apikey.Key) { k.Environment = apikey.Test })
			f.Pass(time.Second)
		}
	}
	return func() {
		f.Edit("new", func(k *apikey.Key) { k.Environment = f.Key("old").Environment })
		f.Hook = nil
	}
}

// TestAKeyOfAnotherAccountOrProjectIsNotDeliveredUnasked: with a credential of another one than the old key's, what is made or pasted does not do what that did.
func TestAKeyOfAnotherAccountOrProjectIsNotDeliveredUnasked(t *testing.T) {
	for what, where := range map[string]func(k *apikey.Key, name string){
		"account":      func(k *apikey.Key, name string) { k.Account = name },
		"project":      func(k *apikey.Key, name string) { k.Project = name },
		"none of both": nil,
	} {
		for _, sc := range []world.Scenario{prosopoLike, manualLike} {
			f := in(t, sc)
			if where != nil {
				f.Edit("old", func(k *apikey.Key) { where(k, "ours") })
			}
			f.Pass(time.Second)
			r := f.Start(noWaits)
			f.until(r, rotation.Create)
			var res rotation.Result
			var err error
			other := func(id string) {
				if where != nil {
					f.Edit(id, func(k *apikey.Key) { where(k, "theirs") })
				}
				f.Pass(time.Second)
			}
			if sc.Manual {
				secret := f.ByHand("made-1", "anything")
				other("made-1")
				if res, err = f.pastes(r, secret); err == nil && res.Question == nil && r.View().Step == rotation.Create {
					res = f.do(r)
				}
			} else {
				f.Hook = func(point string) {
					if point == "after: create" {
						other("key-3")
						f.Hook = nil
					}
				}
				res = f.do(r)
			}
			asked := res.Question != nil && res.Question.Kind == rotation.AskAccept && strings.Contains(strings.Join(res.Notes, ";"), what+" differs: old ours, new theirs")
			if err != nil || asked != (where != nil) || f.Place(0).Holds() != "old" {
				t.Errorf("%s, by hand %v: %+v, %v", what, sc.Manual, res, err)
			}
			f.Forgive()
		}
	}
}
