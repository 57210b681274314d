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

// manual is a world in which a person makes the new key, and a rotation that waits for its secret.
func manual(t *testing.T, change func(*world.Scenario)) (*fixture, *rotation.Rotation) {
	sc := manualLike
	if change != nil {
		change(&sc)
	}
	f := in(t, sc)
	f.caps(func(c *apikey.Capabilities) { c.SecretPrefixes = []string{"sk_live_", "sk_test_"} })
	r := f.Start(noWaits)
	f.until(r, rotation.Create)
	return f, r
}

// paste answers the question for the new secret.
func (f *fixture) paste(r *rotation.Rotation, secret apikey.Secret) (rotation.Result, error) {
	if q := r.View().Question; q == nil || q.Kind != rotation.AskPaste {
		if res, err := r.Do(context.Background()); err != nil || res.Question == nil || res.Question.Kind != rotation.AskPaste {
			return res, err
		}
	}
	return r.Answer(context.Background(), rotation.Answer{Kind: rotation.AskPaste, Choice: rotation.Yes, Secret: secret})
}

// pastes gives a secret; what is then asked is answered by a person.
func (f *fixture) pastes(r *rotation.Rotation, secret apikey.Secret) (rotation.Result, error) {
	res, err := f.paste(r, secret)
	if err == nil && res.Question != nil && res.Question.Kind == rotation.AskWhose {
		return f.answer(r, res.Question)
	}
	return res, err
}

func TestManualLaneAsksForTheKeyThatItNames(t *testing.T) {
	f, r := manual(t, nil)
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskPaste || !strings.Contains(res.Message, r.View().NewName) || !strings.Contains(res.Message, "environment live") || !strings.Contains(res.Message, "never expires") {
		t.Fatalf("%+v", res)
	}
	if n := count(f.Log(), "create"); n != 0 {
		t.Error("a create was sent to a service that has none")
	}
	answer := rotation.Answer{Kind: rotation.AskPaste, Choice: rotation.Yes, Secret: f.ByHand("made-1", "anything")}
	if _, err := r.Answer(context.Background(), rotation.Answer{Kind: rotation.AskPaste, Choice: rotation.Yes, Secret: apikey.NewSecret("sk_live_abc")}); err == nil {
		t.Error("a wrong one was taken")
	}
	res, err := r.Answer(context.Background(), answer) // the question stands
	if err != nil || res.Step != rotation.Deliver || r.View().New.ID != "made-1" {
		t.Fatalf("%+v, %v", res, err)
	}
	f.Edit("made-1", func(k *apikey.Key) { k.Name = "payments-api" })
	f.drive(r)
	f.rotated("by hand")
}

func TestWrongPasteIsRefusedBeforeItIsUsed(t *testing.T) {
	for name, tc := range map[string]struct {
		secret func(f *fixture) apikey.Secret
		want   string
		used   bool
	}{
		"cut off":         {func(*fixture) apikey.Secret { return apikey.NewSecret("sk_live_abc") }, "cut off", false},
		"nothing":         {func(*fixture) apikey.Secret { return apikey.Secret{} }, "nothing was pasted", false},
		"another service": {func(*fixture) apikey.Secret { return apikey.NewSecret("pk7_0123456789abcdef0123") }, "begins with sk_live_ or sk_test_", false},
		"a test key":      {func(*fixture) apikey.Secret { return apikey.NewSecret("sk_test_0123456789abcdef0123") }, "test environment", false},
		"the old key's":   {func(f *fixture) apikey.Secret { return f.Key("old").Secret }, "it is the old key's", false},
		"detent's own":    {func(f *fixture) apikey.Secret { return f.Key("other").Secret }, "detent itself authenticates with", false},
		"unknown":         {func(*fixture) apikey.Secret { return apikey.NewSecret("sk_live_typo456789abcdef0123") }, "refuses this secret", true},
	} {
		f := in(t, manualLike)
		f.caps(func(c *apikey.Capabilities) { c.SecretPrefixes = []string{"sk_live_", "sk_test_"} })
		r := f.Start(func(p *rotation.Params) { p.Credential = f.Key("other").Secret })
		f.until(r, rotation.Create)
		_, err := f.paste(r, tc.secret(f))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		if log := f.Log(); count(log, "probe old") > 0 || count(log, "probe") > 0 != tc.used {
			t.Errorf("%s: it was used: %v", name, log)
		}
		if err != nil && (f.Leaks(err.Error()) || strings.Contains(err.Error(), "456789abcdef")) {
			t.Errorf("%s: the error repeats it", name)
		}
		if r.View().New != nil || r.View().Step != rotation.Create {
			t.Errorf("%s: %+v", name, r.View())
		}
	}
}

func TestPastedSecretIsMatchedToTheRowThatAppeared(t *testing.T) {
	f, r := manual(t, nil)
	if _, err := f.paste(r, f.Key("other").Secret); err == nil || !strings.Contains(err.Error(), "no new key is in the list") {
		t.Errorf("a key that was there before: %v", err)
	}
	secret := f.ByHand("made-1", "one")
	f.ByHand("made-2", "two")
	if _, err := f.paste(r, secret); err == nil || !strings.Contains(err.Error(), `"two" (made-2)`) {
		t.Errorf("one of two: %v", err)
	}
	f.Edit("made-1", func(k *apikey.Key) { k.Name = r.View().NewName })
	f.Pass(time.Second)
	if _, err := f.pastes(r, secret); err != nil || r.View().New.ID != "made-1" {
		t.Errorf("the one with the mark: %v", err)
	}
}

// TestAPasteIsTheNewKeysWhereSomethingSaysSo: the service, its list, a mask, or the new row's last use; else a person does, with a reason.
func TestAPasteIsTheNewKeysWhereSomethingSaysSo(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*world.Scenario)
		set    func(f *fixture)
		by     string
		asks   bool
	}{
		"the service names it": {func(sc *world.Scenario) { sc.Masks = false }, func(f *fixture) {
			f.OnProbe = func(whose string, p *apikey.Proof) {
				if whose == "made-1" {
					p.Key = &apikey.Key{ID: "made-1"}
				}
			}
		}, "the service, which names it", false},
		"its list matches it": {func(sc *world.Scenario) { sc.Masks, sc.Identify = false, true }, nil, "the service's list matches it", false},
		"its mask":            {nil, nil, "its mask", false},
		"its last use":        {func(sc *world.Scenario) { sc.Masks, sc.SeesUse, sc.UseRound = false, true, 1 }, func(f *fixture) { f.Idle() }, "its last use, which moved with our probe", false},
		"nothing":             {func(sc *world.Scenario) { sc.Masks = false }, nil, "your word", true},
	} {
		f, r := manual(t, tc.change)
		secret := f.ByHand("made-1", "anything")
		f.Pass(2 * time.Second)
		if tc.set != nil {
			tc.set(f)
		}
		res, err := f.paste(r, secret)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if asks := res.Question != nil && res.Question.Kind == rotation.AskWhose; asks != tc.asks {
			t.Fatalf("%s: %+v", name, res)
		}
		if tc.asks {
			if r.View().New != nil || r.SecretInHand() {
				t.Errorf("%s: it was taken before anybody said so", name)
			}
			if res, err = f.answer(r, res.Question); err != nil {
				t.Fatal(err)
			}
			if len(claims(r, rotation.PersonSaid, rotation.SubjectNew)) != 1 {
				t.Errorf("%s: the word is not recorded", name)
			}
		}
		if res.Step != rotation.Deliver || !strings.Contains(res.Message, "told by "+tc.by) {
			t.Errorf("%s: %+v", name, res)
		}
	}
}

// TestAPasteOfAnotherKeyIsContradicted: by the service's list, a mask, or the old row's last use, which moves with each of our probes.
func TestAPasteOfAnotherKeyIsContradicted(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*world.Scenario)
		paste  string
		want   string
	}{
		"the list matches another": {func(sc *world.Scenario) { sc.Masks, sc.Identify = false, true }, "other", "the secret of another key, ci-deploy (other)"},
		"its mask":                 {nil, "other", "this is not the secret of "},
		"another's last use":       {func(sc *world.Scenario) { sc.Masks, sc.SeesUse, sc.UseRound = false, true, 1 }, "other", "its last use moves with each of our probes"},
		"the old key's last use":   {func(sc *world.Scenario) { sc.Masks, sc.SeesUse, sc.UseRound, sc.Wrong = false, true, 1, "nothing" }, "old", "this is the secret of the old key"},
	} {
		f, r := manual(t, tc.change)
		f.Idle()
		f.ByHand("made-1", r.View().NewName)
		f.Pass(2 * time.Second)
		if _, err := f.paste(r, f.Key(tc.paste).Secret); err == nil || !strings.Contains(err.Error(), tc.want) || r.SecretInHand() || r.View().New != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPasteIsMatchedToTheKeyThatTheServiceNames(t *testing.T) {
	for told, want := range map[string]string{"made-1": "", "old": "this is the secret of the old key", "hidden": "a key that the list does not show"} {
		f, r := manual(t, nil)
		f.OnProbe = func(whose string, p *apikey.Proof) {
			if whose == "made-1" {
				p.Key = &apikey.Key{ID: told, Name: "as the proof has it"}
			}
		}
		secret := f.ByHand("made-1", "as the list has it")
		f.ByHand("made-2", r.View().NewName) // would be taken, were nothing told
		_, err := f.paste(r, secret)
		if want == "" && (err != nil || r.View().New.ID != "made-1" || r.View().New.Name != "as the list has it") || want != "" && (err == nil || !strings.Contains(err.Error(), want) || r.SecretInHand()) {
			t.Errorf("%s: %v, %+v", told, err, r.View().New)
		}
	}
}

func TestPastedKeyOfAnotherEnvironmentIsRefused(t *testing.T) {
	f, r := manual(t, nil)
	secret := f.ByHand("made-1", "one")
	f.Edit("made-1", func(k *apikey.Key) { k.Environment = apikey.Test })
	f.Pass(time.Second)
	if _, err := f.paste(r, secret); err == nil || !strings.Contains(err.Error(), "is a test key") {
		t.Errorf("%v", err)
	}
}

func TestManualLaneSurvivesALostPaste(t *testing.T) {
	for _, again := range []bool{true, false} {
		f, r := manual(t, nil)
		secret := f.ByHand("made-1", r.View().NewName)
		if _, err := f.pastes(r, secret); err != nil {
			t.Fatal(err)
		}
		r = f.again(r, rotation.ResumeOptions{}) // the secret goes with the process, before it was delivered
		if next := r.View().Next; !strings.Contains(next.Text, "is gone") {
			t.Errorf("%+v", next)
		}
		if res := f.do(r); res.Step != rotation.Create || !f.Key("made-1").Gone {
			t.Fatalf("%+v, %s", res, f.keys())
		}
		if again { // what was deleted is refused
			if _, err := f.paste(r, secret); err == nil {
				t.Fatal("a deleted key was taken")
			}
		}
		if _, err := f.pastes(r, f.ByHand("made-2", r.View().NewName)); err != nil {
			t.Fatal(err)
		}
		f.Edit("made-2", func(k *apikey.Key) { k.Name = "payments-api" })
		f.drive(r)
		f.rotated("second")
	}
}

// TestTheSecretOfAnEarlierNewKeyIsTakenAgain: it was lost while it was delivered, another key was asked for, and the person has it still.
func TestTheSecretOfAnEarlierNewKeyIsTakenAgain(t *testing.T) {
	f, r := manual(t, nil)
	secret := f.ByHand("made-1", r.View().NewName)
	if _, err := f.pastes(r, secret); err != nil {
		t.Fatal(err)
	}
	f.until(r, rotation.Verify)
	f.Place(0).Put("old") // a deploy, while the process that had the secret ends
	r = f.again(r, rotation.ResumeOptions{})
	for range 10 {
		if r.View().Step == rotation.Create {
			break
		}
		f.react(r, f.do(r))
	}
	if res := f.do(r); res.Question == nil || !strings.Contains(res.Question.Text, "the secret of the earlier one (made-1) again") {
		t.Fatalf("%+v", res)
	}
	if _, err := f.pastes(r, secret); err != nil {
		t.Fatal(err)
	}
	f.Edit("made-1", func(k *apikey.Key) { k.Name = "payments-api" })
	f.drive(r)
	f.rotated("with the earlier one")
	if f.Key("made-1").Gone || strings.Contains(strings.Join(r.View().Certain, " "), "earlier new key") {
		t.Errorf("%s\n%q", f.keys(), r.View().Certain)
	}
}

func TestAnAnswerIsTakenOnlyWhereItIsAskedFor(t *testing.T) {
	f := in(t, genericLike)
	r := f.Start(nil)
	if err := r.Attest("?"); err == nil {
		t.Error("there is nothing to confirm in preflight")
	}
	for _, a := range []rotation.Answer{{}, {Kind: rotation.AskAccept, Choice: rotation.Yes, Reason: "?"}, {Kind: rotation.AskWhose, Choice: rotation.Yes, Reason: "?"},
		{Kind: rotation.AskPaste, Choice: rotation.Yes, Secret: apikey.NewSecret("sk_live_0123456789abcdef0123")}} {
		if _, err := r.Answer(context.Background(), a); err == nil || !strings.Contains(err.Error(), "not what was asked") {
			t.Errorf("%+v: %v", a, err)
		}
	}
	r.Close()
	for name, act := range map[string]func(context.Context) (rotation.Result, error){"do": r.Do, "undo": r.Undo, "reenable": r.Reenable} {
		if _, err := act(context.Background()); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("a closed rotation: %s: %v", name, err)
		}
	}
	if _, err := r.Plan(context.Background()); err == nil {
		t.Error("a closed rotation planned")
	}
}

// TestAnAnswerMustBeOneOfTheChoices, and come with what it wants; to leave it changes nothing.
func TestAnAnswerMustBeOneOfTheChoices(t *testing.T) {
	f := in(t, with(prosopoLike, func(sc *world.Scenario) { sc.Places = []string{"hook"} }))
	r := f.Start(noWaits)
	f.until(r, rotation.Delete)
	q := f.do(r).Question
	if q == nil || r.View().Question == nil || r.View().Question.Kind != q.Kind {
		t.Fatalf("%+v", q)
	}
	for want, a := range map[string]rotation.Answer{
		"no answer to this":  {Kind: q.Kind, Subject: q.Subject, Choice: "perhaps", Reason: "?"},
		"say why":            {Kind: q.Kind, Subject: q.Subject, Choice: rotation.Yes, Reason: " "},
		"not what was asked": {Kind: q.Kind, Subject: "another", Choice: rotation.Yes, Reason: "?"},
	} {
		if _, err := r.Answer(context.Background(), a); err == nil || !strings.Contains(err.Error(), want) || r.View().Question == nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if res, err := r.Answer(context.Background(), rotation.Answer{Kind: q.Kind, Subject: q.Subject, Choice: rotation.No}); err != nil || res.Status != rotation.Stopped || len(f.Log()) == 0 {
		t.Errorf("%+v, %v", res, err)
	}
	if res := f.do(r); res.Question == nil || res.Question.Kind != q.Kind {
		t.Errorf("left, and then %+v", res)
	}
	for _, c := range q.Choices {
		if c.Label == "" || c.Does == "" && c.ID != rotation.LookAgain {
			t.Errorf("%+v does not say what it does", c)
		}
	}
	if _, ok := q.Choice(q.Default); !ok {
		t.Errorf("the default %q is no choice", q.Default)
	}
}

func TestManualLaneCanBeUndone(t *testing.T) {
	f, r := manual(t, nil)
	if _, err := f.pastes(r, f.ByHand("made-1", "anything")); err != nil {
		t.Fatal(err)
	}
	f.until(r, rotation.Delete)
	f.undo(r)
	f.undone("by hand")
	if !f.Key("made-1").Gone {
		t.Error("the key made by hand is still there")
	}
}

// TestWhatIsOverTakesNoAnswer to a question that was asked before it ended.
func TestWhatIsOverTakesNoAnswer(t *testing.T) {
	for name, end := range map[string]func(r *rotation.Rotation) (rotation.Result, error){
		"undone": func(r *rotation.Rotation) (rotation.Result, error) { return r.Undo(context.Background()) },
		"closed": func(r *rotation.Rotation) (rotation.Result, error) { return r.End(context.Background(), "enough") },
	} {
		f, r := manual(t, nil)
		secret := f.ByHand("made-1", r.View().NewName)
		f.do(r)
		if res, err := end(r); err != nil || res.Status != rotation.Finished || r.View().Question != nil {
			t.Fatalf("%s: %+v, %v", name, res, err)
		}
		f.Log()
		if _, err := r.Answer(context.Background(), rotation.Answer{Kind: rotation.AskPaste, Choice: rotation.Yes, Secret: secret}); err == nil || r.SecretInHand() || len(f.Log()) > 0 {
			t.Errorf("%s: it took a secret: %v", name, err)
		}
	}
}

// TestAPastedKeyOfOtherAccessIsDeliveredOnceThatWasAccepted, with no second paste; an undo is the other way on.
func TestAPastedKeyOfOtherAccessIsDeliveredOnceThatWasAccepted(t *testing.T) {
	for _, yes := range []bool{false, true} {
		f, r := manual(t, nil)
		f.do(r)
		secret := f.ByHand("made-1", "anything")
		f.Edit("made-1", func(k *apikey.Key) { k.Restrictions = &apikey.Restrictions{IPAddresses: []string{"10.0.0.0/8"}} })
		res, err := f.pastes(r, secret)
		if err != nil || res.Question == nil || res.Question.Kind != rotation.AskAccept || f.Place(0).Holds() != "old" {
			t.Fatalf("%+v, %v, it holds %s", res, err, f.Place(0).Holds())
		}
		if !yes {
			f.undo(r)
			f.undone("by hand, with other access")
			continue
		}
		if _, err := f.answer(r, res.Question); err != nil {
			t.Fatal(err)
		}
		if res := f.do(r); res.Question != nil || r.View().Step != rotation.Deliver {
			t.Errorf("accepted, and it stands at %s and asks %+v", r.View().Step, res.Question)
		}
		f.Edit("made-1", func(k *apikey.Key) { k.Name = "payments-api" })
		f.drive(r)
		f.rotated("by hand, with other access")
	}
}
