package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

var (
	rollLike   = with(genericLike, func(sc *world.Scenario) { sc.Roll, sc.Drain = 2*time.Hour, 4*time.Second })
	atOnceLike = with(rollLike, func(sc *world.Scenario) { sc.AtOnce = true })
)

// TestARollIsRefusedWhereItCannotBe: before anything is changed.
func TestARollIsRefusedWhereItCannotBe(t *testing.T) {
	ends := func(in time.Duration) func(*fixture) {
		return func(f *fixture) {
			f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(in)) })
		}
	}
	for name, tc := range map[string]struct {
		set    func(*fixture)
		params func(*rotation.Params)
		want   string
	}{
		"detent's own key": {func(f *fixture) { f.Own = "old" }, func(p *rotation.Params) { p.Switcher = &switcher{} }, "it would have to change its credential in between"},
		"an earlier overlap runs": {func(f *fixture) {
			f.Edit("old", func(k *apikey.Key) { k.FormerEndsAt = apikey.At(f.Now().Add(time.Hour)) })
		}, nil, "the overlap of an earlier roll runs"},
		"a key that has expired":          {ends(-time.Hour), nil, "the key is expired or disabled"},
		"a key that ends soon":            {ends(8 * time.Minute), nil, "whatever its secret is"},
		"longer than the service takes":   {func(*fixture) {}, func(p *rotation.Params) { p.Overlap = ptr(30 * 24 * time.Hour) }, "the service takes an overlap of 7d at the longest"},
		"no longer than the drain is":     {func(*fixture) {}, func(p *rotation.Params) { p.Overlap, p.Drain = ptr(time.Minute), ptr(time.Minute) }, "before the drain of 1m is over"},
		"shorter than the usual drain is": {func(*fixture) {}, func(p *rotation.Params) { p.Overlap, p.Drain = ptr(time.Minute), ptr(15*time.Minute) }, "give a longer --overlap"},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, rollLike)
			tc.set(f)
			f.Pass(time.Second)
			r, err := f.TryStart(func(p *rotation.Params) {
				p.Revive = true
				if tc.params != nil {
					tc.params(p)
				}
			})
			if err == nil {
				_, err = r.Do(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("want %q, got %v", tc.want, err)
			}
			f.Close()
			f.leavesNothing(f.Log())
			planned := in(t, rollLike)
			tc.set(planned)
			planned.Pass(time.Second)
			planned.planIsRefused(func(p *rotation.Params) {
				p.Revive = true
				if tc.params != nil {
					tc.params(p)
				}
			}, tc.want)
		})
	}
}

// TestAnOutageIsSomebodysWord: it is asked, also where a reason was given for something else, and a roll with an overlap knows none.
func TestAnOutageIsSomebodysWord(t *testing.T) {
	for asks, sc := range map[bool]world.Scenario{true: atOnceLike, false: rollLike} {
		f := in(t, sc)
		res := f.do(f.Start(nil))
		if asked := res.Question != nil && res.Question.Kind == rotation.AskOutage; asked != asks || asks && (res.Question.Default != rotation.No || res.Question.Flag != "--outage") {
			t.Errorf("at once %v: %+v", asks, res)
		}
	}
}

// TestEveryPlaceIsReadyBeforeTheFormerSecretDies: what cannot be delivered to, or holds something else by then, stops it before anything is sent.
func TestEveryPlaceIsReadyBeforeTheFormerSecretDies(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"it cannot be written": func(f *fixture) { f.Fail("preflight", errors.New("the folder is read-only"), false) },
		"it cannot be read":    func(f *fixture) { f.Fail("read", errors.New("permission denied"), false) },
		"it holds a third value": func(f *fixture) {
			f.Place(1).Put("a-value-of-somebody-else-0123456789")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, with(atOnceLike, func(sc *world.Scenario) { sc.Places = []string{"env", "file"} }))
			r := f.Start(nil)
			f.until(r, rotation.Create)
			change(f)
			_, err := r.Do(t.Context())
			if err == nil || !strings.Contains(err.Error(), "nothing was sent") || count(f.Log(), "create") > 0 || !f.Key("old").Alive {
				t.Errorf("%v; %v", err, f.keys())
			}
		})
	}
}

// TestARollThatDidNothingWritesOverNothing: the new secret is refused, and the former one accepted, past the service's lag. Whatever else is
// answered is delivered, since the application may wait for it.
func TestARollThatDidNothingWritesOverNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		fresh, former apikey.Verdict
		stops         bool
	}{
		"nothing was done":           {apikey.Refused, apikey.Accepted, true},
		"both are refused":           {apikey.Refused, apikey.Refused, false},
		"the former one is not told": {apikey.Refused, apikey.Silent, false},
		"the new one is not told":    {apikey.Silent, apikey.Accepted, false},
	} {
		f := in(t, atOnceLike)
		r := f.Start(nil)
		f.until(r, rotation.Deliver)
		f.OnProbe = func(whose string, p *apikey.Proof) {
			switch whose {
			case "new":
				p.Verdict = tc.fresh
			case "old":
				p.Verdict = tc.former
			}
		}
		f.Log()
		res, err := r.Do(t.Context())
		if writes := f.Place(0).Holds() == "new"; err != nil || writes == tc.stops {
			t.Errorf("%s: it holds %s; %+v, %v", name, f.Place(0).Holds(), res, err)
		}
		if !tc.stops {
			f.Forgive()
			continue
		}
		if res.Question == nil || res.Question.Kind != rotation.AskBothGone || !strings.Contains(res.Question.Text, "it did nothing that can be seen") || strings.Contains(res.Question.Text, "undo") {
			t.Fatalf("%s: %+v", name, res)
		}
		if res, err := r.Answer(t.Context(), rotation.Answer{Kind: rotation.AskBothGone, Subject: res.Question.Subject, Choice: rotation.CloseIt, Reason: "it did nothing"}); err != nil || r.View().State != rotation.Closed || f.Place(0).Holds() != "old" {
			t.Errorf("%s: %+v, %v, %s", name, res, err, r.View().State)
		}
		f.Forgive()
	}
}

// TestARollThatGivesOutAnotherKeysSecretWritesOverNothing, where the service says whose it is.
func TestARollThatGivesOutAnotherKeysSecretWritesOverNothing(t *testing.T) {
	f := in(t, atOnceLike)
	r := f.Start(nil)
	f.until(r, rotation.Deliver)
	f.OnProbe = func(whose string, p *apikey.Proof) {
		if whose == "new" {
			p.Key = &apikey.Key{ID: "other", Name: "ci-deploy"}
		}
	}
	res, err := r.Do(t.Context())
	if err != nil || res.Question == nil || res.Question.Kind != rotation.AskBothGone || !strings.Contains(res.Question.Text, `another key, "ci-deploy" (other)`) || f.Place(0).Holds() != "old" {
		t.Errorf("it holds %s; %+v, %v", f.Place(0).Holds(), res, err)
	}
	f.Forgive()
}

// TestARollOfWhichTheSecretIsLostIsTakenBackFirst: the answer is asked for again under its name, and comes without the secret.
func TestARollOfWhichTheSecretIsLostIsTakenBackFirst(t *testing.T) {
	f := in(t, rollLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Fail("create", lost("give the key a new secret"), true)
	f.do(r)
	var calls []string
	for _, line := range f.Log() {
		if line == "create" || strings.HasPrefix(line, "delete") {
			calls = append(calls, line)
		}
	}
	if got := strings.Join(calls, ", "); got != "create, create, delete new, create" {
		t.Errorf("the calls are %s", got)
	}
	f.drive(r)
	f.rotated("rolled once more")
}

// TestWhatBecameOfARollIsLearnedBeforeAnUndo: its answer was lost, and it was done.
func TestWhatBecameOfARollIsLearnedBeforeAnUndo(t *testing.T) {
	f := in(t, rollLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Hook = func(point string) {
		if point == "after: create" {
			f.Hook = nil
			f.Fail("list", lost("list keys"), false)
			f.Fail("list", lost("list keys"), false)
		}
	}
	f.Fail("create", lost("give the key a new secret"), true)
	if _, err := r.Do(t.Context()); err == nil {
		t.Fatal("the list was to fail")
	}
	f.Mend()
	if !f.undo(r) {
		t.Fatal("no undo")
	}
	f.undone("undone")
}

// TestANameIsNotASecrets: a service that names the key of a secret names the same one for both secrets.
func TestANameIsNotASecrets(t *testing.T) {
	f := in(t, rollLike)
	f.OnProbe = func(_ string, p *apikey.Proof) {
		if p.Verdict == apikey.Accepted {
			p.Key = &apikey.Key{ID: "old", Name: "payments-api"}
		}
	}
	f.drive(f.Start(nil))
	f.rotated("by a service that names the key")
}

// TestOneListIsNoWordAgainstAnOverlap: the service answered when the former secret dies. A list that does not show it before that is looked at again,
// and where a later one shows it nothing was sent, and its use is watched.
func TestOneListIsNoWordAgainstAnOverlap(t *testing.T) {
	for name, tc := range map[string]struct {
		lists int // that do not show the former secret
		over  bool
	}{"one list": {1, false}, "the lists of as long as they may be behind": {1000, true}} {
		t.Run(name, func(t *testing.T) {
			f := in(t, rollLike)
			r := f.Start(nil)
			f.until(r, rotation.Drain)
			left, end := tc.lists, f.Key("old").ExpiresAt
			f.Hook = func(point string) {
				switch {
				case point == "before: list" && left > 0:
					left--
					f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(-time.Second)) })
				case point == "after: list":
					f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = end })
				}
			}
			f.do(r)
			if out := r.View().Step != rotation.Drain; out != tc.over {
				t.Fatalf("it stands at %s", r.View().Step)
			}
			if !tc.over {
				return
			}
			for n := 0; r.View().Step == rotation.Delete; n++ {
				if r.View().OldAnswered { // that it is over was taken up
					left = 0
				}
				if res := f.do(r); res.Status == rotation.Waiting {
					f.Pass(res.Wait)
				}
				if n > 50 {
					t.Fatal("it stays")
				}
			}
			if v := r.View(); v.Step != rotation.Drain || v.OldGone || count(f.Log(), "delete") > 0 {
				t.Fatalf("it stands at %s, old gone %v", v.Step, v.OldGone)
			}
			f.drive(r)
			f.rotated("after all")
		})
	}
}

// TestAKeyThatSomebodyElseRolledIsNotRolledOver: it is asked about, or waits for the overlap of that. Rolled by a person's word all the same, the
// secret that it had when the rotation began is dead, and there is no way back to it.
func TestAKeyThatSomebodyElseRolledIsNotRolledOver(t *testing.T) {
	f := in(t, rollLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Rolled(time.Hour)
	if _, err := r.Do(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody else has rolled this key") || count(f.Log(), "create") > 0 {
		t.Errorf("%v", err)
	}
	f = in(t, rollLike)
	r = f.Start(nil)
	f.until(r, rotation.Create)
	f.Rolled(0)
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskBothGone || count(f.Log(), "create") > 0 {
		t.Fatalf("%+v", res)
	}
	f.react(r, res)
	f.until(r, rotation.Deliver)
	if _, err := r.Undo(t.Context()); !errors.Is(err, rotation.ErrOldGone) || !strings.Contains(err.Error(), "had when the rotation began is dead") {
		t.Errorf("%v", err)
	}
	f.drive(r)
	f.rotated("beyond another's")
	f.Forgive() // the overlap that was ended had the other's secret
}

// TestAKeyIsNotRolledASecondTimeWhileTheOverlapRuns: a program that nobody can read may have the new secret, which is lost here.
func TestAKeyIsNotRolledASecondTimeWhileTheOverlapRuns(t *testing.T) {
	f := in(t, with(rollLike, func(sc *world.Scenario) { sc.Places = []string{"hook"} }))
	r := f.Start(nil)
	f.until(r, rotation.Verify)
	r = f.again(r, rotation.ResumeOptions{})
	_, err := r.Do(t.Context())
	log := f.Log()
	if err == nil || !strings.Contains(err.Error(), "while the overlap runs the key is not rolled a second time") || !strings.Contains(err.Error(), "undo: ask you to put the old value back") ||
		count(log, "create")+count(log, "delete") > 0 {
		t.Fatalf("%v; %v", err, log)
	}
	if !f.undo(r) {
		t.Fatal("no undo")
	}
	f.undone("as it says")
}

// TestThatNoOverlapRunsIsNoWayBack: the key cannot be given back to a former secret that died in the moment of the call, and the answer to that is
// not taken for a yes.
func TestThatNoOverlapRunsIsNoWayBack(t *testing.T) {
	f := in(t, rollLike)
	r := f.Start(nil)
	f.until(r, rotation.Verify)
	f.Hook = func(point string) {
		if strings.HasPrefix(point, "before: delete the new key") {
			f.Remove("old")
		}
	}
	_, err := r.Undo(t.Context())
	f.Forgive() // the place has the old value by then
	if err == nil || !strings.Contains(err.Error(), "no overlap runs any more") || r.View().State != rotation.Open {
		t.Errorf("%v, %s", err, r.View().State)
	}
}

// TestTheAdviceToARollThatIsRefusedWorks: whatever a key's end, the overlap and the drain, the plan says what the run says, and what is followed is
// not refused again.
func TestTheAdviceToARollThatIsRefusedWorks(t *testing.T) {
	advice := regexp.MustCompile(`give an? --(overlap|drain) of (\S+) at most`)
	followed := 0
	for name, sc := range map[string]world.Scenario{"in place": rollLike, "another key": besideLike} {
		for _, end := range []time.Duration{5 * time.Minute, 12 * time.Minute, 20 * time.Minute, 40 * time.Minute, 3 * time.Hour, 30 * time.Hour} {
			for _, overlap := range []*time.Duration{nil, ptr(10 * time.Minute), ptr(2 * time.Hour), ptr(26 * time.Hour)} {
				for _, drain := range []time.Duration{0, time.Minute, 15 * time.Minute} {
					what := fmt.Sprintf("%s, ends in %s, overlap %v, drain %s", name, end, overlap, drain)
					overlap := overlap
					if overlap != nil {
						what = fmt.Sprintf("%s, ends in %s, overlap %s, drain %s", name, end, *overlap, drain)
					}
					for range 4 {
						begin := func(plan bool) (*fixture, *rotation.Rotation) {
							f := in(t, sc)
							f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(end + time.Second)) })
							f.Pass(time.Second)
							return f, f.Start(func(p *rotation.Params) {
								p.PlanOnly, p.Drain, p.Overlap = plan, &drain, overlap
							})
						}
						_, r := begin(true)
						_, planned := r.Plan(t.Context())
						f, r := begin(false)
						_, ran := r.Do(t.Context())
						f.Forgive()
						if fmt.Sprint(planned) != fmt.Sprint(ran) {
							t.Fatalf("%s: the plan says %v, the run %v", what, planned, ran)
						}
						if ran == nil {
							if v := r.View(); name == "another key" && v.Overlap > end {
								t.Errorf("%s: it would end later, after %s", what, v.Overlap)
							}
							break
						}
						said := advice.FindStringSubmatch(ran.Error())
						if said == nil {
							if end > minLifeOfRoll+drain && !strings.Contains(ran.Error(), "longer --overlap") {
								t.Errorf("%s: %v", what, ran)
							}
							break
						}
						d, err := apikey.ParseSpan(said[2])
						if err != nil || d <= 0 {
							t.Fatalf("%s: %v", ran, err)
						}
						if followed++; said[1] == "overlap" {
							overlap = &d
						} else {
							drain = d
						}
					}
				}
			}
		}
	}
	if followed < 10 {
		t.Errorf("%d pieces of advice were followed", followed)
	}
}

// minLifeOfRoll is how long a key that is rolled must live on.
const minLifeOfRoll = 11 * time.Minute

// bereft is a service that ends no overlap and gives no key back any more: its issuer's file was changed meanwhile.
type bereft struct{ client.Service }

func (b bereft) Abilities() client.Abilities {
	can := b.Service.Abilities()
	can.EndOverlap, can.KeepFormer = nil, nil
	return can
}

// TestACallThatIsGoneSinceTheRollIsSaidToBe: nothing is sent, and both secrets live.
func TestACallThatIsGoneSinceTheRollIsSaidToBe(t *testing.T) {
	for _, undo := range []bool{false, true} {
		f := in(t, rollLike)
		r := f.Start(nil)
		f.until(r, rotation.Delete)
		r.Close()
		r, err := f.Resume(r.ID(), rotation.ResumeOptions{}, func(w *rotation.World) { w.Service = bereft{w.Service} })
		if err != nil {
			t.Fatal(err)
		}
		if undo {
			_, err = r.Undo(t.Context())
		} else {
			_, err = r.Do(t.Context())
		}
		if !client.IsKind(err, client.Unsupported) || client.MayHaveHappened(err) || len(f.Live()) != 2 || count(f.Log(), "delete")+count(f.Log(), "delete new") > 0 {
			t.Errorf("undo %v: %v; %v", undo, err, f.keys())
		}
	}
}

// asked is a service that can say whose a secret is and give it again, and counts how often it was.
type asked struct {
	client.Service
	r    **rotation.Rotation
	seen map[string]int
}

func (a asked) Abilities() client.Abilities {
	can := a.Service.Abilities()
	can.Identify = func(context.Context, apikey.Secret) (*apikey.Key, error) {
		a.seen["identify at "+string((*a.r).View().Step)]++
		return &apikey.Key{ID: "old"}, nil
	}
	can.Retrieve = func(context.Context, string) (apikey.Secret, error) {
		a.seen["retrieve"]++
		return apikey.Secret{}, nil
	}
	return can
}

// TestOfTwoSecretsNoneIsAskedForByTheKeysID: of a key that is rolled the service cannot say whose of the two a secret is, nor which it gives.
func TestOfTwoSecretsNoneIsAskedForByTheKeysID(t *testing.T) {
	f := in(t, rollLike)
	var r *rotation.Rotation
	a := asked{r: &r, seen: map[string]int{}}
	r = f.Start(func(p *rotation.Params) { a.Service = p.Service; p.Service = a })
	f.until(r, rotation.Deliver)
	r.Close()
	var err error
	if r, err = f.Resume(r.ID(), rotation.ResumeOptions{}, func(w *rotation.World) { w.Service = a }); err != nil {
		t.Fatal(err)
	}
	f.drive(r)
	f.rotated("rolled")
	if len(a.seen) != 1 || a.seen["identify at preflight"] == 0 {
		t.Errorf("%v", a.seen)
	}
}
