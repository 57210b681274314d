package rotation_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

func TestNewKeyCopiesAccessAndCarriesTheNonce(t *testing.T) {
	for name, sc := range shapes {
		t.Run(name, func(t *testing.T) {
			f := in(t, sc)
			f.Edit("old", func(k *apikey.Key) {
				k.Extra = map[string]json.RawMessage{"properties": json.RawMessage(`{"team":"shop"}`)}
			})
			r := f.Start(nil)
			f.until(r, rotation.Deliver)
			v := r.View()
			if want := "payments-api ~r" + v.ID; v.New.Name != want || v.NewName != want || !apikey.IsNonce(v.ID) {
				t.Errorf("the new key is called %q, want %q", v.New.Name, want)
			}
			for _, d := range v.Diff {
				if d.Verdict != rotation.Equal {
					t.Errorf("%s: old %s, new %s: %s", d.Field, d.Old, d.New, d.Verdict)
				}
			}
			if fields := f.Service().Capabilities().AccessFields; len(v.Diff) < len(fields) {
				t.Errorf("%d fields were compared, want at least %v", len(v.Diff), fields)
			}
			if !v.SecretInHand {
				t.Error("the secret is in memory alone, and nothing says so")
			}
			f.drive(r)
			f.rotated("done")
			if sc.Rename && f.Live()[0].Name != "payments-api" {
				t.Errorf("the name was not restored: %q", f.Live()[0].Name)
			}
			if r.SecretInHand() {
				t.Error("a finished rotation still holds the secret")
			}
		})
	}
}

// lostCreate has a create whose answer is lost.
func lostCreate(t *testing.T, sc world.Scenario, after bool) (*fixture, *rotation.Rotation) {
	f := in(t, sc)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Fail("create", lost("create"), after)
	return f, r
}

func TestLostCreateAnswerIsAdoptedWhereTheSecretIsGivenAgain(t *testing.T) {
	f, r := lostCreate(t, with(prosopoLike, func(sc *world.Scenario) { sc.Retrieve = true }), true)
	before := f.Now()
	res := f.do(r)
	if waited := f.Now().Sub(before); waited < 5*time.Second {
		t.Errorf("looked after %s, before a late create could take effect", waited)
	}
	if res.Step != rotation.Deliver || !strings.Contains(res.Message, "found by its mark") {
		t.Errorf("%+v", res)
	}
	log := f.Log()
	f.drive(r)
	f.rotated("adopted")
	if n := count(log, "create"); n != 1 {
		t.Errorf("%d creates", n)
	}
}

func TestLostCreateAnswerIsReplacedWhereTheSecretIsNot(t *testing.T) {
	f, r := lostCreate(t, prosopoLike, true)
	f.do(r)
	if log := f.Log(); len(f.Live()) != 2 || count(log, "delete") != 1 {
		t.Errorf("%s, after %v", f.keys(), log)
	}
	if v := r.View(); v.New.Name != v.NewName || !strings.HasSuffix(v.NewName, v.ID) {
		t.Errorf("the second attempt is called %q", v.New.Name)
	}
	f.drive(r)
	f.rotated("replaced")
}

func TestCreateThatNeverHappenedIsDoneAgain(t *testing.T) {
	f, r := lostCreate(t, genericLike, false)
	f.do(r)
	if log := f.Log(); count(log, "create") != 2 || count(log, "delete") != 0 {
		t.Errorf("%v", log)
	}
	f.drive(r)
	f.rotated("again")
}

func TestCreateThatTakesEffectAtTheVeryEndIsSwept(t *testing.T) {
	for _, back := range []bool{false, true} {
		f := in(t, vertesiaLike)
		r := f.Start(nil)
		f.until(r, rotation.Delete)
		f.Add(apikey.Key{ID: "late", Name: r.View().NewName})
		if back {
			f.undo(r)
			f.undone("swept")
		} else {
			f.drive(r)
			f.rotated("swept")
		}
		if !f.Key("late").Gone {
			t.Error("the stray is still there")
		}
	}
}

func TestSeveralKeysWithTheNonceStop(t *testing.T) {
	f, r := lostCreate(t, vertesiaLike, true)
	f.Add(apikey.Key{ID: "twin-1", Name: r.View().NewName})
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskCleanup || !strings.Contains(res.Message, "twin-1") {
		t.Fatalf("%+v", res)
	}
	if len(f.Live()) != 3 {
		t.Errorf("something was deleted without a word: %s", f.keys())
	}
	if !f.undo(r) {
		t.Fatal("undo was refused")
	}
	f.undone("cleanup")
}

func TestKeyWithTheNonceButOtherAccessIsNotAdopted(t *testing.T) {
	f, r := lostCreate(t, with(prosopoLike, func(sc *world.Scenario) { sc.Retrieve = true }), false)
	f.Add(apikey.Key{ID: "forged", Name: r.View().NewName, ExpiresAt: apikey.Never(), Permissions: []apikey.Permission{{Feature: "ApiKeys", Name: "createApiKey"}}})
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskCleanup || !strings.Contains(res.Message, "not the access") || r.View().New != nil {
		t.Errorf("%+v", res)
	}
}

// TestACreateThatAnswersForAnotherKeyIsNotTaken: nothing of such an answer is delivered, and what was made is found by its mark and deleted.
func TestACreateThatAnswersForAnotherKeyIsNotTaken(t *testing.T) {
	for name, tc := range map[string]struct {
		wrong func(f *fixture, made *apikey.Created)
		want  string
	}{
		"the old id":              {func(_ *fixture, made *apikey.Created) { made.Key.ID = "old" }, "with the old key's id"},
		"an id that was listed":   {func(_ *fixture, made *apikey.Created) { made.Key.ID = "other" }, "the id of a key that existed before, other"},
		"the old secret":          {func(f *fixture, made *apikey.Created) { made.Secret = f.Key("old").Secret }, "a secret that is not new: it is the old key's"},
		"a secret of another row": {func(_ *fixture, made *apikey.Created) { made.Key.Masked = "sk_live_9999…" }, "not the new key's, which is sk_live_9999…"},
		"detent's own credential": {func(f *fixture, made *apikey.Created) { made.Secret = f.Key("other").Secret }, "detent itself authenticates with"},
	} {
		f := in(t, genericLike)
		r := f.Start(func(p *rotation.Params) { p.Credential = f.Key("other").Secret })
		f.until(r, rotation.Create)
		f.OnCreate = func(made *apikey.Created) { tc.wrong(f, made) }
		_, err := r.Do(context.Background())
		if err == nil || !strings.Contains(err.Error(), tc.want) || r.View().New != nil || r.SecretInHand() {
			t.Errorf("%s: %v, %+v", name, err, r.View().New)
		}
		if log := f.Log(); count(log, "put") > 0 || count(log, "create") != 1 {
			t.Errorf("%s: %v", name, log)
		}
		f.OnCreate = nil
		again := f.again(r, rotation.ResumeOptions{})
		if !f.undo(again) {
			t.Fatalf("%s: undo was refused", name)
		}
		f.undone(name)
	}
}

// TestFormerValuesAreNoNewSecrets: what another place held before is not new either.
func TestFormerValuesAreNoNewSecrets(t *testing.T) {
	f := in(t, with(vertesiaLike, twoPlaces))
	f.Place(1).Put("other")
	r := f.Start(func(p *rotation.Params) { p.Replace = true })
	f.until(r, rotation.Create)
	f.OnCreate = func(made *apikey.Created) { made.Secret = f.Key("other").Secret }
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "it is what ") || !strings.Contains(err.Error(), "held before") {
		t.Errorf("%v", err)
	}
}

func TestACreateThatAnswersWithoutAnIDIsFoundByItsMark(t *testing.T) {
	f := in(t, genericLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.OnCreate = func(made *apikey.Created) { made.Key.ID = "" }
	res := f.do(r)
	if res.Step != rotation.Deliver || r.View().NewID() == "" || !r.SecretInHand() {
		t.Fatalf("%+v, %+v", res, r.View().New)
	}
	if log := f.Log(); count(log, "create") != 1 || count(log, "delete") != 0 {
		t.Errorf("%v", log)
	}
	f.OnCreate = nil
	f.drive(r)
	f.rotated("found")
}

func TestCreateWithoutASecretInTheAnswerIsNotKept(t *testing.T) {
	f := in(t, genericLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.OnCreate = func(made *apikey.Created) { made.Secret = apikey.Secret{} }
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no answer brought its secret") {
		t.Fatalf("%v", err)
	}
	log := f.Log()
	if n := count(log, "create"); n != 3 {
		t.Errorf("%d creates", n)
	}
	if n := count(log, "delete"); n != 2 { // each that is known by its id goes before the next one is made
		t.Errorf("%d deletions: %v", n, log)
	}
	f.OnCreate = nil
	f.drive(r)
	f.rotated("after silence")
}

func TestDifferenceHoldsTheDeletionBackUntilAccepted(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(func(p *rotation.Params) { p.AcceptUnknown = "known" })
	f.until(r, rotation.Deliver)
	role := func(name string) {
		f.Edit("new", func(k *apikey.Key) { k.Role = name })
		f.Pass(time.Second)
	}
	role("admin")
	f.answers[rotation.AskAccept] = "never"
	for r.View().Step != rotation.Disable {
		f.react(r, f.do(r))
	}
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskAccept || !says(res.Notes, "role differs: old developer, new admin") {
		t.Fatalf("%+v", res)
	}
	accept := func(reason string) error {
		_, err := r.Answer(context.Background(), rotation.Answer{Kind: rotation.AskAccept, Choice: rotation.Yes, Reason: reason})
		return err
	}
	if err := accept("  "); err == nil {
		t.Error("a difference was accepted without a reason")
	}
	if err := accept("wanted by operations"); err != nil {
		t.Fatal(err)
	}
	role("reader")
	if res = f.do(r); res.Question == nil || res.Question.Kind != rotation.AskAccept {
		t.Fatal("the acceptance of one difference covers another")
	}
	role("admin")
	f.drive(r)
	if !says(r.View().Certain, "wanted by operations") {
		t.Errorf("the reason is not recorded: %q", r.View().Certain)
	}
}

func TestUnreportedAccessHoldsTheDeletionBackToo(t *testing.T) {
	for _, accept := range []string{"", "the dashboard shows the same"} {
		f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Silent = "all" }))
		r := f.Start(func(p *rotation.Params) { p.AcceptUnknown = accept; noWaits(p) })
		f.until(r, rotation.Delete)
		res := f.do(r)
		if blocked := res.Question != nil && res.Question.Kind == rotation.AskAccept; blocked != (accept == "") {
			t.Errorf("accept %q: %+v", accept, res)
		}
	}
}

// TestAccessThatNobodyAskedForIsADifference: the draft is compared, too, where the old key's access is not reported.
func TestAccessThatNobodyAskedForIsADifference(t *testing.T) {
	for name, tc := range map[string]struct {
		act    string
		accept string
		asks   rotation.Step // where it asks
	}{
		"as asked for, unreported of the old one":      {"", "known", ""},
		"restricted, though unreported of the old one": {"create answers: restricted", "known", rotation.Create},
		"as asked for, and nothing accepted":           {"", "", rotation.Delete},
	} {
		f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Silent = "old" }))
		r := f.Start(func(p *rotation.Params) { p.AcceptUnknown = tc.accept; noWaits(p) })
		f.until(r, rotation.Create)
		if tc.act != "" {
			f.Adversary(tc.act, 0)
		}
		for _, step := range []rotation.Step{rotation.Create, rotation.Delete} {
			f.until(r, step)
			res := f.do(r)
			if asks := res.Question != nil && res.Question.Kind == rotation.AskAccept; asks != (tc.asks == step) {
				t.Errorf("%s, %s: %+v", name, step, res)
			}
			f.react(r, res)
		}
		f.Forgive()
	}
}

func TestTwoHostsThatStartTogetherBothStop(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Add(apikey.Key{ID: "there", Name: "payments-api ~rzzzzzzzzzz"})
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskCleanup || !strings.Contains(res.Message, "there") {
		t.Fatalf("%+v", res)
	}
	f.Remove("there") // the other one was undone
	f.Pass(time.Second)
	f.drive(r)
	f.rotated("alone")
}

// TestAnotherHostsKeyHoldsTheDeletionBack: it is looked for again right before the deletion, also without a drain; one that is older than our old key,
// or vouched for, is no rival.
func TestAnotherHostsKeyHoldsTheDeletionBack(t *testing.T) {
	for name, tc := range map[string]struct {
		born     time.Duration
		notMine  string
		base     string
		holdsOff bool
	}{
		"made meanwhile":         {0, "", "payments-api", true},
		"older than the old key": {-100 * 24 * time.Hour, "", "payments-api", false},
		"vouched for":            {0, "staging has its own", "payments-api", false},
		"of another base":        {0, "", "orders-api", false},
	} {
		f := in(t, prosopoLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Delete)
		f.Add(apikey.Key{ID: "there", Name: tc.base + " ~rzzzzzzzzzz", CreatedAt: apikey.At(f.Now().Add(tc.born))})
		if tc.notMine != "" {
			r = f.again(r, rotation.ResumeOptions{NotMine: tc.notMine})
		}
		res := f.do(r)
		if asks := res.Question != nil && res.Question.Kind == rotation.AskCleanup; asks != tc.holdsOff || asks == f.Key("old").Gone {
			t.Errorf("%s: %+v, %s", name, res, f.keys())
		}
		if tc.notMine != "" && len(claims(r, rotation.PersonSaid, rotation.SubjectNew)) == 0 {
			t.Errorf("%s: the reason is not recorded", name)
		}
	}
}

// TestNoKeyIsMadeForOneThatSomebodyDeleted: where the old key is gone before the new one is made, a person says whether it is wanted.
func TestNoKeyIsMadeForOneThatSomebodyDeleted(t *testing.T) {
	for choice, state := range map[string]rotation.State{rotation.Yes: rotation.Open, rotation.CloseIt: rotation.Closed, rotation.No: rotation.Open} {
		f := in(t, prosopoLike)
		r := f.Start(nil)
		f.until(r, rotation.Create)
		f.Remove("old")
		r = f.again(r, rotation.ResumeOptions{})
		res := f.do(r)
		if res.Question == nil || res.Question.Kind != rotation.AskBothGone || count(f.Log(), "create") != 0 {
			t.Fatalf("%s: %+v", choice, res)
		}
		f.answers[rotation.AskBothGone] = choice
		if _, err := f.answer(r, res.Question); err != nil || r.View().State != state {
			t.Errorf("%s: %v, %s", choice, err, r.View().State)
		}
		if choice != rotation.Yes {
			continue
		}
		if res := f.do(r); res.Step != rotation.Deliver {
			t.Errorf("%+v", res)
		}
	}
}

// TestASecretThatGoesWithItsProcess: put nowhere, its key is deleted and made again; where it lies in a place, it is read back from there.
func TestASecretThatGoesWithItsProcess(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	first := r.View().NewID()
	r = f.again(r, rotation.ResumeOptions{})
	if next := r.View().Next; !strings.Contains(next.Text, "is gone, since it was in memory only") || next.Default != "delete that key and create again" {
		t.Errorf("%+v", next)
	}
	if !says(r.View().Unknown, "whether the new secret can still be had") {
		t.Errorf("%v", r.View().Unknown)
	}
	if res := f.do(r); res.Step != rotation.Create || !f.Key(first).Gone {
		t.Fatalf("%+v, %s", res, f.keys())
	}
	f.until(r, rotation.Verify)
	second := r.View().NewID()
	r = f.again(r, rotation.ResumeOptions{})
	f.drive(r)
	f.rotated("read back")
	if r.View().NewID() != second {
		t.Error("a key whose secret lay in a place was made again")
	}
}

// TestASecretThatMayLieSomewhereKeepsItsKey: its key stays until another has taken its place, and goes with the old one.
func TestASecretThatMayLieSomewhereKeepsItsKey(t *testing.T) {
	f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.Places = []string{"hook"} }))
	r := f.Start(noWaits)
	f.until(r, rotation.Deliver)
	first := r.View().NewID()
	if _, died := f.Life(0, func() {
		f.Hook = func(p string) {
			if strings.HasPrefix(p, "after: put") {
				f.Die(p)
			}
		}
		f.do(r)
	}); died == "" {
		t.Fatal("it lived")
	}
	f.Hook = nil
	again, err := f.Resume(r.ID(), rotation.ResumeOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if next := again.View().Next; next.Default != "recover the new secret" {
		t.Errorf("%+v", next)
	}
	if res := f.do(again); res.Step != rotation.Create || !strings.Contains(res.Message, "that key stays") || f.Key(first).Gone {
		t.Fatalf("%+v, %s", res, f.keys())
	}
	if !says(again.View().Certain, "1 earlier new key(s)") || !says(again.View().Certain, first) {
		t.Errorf("%v", again.View().Certain)
	}
	f.until(again, rotation.Delete)
	if f.Key(first).Gone {
		t.Error("it went before the old key")
	}
	f.drive(again)
	f.rotated("superseded")
	if !f.Key(first).Gone {
		t.Error("it is still there")
	}
}

// TestAListThatIsBehindIsWaitedForAfterACreate: what it took is learned; where it takes too long, that is said.
func TestAListThatIsBehindIsWaitedForAfterACreate(t *testing.T) {
	for lag, shown := range map[time.Duration]bool{0: true, 3 * time.Second: true, 5 * time.Minute: false} {
		f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.ListLag = lag }))
		r := f.Start(nil)
		f.until(r, rotation.Create)
		before := f.Now()
		res := f.do(r)
		waited := f.Now().Sub(before)
		if waited < min(lag, time.Minute) || waited > 70*time.Second || says(res.Notes, "the list did not show the new key for 1m") == shown {
			t.Errorf("%s: %+v after %s", lag, res, waited)
		}
	}
}

func TestAListThatFailsAfterACreateDoesNotHoldIt(t *testing.T) {
	f := in(t, prosopoLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Hook = func(point string) {
		if strings.HasPrefix(point, "after: create") {
			f.Fail("list", refusal("list keys", client.Unavailable, 503), false)
		}
	}
	if res := f.do(r); res.Step != rotation.Deliver || !says(res.Notes, "the list could not be read") || f.Faults() != 0 {
		t.Errorf("%+v", res)
	}
	f.Hook = nil
	f.drive(r)
	f.rotated("read later")
}

// TestAKeyThatIsAnsweredWithoutItsIDIsFoundByItsMarkAlone: not where the list fails, shows nothing, or shows two.
func TestAKeyThatIsAnsweredWithoutItsIDIsFoundByItsMarkAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		set   func(f *fixture, r *rotation.Rotation)
		fails string
		asks  rotation.QuestionKind
	}{
		"one row": {func(*fixture, *rotation.Rotation) {}, "", ""},
		"the list fails": {func(f *fixture, _ *rotation.Rotation) {
			f.Fail("list", refusal("list", client.Unavailable, 503), false)
		}, "unavailable", ""},
		"two rows": {func(f *fixture, r *rotation.Rotation) { f.Add(apikey.Key{ID: "second", Name: r.View().NewName}) }, "", rotation.AskCleanup},
	} {
		f := in(t, prosopoLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Create)
		f.OnCreate = func(made *apikey.Created) { made.Key.ID, f.OnCreate = "", nil }
		tc.set(f, r)
		res, err := r.Do(context.Background())
		if (err != nil) != (tc.fails != "") || err != nil && !strings.Contains(err.Error(), tc.fails) {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		if asked := res.Question != nil; asked != (tc.asks != "") || asked && res.Question.Kind != tc.asks {
			t.Fatalf("%s: %+v", name, res)
		}
		if tc.asks != "" {
			if !f.undo(r) {
				t.Error("the undo was refused")
			}
			f.undone(name)
			continue
		}
		f.drive(r)
		f.rotated(name)
	}
}

// TestTheNewKeyIsGivenALifetimeThatThereIs, which is none longer; that it is another one is asked about before it is made.
func TestTheNewKeyIsGivenALifetimeThatThereIs(t *testing.T) {
	f := in(t, prosopoLike)
	f.caps(func(c *apikey.Capabilities) {
		c.Lifetimes = apikey.Lifetimes{Spans: []time.Duration{30 * 24 * time.Hour, 90 * 24 * time.Hour}, Always: true}
	})
	f.Edit("old", func(k *apikey.Key) {
		k.CreatedAt, k.ExpiresAt = apikey.At(f.Now()), apikey.At(f.Now().Add(45*24*time.Hour))
	})
	var made apikey.Key
	f.OnCreate = func(c *apikey.Created) { made = c.Key }
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	if life, ok := apikey.Lifetime(made); !ok || life.Round(time.Hour) != 30*24*time.Hour {
		t.Errorf("it lives %v, %v: %+v", life, ok, made)
	}
	if d := r.View().Diff; !slices.ContainsFunc(d, func(x rotation.Difference) bool {
		return x.Field == apikey.FieldExpiry && x.Verdict == rotation.Tolerated
	}) {
		t.Errorf("nothing is said of it: %+v", d)
	}
}
