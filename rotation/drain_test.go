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

func drainFor(d time.Duration) func(*rotation.Params) {
	return func(p *rotation.Params) { p.Drain = &d }
}

func TestDrainWaitsUntilTheOldKeyIsQuiet(t *testing.T) {
	f := in(t, genericLike)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	stop := f.Elsewhere("old", time.Second)
	res := f.do(r)
	if res.Status != rotation.Waiting || res.Watch == nil || !res.Watch.Visible || res.Total != rotation.DefaultDrain || res.Wait > 30*time.Second {
		t.Fatalf("%+v", res)
	}
	// A quarter of an hour of looks, with a consumer that still has the old key, is no quiet.
	for look := 2; look < 47; look++ {
		f.Pass(res.Wait)
		if res = f.do(r); res.Watch.OwnTraces != (look > 3) { // the first one shows no move, and two moves may be chance
			t.Fatalf("at look %d it counts as our own: %v", look, res.Watch.OwnTraces)
		}
		if !res.Watch.Moved || res.Left != rotation.DefaultDrain || !strings.Contains(res.Message, "again") && !res.Watch.OwnTraces {
			t.Fatalf("a key in use counts as quiet: %+v %+v", res, res.Watch)
		}
	}
	if !res.Watch.OwnTraces {
		t.Error("nothing says that the key moves at every look")
	}
	stop()
	quietSince := f.Now()
	for res.Status == rotation.Waiting {
		f.Pass(res.Wait)
		res = f.do(r)
	}
	if quiet := f.Now().Sub(quietSince); quiet < rotation.DefaultDrain || quiet > rotation.DefaultDrain+time.Minute || res.Step != rotation.Delete {
		t.Errorf("drained after %s: %+v", quiet, res)
	}
	if c := claims(r, rotation.Quiet, rotation.SubjectOld); len(c) != 1 || !strings.Contains(c[0].Evidence().Detail, "did not move for 15m") {
		t.Errorf("%+v", c)
	}
	if f.Key("old").Gone {
		t.Error("the drain deleted the key")
	}
	if n := count(f.Log(), "probe old"); n > 0 {
		t.Errorf("the old key was used by us %d times while its quiet was watched", n)
	}
}

func TestQuietTakesThreeLooks(t *testing.T) {
	f := in(t, genericLike)
	r := f.Start(drainFor(4 * time.Second))
	f.until(r, rotation.Drain)
	res := f.do(r)
	f.Pass(time.Hour)
	if res = f.do(r); res.Status != rotation.Waiting || res.Watch.Polls != 2 {
		t.Fatalf("two looks were enough: %+v", res)
	}
	f.Pass(res.Wait)
	if res = f.do(r); res.Step != rotation.Delete {
		t.Fatalf("three looks over the whole time were not enough: %+v", res)
	}
}

func TestDrainIsNotComparedWithTheServicesClock(t *testing.T) {
	f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Skew = -40 * time.Minute }))
	r := f.Start(drainFor(time.Minute))
	f.until(r, rotation.Drain)
	f.SetWall(3 * time.Hour) // somebody sets this machine's, too
	f.drive(r)
	f.rotated("skewed")
}

// TestQuietIsSaidOnlyOfASpanThatLastUseCanShow: the new key is used by us at each look, which shows how finely a use is written, and how late.
func TestQuietIsSaidOnlyOfASpanThatLastUseCanShow(t *testing.T) {
	const long = 40 * time.Minute
	for name, tc := range map[string]struct {
		use   world.Scenario
		drain time.Duration
		quiet bool
		says  string
	}{
		"at once":                          {world.Scenario{UseRound: 1}, 10 * time.Second, true, ""},
		"whole seconds":                    {world.Scenario{UseRound: time.Second}, 10 * time.Second, true, ""},
		"whole seconds, not even that":     {world.Scenario{UseRound: time.Second}, 2 * time.Second, false, "every 3s or so"},
		"once a minute":                    {world.Scenario{UseRound: 1, UseEvery: time.Minute}, 10 * time.Second, false, "did not move a second time"},
		"once a minute, a long drain":      {world.Scenario{UseRound: 1, UseEvery: time.Minute}, 10 * time.Minute, true, ""},
		"rounded to minutes":               {world.Scenario{UseRound: time.Minute}, 10 * time.Second, false, ""},
		"rounded to minutes, a long drain": {world.Scenario{UseRound: time.Minute}, 10 * time.Minute, true, ""},
		"late":                             {world.Scenario{UseRound: 1, UseDelay: 20 * time.Second}, 10 * time.Second, false, ""},
		"late, a long drain":               {world.Scenario{UseRound: 1, UseDelay: 20 * time.Second}, 10 * time.Minute, true, ""},
		"hourly":                           {world.Scenario{UseRound: 1, UseEvery: time.Hour}, long, false, "did not move a second time"},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, with(genericLike, func(sc *world.Scenario) {
				sc.UseRound, sc.UseEvery, sc.UseDelay, sc.Drain = tc.use.UseRound, tc.use.UseEvery, tc.use.UseDelay, tc.drain
			}))
			f.Idle()
			f.Pass(5 * time.Second)
			r := f.Start(nil)
			f.until(r, rotation.Drain)
			var res rotation.Result
			for range 400 {
				if res = f.do(r); res.Status != rotation.Waiting {
					break
				}
				f.Pass(res.Wait)
			}
			if quiet := res.Status == rotation.Moved; quiet != tc.quiet || quiet != (len(claims(r, rotation.Quiet, rotation.SubjectOld)) > 0) {
				t.Fatalf("%+v", res)
			}
			if !tc.quiet && (res.Question == nil || res.Question.Kind != rotation.AskAttest || !strings.Contains(res.Message, tc.says)) {
				t.Errorf("%+v", res)
			}
		})
	}
}

func TestDrainWithoutLastUseStopsForTheOperator(t *testing.T) {
	f := in(t, prosopoLike)
	f.caps(func(c *apikey.Capabilities) { c.UsagePage = "the Audit page" })
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	before := f.Now()
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskAttest || !res.Question.Each || f.Now() != before || !strings.Contains(res.Message, "the Audit page") {
		t.Fatalf("%+v after %s", res, f.Now().Sub(before))
	}
	r = f.again(r, rotation.ResumeOptions{Drain: ptr(time.Minute)})
	if res = f.do(r); res.Status != rotation.Waiting || res.Left != time.Minute {
		t.Fatalf("a named drain: %+v", res)
	}
	f.drive(r)
	f.rotated("named")
	if v := r.View(); !v.DrainExplicit || v.Drain != time.Minute {
		t.Error("the named drain is not journaled")
	}
}

func TestNamedWaitsOfZeroAreKeptByResume(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Drain)
	r = f.again(r, rotation.ResumeOptions{})
	before := f.Now()
	for r.View().State == rotation.Open {
		if res := f.do(r); res.Status == rotation.Waiting || res.Status == rotation.Stopped {
			t.Fatalf("%+v", res)
		}
	}
	if waited := f.Now().Sub(before); waited > 2*time.Second {
		t.Errorf("it waited %s", waited)
	}
	f.rotated("no waits")
	if !says(r.View().Certain, "was deleted") && len(claims(r, rotation.PersonSaid, rotation.SubjectOld)) == 0 {
		t.Error("--drain 0 is not recorded as the operator's word")
	}
}

func TestDisableIsARehearsalThatCanBeTakenBack(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Soak)
	if f.Key("old").Alive {
		t.Fatal("the old key is not disabled")
	}
	res := f.do(r)
	if res.Status != rotation.Waiting || res.Left != rotation.DefaultSoak {
		t.Fatalf("%+v", res)
	}
	if _, err := r.Reenable(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !f.Key("old").Alive || r.View().Step != rotation.Drain || !says(r.View().Certain, "is on again") {
		t.Fatalf("%s at %s: %v", f.keys(), r.View().Step, r.View().Certain)
	}
	if res = f.do(r); res.Question == nil || res.Question.Kind != rotation.AskAttest {
		t.Fatalf("an earlier word for a quiet key still counts: %+v", res)
	}
	if _, err := r.Reenable(context.Background()); err == nil {
		t.Error("a key that is on was turned on")
	}
	f.drive(r)
	f.rotated("second time")
}

func TestWaitsStartAnewInAnotherProcess(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(drainFor(0))
	f.until(r, rotation.Soak)
	f.do(r)
	f.Pass(9 * time.Minute)
	r = f.again(r, rotation.ResumeOptions{})
	if res := f.do(r); res.Left != rotation.DefaultSoak {
		t.Errorf("a clock that stood still counted: %+v", res)
	}
}

func TestCompromisedGoesWithoutWaiting(t *testing.T) {
	for name, sc := range shapes {
		f := in(t, with(sc, func(sc *world.Scenario) { sc.Compromised = true }))
		r := f.Start(nil)
		var steps []string
		for _, l := range r.View().Plan {
			steps = append(steps, string(l.Step))
		}
		if got := strings.Join(steps, " "); got != "preflight create deliver verify delete" {
			t.Errorf("%s: the plan is %s", name, got)
		}
		for _, res := range f.drive(r) {
			if res.Status == rotation.Waiting || res.Status == rotation.Stopped {
				t.Errorf("%s: %+v", name, res)
			}
		}
		f.rotated(name)
	}
}

func TestOldFirstRetiresBeforeAnythingIsCreated(t *testing.T) {
	for name, sc := range map[string]world.Scenario{"prosopo": prosopoLike, "vertesia": vertesiaLike} {
		for _, way := range []string{"on", "back", "back, headless"} {
			f := in(t, with(sc, func(sc *world.Scenario) { sc.Compromised, sc.OldFirst = true, true }))
			r := f.Start(nil)
			f.until(r, rotation.Retire)
			f.do(r)
			if log := f.Log(); f.Key("old").Accepted || count(log, "create") != 0 || r.View().Step != rotation.Create {
				t.Fatalf("%s: the old key still works, or something was created: %v", name, log)
			}
			if _, err := r.Reenable(context.Background()); err == nil || f.Key("old").Alive {
				t.Fatalf("%s: a compromised key was turned on again: %v", name, err)
			}
			switch {
			case way == "on":
				f.drive(r)
				f.rotated(name)
			case sc.Disable && way == "back":
				res, err := r.Undo(context.Background())
				if err != nil || res.Question == nil || res.Question.Kind != rotation.AskCarries || !strings.Contains(res.Message, "leaked key back to life") || f.Key("old").Alive {
					t.Fatalf("%s: %+v, %v", name, res, err)
				}
				f.undo(r)
				f.undone("a person brought it back")
			case sc.Disable:
				r = f.headless(r, rotation.ResumeOptions{})
				if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), "only a person at a terminal") || f.Key("old").Alive || r.View().Undoing {
					t.Errorf("%s: %v", name, err)
				}
				f.drive(r)
				f.rotated(name)
			default: // it was deleted
				if f.undo(r) {
					t.Error("a deletion was undone")
				}
				f.drive(r)
				f.rotated("only forwards")
			}
		}
	}
}

func TestOldKeyThatVanishesIsNotMissed(t *testing.T) {
	f := in(t, genericLike)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	f.Remove("old")
	f.drive(r)
	f.rotated("vanished")
}

func TestOldKeyIsNotTouchedWhenTheNewOneIsMissingOrOff(t *testing.T) {
	for _, step := range []rotation.Step{rotation.Disable, rotation.Delete} {
		for name, tc := range map[string]struct {
			change func(f *fixture)
			want   string
		}{
			"missing": {func(f *fixture) { f.Remove("new") }, "the list does not show the new key"},
			"off":     {func(f *fixture) { f.Enable("new", false) }, "the new key is disabled"},
		} {
			f := in(t, vertesiaLike)
			r := f.Start(nil)
			f.until(r, step)
			on := f.Key("old").Alive
			tc.change(f)
			res, err := r.Do(context.Background())
			said := res.Message
			if err != nil {
				said = err.Error()
			}
			if res.Status == rotation.Moved && err == nil || !strings.Contains(said, tc.want) || f.Key("old").Gone || f.Key("old").Alive != on {
				t.Errorf("%s at %s: %+v, %v, %s", name, step, res, err, f.keys())
			}
			if !f.undo(r) {
				t.Fatal("undo was refused")
			}
			f.undone(name)
		}
	}
}

func TestNewKeyThatIsGoneLeavesTheUndo(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	f.Remove("new")
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskBothGone || res.Question.Default != rotation.No || !strings.Contains(res.Message, "the list does not show the new key") || !strings.Contains(res.Message, "Undo") {
		t.Errorf("%+v", res)
	}
	if !strings.HasPrefix(r.View().Next.Undo, "put the old value back in API_KEY in") {
		t.Errorf("%+v", r.View().Next)
	}
	if !f.undo(r) {
		t.Fatal("the undo was refused")
	}
	f.undone("gone")
}

// TestBothKeysGoneIsAskedAbout: another key is made by a person's word alone; or the rotation is closed.
func TestBothKeysGoneIsAskedAbout(t *testing.T) {
	for _, choice := range []string{rotation.Yes, rotation.CloseIt} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		f.Hook = func(point string) {
			if point == "journal after: delete the old key done" {
				f.Remove("new") // somebody cleans up too much
				f.Hook = nil
			}
		}
		res := f.do(r)
		if res.Question == nil || res.Question.Kind != rotation.AskBothGone || count(f.Log(), "create") > 0 {
			t.Fatalf("%+v", res)
		}
		f.answers[rotation.AskBothGone] = choice
		if _, err := f.answer(r, res.Question); err != nil {
			t.Fatal(err)
		}
		f.Forgive()
		if choice == rotation.CloseIt {
			if v := r.View(); v.State != rotation.Closed || len(f.Live()) != 0 {
				t.Errorf("%+v", v)
			}
			continue
		}
		f.drive(r)
		f.rotated("again")
	}
}

// Two last uses of one key on one screen would be one too many.
func TestViewShowsTheLastUseThatTheLastListShowed(t *testing.T) {
	f := in(t, genericLike)
	f.Idle()
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	f.Use("old")
	used := f.Now()
	f.do(r)
	if got, ok := r.View().Old.LastUsedAt.Time(); !ok || !got.Equal(used) {
		t.Errorf("the old key was last used %v, the list says %v", got, used)
	}
}

func TestStatementsNameEveryConsumer(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places = []string{"env", "hook"} }))
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	if got := r.View().Statements(); len(got) != 3 || !strings.Contains(got[0], "API_KEY in") || !strings.Contains(got[1], "hook-1") || got[2] != "Nothing else uses the old key" {
		t.Errorf("before the deletion: %q", got)
	}
	f.until(r, rotation.Soak)
	if got := r.View().Statements(); len(got) != 1 || !strings.Contains(got[0], "Nothing broke") {
		t.Errorf("in the soak: %q", got)
	}
}

// TestAWordEndsAWaitAlone: the drain, the rehearsal and the soak; there is nothing to confirm elsewhere.
func TestAWordEndsAWaitAlone(t *testing.T) {
	for step, ends := range map[rotation.Step]bool{rotation.Create: false, rotation.Deliver: false, rotation.Verify: false, rotation.Drain: true, rotation.Disable: true, rotation.Soak: true, rotation.Delete: false} {
		f := in(t, vertesiaLike)
		r := f.Start(nil)
		f.until(r, step)
		if err := r.Attest("  "); err == nil || !strings.Contains(err.Error(), "say what was confirmed") {
			t.Errorf("%s: %v", step, err)
		}
		if err := r.Attest("looked at it"); (err == nil) != ends {
			t.Errorf("%s: %v", step, err)
		}
		if !ends {
			continue
		}
		if res := f.do(r); res.Status != rotation.Moved || !strings.Contains(res.Message, "looked at it") {
			t.Errorf("%s: %+v", step, res)
		}
		if step == rotation.Disable && !f.Key("old").Alive {
			t.Error("the rehearsal that was left out took place")
		}
		f.drive(r)
		f.rotated(string(step))
		if len(claims(r, rotation.PersonSaid, rotation.SubjectOld)) == 0 || !says(r.View().Certain, "confirmed at the step "+string(step)+": looked at it") {
			t.Errorf("%s: %q", step, r.View().Certain)
		}
	}
}

func TestNoSoakIsSaidAsTheOperatorsWord(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(noWaits)
	plan := false
	for _, l := range r.View().Plan {
		plan = plan || l.Text == "no soak, as you said"
	}
	if !plan {
		t.Errorf("plan %+v", r.View().Plan)
	}
	f.until(r, rotation.Soak)
	if res := f.do(r); !strings.Contains(res.Message, "as you said") || res.Step != rotation.Delete {
		t.Errorf("%+v", res)
	}
}

// TestQuietEndsBeforeTheLook: what was used in the last moments does not show yet, so that they count for nothing.
func TestQuietEndsBeforeTheLook(t *testing.T) {
	const late = 20 * time.Second
	f := in(t, with(genericLike, func(sc *world.Scenario) { sc.UseRound, sc.UseDelay, sc.Drain = 1, late, 10*time.Minute }))
	f.Idle()
	f.Pass(5 * time.Second)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	f.Pass(late + time.Second) // what the preflight used shows by now
	begun := f.Now()
	for res := f.do(r); res.Status == rotation.Waiting; res = f.do(r) {
		f.Pass(res.Wait)
	}
	if took := f.Now().Sub(begun); len(claims(r, rotation.Quiet, rotation.SubjectOld)) == 0 || took < 10*time.Minute+late-time.Second {
		t.Errorf("it was called quiet after %s", took)
	}
}

// TestAKeyThatIsOffIsQuietForNoReason: who would use it shows only when it is on again, and then it is watched before it goes.
func TestAKeyThatIsOffIsQuietForNoReason(t *testing.T) {
	seen := with(vertesiaLike, func(sc *world.Scenario) { sc.SeesUse, sc.UseRound = true, 1 })
	on := func(after rotation.Step) (*fixture, *rotation.Rotation, rotation.Result) {
		f := in(t, seen)
		r := f.Start(func(p *rotation.Params) { p.Drain, p.Soak = ptr(4*time.Second), ptr(time.Duration(0)) })
		f.until(r, rotation.Drain)
		f.Enable("old", false)
		res := f.do(r)
		for res.Step != after {
			f.Pass(res.Wait)
			res = f.do(r)
		}
		f.Enable("old", true)
		return f, r, res
	}
	f, r, _ := on(rotation.Delete)
	f.Elsewhere("old", time.Second)
	if res := f.do(r); res.Step != rotation.Drain || f.Key("old").Gone || !strings.Contains(res.Message, "its use is watched first") {
		t.Fatalf("%+v", res)
	}
	for range 20 {
		if res := f.do(r); res.Step != rotation.Drain || res.Watch != nil && res.Watch.QuietFor >= 4*time.Second {
			t.Fatalf("it is in use: %+v", res)
		}
		f.Pass(time.Second)
	}

	f, r, res := on(rotation.Drain) // at the first look, it is on at the next ones
	f.Pass(3 * time.Second)
	if res = f.do(r); res.Watch == nil || res.Watch.QuietFor > 0 {
		t.Errorf("the time in which it was off counts: %+v", res.Watch)
	}
	for res.Step == rotation.Drain {
		f.Pass(res.Wait)
		res = f.do(r)
	}
	f.drive(r)
	f.rotated("on all along")

	f, r, _ = on(rotation.Delete)
	f.Enable("old", false)
	f.drive(r)
	f.rotated("off to the end")
	if c := claims(r, rotation.Quiet, rotation.SubjectOld); len(c) != 1 || !strings.HasSuffix(c[0].Evidence().Detail, "; it was off for some of that time") {
		t.Errorf("%+v", c)
	}
}

// TestAWaitingDrainSaysQuietOnlyOfASpanThatAUseWouldShowIn: before, it says that it watches.
func TestAWaitingDrainSaysQuietOnlyOfASpanThatAUseWouldShowIn(t *testing.T) {
	for name, use := range map[string]world.Scenario{"at once": {UseRound: 1}, "whole seconds": {UseRound: time.Second}, "once a minute": {UseRound: 1, UseEvery: time.Minute},
		"late": {UseRound: 1, UseDelay: 20 * time.Second}} {
		f := in(t, with(genericLike, func(sc *world.Scenario) {
			sc.UseRound, sc.UseEvery, sc.UseDelay = use.UseRound, use.UseEvery, use.UseDelay
		}))
		f.Idle()
		r := f.Start(drainFor(20 * time.Minute))
		f.until(r, rotation.Drain)
		watches, quiet := 0, 0
		for res := f.do(r); res.Status == rotation.Waiting; res = f.do(r) {
			span := res.Watch.Span
			if says := res.Message == "the old key is quiet"; says != (!res.Watch.Moved && span > 0 && res.Watch.QuietFor > span) {
				t.Fatalf("%s: after %s of looks, where a use shows within %s: %q", name, res.Watch.QuietFor, span, res.Message)
			} else if says {
				quiet++
			} else if watches++; !res.Watch.Moved && !strings.Contains(res.Message, "the old key's last use is watched") {
				t.Fatalf("%s: %q", name, res.Message)
			}
			f.Pass(res.Wait)
		}
		if watches == 0 || quiet == 0 {
			t.Errorf("%s: watched at %d looks, quiet at %d", name, watches, quiet)
		}
	}
}
