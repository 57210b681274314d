package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// TestAMadeUpSecretIsTriedOnceForEachCall: an answer to a secret proves something only where a made-up one is refused by the same call.
func TestAMadeUpSecretIsTriedOnceForEachCall(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.drive(r)
	if n := count(f.Log(), "probe made-up"); n != 1 {
		t.Errorf("%d made-up secrets were tried in a whole rotation", n)
	}
	if c := claims(r, rotation.ControlRefused, rotation.SubjectOld); len(c) != 1 {
		t.Errorf("%+v", c)
	}
	f.rotated("one control")

	f = in(t, vertesiaLike)
	calls, tried := 0, 0
	f.OnProbe = func(whose string, p *apikey.Proof) { // a service that answers by another call each time
		if whose == "made-up" {
			tried++
		} else {
			calls++
			p.Call = fmt.Sprintf("GET /%d", calls)
		}
	}
	r = f.Start(noWaits)
	f.until(r, rotation.Drain)
	if tried != calls || calls < 4 {
		t.Errorf("%d calls, %d of them with a made-up secret", calls, tried)
	}
}

// TestNoAnswerToAMadeUpSecretIsAskedForAgain: silence, a rate limit and a fault are no acceptance, and no refusal.
func TestNoAnswerToAMadeUpSecretIsAskedForAgain(t *testing.T) {
	for name, silent := range map[string]func(p *apikey.Proof){
		"a wall": func(p *apikey.Proof) { p.Verdict, p.Why = apikey.Silent, "a wall answered" },
	} {
		for times, works := range map[int]bool{2: true, 5: true, 6: false} { // the first is tried in the preflight, where no old secret is at hand
			f := in(t, vertesiaLike)
			n := 0
			f.OnProbe = func(whose string, p *apikey.Proof) {
				if whose == "made-up" {
					if n++; n <= times {
						silent(p)
					}
				}
			}
			r := f.Start(noWaits)
			f.Place(0).Put("") // the first control is the new secret's
			f.until(r, rotation.Verify)
			_, err := r.Do(context.Background())
			if (err == nil) != works || !works && !strings.Contains(err.Error(), "whether a made-up secret is refused by the same call could not be seen") {
				t.Errorf("%s, %d times: %v", name, times, err)
			}
			if len(claims(r, rotation.SecretAccepted, rotation.SubjectNew)) > 0 != works {
				t.Errorf("%s, %d times: claims %v", name, times, r.View().Claims)
			}
			if f.Key("old").Gone {
				t.Error("deleted on that")
			}
		}
	}
	for _, kind := range []client.Kind{client.RateLimited, client.Unavailable, client.Timeout} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.Place(0).Put("")
		f.until(r, rotation.Verify)
		f.Hook = func(point string) {
			if n := count(f.Log(), "probe new"); point == "after: probe" && n > 0 {
				f.Fail("probe", refusal("probe", kind, 0), false)
				f.Hook = nil
			}
		}
		if res := f.do(r); res.Step == rotation.Verify {
			t.Errorf("%s: %+v", kind, res)
		}
	}
}

// TestAServiceThatAcceptsAnythingProvesNothing: a person decides, or what was accepted beforehand; nothing of it is called certain.
func TestAServiceThatAcceptsAnythingProvesNothing(t *testing.T) {
	f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.NoControl = true }))
	r := f.Start(noWaits)
	f.until(r, rotation.Verify)
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskUnproven || res.Question.Flag != "--accept-unknown REASON" || !strings.Contains(res.Message, "does not refuse made-up secrets") {
		t.Fatalf("%+v", res)
	}
	if _, err := f.answer(r, res.Question); err != nil {
		t.Fatal(err)
	}
	f.drive(r)
	v := r.View()
	for _, kind := range []rotation.ClaimKind{rotation.SecretAccepted, rotation.SecretRefused, rotation.ControlRefused} {
		for _, c := range v.Claims {
			if c.Kind() == kind {
				t.Errorf("%+v", c)
			}
		}
	}
	if !says(v.Unknown, "whether the new key works: the service's answers do not show it, and that was accepted (looked at by hand)") || says(v.Certain, "accepted the new secret") {
		t.Errorf("%q\n%q", v.Certain, v.Unknown)
	}
}

// known makes answers to a secret a 403 that an address restriction explains.
func known(of string, on *bool) func(string, *apikey.Proof) {
	return func(whose string, p *apikey.Proof) {
		if whose == of && *on && p.Verdict == apikey.Accepted {
			p.Verdict, p.Evidence = apikey.Known, "GET /harmless answered 403"
		}
	}
}

// TestKnownCountsOnlyWhereTheRestrictionExplainsIt: and where somebody took it for accepted.
func TestKnownCountsOnlyWhereTheRestrictionExplainsIt(t *testing.T) {
	for name, tc := range map[string]struct {
		restricted bool
		accept     string
		asks, goes bool
	}{
		"restricted, nothing accepted": {true, "", true, false},
		"restricted, accepted":         {true, "it is used from the cluster", false, true},
		"not restricted":               {false, "", false, false},
		"not restricted, accepted":     {false, "it is used from the cluster", false, false},
	} {
		f := in(t, genericLike)
		if tc.restricted {
			f.Edit("old", func(k *apikey.Key) { k.Restrictions = &apikey.Restrictions{IPAddresses: []string{"192.0.2.0/24"}} })
			f.Pass(time.Second)
		}
		on := true
		f.OnProbe = known("new", &on)
		r := f.Start(func(p *rotation.Params) { p.AcceptUnknown = tc.accept; noWaits(p) })
		f.until(r, rotation.Verify)
		res, err := r.Do(context.Background())
		asks := res.Question != nil && res.Question.Kind == rotation.AskUnproven
		if asks != tc.asks || (err == nil && res.Status == rotation.Moved) != tc.goes || asks && !strings.Contains(res.Message, "the service knows the new secret, but refuses it from here") {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		if isKnown := len(claims(r, rotation.SecretKnown, rotation.SubjectNew)) > 0; isKnown != tc.restricted {
			t.Errorf("%s: known %v", name, isKnown)
		}
		if len(claims(r, rotation.SecretAccepted, rotation.SubjectNew)) > 0 {
			t.Errorf("%s: it is called accepted", name)
		}
		if !tc.goes {
			continue
		}
		f.drive(r) // and from known to 401, while the new one is known, is refused
		f.rotated(name)
		if len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) == 0 || !says(r.View().Certain, "the service knows the new secret, and refused it from here") {
			t.Errorf("%s: %q", name, r.View().Certain)
		}
	}
}

// TestA401AloneIsNoDeath: the old secret counts as refused only while the new one is accepted by the same call.
func TestA401AloneIsNoDeath(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.OnProbe = func(whose string, p *apikey.Proof) {
		if f.Key("old").Gone { // from now on nothing is let through
			p.Verdict, p.Evidence = apikey.Silent, "GET /harmless answered 403"
		}
	}
	f.drive(r)
	if len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) > 0 || says(r.View().Certain, "was refused") || !says(r.View().Unknown, "whether the old secret is refused everywhere already") {
		t.Errorf("%q\n%q", r.View().Certain, r.View().Unknown)
	}
	// A wall that answers one look alone is asked again, and is no acceptance.
	for _, whose := range []string{"new", "old", "nobody"} {
		f = in(t, prosopoLike)
		r = f.Start(noWaits)
		f.until(r, rotation.Delete)
		left := 1
		f.OnProbe = func(of string, p *apikey.Proof) {
			if f.Key("old").Gone && of == whose && left > 0 {
				left--
				p.Verdict, p.Evidence = apikey.Silent, "GET /harmless answered 403"
			}
		}
		f.drive(r)
		if says(r.View().Certain, "still accepted") || len(r.View().Unknown) > 0 {
			t.Errorf("%s: %q, %q", whose, r.View().Certain, r.View().Unknown)
		}
		if c := claims(r, rotation.SecretRefused, rotation.SubjectOld); len(c) != 1 || !strings.Contains(c[0].Evidence().Detail, "while the new one is accepted by the same call") {
			t.Errorf("%s: %+v", whose, c)
		}
	}
}

// TestNoSuchKeyIsARefusalWhileTheListShowsTheKey: something in front of the service says 404 to the deletion, and the key lives, or lies
// there switched off. The process that sent it stops, with both ways open again; the next one goes on through the gate.
func TestNoSuchKeyIsARefusalWhileTheListShowsTheKey(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			f := in(t, shape)
			r := f.Start(noWaits)
			f.until(r, rotation.Delete)
			f.Fail("delete", refusal("delete", client.NotFound, 404), false)
			err := error(nil)
			for range 50 {
				res, stop := r.Do(context.Background())
				if err = stop; err != nil || res.Status == rotation.Finished {
					break
				}
				f.react(r, res)
			}
			if err == nil || !strings.Contains(err.Error(), "nothing was deleted") || r.View().State != rotation.Open || r.View().OldGone || f.Key("old").Gone {
				t.Fatalf("%v\n%+v", err, r.View())
			}
			r = f.again(r, rotation.ResumeOptions{})
			f.drive(r)
			f.rotated("after a deletion that met a 404")
			// A process that was killed before it saw that takes the answer for what it was, and deletes again by itself.
			f = in(t, shape)
			r = f.Start(noWaits)
			f.until(r, rotation.Delete)
			f.Fail("delete", refusal("delete", client.NotFound, 404), false)
			if _, err := r.Do(context.Background()); err != nil {
				return // where the key is off it is seen at once
			}
			r = f.again(r, rotation.ResumeOptions{})
			f.drive(r)
			f.rotated("in a later process")
		})
	}
}

// TestAnUndoTakesNoSuchKeyForARefusalWhileTheListShowsTheKey: the new key lives, so that nothing is undone yet; the next try ends it.
func TestAnUndoTakesNoSuchKeyForARefusalWhileTheListShowsTheKey(t *testing.T) {
	for name, shape := range shapes {
		f := in(t, shape)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		id := r.View().New.ID
		f.Fail("delete", refusal("delete", client.NotFound, 404), false)
		err := error(nil)
		for range 20 {
			res, stop := r.Undo(context.Background())
			if err = stop; err != nil || res.Status == rotation.Finished {
				break
			}
			f.react(r, res)
		}
		if err == nil || !strings.Contains(err.Error(), "still lists") || r.View().State != rotation.Open || says(r.View().Certain, "deleted the new key") || f.Key(id).Gone {
			t.Fatalf("%s: %v\n%q", name, err, r.View().Certain)
		}
		r = f.again(r, rotation.ResumeOptions{})
		if !f.undo(r) {
			t.Fatalf("%s: it has no end", name)
		}
		f.undone("at the second try")
	}
}

// TestAKeyThatIsListedAfterItsDeletionIsNotSaidToBeGone: an answer outranks a list, and what the list shows is said beside it.
func TestAKeyThatIsListedAfterItsDeletionIsNotSaidToBeGone(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.GoneLag = time.Hour }))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	f.undo(r)
	if v := r.View(); v.State != rotation.Aborted || !says(v.Unknown, "the list showed it after the service had answered") {
		t.Errorf("%s: %q", v.State, v.Unknown)
	}
}

// TestAPlaceWithDetentsOwnCredentialIsNotTheOldKeys, unless the old key is shown to be that one.
func TestAPlaceWithDetentsOwnCredentialIsNotTheOldKeys(t *testing.T) {
	for _, masks := range []bool{false, true} {
		f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Masks, sc.SeesUse = masks, false }))
		r := f.Start(func(p *rotation.Params) { noWaits(p); p.World.Credential = f.Key("old").Secret })
		res := f.do(r)
		if asked := res.Question != nil && res.Question.Kind == rotation.AskReplace; asked == masks || asked && !strings.Contains(res.Question.Text, "credential that detent itself uses") {
			t.Errorf("masks %v: %+v", masks, res.Question)
		}
	}
}

// TestANewKeyThatIsOffIsDeliveredNowhere: what reads the place would stop.
func TestANewKeyThatIsOffIsDeliveredNowhere(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Create)
	f.Hook = func(point string) {
		if f.Key("new").ID != "" && point == "before: list" {
			f.Hook = nil
			f.Enable("new", false)
		}
	}
	err := error(nil)
	for range 10 {
		res, stop := r.Do(context.Background())
		if err = stop; err != nil {
			break
		}
		f.react(r, res)
	}
	if err == nil || !strings.Contains(err.Error(), "the new key is disabled") || count(f.Log(), "put") > 0 {
		t.Fatalf("%v, %d puts", err, count(f.Log(), "put"))
	}
	f.Enable("new", true)
	f.drive(r)
	f.rotated("once it is on")
}

// TestTheOldSecretIsTriedUntilItIsRefused: at 1, 2, 4 … 30 s, within a bound that the issuer, or the mode, gives.
func TestTheOldSecretIsTriedUntilItIsRefused(t *testing.T) {
	masked := func(sc *world.Scenario) { sc.Masks, sc.Prefix = true, "sk_live_" }
	for name, tc := range map[string]struct {
		lag, declared time.Duration
		compromised   bool
		shown         bool // whose it is was shown before
		ends          string
		within        time.Duration // how long it was tried
	}{
		"at once":                            {0, 0, false, true, "refused", 0},
		"within a minute":                    {50 * time.Second, 0, false, true, "refused", time.Minute},
		"never, planned":                     {time.Hour, 0, false, true, "given up", 61 * time.Second},
		"never, declared":                    {time.Hour, 20 * time.Second, false, true, "given up", 51 * time.Second},
		"never, whose it is was not shown":   {time.Hour, 0, false, false, "given up", 61 * time.Second},
		"never, compromised":                 {time.Hour, 0, true, true, "open", 301 * time.Second},
		"compromised, within five minutes":   {4 * time.Minute, 0, true, true, "refused", 5 * time.Minute},
		"compromised, whose it is not shown": {time.Hour, 0, true, false, "given up", 301 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, with(prosopoLike, func(sc *world.Scenario) {
				sc.RevokeLag, sc.Compromised = tc.lag, tc.compromised
				if tc.shown {
					masked(sc)
				}
			}))
			f.caps(func(c *apikey.Capabilities) { c.RevokeLag = tc.declared })
			r := f.Start(noWaits)
			f.until(r, rotation.Delete)
			before := f.Now()
			var res rotation.Result
			var err error
			waits := 0
			var pauses []time.Duration
			for range 60 {
				if res, err = r.Do(context.Background()); err != nil || res.Status != rotation.Waiting {
					break
				}
				if waits++; !strings.Contains(res.Message, "still accepted") || res.Total == 0 || res.Left <= 0 || res.Left > res.Total {
					t.Fatalf("%+v", res)
				}
				pauses = append(pauses, res.Wait)
				f.Pass(res.Wait)
			}
			tried := f.Now().Sub(before)
			if tried > tc.within+30*time.Second || tc.within > 0 && tried < min(tc.within-31*time.Second, tc.lag) {
				t.Errorf("it was tried for %s, want about %s", tried, tc.within)
			}
			for i, p := range pauses {
				want := min(time.Second<<i, 30*time.Second)
				if p != want && !(i == len(pauses)-1 && p < want) { // the last try is at the bound
					t.Errorf("pauses %v", pauses)
					break
				}
			}
			v := r.View()
			switch tc.ends {
			case "refused":
				if v.State != rotation.Over || len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) != 1 || len(v.Unknown) > 0 || tc.lag > 0 && !says(v.Certain, "was still accepted") {
					t.Errorf("%+v, %v, %q, %q", res, err, v.Certain, v.Unknown)
				}
			case "given up":
				if v.State != rotation.Over || len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) > 0 || !says(v.Unknown, map[bool]string{true: "when the old secret dies: it was still accepted", false: "what the place held before was still accepted"}[tc.shown]) || !strings.Contains(res.Message, "not known") {
					t.Errorf("%+v, %v, %q, %q", res, err, v.Certain, v.Unknown)
				}
			case "open":
				if v.State != rotation.Open || err == nil || !strings.Contains(err.Error(), "a compromised key stays open until it is refused") {
					t.Fatalf("%+v, %v", res, err)
				}
				f.Pass(time.Hour)
				r = f.headless(r, rotation.ResumeOptions{}) // --resume looks again
				f.drive(r)
				if len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) != 1 {
					t.Error("it was not seen to be refused")
				}
			}
		})
	}
}

// TestTheSoakBeginsAtTheFirstRefusal: with no soak the deletion waits for it all the same.
func TestTheSoakBeginsAtTheFirstRefusal(t *testing.T) {
	for _, soak := range []time.Duration{0, 5 * time.Minute} {
		f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.RevokeLag = 40 * time.Second }))
		r := f.Start(func(p *rotation.Params) { noWaits(p); p.Soak = &soak })
		f.until(r, rotation.Soak)
		off := f.Now()
		f.until(r, rotation.Delete)
		if took := f.Now().Sub(off); took < 40*time.Second+soak || took > 70*time.Second+soak {
			t.Errorf("a soak of %s took %s", soak, took)
		}
		if len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) != 1 {
			t.Error("it was not seen to be refused")
		}
	}
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.RevokeLag, sc.Masks, sc.Prefix = time.Hour, true, "sk_live_" }))
	r := f.Start(noWaits)
	f.until(r, rotation.Soak)
	var err error
	for range 60 {
		var res rotation.Result
		if res, err = r.Do(context.Background()); err != nil {
			break
		}
		f.Pass(res.Wait)
	}
	if err == nil || !strings.Contains(err.Error(), "nothing is deleted on that") || r.View().Step != rotation.Soak || f.Key("old").Gone {
		t.Errorf("%v at %s", err, r.View().Step)
	}
}

// TestItIsNotGivenUpBeforeATryAtTheBound: the pause and the bound are read off two clocks.
func TestItIsNotGivenUpBeforeATryAtTheBound(t *testing.T) {
	for _, early := range []time.Duration{0, 10 * time.Nanosecond, 15 * time.Nanosecond, time.Microsecond, time.Second, 20 * time.Second} {
		f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.RevokeLag = 55*time.Second - early }))
		r := f.Start(noWaits)
		f.until(r, rotation.Soak)
		for r.View().Step == rotation.Soak {
			res, err := r.Do(context.Background())
			if err != nil {
				t.Fatalf("%s before the next try: %v", early, err)
			}
			if res.Left > 0 && res.Left <= res.Wait { // the last pause
				f.Pass(res.Wait - early)
				f.SetWall(early)
				continue
			}
			f.Pass(res.Wait)
		}
		if len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) != 1 {
			t.Errorf("%s before the next try: it was not seen to be refused", early)
		}
	}
}

// TestARateLimitIsNoAnswerAboutTheOldSecret: it is asked again.
func TestARateLimitIsNoAnswerAboutTheOldSecret(t *testing.T) {
	for _, kind := range []client.Kind{client.RateLimited, client.Unavailable, client.Timeout, client.Unreachable} {
		f := in(t, prosopoLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		f.Hook = func(point string) {
			if point == "after: delete the old key" {
				f.Fail("probe", refusal("probe", kind, 0), false)
			}
		}
		res := f.do(r)
		if res.Status != rotation.Waiting {
			t.Errorf("%s: %+v", kind, res)
		}
		f.Hook = nil
		f.drive(r)
		f.rotated(string(kind))
		if len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) != 1 {
			t.Errorf("%s: it was not seen to be refused", kind)
		}
	}
}

// TestWithTheOldKeyFirstItsSecretIsTriedBesideTheOtherSteps: never between, and the end waits for the refusal.
func TestWithTheOldKeyFirstItsSecretIsTriedBesideTheOtherSteps(t *testing.T) {
	for name, sc := range map[string]world.Scenario{"prosopo": prosopoLike, "vertesia": vertesiaLike} {
		f := in(t, with(sc, func(sc *world.Scenario) {
			sc.Compromised, sc.OldFirst, sc.RevokeLag, sc.Masks, sc.Prefix = true, true, 40*time.Second, true, "sk_live_"
		}))
		r := f.Start(nil)
		f.until(r, rotation.Deliver)
		f.do(r)
		f.do(r)
		if log := f.Log(); count(log, "probe old") == 0 {
			t.Errorf("%s: %v", name, log)
		}
		f.drive(r)
		f.rotated(name)
		if len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) == 0 {
			t.Errorf("%s: it was not seen to be refused", name)
		}
	}
}

// TestTheOldSecretIsNotUsedBetweenPreflightAndTheEnd: its quiet is watched there.
func TestTheOldSecretIsNotUsedBetweenPreflightAndTheEnd(t *testing.T) {
	for name, sc := range shapes {
		f := in(t, sc)
		r := f.Start(nil)
		f.until(r, rotation.Create)
		end := rotation.Delete
		if sc.Disable {
			end = rotation.Soak
		}
		used := 0
		for r.View().Step != end {
			f.react(r, f.do(r))
			used += count(f.Log(), "probe old")
		}
		if used > 0 {
			t.Errorf("%s: %d times", name, used)
		}
	}
}

// TestWhatTheServiceAnsweredIsSaidAsThat: not that the key is gone.
func TestWhatTheServiceAnsweredIsSaidAsThat(t *testing.T) {
	f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.RevokeLag = 10 * time.Second }))
	r := f.Start(noWaits)
	all := f.drive(r)
	said := all[len(all)-1].Message
	for _, want := range []string{"the service answered that it deleted the old key", "its secret was still accepted", "later, and refused at"} {
		if !strings.Contains(said, want) || !says(r.View().Certain, want) {
			t.Errorf("%q is not said: %s; %q", want, said, r.View().Certain)
		}
	}
}

// TestADeletionByHandIsToldApart: where the wire cannot delete, a person does, and detent sees what can be seen.
func TestADeletionByHandIsToldApart(t *testing.T) {
	f := in(t, prosopoLike)
	f.caps(func(c *apikey.Capabilities) {
		c.Create, c.Delete = apikey.Cannot("in the dashboard"), apikey.Cannot("in the dashboard")
	})
	r := f.Start(noWaits)
	f.until(r, rotation.Create)
	if _, err := f.paste(r, f.ByHand("made", r.View().NewName)); err != nil {
		t.Fatal(err)
	}
	if q := r.View().Question; q != nil {
		f.answer(r, q)
	}
	f.until(r, rotation.Delete)
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskDashboard || count(f.Log(), "delete") > 0 {
		t.Fatalf("%+v", res)
	}
	f.Remove("old")
	f.Pass(time.Second)
	if _, err := f.answer(r, res.Question); err != nil {
		t.Fatal(err)
	}
	if f.undo(r) {
		t.Error("a deletion by hand was undone")
	}
	f.drive(r)
	f.rotated("by hand")
	if !says(r.View().Certain, "by your word the old key") || len(claims(r, rotation.DeleteAnswered, rotation.SubjectOld)) > 0 || len(claims(r, rotation.SecretRefused, rotation.SubjectOld)) != 1 {
		t.Errorf("%q", r.View().Certain)
	}
}

// TestNoSuchKeyIsBelievedOfTheServiceAlone: a wall in front of it says 404, too.
func TestNoSuchKeyIsBelievedOfTheServiceAlone(t *testing.T) {
	for step, sc := range map[rotation.Step]world.Scenario{rotation.Retire: with(vertesiaLike, func(sc *world.Scenario) { sc.OldFirst = true }), rotation.Disable: with(vertesiaLike, func(sc *world.Scenario) { sc.Drain = -1 })} {
		for _, own := range []bool{true, false} {
			f := in(t, sc)
			r := f.Start(nil)
			f.until(r, step)
			f.Fail("disable", &client.Error{Op: "disable", Kind: client.NotFound, Status: 404, Outcome: client.NotDone, Own: own}, false)
			res, err := r.Do(context.Background())
			if believed := err == nil && res.Status == rotation.Moved; believed != own || !own && r.View().Step != step {
				t.Errorf("%s, own %v: %+v, %v", step, own, res, err)
			}
			f.drive(r)
			f.rotated(string(step))
		}
	}
}

// TestWhatAPlaceHoldsRightAfterTheDeletion: a secret of this rotation is delivered over at once; another value, and a place that was emptied, are
// asked about.
func TestWhatAPlaceHoldsRightAfterTheDeletion(t *testing.T) {
	for name, tc := range map[string]struct {
		puts string
		asks rotation.QuestionKind
	}{
		"the new one": {"new", ""}, "the old one": {"old", ""}, "an earlier new one": {"earlier", ""},
		"another value": {"a-value-of-somebody-else", rotation.AskReplace}, "nothing": {"", rotation.AskAgain}, "unreadable": {"?", ""},
	} {
		f := in(t, prosopoLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Verify)
		earlier := r.View().NewID()
		f.Place(0).Put("old")
		r = f.again(r, rotation.ResumeOptions{}) // which has no secret, and none lies anywhere
		f.until(r, rotation.Delete)
		f.Hook = func(point string) {
			if !strings.HasPrefix(point, "after: delete the old") {
				return
			}
			f.Hook = nil
			switch tc.puts {
			case "?":
				f.Fail("read", errors.New("input/output error"), false)
			case "earlier":
				f.Place(0).Put(earlier)
			default:
				f.Place(0).Put(tc.puts)
			}
			f.Forgive()
		}
		res, err := r.Do(context.Background())
		f.Forgive()
		switch {
		case err != nil, (res.Question != nil) != (tc.asks != ""), tc.asks != "" && res.Question.Kind != tc.asks:
			t.Errorf("%s: %+v, %v", name, res, err)
			continue
		case tc.asks != "":
			if _, err := f.answer(r, res.Question); err != nil {
				t.Fatal(err)
			}
		}
		if r.View().State == rotation.Open {
			f.drive(r)
		}
		f.rotated(name)
	}
}

// TestAServiceThatMustNotBeTriedIsNotTried: with no former value, with nothing made up in its place, and not for a way back either.
func TestAServiceThatMustNotBeTriedIsNotTried(t *testing.T) {
	for _, wrong := range []string{"", "nothing"} {
		f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Masks, sc.Prefix, sc.NoTryDead, sc.Wrong = true, "sk_live_", true, wrong }))
		r := f.Start(noWaits)
		f.do(r)
		if log := f.Log(); count(log, "probe") > 0 {
			t.Errorf("%q: %v", wrong, log)
		}
		f.until(r, rotation.Delete)
		f.Fail("delete", lost("delete"), false)
		f.Fail("delete", lost("delete"), false)
		if _, err := r.Do(context.Background()); err == nil {
			t.Fatal("it was to fail")
		}
		f.Pass(time.Hour)
		f.Log()
		if res, err := r.Undo(context.Background()); !errors.Is(err, rotation.ErrOldGone) || res.Question != nil {
			t.Errorf("%q: %+v, %v", wrong, res, err)
		}
		if log := f.Log(); count(log, "probe old") > 0 {
			t.Errorf("%q: %v", wrong, log)
		}
	}
}

// TestASoakDoesNotBeginWhereTheNewKeyIsRefused: the old one is off, so that nothing works, and ten minutes would be lost.
func TestASoakDoesNotBeginWhereTheNewKeyIsRefused(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(noWaitsButSoak)
	f.until(r, rotation.Soak)
	f.Remove("new")
	f.Forgive()
	if res := f.do(r); res.Question == nil || res.Question.Kind != rotation.AskBothGone && !strings.Contains(res.Message, "new key") {
		t.Errorf("%+v", res)
	}
}

func noWaitsButSoak(p *rotation.Params) { p.Drain = ptr(time.Duration(0)) }
