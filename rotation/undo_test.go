package rotation_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// everyStep are the steps at which an undo is possible.
var everyStep = []rotation.Step{rotation.Preflight, rotation.Create, rotation.Deliver, rotation.Verify, rotation.Drain, rotation.Disable, rotation.Soak, rotation.Delete}

func TestUndoAtEveryPointUntilTheDeletion(t *testing.T) {
	for _, step := range everyStep {
		for _, again := range []bool{false, true} {
			f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Then = []string{"env", "link", "release"}, true }))
			r := f.Start(nil)
			f.until(r, step)
			words := r.View().Next.Undo
			if again && step != rotation.Preflight {
				r = f.again(r, rotation.ResumeOptions{})
			}
			if !f.undo(r) {
				t.Fatalf("%s: undo was refused", step)
			}
			f.undone(string(step))
			if begun := slices.Index(everyStep, step) > slices.Index(everyStep, rotation.Deliver); begun {
				if n := count(f.Log(), "then p0"); n != 1 || !strings.Contains(words, "put the old value back in API_KEY in") {
					t.Errorf("%s: %d restarts; undo was announced as %q", step, n, words)
				}
			}
			if v := r.View(); v.State != rotation.Aborted && step != rotation.Preflight || len(v.Certain) == 0 {
				t.Errorf("%+v", v)
			}
		}
	}
}

// TestAnUndoThatIsRefusedLeavesEverything: no place is touched, the new key stays, and going on is possible.
func TestAnUndoThatIsRefusedLeavesEverything(t *testing.T) {
	soon := func(d time.Duration) func(f *fixture) func() {
		return func(f *fixture) func() {
			was := f.Key("old").ExpiresAt
			f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(d)) })
			f.Pass(time.Millisecond)
			return func() { f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = was }) }
		}
	}
	for name, tc := range map[string]struct {
		strike   func(f *fixture) func()
		headless bool
		want     string // the refusal, or the question
		asks     rotation.QuestionKind
	}{
		"the old key is gone from the list": {func(f *fixture) func() { f.Remove("old"); return nil }, false, "the list does not show the old key any more", ""},
		"it has expired":                    {soon(-time.Second), false, "the old key has expired", ""},
		"it ends in nine minutes":           {soon(9 * time.Minute), false, "will have a key that soon does not work", rotation.AskCarries},
		"it ends in nine minutes, headless": {soon(9 * time.Minute), true, "will have a key that soon does not work", ""},
		"its secret is refused": {func(f *fixture) func() {
			f.OnProbe = func(whose string, p *apikey.Proof) {
				if whose == "old" {
					p.Verdict = apikey.Refused
				}
			}
			return func() { f.OnProbe = nil }
		}, false, "the service refuses the old secret", ""},
		"nobody answers about it": {func(f *fixture) func() {
			f.OnProbe = func(whose string, p *apikey.Proof) {
				if whose == "old" {
					p.Verdict, p.Why = apikey.Silent, "a wall answered"
				}
			}
			return func() { f.OnProbe = nil }
		}, false, "whether the old secret works could not be seen", ""},
		"the folder is moved away":     {func(f *fixture) func() { return f.Adversary("moved away", 1) }, false, "", rotation.AskUndone},
		"the volume is not mounted":    {func(f *fixture) func() { return f.Adversary("volume missing", 1) }, false, "", rotation.AskUndone},
		"the file is removed":          {func(f *fixture) func() { return f.Adversary("removed", 1) }, false, "", rotation.AskUndone},
		"a third value":                {func(f *fixture) func() { return f.Adversary("third value", 1) }, false, "neither the new secret nor what it had before", rotation.AskUndone},
		"the kept copy is gone":        {func(f *fixture) func() { return f.Adversary("kept copy removed", 1) }, false, "the copy of what it had before is not there", rotation.AskUndone},
		"a deploy swapped the release": {func(f *fixture) func() { return f.Adversary("link swapped, copied", 0) }, false, "it is another file now", rotation.AskUndone},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.Places = []string{"file", "release"} }))
			r := f.Start(noWaits)
			f.until(r, rotation.Delete)
			restore := tc.strike(f)
			if tc.headless {
				r = f.headless(r, rotation.ResumeOptions{})
			}
			newID := r.View().NewID()
			res, err := r.Undo(context.Background())
			said := res.Message
			if err != nil {
				said = err.Error()
			}
			var kind rotation.QuestionKind
			if res.Question != nil {
				kind = res.Question.Kind
			}
			if kind != tc.asks || !strings.Contains(said, strings.TrimPrefix(tc.want, "will have")) || (err == nil) != (tc.asks != "") {
				t.Fatalf("%+v, %v", res, err)
			}
			log := f.Log()
			if count(log, "undo") > 0 || count(log, "put") > 0 || count(log, "delete") > 0 || !f.Key(newID).Alive {
				t.Errorf("something was changed: %v", log)
			}
			if v := r.View(); v.Undoing || v.State != rotation.Open || v.Step != rotation.Delete {
				t.Errorf("%+v", v)
			}
			if restore == nil {
				return
			}
			restore()
			f.Pass(time.Second)
			if !f.undo(r) {
				t.Fatal("put right, and still refused")
			}
			f.undone(name)
		})
	}
}

func TestUndoIsRefusedOntoAKeyThatSomebodyDisabled(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	f.Enable("old", false)
	if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), "somebody has disabled the old key") || !strings.Contains(err.Error(), "enable it first") || r.View().Undoing {
		t.Errorf("%v", err)
	}
	f.Enable("old", true)
	f.undo(r)
	f.undone("enabled again")
}

// TestAPlaceThatWasPutBackByHandCounts: an operator's own hand in the incident.
func TestAPlaceThatWasPutBackByHandCounts(t *testing.T) {
	f := in(t, with(prosopoLike, twoPlaces))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Place(1).Put("old")
	f.Log()
	if !f.undo(r) {
		t.Fatal("undo was refused")
	}
	f.undone("by hand")
	if log := f.Log(); count(log, "undo p1") != 0 || count(log, "undo p0") != 1 || count(log, "then p1") != 1 {
		t.Errorf("%v", log)
	}
}

// TestAWordForAPlaceIsReadBack: it must not hold the new secret; the reason is recorded; and it is a word for that place alone.
func TestAWordForAPlaceIsReadBack(t *testing.T) {
	f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.Places = []string{"env", "hook", "file"} }))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	r = f.headless(r, rotation.ResumeOptions{})
	_, err := r.Undo(context.Background())
	if q := r.View().Question; err != nil || q == nil || q.Kind != rotation.AskUndone || q.Subject != "hook-1" || q.Flag != "rotate --abort "+r.ID()+" --undone hook-1 --reason R" {
		t.Fatalf("%+v, %v", q, err)
	}
	r.Close()
	for want, o := range map[string]rotation.ResumeOptions{
		"holds the new secret: it is not put back": {Undone: []string{f.Place(0).Spec()}, Reason: "it is"},
		"the reason is recorded":                   {Undone: []string{"hook-1"}},
		"is no destination":                        {Undone: []string{"hook-7"}, Reason: "it is"},
	} {
		if _, err := f.Resume(r.ID(), o, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f.byHand()
	r = f.headless(r, rotation.ResumeOptions{Undone: []string{"hook-1"}, Reason: "set in the panel"})
	if !says(r.View().Certain, "the program hook-1 has its old value by your word: set in the panel") {
		t.Errorf("%q", r.View().Certain)
	}
	if !f.undo(r) {
		t.Fatal("undo was refused")
	}
	f.undone("vouched for")
	if len(claims(r, rotation.PersonSaid, "hook-1")) != 1 {
		t.Error("the word is not recorded")
	}
}

// TestAPlaceThatIsSaidToBePutBackMustNotHoldTheNewSecretAtTheEnd either.
func TestAPlaceThatIsSaidToBePutBackMustNotHoldTheNewSecretAtTheEnd(t *testing.T) {
	f := in(t, with(prosopoLike, twoPlaces))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	fresh := f.Key("new").Secret
	restore := f.Adversary("third value", 1)
	r = f.again(r, rotation.ResumeOptions{Undone: []string{f.Place(1).Spec()}, Reason: "ours now"})
	restore() // and the new secret is back
	if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), "holds the new secret, although it was said to be put back") {
		t.Fatalf("%v", err)
	}
	if !f.Key(r.View().NewID()).Alive || fresh.IsZero() {
		t.Error("the new key was deleted")
	}
}

// TestWhatWasPutBackByHandIsAcceptedToo: a person's word for a place that can be read, and that holds the old secret, does not stand in for the service's
// answer: somebody may have deleted the key, and the list may be behind.
func TestWhatWasPutBackByHandIsAcceptedToo(t *testing.T) {
	f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.GoneLag = 20 * time.Second }))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Place(0).Put("old")
	r = f.again(r, rotation.ResumeOptions{Undone: []string{f.Place(0).Spec()}, Reason: "put back by hand"})
	f.Remove("old")
	if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), "the service refuses the old secret") || !f.Key("new").Alive {
		t.Fatalf("%v", err)
	}
}

// TestAWordForAKeyThatEndsSoonIsAPersons.
func TestAWordForAKeyThatEndsSoonIsAPersons(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(9 * time.Minute)) })
	f.Pass(time.Millisecond)
	if !f.undo(r) {
		t.Fatal("undo was refused")
	}
	f.undone("ends soon")
	if c := claims(r, rotation.PersonSaid, rotation.SubjectOld); len(c) < 2 || !strings.Contains(c[len(c)-1].Evidence().Detail, "looked at by hand") {
		t.Errorf("%v", c)
	}
}

func TestNewKeyStaysUntilTheOldValueIsBack(t *testing.T) {
	for _, op := range []string{"undo", "then"} {
		f := in(t, vertesiaLike)
		r := f.Start(nil)
		f.until(r, rotation.Drain)
		f.Fail(op, errors.New("disk full"), false)
		_, err := r.Undo(context.Background())
		if err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Fatalf("%v", err)
		}
		if !f.Key("new").Alive {
			t.Fatal("the new key was deleted while the application still has it")
		}
		if !f.undo(r) {
			t.Fatal("undo was refused")
		}
		f.undone("second try")
	}
}

// TestAnUndoReadsBackWhatItPutThere: before the new key goes, and after the commands once more.
func TestAnUndoReadsBackWhatItPutThere(t *testing.T) {
	for point, want := range map[string]string{
		"disk: delivery after: rename content": "it does not hold what it had before",
		"after: then ":                         "no longer holds what was put back there",
	} {
		f := in(t, prosopoLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		f.Hook = func(p string) {
			if strings.HasPrefix(p, point) {
				f.Hook = nil
				f.Place(0).Put("new")
			}
		}
		if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), want) || !f.Key("new").Alive {
			t.Errorf("%s: %v", point, err)
		}
		f.Hook = nil
		if !f.undo(r) {
			t.Fatal("undo was refused")
		}
		f.undone(point)
	}
}

// TestAnUndoHalfWayCanBeFinishedOrTurnedRound by a person.
func TestAnUndoHalfWayCanBeFinishedOrTurnedRound(t *testing.T) {
	for _, turn := range []bool{false, true} {
		f := in(t, with(prosopoLike, twoPlaces))
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		if _, err := r.TurnAround(); err == nil || !strings.Contains(err.Error(), "no undo has begun") {
			t.Errorf("%v", err)
		}
		f.Hook = func(p string) { // the second place is put back first
			if strings.HasPrefix(p, "before: undo "+f.Place(0).Spec()) {
				f.Fail("undo", errors.New("no space left on device"), false)
			}
		}
		_, err := r.Undo(context.Background())
		f.Hook = nil
		if err == nil || f.Place(0).Holds() != "new" || f.Place(1).Holds() != "old" || !r.View().Undoing {
			t.Fatalf("%v: %s and %s", err, f.Place(0).Holds(), f.Place(1).Holds())
		}
		if !says(r.View().Certain, "holds the old value again, as it was read back") {
			t.Errorf("%q", r.View().Certain)
		}
		r = f.again(r, rotation.ResumeOptions{})
		if !turn {
			f.drive(r) // goes on with the undo
			f.undone("finished")
			continue
		}
		if res, err := r.TurnAround(); err != nil || res.Step != rotation.Deliver {
			t.Fatalf("%+v, %v", res, err)
		}
		f.drive(r)
		f.rotated("turned round")
	}
}

func TestUndoIsRefusedOnceADeletionWasSent(t *testing.T) {
	for name, tc := range map[string]struct {
		after   bool
		err     error
		refused bool
	}{
		"the answer is lost, it took effect": {true, lost("delete"), true},
		"the answer is lost, it did not":     {false, lost("delete"), true},
		"a server's fault":                   {false, &client.Error{Op: "delete", Kind: client.Unavailable, Status: 503, Message: "no", Outcome: client.Unknown}, true},
		"an answer that does not parse":      {true, &client.Error{Op: "delete", Kind: client.BadAnswer, Status: 200, Message: "no", Outcome: client.Unknown}, true},
		"a rate limit":                       {false, &client.Error{Op: "delete", Kind: client.RateLimited, Status: 429, Message: "no", Outcome: client.NotDone}, true},
		"a wall":                             {false, &client.Error{Op: "delete", Kind: client.Forbidden, Status: 403, Message: "no", Outcome: client.NotDone}, true},
		"refused in the service's own words": {false, refusal("delete", client.Forbidden, 403), false},
		"a conflict":                         {false, refusal("delete", client.Conflict, 409), false},
		"it never left this machine":         {false, &client.Error{Op: "delete", Kind: client.Unreachable, Message: "no", Outcome: client.NotDone}, false},
		"this profile is read-only":          {false, &client.Error{Op: "delete", Kind: client.ReadOnly, Message: "no", Outcome: client.NotDone}, false},
	} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		f.Fail("delete", tc.err, tc.after)
		f.Fail("delete", tc.err, tc.after) // it asks twice
		if _, err := r.Do(context.Background()); err == nil {
			t.Fatalf("%s: the failure was swallowed", name)
		}
		r = f.headless(r, rotation.ResumeOptions{})
		v := r.View()
		if v.OldGone != tc.refused || (v.Next.Undo == "") != tc.refused || says(v.Unknown, "whether the old key was deleted") != tc.refused {
			t.Errorf("%s: %+v, %q", name, v.Next, v.Unknown)
		}
		if tc.refused {
			if _, err := r.Undo(context.Background()); !errors.Is(err, rotation.ErrOldGone) || !strings.Contains(err.Error(), "--resume "+r.ID()) {
				t.Errorf("%s: %v", name, err)
			}
			f.drive(r)
			f.rotated(name)
			continue
		}
		if f.Mend(); !f.undo(r) {
			t.Fatalf("%s: the undo was refused", name)
		}
		f.undone(name)
	}
}

// TestAPersonMaySayThatTheOldKeyLives: at a terminal, with its secret still accepted after the service's lag; never by a flag.
func TestAPersonMaySayThatTheOldKeyLives(t *testing.T) {
	for name, tc := range map[string]struct {
		wait  time.Duration
		alive bool
		asks  bool
	}{"after the lag": {2 * time.Minute, true, true}, "within it": {30 * time.Second, true, false}, "its secret is refused": {2 * time.Minute, false, false}} {
		f := in(t, prosopoLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		f.Fail("delete", lost("delete"), !tc.alive)
		f.Fail("delete", lost("delete"), !tc.alive)
		if _, err := r.Do(context.Background()); err == nil {
			t.Fatal("the failure was swallowed")
		}
		f.Pass(tc.wait)
		r = f.again(r, rotation.ResumeOptions{})
		res, err := r.Undo(context.Background())
		asks := res.Question != nil && res.Question.Kind == rotation.AskLives
		if asks != tc.asks || asks && res.Question.Flag != "" || !asks && !errors.Is(err, rotation.ErrOldGone) {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		if !asks {
			continue
		}
		if _, err := f.answer(r, res.Question); err != nil {
			t.Fatal(err)
		}
		if !f.undo(r) {
			t.Fatal("undo was refused")
		}
		f.undone(name)
		if len(claims(r, rotation.PersonSaid, rotation.SubjectOld)) < 2 {
			t.Error("the word is not recorded")
		}
	}
}

func TestUndoTurnsAroundWhenTheOldKeyVanishes(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	f.Fail("then", errors.New("no restart"), false)
	if _, err := r.Undo(context.Background()); err == nil {
		t.Fatal("the failure was swallowed")
	}
	f.Remove("old")
	f.Forgive()
	res, err := r.Undo(context.Background())
	if err == nil && res.Question == nil || !f.Key("new").Alive {
		t.Fatalf("%+v, %v", res, err)
	}
	if _, err := r.TurnAround(); err != nil && r.View().Undoing {
		t.Fatal(err)
	}
	f.drive(r)
	f.rotated("forwards again")
}

func TestFailedCommandAfterTheDeliveryStopsAndCanBeRepeated(t *testing.T) {
	f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.Then = true }))
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	f.Fail("then", errors.New("exit status 1: unit not found"), false)
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "unit not found") || r.View().Step != rotation.Deliver {
		t.Fatalf("%v at %s", err, r.View().Step)
	}
	r = f.again(r, rotation.ResumeOptions{})
	f.drive(r)
	f.rotated("repeated")
	if n := count(f.Log(), "create"); n != 0 {
		t.Error("a failed command cost another key")
	}
}

// What was put back is put back, whatever the command after it does.
func TestFailedCommandOfAnUndoDoesNotHideWhatIsPutBack(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places, sc.Then = []string{"env", "file"}, true }))
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	f.Hook = func(p string) {
		if p == "before: then "+f.Place(1).Spec() {
			f.Hook = nil
			f.Fail("then", errors.New("exit status 1: unit not found"), false)
		}
	}
	_, err := r.Undo(context.Background())
	var step *rotation.StepError
	if !errors.As(err, &step) || !strings.Contains(err.Error(), "unit not found") {
		t.Fatalf("%v", err)
	}
	for i := range 2 {
		if f.Place(i).Holds() != "old" {
			t.Errorf("%d was not put back: one failed command holds up every value", i)
		}
	}
	certain := strings.Join(step.Certain, "\n")
	if strings.Contains(certain, "was given the new secret") || strings.Count(certain, "holds the old value again") != 2 || !strings.Contains(certain, "the command after it has not succeeded yet") {
		t.Errorf("certain, but not so:\n%s", certain)
	}
	if undo := r.View().Next.Undo; !strings.Contains(undo, "run the command after") || strings.Contains(undo, "put the old value back") {
		t.Errorf("the undo that is left: %q", undo)
	}
	r = f.again(r, rotation.ResumeOptions{})
	f.Log()
	if !f.undo(r) {
		t.Fatal("undo was refused")
	}
	f.undone("mended")
	if log := f.Log(); count(log, "then p1") != 1 {
		t.Errorf("%v", log)
	}
}

func TestFailedPutKeepsTheSecretInHand(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	f.Fail("put", errors.New("no space left on device"), false)
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no space left") || !r.SecretInHand() {
		t.Fatalf("%v, in hand %v", err, r.SecretInHand())
	}
	f.drive(r)
	f.rotated("mended")
	if n := count(f.Log(), "create"); n != 0 {
		t.Error("a failed put cost another key")
	}
}

func TestValueThatDoesNotStayIsNoticed(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	f.Hook = func(p string) {
		if p == "disk: delivery after: rename content" {
			f.Hook = nil
			f.Place(0).Put("old")
		}
	}
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "something else write it") {
		t.Fatalf("%v", err)
	}
	f.drive(r)
	f.rotated("delivered again")
}

// TestAPutGoesOverWhatThePlaceHeldAlone: what somebody has written since the preflight is left alone.
func TestAPutGoesOverWhatThePlaceHeldAlone(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	restore := f.Adversary("third value", 0)
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "it holds something else than when the rotation began") || f.Place(0).Holds() != "made-up" {
		t.Fatalf("%v", err)
	}
	if v := r.View(); v.Destinations[0].Begun || !says(v.Certain, "was not changed by this rotation") {
		t.Errorf("%+v, %q", v.Destinations, v.Certain)
	}
	restore()
	f.drive(r)
	f.rotated("put right")
}

func TestAnUndoLeavesAPlaceAloneThatNothingWasPutTo(t *testing.T) {
	f := in(t, with(vertesiaLike, twoPlaces))
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	f.Hook = func(p string) {
		if p == "before: put "+f.Place(1).Spec() {
			f.Fail("put", errors.New("disk full"), false)
		}
	}
	if _, err := r.Do(context.Background()); err == nil {
		t.Fatal("the put did not fail")
	}
	f.Hook = nil
	f.Log()
	if !f.undo(r) {
		t.Fatal("undo was refused")
	}
	f.undone("left alone")
}

func TestRefusedNewKeyIsAskedAboutBeforeTheOldOneIsTouched(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Verify)
	f.Enable("new", false)
	f.Forgive()
	res, err := r.Do(context.Background())
	said := res.Message
	if err != nil {
		said = err.Error()
	}
	if res.Status == rotation.Moved && err == nil || !strings.Contains(said, "refuses the new key") || !f.Key("old").Alive || r.View().Step != rotation.Verify {
		t.Fatalf("%+v, %v", res, err)
	}
	if n := count(f.Log(), "probe new"); n != 10 {
		t.Errorf("%d times", n)
	}
	if !f.undo(r) {
		t.Fatal("undo was refused")
	}
	f.undone("refused")
}

// TestANewKeyIsAcceptedSeveralTimesInARow: a refusal in between begins the count anew.
func TestANewKeyIsAcceptedSeveralTimesInARow(t *testing.T) {
	f := in(t, vertesiaLike)
	refuse := []bool{false, false, true, false, false, true}
	f.OnProbe = func(whose string, p *apikey.Proof) {
		if whose == "new" && len(refuse) > 0 {
			if refuse[0] {
				p.Verdict = apikey.Refused
			}
			refuse = refuse[1:]
		}
	}
	r := f.Start(nil)
	f.until(r, rotation.Verify)
	f.do(r)
	if n := count(f.Log(), "probe new"); n != 9 || r.View().Step == rotation.Verify {
		t.Errorf("%d probes, at %s", n, r.View().Step)
	}
}

// An undo that fails at its first look has changed nothing: it is the undo that failed, not the step that is next.
func TestUndoThatFailsBeforeItBeginsIsNamedAndDoneAgain(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Verify)
	f.Fail("list", &client.Error{Op: "list keys", Kind: client.Timeout, Message: "no", Outcome: client.NotDone}, false)
	_, err := r.Undo(context.Background())
	var step *rotation.StepError
	if !errors.As(err, &step) || step.Step != "undo" || !strings.Contains(step.Next, "undo again") || step.Undo != "" {
		t.Fatalf("%v", err)
	}
	if r.View().Undoing {
		t.Fatal("it began")
	}
	f.undo(r)
	f.undone("again")
}

// TestCloseChangesNothingAndSaysWhatIsLeft: at every step, with the service or without it.
func TestCloseChangesNothingAndSaysWhatIsLeft(t *testing.T) {
	for _, step := range everyStep[1:] {
		for _, journalAlone := range []bool{false, true} {
			f := in(t, vertesiaLike)
			r := f.Start(nil)
			f.until(r, step)
			holds := f.Place(0).Holds()
			if _, err := r.End(context.Background(), " "); err == nil || !strings.Contains(err.Error(), "the reason is recorded") {
				t.Fatalf("%v", err)
			}
			var v rotation.View
			var err error
			if journalAlone {
				r.Close()
				out := f.Outside()
				out.Service, out.Resolve = nil, nil
				v, err = rotation.CloseAsItStands(out, r.ID(), "the machine is gone")
			} else if _, err = r.End(context.Background(), "the machine is gone"); err == nil {
				v = r.View()
			}
			if err != nil || v.State != rotation.Closed || !says(v.Certain, "closed as it stood: the machine is gone") {
				t.Fatalf("%s: %+v, %v", step, v, err)
			}
			for _, line := range f.Log() {
				t.Errorf("%s: %s", step, line)
			}
			if f.Place(0).Holds() != holds {
				t.Errorf("%s: the place was changed", step)
			}
			if !says(v.Left, "the old key") || (v.New != nil) != says(v.Left, "`detent delete "+v.NewID()+"` removes it") {
				t.Errorf("%s: %q", step, v.Left)
			}
			if kept := len(f.Place(0).Copies()) > 0; kept != says(v.Left, "may hold a secret: `rm -f ") {
				t.Errorf("%s: kept %v, %q", step, f.Place(0).Copies(), v.Left)
			}
			if f.Leaks(strings.Join(v.Left, "\n")) {
				t.Error("a secret is in what is left")
			}
			r.Close()
			if _, err := rotation.CloseAsItStands(f.Outside(), r.ID(), "again"); err == nil || !strings.Contains(err.Error(), "is over") {
				t.Errorf("%v", err)
			}
		}
	}
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	if res, err := r.End(context.Background(), "never mind"); err != nil || !strings.Contains(res.Message, "nothing was begun") {
		t.Errorf("%+v, %v", res, err)
	}
	if files, _ := os.ReadDir(f.Store().Dir); len(files) > 1 { // the lock
		t.Errorf("%v", files)
	}
}

// TestAnUndoThatIsGivenUpGoesBackToWhatHasToBeDoneAnew: to the rehearsal, where it has switched the old key on; else it stays where it was.
func TestAnUndoThatIsGivenUpGoesBackToWhatHasToBeDoneAnew(t *testing.T) {
	disables, not := vertesiaLike, prosopoLike
	for name, tc := range map[string]struct {
		sc    world.Scenario
		step  rotation.Step
		fails string // an undo before fails at it, so that it has begun
		want  rotation.Step
	}{
		"switched on in the soak":       {disables, rotation.Soak, "", rotation.Disable},
		"switched on before the delete": {disables, rotation.Delete, "", rotation.Disable},
		"never switched off":            {disables, rotation.Verify, "undo", rotation.Verify},
		"never switched off, drained":   {disables, rotation.Disable, "undo", rotation.Disable},
		"cannot be switched off":        {not, rotation.Delete, "undo", rotation.Delete},
	} {
		f := in(t, tc.sc)
		r := f.Start(noWaits)
		f.until(r, tc.step)
		if tc.fails != "" {
			f.Fail(tc.fails, errors.New("it is broken"), false)
			if _, err := r.Undo(context.Background()); err == nil || !r.View().Undoing {
				t.Fatalf("%s: %v", name, err)
			}
		}
		f.OnProbe = func(whose string, p *apikey.Proof) {
			if whose == "old" {
				p.Verdict, p.Evidence = apikey.Refused, "GET /harmless answered 401"
			}
		}
		if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), "the service refuses the old secret") {
			t.Fatalf("%s: %v", name, err)
		}
		if v := r.View(); v.Undoing || v.Step != tc.want {
			t.Errorf("%s: at %s, undoing %v", name, v.Step, v.Undoing)
		}
		f.OnProbe = nil
		f.drive(r)
		f.rotated(name)
	}
}

// TestAnUndoThatCannotBeFinishedIsTurnedRoundByAPerson: where something was put back already. Who cannot be asked is told, and it stays begun.
func TestAnUndoThatCannotBeFinishedIsTurnedRoundByAPerson(t *testing.T) {
	for name, tc := range map[string]struct {
		headless, byWord bool
	}{"at a terminal": {false, false}, "headless": {true, false}, "by a word": {false, true}} {
		f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places = []string{"env", "hook"} }))
		r := f.Start(noWaits)
		f.until(r, rotation.Disable)
		f.byHand()
		if tc.byWord {
			f.Fail("undo", errors.New("it is broken"), false)
		} else {
			f.Fail("then", errors.New("it is broken"), false)
		}
		r = f.again(r, rotation.ResumeOptions{Undone: []string{f.Place(1).Spec()}, Reason: "put back by hand"})
		if _, err := r.Undo(context.Background()); err == nil || !r.View().Undoing {
			t.Fatalf("%s: %v", name, err)
		}
		if tc.headless {
			r = f.headless(r, rotation.ResumeOptions{})
		}
		f.OnProbe = func(whose string, p *apikey.Proof) {
			if whose == "old" {
				p.Verdict, p.Evidence = apikey.Refused, "GET /harmless answered 401"
			}
		}
		res, err := r.Undo(context.Background())
		if tc.headless {
			if err == nil || !strings.Contains(err.Error(), "the service refuses the old secret") || !r.View().Undoing {
				t.Errorf("%s: %+v, %v", name, res, err)
			}
			continue
		}
		if err != nil || res.Question == nil || res.Question.Kind != rotation.AskTurn || res.Question.Default != rotation.No || !strings.Contains(res.Message, "the service refuses the old secret") || !r.View().Undoing {
			t.Fatalf("%s: %+v, %v", name, res, err)
		}
		if res, err = f.answer(r, res.Question); err != nil || r.View().Undoing || res.Step != rotation.Deliver {
			t.Fatalf("%s: %+v, %v", name, res, err)
		}
		f.OnProbe = nil
		f.drive(r)
		f.rotated(name)
	}
}

// TestAWordThatAPlaceHasItsOldValueIsForTheUndoAlone: where the rotation goes on instead, the new secret goes there again.
func TestAWordThatAPlaceHasItsOldValueIsForTheUndoAlone(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places = []string{"file", "hook"} }))
	r := f.Start(noWaits)
	f.until(r, rotation.Disable)
	res, err := r.Undo(context.Background())
	if err != nil || res.Question == nil || res.Question.Kind != rotation.AskUndone {
		t.Fatalf("%+v, %v", res, err)
	}
	f.Place(1).Put("old")
	if _, err := f.answer(r, res.Question); err != nil {
		t.Fatal(err)
	}
	if res = f.do(r); res.Step != rotation.Deliver || !strings.Contains(res.Message, "had the old value by your word") {
		t.Fatalf("%+v", res)
	}
	f.drive(r)
	f.rotated("after all")
}
