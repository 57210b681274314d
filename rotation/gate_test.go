package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// between are the lines of a log from the last of one kind to the first of another after it.
func before(log []string, call string) []string {
	at := slices.Index(log, call)
	if at < 0 {
		return nil
	}
	from := at
	for from > 0 && !strings.HasPrefix(log[from-1], "announce ") {
		from--
	}
	return log[max(from-1, 0) : at+1]
}

// TestTheGateLooksInOrderAndThenTheCallGoesOut: the list, the places, the secret that one of them holds, the places once more, and nothing between.
func TestTheGateLooksInOrderAndThenTheCallGoesOut(t *testing.T) {
	for name, call := range map[string]string{"disable": "disable old", "delete": "delete old"} {
		f := in(t, with(vertesiaLike, twoPlaces))
		r := f.Start(noWaits)
		f.until(r, rotation.Step(name))
		var log []string
		for count(log, call) == 0 {
			f.do(r)
			log = append(log, f.Log()...)
		}
		want := []string{"announce " + call, "list", "read p0", "read p1", "read p0", "probe new", "read p0", "read p1", call}
		if got := before(log, call); !slices.Equal(got, want) {
			t.Errorf("%s:\n%v\nwant\n%v", name, got, want)
		}
		if name == "delete" { // and the places are read once more
			after := log[slices.Index(log, call)+1:]
			if len(after) < 2 || after[0] != "read p0" || after[1] != "read p1" {
				t.Errorf("after the deletion: %v", after)
			}
		}
	}
	f := in(t, with(vertesiaLike, twoPlaces))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Log()
	if !f.undo(r) {
		t.Fatal("refused")
	}
	got := before(f.Log(), "delete new")
	if len(got) == 0 || got[0] != "announce delete new" || got[1] != "list" || count(got, "probe old") != 1 || !slices.Equal(got[len(got)-3:], []string{"read p0", "read p1", "delete new"}) ||
		slices.Index(got, "probe old") < slices.Index(got, "read p1") {
		t.Errorf("the undo's: %v", got)
	}
}

// TestASecondDeletePassesTheGateAnew: also where the first one's answer was lost.
func TestASecondDeletePassesTheGateAnew(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Fail("delete", lost("delete"), false)
	f.drive(r)
	f.rotated("asked twice")
	log := f.Log()
	second := slices.Index(log, "delete old") + 1
	got := before(log[second:], "delete old")
	if count(log, "delete old") != 2 || count(got, "probe new") != 1 || count(got, "list") != 1 || count(got, "read p0") < 2 {
		t.Errorf("%v", log)
	}
}

// TestALookThatTakesTooLongIsTakenAgain: by either clock, and three times at most; then nothing is sent.
func TestALookThatTakesTooLongIsTakenAgain(t *testing.T) {
	for _, tc := range []struct {
		clock string
		by    time.Duration
		times int // how many of the looks take that long
		sends bool
	}{{"both", 11 * time.Second, 1, true}, {"both", 11 * time.Second, 2, true}, {"both", 11 * time.Second, 3, false}, {"both", 9 * time.Second, 9, true},
		{"wall", 11 * time.Second, 1, true}, {"wall", -11 * time.Second, 2, true}, {"wall", time.Hour, 9, false}} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		slow, looks := 0, 0
		f.Hook = func(point string) {
			if point != "before: probe" {
				return
			}
			if looks++; slow < tc.times {
				slow++
				if tc.clock == "wall" {
					f.SetWall(tc.by)
				} else {
					f.Pass(tc.by)
				}
			}
		}
		_, err := r.Do(context.Background())
		log := f.Log()
		what := fmt.Sprintf("%+v", tc)
		if sent := count(log, "delete old") > 0; sent != tc.sends {
			t.Errorf("%s: %v, %v", what, err, log)
			continue
		}
		if tc.sends {
			want := 1
			if tc.by.Abs() > 10*time.Second {
				want += tc.times
			}
			if gates := count(log[:slices.Index(log, "delete old")], "probe new"); gates != want {
				t.Errorf("%s: %d looks, want %d", what, gates, want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "3 times the last look") || !slices.Contains(log, "not sent") || r.View().OldGone {
			t.Errorf("%s: %v, %v", what, err, log)
		}
		f.Hook = nil
		if !f.undo(r) { // nothing was sent: the way back is open
			t.Fatal("the undo was refused")
		}
		f.undone(what)
	}
}

// TestAGateThatStopsJournalsThatNothingWasSent: whatever stops it, the way back stays open, in the next process too.
func TestAGateThatStopsJournalsThatNothingWasSent(t *testing.T) {
	for name, stop := range map[string]func(f *fixture){
		"the list fails":     func(f *fixture) { f.Fail("list", refusal("list keys", client.Unavailable, 503), false) },
		"a place fails":      func(f *fixture) { f.Fail("read", errors.New("input/output error"), false) },
		"the probe fails":    func(f *fixture) { f.Fail("probe", refusal("probe", client.Unavailable, 503), false) },
		"the new key is off": func(f *fixture) { f.Enable("new", false) },
	} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		stop(f)
		res, err := r.Do(context.Background())
		log := f.Log()
		if err == nil && res.Question == nil || count(log, "delete") > 0 || !slices.Contains(log, "not sent") {
			t.Errorf("%s: %+v, %v, %v", name, res, err, log)
		}
		if v := r.View(); v.OldGone || says(v.Unknown, "whether the old key was deleted") || v.Next.Undo == "" {
			t.Errorf("%s: %+v", name, v.Next)
		}
		r = f.again(r, rotation.ResumeOptions{})
		if f.Key("new").Alive {
			f.drive(r)
			f.rotated(name)
		} else if !f.undo(r) {
			t.Errorf("%s: the undo was refused", name)
		}
	}
}

// TestAPlaceThatHoldsTheOldValueAgainStops: it is delivered to again where somebody says so, over the old value alone.
func TestAPlaceThatHoldsTheOldValueAgainStops(t *testing.T) {
	for _, step := range []rotation.Step{rotation.Verify, rotation.Drain, rotation.Disable, rotation.Delete} {
		f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Then = true }))
		r := f.Start(nil)
		f.until(r, step)
		f.Place(0).Put("old")
		if step == rotation.Delete { // the application there has stood without a key since the rehearsal
			f.Forgive()
		}
		res := f.do(r)
		q := res.Question
		if q == nil || q.Kind != rotation.AskAgain || q.Subject != f.Place(0).Spec() || q.Flag != "rotate --resume "+r.ID()+" --yes" || !strings.Contains(res.Message, "holds the old value again") || f.Key("old").Gone {
			t.Fatalf("%s: %+v", step, res)
		}
		f.Log()
		if _, err := f.answer(r, q); err != nil {
			t.Fatal(err)
		}
		f.drive(r)
		f.rotated(string(step))
		if log := f.Log(); count(log, "put p0") != 1 || count(log, "then p0") != 1 {
			t.Errorf("%s: %v", step, log)
		}
	}
}

func TestAPlaceThatHoldsNothingAnyMoreIsDeliveredToAgain(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Place(0).Put("")
	if res := f.do(r); res.Question == nil || res.Question.Kind != rotation.AskAgain || !strings.Contains(res.Message, "holds nothing any more") {
		t.Fatalf("%+v", res)
	}
}

// TestAThirdValueIsNobodysToReplace: neither the old one nor the new: whoever wrote it puts one of the two there, or a person says that it goes.
func TestAThirdValueIsNobodysToReplace(t *testing.T) {
	for _, headless := range []bool{false, true} {
		f := in(t, prosopoLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		f.Place(0).Put("a-value-of-somebody-else-0123456789")
		if headless {
			r = f.headless(r, rotation.ResumeOptions{})
		}
		res, err := r.Do(context.Background())
		said := res.Message
		if err != nil {
			said = err.Error()
		}
		if headless != (err != nil) || !headless && res.Question.Kind != rotation.AskReplace || !strings.Contains(said, "neither the old one nor the new") || f.Key("old").Gone {
			t.Errorf("%+v %v", res, err)
		}
		if log := f.Log(); count(log, "put") > 0 {
			t.Errorf("%v", log)
		}
	}
}

// TestHeadlessDeliversAgainTwice: --resume --yes over the old value, twice a rotation; then something else writes it.
func TestHeadlessDeliversAgainTwice(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(func(p *rotation.Params) { p.Headless = true; noWaits(p) })
	f.until(r, rotation.Delete)
	f.Place(0).Put("old")
	if res := f.do(r); res.Question == nil || res.Question.Kind != rotation.AskAgain { // the process that began is told, and resumes
		t.Fatalf("%+v", res)
	}
	r = f.headless(r, rotation.ResumeOptions{})
	for n := range 2 {
		if res := f.do(r); res.Status != rotation.Moved || res.Step != rotation.Deliver {
			t.Fatalf("%d: %+v", n, res)
		}
		f.until(r, rotation.Delete)
		if f.Place(0).Holds() != "new" {
			t.Fatal("it was not delivered again")
		}
		f.Place(0).Put("old")
	}
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "delivered again 2 times: something else writes it") || f.Key("old").Gone {
		t.Errorf("%v", err)
	}
	r = f.headless(r, rotation.ResumeOptions{}) // it is twice a rotation, not twice a process
	if _, err := r.Do(context.Background()); err == nil {
		t.Error("a third time")
	}
}

// TestAPlaceThatIsPutBackInTheMomentOfTheDeletionIsDeliveredToAtOnce: it held a dead secret.
func TestAPlaceThatIsPutBackInTheMomentOfTheDeletionIsDeliveredToAtOnce(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Hook = func(point string) {
		if point == "before: delete the old key" {
			f.Place(0).Put("old")
		}
	}
	f.drive(r)
	f.rotated("at once")
	log := f.Log()
	if i := slices.Index(log, "delete old"); count(log[i:], "put p0") != 1 {
		t.Errorf("%v", log)
	}
	said := false
	for _, e := range r.View().History {
		said = said || strings.Contains(e.Text, "put back in the moment of the deletion")
	}
	if !said {
		t.Error("it is not said")
	}
}

// TestAPlaceThatNobodyCanReadNeedsMore: its probe, the new key's use by somebody else, a person, or what was accepted beforehand; in each process anew
// where nothing of it is journaled.
func TestAPlaceThatNobodyCanReadNeedsMore(t *testing.T) {
	hook := with(prosopoLike, func(sc *world.Scenario) { sc.Places = []string{"hook"} })
	for name, tc := range map[string]struct {
		probe  func() error
		accept string
		asks   bool
		fails  string
	}{
		"nothing tells":       {nil, "", true, ""},
		"its probe says yes":  {func() error { return nil }, "", false, ""},
		"its probe says no":   {func() error { return errors.New("exit status 22") }, "even so", false, "its probe says that the application there does not work"},
		"accepted beforehand": {nil, "it is restarted each night", false, ""},
	} {
		f := in(t, hook)
		f.ProbeOf[0] = tc.probe
		r := f.Start(func(p *rotation.Params) { p.AcceptUnknown = tc.accept; noWaits(p) })
		f.until(r, rotation.Delete)
		res, err := r.Do(context.Background())
		log := f.Log()
		asks := res.Question != nil && res.Question.Kind == rotation.AskUnread
		if asks != tc.asks || (err != nil) != (tc.fails != "") || err != nil && !strings.Contains(err.Error(), tc.fails) || (count(log, "delete old") > 0) != (err == nil && !asks) {
			t.Errorf("%s: %+v, %v, %v", name, res, err, log)
		}
		if tc.probe != nil && count(log, "probe of p0") == 0 {
			t.Errorf("%s: %v", name, log)
		}
		if !asks {
			continue
		}
		if q := res.Question; q.Subject != f.Place(0).Spec() || q.Flag != "--accept-unknown REASON" {
			t.Errorf("%+v", q)
		}
		if _, err := f.answer(r, res.Question); err != nil {
			t.Fatal(err)
		}
		f.drive(r)
		f.rotated(name)
		if !says(r.View().Unknown, "it counts as doing so (looked at by hand)") || len(claims(r, rotation.PersonSaid, f.Place(0).Spec())) != 1 {
			t.Errorf("%q", r.View().Unknown)
		}
	}
}

// TestAnotherUseOfTheNewKeyStandsForAPlaceThatNobodyCanRead: where no probe of ours explains the stamp.
func TestAnotherUseOfTheNewKeyStandsForAPlaceThatNobodyCanRead(t *testing.T) {
	for _, used := range []bool{true, false} {
		f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Places = []string{"hook"} }))
		f.Idle()
		r := f.Start(drainFor(time.Minute))
		f.until(r, rotation.Drain)
		f.do(r)
		for range 100 {
			if used { // by the application there, between our looks
				f.Pass(5 * time.Second)
				f.Use("new")
				f.Pass(time.Millisecond)
			}
			res := f.do(r)
			if res.Status != rotation.Waiting {
				break
			}
			f.Pass(res.Wait)
		}
		if r.View().Step != rotation.Delete {
			t.Fatalf("used %v: at %s", used, r.View().Step)
		}
		res := f.do(r)
		if asks := res.Question != nil && res.Question.Kind == rotation.AskUnread; asks == used {
			t.Errorf("used %v: %+v", used, res)
		}
	}
}

// TestANewKeyThatHasEndedIsAskedAbout: then there may be none that works, and nothing is sent.
func TestANewKeyThatHasEndedIsAskedAbout(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.Edit("new", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(-time.Second)) })
	if res := f.do(r); res.Question == nil || res.Question.Kind != rotation.AskBothGone {
		t.Errorf("%+v", res)
	}
	if log := f.Log(); count(log, "delete") > 0 {
		t.Errorf("%v", log)
	}
}

// TestAKeyThatEndsBeforeTheRotationDoesIsNoSuccessor: the new row outlives what the rotation still takes.
func TestAKeyThatEndsBeforeTheRotationDoesIsNoSuccessor(t *testing.T) {
	for _, tc := range []struct {
		step  rotation.Step
		left  time.Duration
		stops bool
	}{{rotation.Disable, 30 * time.Minute, false}, {rotation.Disable, 10 * time.Minute, true}, {rotation.Delete, 10 * time.Minute, false}, {rotation.Delete, 30 * time.Second, true}} {
		f := in(t, vertesiaLike)
		r := f.Start(nil)
		f.until(r, tc.step)
		f.Edit("new", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(tc.left)) })
		f.Pass(time.Millisecond)
		res, err := r.Do(context.Background())
		stopped := res.Question != nil && res.Question.Kind == rotation.AskBothGone && strings.Contains(res.Message, "before this rotation would be over")
		if err != nil || stopped != tc.stops {
			t.Errorf("%+v: %+v, %v", tc, res, err)
		}
	}
}

// TestASecretOfAnotherKeyIsNotTakenForTheNewOne, where the service says whose it is: at verify, and at the gate.
func TestASecretOfAnotherKeyIsNotTakenForTheNewOne(t *testing.T) {
	for step, want := range map[rotation.Step]string{rotation.Verify: "the delivered secret belongs to another key", rotation.Delete: "the secret in use belongs to another key"} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, step)
		f.OnProbe = func(whose string, p *apikey.Proof) { p.Key = &apikey.Key{ID: "other", Name: "ci-deploy"} }
		if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), want+`, "ci-deploy" (other)`) || r.View().Step != step || f.Key("old").Gone {
			t.Errorf("%s: %v at %s", step, err, r.View().Step)
		}
	}
}

// TestWithoutLeavesOutWhatIsGoneForGood: not what can be read.
func TestWithoutLeavesOutWhatIsGoneForGood(t *testing.T) {
	f := in(t, with(vertesiaLike, twoPlaces))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	spec := f.Place(1).Spec()
	r.Close()
	for name, o := range map[string]rotation.ResumeOptions{
		"can be read, and holds a value": {Without: []string{spec}, Reason: "gone"},
		"the reason is recorded":         {Without: []string{spec}},
		"is no destination of this":      {Without: []string{"file:/nowhere"}, Reason: "gone"},
	} {
		if _, err := f.Resume(r.ID(), o, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	f.Adversary("moved away", 1)
	r, err := f.Resume(r.ID(), rotation.ResumeOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "cannot be read now") || f.Key("old").Gone {
		t.Fatalf("%v", err)
	}
	f.Place(1).LeftOut()
	r = f.again(r, rotation.ResumeOptions{Without: []string{spec}, Reason: "the machine is gone"})
	if _, err := r.Undo(context.Background()); err != nil {
		t.Fatal(err)
	}
	if v := r.View(); v.Question == nil || v.Question.Kind != rotation.AskUndone || v.Question.Subject != spec || !strings.Contains(v.Question.Text, "it was left out after the new secret was put there") {
		t.Errorf("%+v", v.Question)
	}
	f.answers[rotation.AskUndone] = rotation.TurnRound
	f.drive(r)
	v := r.View()
	if v.State != rotation.Over || !says(v.Certain, "goes on without "+v.Destinations[1].Describe+": the machine is gone") || len(claims(r, rotation.PersonSaid, spec)) != 1 || !says(v.Left, "may hold a secret: `rm -f ") {
		t.Errorf("%+v", v)
	}
}

// TestAPlaceIsAskedWhetherItHoldsTheNewSecret by its spelling, now: one that is not known, or of a rotation that is given up, does not.
func TestAPlaceIsAskedWhetherItHoldsTheNewSecret(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places = []string{"env", "hook"} }))
	r := f.Start(noWaits)
	spec := f.Place(0).Spec()
	holds := func(when string, want bool) {
		t.Helper()
		if r.Holds(t.Context(), spec) != want {
			t.Errorf("%s: it holds the new secret %v", when, !want)
		}
	}
	holds("before", false)
	f.until(r, rotation.Deliver)
	holds("not delivered", false)
	f.until(r, rotation.Verify)
	holds("delivered", true)
	f.Fail("read", errors.New("input/output error"), false)
	holds("unreadable", false)
	if r.Holds(t.Context(), "elsewhere") || r.Holds(t.Context(), f.Place(1).Spec()) {
		t.Error("a place that is not known, or cannot be read, holds it")
	}
	f.Place(0).Put("old")
	holds("put back", false)
	f.Place(0).Put("new")
	r.Close()
	holds("closed", false)
}

// TestWhatAPlaceHeldWhenItWasReadLastIsSaid: that it was given the new secret is no word for what it holds.
func TestWhatAPlaceHeldWhenItWasReadLastIsSaid(t *testing.T) {
	for put, want := range map[string]string{"new": "was given the new secret; read at 12:", "old": "it held the value that it had before", "": "it held nothing",
		"a-value-of-somebody": "it held another value"} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Disable)
		f.Place(0).Put(put)
		_, _ = r.Do(context.Background())
		f.Forgive()
		said := strings.Join(r.View().Certain, "\n")
		if !strings.Contains(said, want) || put != "new" && strings.Contains(said, "; read at") {
			t.Errorf("%q: %s", put, said)
		}
	}
}

// TestAPlaceThatHoldsAnySecretOfThisRotationAgainIsDeliveredTo: the old one, also where the place did not have it before, and that of an
// earlier new key.
func TestAPlaceThatHoldsAnySecretOfThisRotationAgainIsDeliveredTo(t *testing.T) {
	for name, tc := range map[string]struct {
		wrong string
		puts  func(f *fixture, earlier string)
	}{
		"the old one":                    {"", func(f *fixture, _ string) { f.Place(0).Put("old") }},
		"the old one, where nothing was": {"nothing", func(f *fixture, _ string) { f.Place(0).Put("old") }},
		"an earlier new one":             {"", func(f *fixture, earlier string) { f.Place(0).Put(earlier) }},
	} {
		f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.Places, sc.Wrong = []string{"env", "file"}, tc.wrong }))
		r := f.Start(noWaits)
		f.until(r, rotation.Verify)
		earlier := r.View().NewID()
		f.Place(0).Put("old")
		f.Place(1).Put("old")
		r = f.again(r, rotation.ResumeOptions{}) // which has no secret, and none lies anywhere
		f.until(r, rotation.Delete)
		if r.View().NewID() == earlier {
			t.Fatalf("%s: no other key was made", name)
		}
		tc.puts(f, earlier)
		f.Forgive()
		res := f.do(r)
		if res.Question == nil || res.Question.Kind != rotation.AskAgain || !strings.Contains(res.Message, "holds the old value again") {
			t.Fatalf("%s: %+v", name, res)
		}
		if _, err := f.answer(r, res.Question); err != nil {
			t.Fatal(err)
		}
		f.drive(r)
		f.rotated(name)
	}
}

// TestAReleaseThatHoldsASecretOfThisRotationIsFollowed: the old one, also where nothing was before, the new one, and that of an earlier new
// key; one that holds another value, or has lost what was there, is not.
func TestAReleaseThatHoldsASecretOfThisRotationIsFollowed(t *testing.T) {
	for name, tc := range map[string]struct {
		wrong, puts string
		follows     bool
	}{
		"the old one": {"", "old", true}, "the old one, where nothing was": {"nothing", "old", true}, "nothing, as it was": {"nothing", "", true},
		"the new one": {"", "new", true}, "an earlier new one": {"", "earlier", true}, "another value": {"", "a-value-of-somebody-else", false}, "another value, where nothing was": {"nothing", "a-value-of-somebody-else", false},
		"nothing, where it had the old one": {"", "", false}, "another key's": {"", "other", false},
	} {
		f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.Places, sc.Wrong = []string{"release", "env"}, tc.wrong }))
		r := f.Start(noWaits)
		f.until(r, rotation.Verify)
		earlier := r.View().NewID()
		f.Place(0).Put("old")
		f.Place(1).Put("old")
		if tc.wrong == "nothing" {
			f.Place(0).Put("")
		}
		r = f.again(r, rotation.ResumeOptions{}) // which has no secret, and none lies anywhere
		f.until(r, rotation.Deliver)
		if r.View().NewID() == earlier {
			t.Fatalf("%s: no other key was made", name)
		}
		f.Adversary("link swapped, old value", 0)
		f.Place(0).Put(map[bool]string{true: earlier, false: tc.puts}[tc.puts == "earlier"])
		f.Forgive()
		_, err := r.Do(context.Background())
		if follows := err == nil; follows != tc.follows || err != nil && !strings.Contains(err.Error(), "it is another file now") {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.follows {
			continue
		}
		f.drive(r)
		if live := f.Live(); len(live) != 1 || f.Place(0).Holds() != "new" || f.Place(0).App() != "new" {
			t.Errorf("%s: it holds the secret of %s: %s", name, f.Place(0).Holds(), f.keys())
		}
		for _, path := range f.Place(0).Copies() { // of the release before: nobody looks there any more
			if !says(r.View().Left, path) {
				t.Errorf("%s: %s lies there, and is not named: %v", name, path, r.View().Left)
			}
		}
	}
}
