package rotation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// unnamedLike is a service that rolls a key in place and at once, takes no name for it, and shows nowhere which secret a key has.
var unnamedLike = with(genericLike, func(sc *world.Scenario) {
	sc.Roll, sc.AtOnce, sc.Unnamed, sc.Masks, sc.SeesUse, sc.Drain = time.Hour, true, true, false, false, -1
})

// noReply is the error of a call whose answer never came.
func noReply() error {
	return &client.Error{Op: "give the key a new secret", Kind: client.Timeout, Outcome: client.Unknown, Message: "no answer"}
}

func TestAKeyIsRolledWhereTheServiceTakesNoName(t *testing.T) {
	f := in(t, unnamedLike)
	r := f.Start(nil)
	f.drive(r)
	f.rotated("rolled")
	v := r.View()
	if v.State != rotation.Over || count(f.Log(), "create") != 1 || !says(v.Certain, "was rolled at once, by which its former secret dies; its secret was refused") {
		t.Errorf("%s %q", v.State, v.Certain)
	}
	for _, c := range claims(r, rotation.RowSeen, rotation.SubjectNew) {
		if strings.Contains(c.Evidence().Detail, "rolled") {
			t.Errorf("the list does not show which secret the key has, and it is claimed: %s", c.Evidence().Detail)
		}
	}
}

// TestALostRollWithoutANameIsFoundOutByTheFormerSecret: refused, the roll was done, and its secret is nobody's; accepted past the service's own
// lag, it was not. Neither is said before the former secret was tried, and only then is the key rolled again.
func TestALostRollWithoutANameIsFoundOutByTheFormerSecret(t *testing.T) {
	for name, tc := range map[string]struct {
		done bool
		lag  time.Duration
		says string
		most time.Duration // until the key is rolled again
	}{
		"it was done":                       {done: true, says: "is refused: the roll whose answer was lost was done, and nobody has its secret", most: 10 * time.Second},
		"it was done, and the service lags": {done: true, lag: 40 * time.Second, says: "is refused: the roll whose answer was lost was done", most: 75 * time.Second},
		"it was not done":                   {says: "is accepted, as before: the roll whose answer was lost was not done", most: 95 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, with(unnamedLike, func(sc *world.Scenario) { sc.RevokeLag, sc.Declared = tc.lag, tc.lag > 0 }))
			r := f.Start(nil)
			f.until(r, rotation.Create)
			f.Fail("create", noReply(), tc.done)
			begun := f.Now()
			f.do(r)
			if took := f.Now().Sub(begun); took > tc.most {
				t.Errorf("the application had a dead secret for %s", took)
			}
			log := f.Log()
			first, again, tried := -1, -1, -1
			for i, line := range log {
				switch {
				case strings.Contains(line, "create") && first < 0:
					first = i
				case strings.Contains(line, "create"):
					again = i
				case strings.Contains(line, "probe old") && again < 0:
					tried = i
				}
			}
			if count(log, "create") != 2 || tried < first || again < tried {
				t.Errorf("rolled, the former secret tried, rolled: %v", log)
			}
			if !logged(r, tc.says) {
				t.Errorf("%+v", r.View().History)
			}
			f.drive(r)
			f.rotated(name)
		})
	}
}

// TestWhatCannotBeFoundOutOfARollIsAsked: where the former secret must not be tried, or is nowhere, a person says whether the key is rolled once
// more, and nothing is claimed of the first call.
func TestWhatCannotBeFoundOutOfARollIsAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*world.Scenario)
		want   string
	}{
		"it must not be tried":      {func(sc *world.Scenario) { sc.NoTryDead = true }, "must not be asked with a secret that may be dead"},
		"no place shows it":         {func(sc *world.Scenario) { sc.Places = []string{"hook"} }, "the former secret is not at hand"},
		"made-up ones are accepted": {func(sc *world.Scenario) { sc.NoControl = true }, "does not refuse made-up secrets"},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, with(unnamedLike, tc.change))
			r := f.Start(func(p *rotation.Params) { p.AcceptUnknown = "nobody can see it"; p.Replace = true })
			f.Replaced()
			f.until(r, rotation.Create)
			if name != "made-up ones are accepted" && !says(r.View().Notes, "unknown: what became of a roll whose answer is lost") {
				t.Errorf("not said before: %q", r.View().Notes)
			}
			f.Fail("create", noReply(), true)
			res := f.do(r)
			if res.Question == nil || res.Question.Kind != rotation.AskBothGone || !strings.Contains(res.Message, tc.want) || count(f.Log(), "create") != 1 {
				t.Fatalf("%+v", res)
			}
			v := r.View()
			if says(v.Certain, "was rolled") || !says(v.Unknown, "whether the key was rolled: the answer is missing") {
				t.Errorf("certain %q, unknown %q", v.Certain, v.Unknown)
			}
			if _, err := r.Undo(context.Background()); err == nil {
				t.Error("it was undone, though the former secret may be dead")
			}
			f.react(r, f.do(r))
			f.drive(r)
			f.rotated("by a person's word")
		})
	}
}

// TestNoAnswerToTheFormerSecretTellsNothing: the roll is not made again, and the rotation stays where it is.
func TestNoAnswerToTheFormerSecretTellsNothing(t *testing.T) {
	f := in(t, unnamedLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Fail("create", noReply(), true)
	deaf := true
	f.OnProbe = func(_ string, p *apikey.Proof) {
		if deaf {
			p.Verdict, p.Evidence = apikey.Silent, "GET /harmless answered with a wall"
		}
	}
	if res, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "whether the key was rolled could not be seen") || count(f.Log(), "create") != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	deaf = false
	f.drive(r)
	f.rotated("once it answers")
}

// TestALostRollIsNotForgottenByARefusalOfTheNext: the first call was sent, so that there is no way back.
func TestALostRollIsNotForgottenByARefusalOfTheNext(t *testing.T) {
	f := in(t, unnamedLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Fail("create", noReply(), false)
	f.Fail("create", &client.Error{Op: "give the key a new secret", Kind: client.Forbidden, Outcome: client.NotDone, Own: true, Message: "not today"}, false)
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "not today") {
		t.Fatal(err)
	}
	if f.undo(r) {
		t.Error("it was undone, though a roll was sent that may take effect")
	}
	f.drive(r)
	f.rotated("in the end")
}

// TestARollWithoutANameIsKilledAnywhere: the secret is delivered, or the key is rolled once more.
func TestARollWithoutANameIsKilledAnywhere(t *testing.T) {
	every := 3
	if testing.Short() {
		every = 17
	}
	for _, places := range [][]string{{"env"}, {"env", "file"}} {
		sc := with(unnamedLike, func(sc *world.Scenario) { sc.Places = places })
		f := in(t, sc)
		all, _ := f.Life(0, func() { f.toTheEnd(f.Start(nil)) })
		f.rotated("not killed")
		for n := 1; n <= all; n += every {
			killOnce(t, sc, n, false)
		}
		t.Logf("%v: %d points", places, all)
	}
}

func logged(r *rotation.Rotation, text string) bool {
	for _, e := range r.View().History {
		if strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}

// TestARollThatIsAnsweredWithTheFormerSecretIsNoNewSecret: nothing shows that there is one, and no undo is offered where there is none.
func TestARollThatIsAnsweredWithTheFormerSecretIsNoNewSecret(t *testing.T) {
	f := in(t, unnamedLike)
	s := &former{secret: f.Key("old").Secret}
	r := f.Start(func(p *rotation.Params) { s.Service = p.Service; p.Service = s })
	f.until(r, rotation.Create)
	_, err := r.Do(t.Context())
	s.secret = apikey.Secret{}
	if said := fmt.Sprint(err); !strings.Contains(said, "answered the roll with a secret that is not new: it is the old key's") || strings.Contains(said, "undo") {
		t.Error(said)
	}
	if v := r.View(); says(v.Certain, "has a new secret, of") || !says(v.Certain, "was rolled, and not with its new secret") {
		t.Errorf("%q", v.Certain)
	}
	f.drive(r)
	f.rotated("rolled once more")
}

// TestAnAnswerThatCannotBeTheNewKeysIsSaid, where another one came after it: what was done to whom, it may tell.
func TestAnAnswerThatCannotBeTheNewKeysIsSaid(t *testing.T) {
	odd := &client.Error{Op: "give the key a new secret", Kind: client.BadAnswer, Outcome: client.Unknown, Message: "the answer is about another key"}
	for name, sc := range map[string]world.Scenario{"roll": unnamedLike, "create": vertesiaLike} {
		f := in(t, sc)
		r := f.Start(nil)
		f.until(r, rotation.Create)
		f.Fail("create", odd, false)
		if res := f.do(r); res.Step != rotation.Deliver || !says(res.Notes, "the answer is about another key") {
			t.Errorf("%s: %+v", name, res)
		}
		f = in(t, sc)
		r = f.Start(nil)
		f.until(r, rotation.Create)
		for range 3 {
			f.Fail("create", odd, false)
		}
		if _, err := r.Do(t.Context()); err == nil || !strings.Contains(err.Error(), "the answer is about another key") {
			t.Errorf("%s, three times: %v", name, err)
		}
	}
}

// former is a service whose roll answers with this secret, as long as there is one.
type former struct {
	client.Service
	secret apikey.Secret
}

func (s *former) Abilities() client.Abilities {
	can := s.Service.Abilities()
	roll := can.Roll
	can.Roll = func(ctx context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error) {
		out, err := roll(ctx, id, order)
		if !s.secret.IsZero() {
			out.Secret = s.secret
		}
		return out, err
	}
	return can
}
