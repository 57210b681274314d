package rotation_test

import (
	"context"
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

// behind is a service whose next lists lack a key that is there, or show it as it was.
type behind struct {
	client.Service
	f     *fixture
	key   string
	lists int
	as    func(*apikey.Key) // nil leaves it out
}

func (b *behind) List(ctx context.Context, each func([]apikey.Key)) error {
	lacks := b.lists > 0
	b.lists--
	return b.Service.List(ctx, func(rows []apikey.Key) {
		is := func(k apikey.Key) bool { return k.ID == b.f.Key(b.key).ID }
		if lacks && b.as == nil {
			rows = slices.DeleteFunc(slices.Clone(rows), is)
		}
		for i := range rows {
			if lacks && is(rows[i]) {
				b.as(&rows[i])
			}
		}
		each(rows)
	})
}

// TestAListThatLacksAKeyIsLookedAtAgain: before that counts for anything, at every step, and in an undo. Nothing is asked, and
// nothing else is done than where the list shows it.
func TestAListThatLacksAKeyIsLookedAtAgain(t *testing.T) {
	watched := with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.Disable = 4*time.Second, true })
	for _, tc := range []struct {
		step rotation.Step
		key  string
		undo bool
	}{{rotation.Verify, "new", false}, {rotation.Drain, "old", false}, {rotation.Drain, "new", false}, {rotation.Disable, "old", false}, {rotation.Disable, "new", false},
		{rotation.Delete, "new", false}, {rotation.Drain, "old", true}, {rotation.Soak, "old", true}, {rotation.Delete, "old", true}} {
		what := string(tc.step) + ", " + tc.key
		f := in(t, watched)
		b := &behind{f: f, key: tc.key}
		r := f.Start(func(p *rotation.Params) { b.Service = p.Service; p.Service = b })
		f.until(r, tc.step)
		b.lists = 2
		var res rotation.Result
		var err error
		if tc.undo {
			res, err = r.Undo(context.Background())
		} else {
			res, err = r.Do(context.Background())
		}
		if err != nil || res.Question != nil || b.lists > 0 {
			t.Errorf("%s, undo %v: %+v, %v, %d lists", what, tc.undo, res, err, b.lists)
		}
		if tc.undo {
			f.undone(what)
		} else {
			f.drive(r)
			f.rotated(what)
		}
	}
}

// TestAKeyThatWasSwitchedOnMayBeListedAsOffForAWhile: an undo that switched it on looks again.
func TestAKeyThatWasSwitchedOnMayBeListedAsOffForAWhile(t *testing.T) {
	f := in(t, vertesiaLike)
	b := &behind{f: f, key: "old", as: func(k *apikey.Key) { k.Enabled = ptr(false) }}
	r := f.Start(func(p *rotation.Params) { noWaits(p); b.Service = p.Service; p.Service = b })
	f.until(r, rotation.Delete)
	f.Hook = func(string) {
		if f.Place(0).Holds() == "old" {
			b.lists, f.Hook = 2, nil
		}
	}
	f.undo(r)
	f.undone("listed as off")
	if b.lists > 0 {
		t.Errorf("it was not looked at again: %d", b.lists)
	}
	if log := f.Log(); count(log, "enable") != 1 {
		t.Errorf("%v", log)
	}
}

// renaming is a service whose answer to a rename is about another key, or a failure that names one.
type renaming struct {
	client.Service
	id  string
	err error
}

func (s renaming) Update(ctx context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	k, err := s.Service.Update(ctx, id, p)
	if p.Name != nil && err == nil {
		k.ID, err = s.id, s.err
	}
	return k, err
}

// TestARenameThatIsAnsweredForAnotherKeyMakesItNotTheNewOne.
func TestARenameThatIsAnsweredForAnotherKeyMakesItNotTheNewOne(t *testing.T) {
	for _, s := range []renaming{{id: "other"}, {id: ""}, {id: "other", err: lost("rename")}, {id: "old", err: refusal("rename", client.Conflict, 409)}} {
		f := in(t, vertesiaLike)
		r := f.Start(func(p *rotation.Params) { noWaits(p); s.Service = p.Service; p.Service = s })
		f.drive(r)
		if v := r.View(); v.NewID() != f.Key("new").ID || v.NewID() == s.id {
			t.Errorf("%+v: the new key is %s, and not %s", s, v.NewID(), f.Key("new").ID)
		}
		f.rotated("renamed")
	}
}

// TestAKeyThatNoListShowsIsTriedBeforeItIsDelivered: refused, it is written over no living secret. Nothing else holds it up.
func TestAKeyThatNoListShowsIsTriedBeforeItIsDelivered(t *testing.T) {
	for name, tc := range map[string]struct {
		lists   int
		verdict apikey.Verdict
		writes  bool
	}{
		"refused":               {1000, apikey.Refused, false},
		"accepted":              {1000, apikey.Accepted, true},
		"not told":              {1000, apikey.Silent, true},
		"refused, and is shown": {0, apikey.Refused, true}, // that it takes a moment to know a key is what the proof after the delivery waits for
	} {
		f := in(t, vertesiaLike)
		b := &behind{f: f, key: "new"}
		r := f.Start(func(p *rotation.Params) { noWaits(p); b.Service = p.Service; p.Service = b })
		f.until(r, rotation.Create)
		b.lists = tc.lists
		f.OnProbe = func(whose string, p *apikey.Proof) {
			if whose == "new" {
				p.Verdict = tc.verdict
			}
		}
		f.until(r, rotation.Deliver)
		res, err := r.Do(t.Context())
		if writes := f.Place(0).Holds() == "new"; err != nil || writes != tc.writes {
			t.Errorf("%s: it holds %s; %+v, %v", name, f.Place(0).Holds(), res, err)
		}
		if asked := res.Question != nil && res.Question.Kind == rotation.AskBothGone; asked == tc.writes {
			t.Errorf("%s: %+v", name, res)
		}
		f.Forgive()
	}
}

// spoiling is a service whose rename changes more than the name, as its answer shows.
type spoiling struct {
	client.Service
	more func(k *apikey.Key)
}

func (s spoiling) Update(ctx context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	k, err := s.Service.Update(ctx, id, p)
	if p.Name != nil && err == nil {
		s.more(&k)
	}
	return k, err
}

// TestARenameThatChangesMoreThanTheNameIsNoEnd: the new key is switched off by it, or may do more.
func TestARenameThatChangesMoreThanTheNameIsNoEnd(t *testing.T) {
	off := false
	for want, more := range map[string]func(k *apikey.Key){
		"the new key is disabled":                   func(k *apikey.Key) { k.Enabled = &off },
		"changed more of the new key than its name": func(k *apikey.Key) { k.Role = "admin" },
	} {
		f := in(t, vertesiaLike)
		s := spoiling{more: more}
		r := f.Start(func(p *rotation.Params) { noWaits(p); s.Service = p.Service; p.Service = s })
		f.until(r, rotation.Delete)
		res, err := r.Do(t.Context())
		if said := fmt.Sprint(err) + res.Message + questionText(res); r.View().State == rotation.Over || !strings.Contains(said, want) {
			t.Errorf("%s: %s, %+v, %v", want, r.View().State, res, err)
		}
	}
}

// TestAListThatStillShowsADeletedKeyIsSaid, also where the secret is refused: that of a key that is off is.
func TestAListThatStillShowsADeletedKeyIsSaid(t *testing.T) {
	for still, deletes := range map[bool]bool{true: false, false: true} {
		f := in(t, vertesiaLike)
		s := pretending{deletes: deletes}
		r := f.Start(func(p *rotation.Params) { noWaits(p); s.Service = p.Service; p.Service = s })
		all := f.drive(r)
		said := all[len(all)-1].Message
		if r.View().State != rotation.Over || !strings.Contains(said, "its secret was refused") || strings.Contains(said, "the list still showed the key at") != still {
			t.Errorf("still listed %v: %s", still, said)
		}
	}
}

// pretending is a service that may answer a deletion with a yes and do nothing.
type pretending struct {
	client.Service
	deletes bool
}

func (s pretending) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	if s.deletes {
		return s.Service.Delete(ctx, id)
	}
	return apikey.Deleted{}, nil
}

func questionText(res rotation.Result) string {
	if res.Question == nil {
		return ""
	}
	return res.Question.Text
}

// TestAPasteWaitsForAListThatIsBehindTheDashboard.
func TestAPasteWaitsForAListThatIsBehindTheDashboard(t *testing.T) {
	f := in(t, manualLike)
	b := &behind{f: f, key: "made-1"}
	r := f.Start(func(p *rotation.Params) { noWaits(p); b.Service = p.Service; p.Service = b })
	f.until(r, rotation.Create)
	secret := f.ByHand("made-1", r.View().NewName)
	b.lists = 4
	if res, err := f.pastes(r, secret); err != nil || res.Step != rotation.Deliver || r.View().NewID() != "made-1" || b.lists > 0 {
		t.Errorf("%+v, %v, %d lists", res, err, b.lists)
	}
}

// lacking is a service whose lists show neither key for a while.
type lacking struct {
	client.Service
	lacks bool
}

func (s *lacking) List(ctx context.Context, each func([]apikey.Key)) error {
	if s.lacks {
		each(nil)
		return nil
	}
	return s.Service.List(ctx, each)
}

// TestAListThatShowsNeitherKeyIsNoWordAgainstASecretThatWorks: nothing is asked, made or deleted on it.
func TestAListThatShowsNeitherKeyIsNoWordAgainstASecretThatWorks(t *testing.T) {
	for _, step := range []rotation.Step{rotation.Drain, rotation.Disable, rotation.Delete} {
		for _, probe := range []error{nil, refusal("probe", client.Unavailable, 503)} {
			f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.Disable, sc.SoakZero = 4*time.Second, true, true }))
			s := &lacking{}
			r := f.Start(func(p *rotation.Params) { s.Service, p.Service = p.Service, s })
			f.until(r, step)
			s.lacks = true
			if probe != nil {
				f.Fail("probe", probe, false)
			}
			f.Log()
			res, err := r.Do(context.Background())
			if log := f.Log(); step != rotation.Disable && (err == nil || res.Question != nil) || count(log, "create")+count(log, "delete")+count(log, "disable") > 0 {
				t.Errorf("%s, %v: %+v, %v: %v", step, probe, res, err, log)
			}
			if err != nil && probe != nil && !client.IsKind(err, client.Unavailable) && !strings.Contains(err.Error(), "does not show the new key") {
				t.Errorf("%s: %v", step, err)
			}
			s.lacks = false
			f.Mend()
			f.drive(r)
			f.rotated(string(step))
		}
	}
}

// giving is a service that does not give a secret again, in some way.
type giving struct {
	client.Service
	err error
}

func (s giving) Abilities() client.Abilities {
	can := s.Service.Abilities()
	can.Retrieve = func(context.Context, string) (apikey.Secret, error) { return apikey.Secret{}, s.err }
	return can
}

// TestASecretThatIsNotGivenAgainIsGone where the service says no; where it gives no answer it is asked again.
func TestASecretThatIsNotGivenAgainIsGone(t *testing.T) {
	for kind, fails := range map[client.Kind]bool{client.Unsupported: false, client.Forbidden: false, client.NotFound: false, client.Unavailable: true, client.RateLimited: true, client.Unauthorized: true} {
		f := in(t, prosopoLike)
		r := f.Start(func(p *rotation.Params) {
			noWaits(p)
			p.Service = giving{p.Service, &client.Error{Op: "retrieve", Kind: kind, Message: "no", Outcome: client.NotDone, Own: true}}
		})
		f.until(r, rotation.Create)
		f.Fail("create", lost("create"), true)
		res, err := r.Do(context.Background())
		log := f.Log()
		if (err != nil) != fails || fails && (!client.IsKind(err, kind) || count(log, "delete") > 0 || count(log, "create") != 1) || !fails && (count(log, "create") != 2 || count(log, "delete") != 1) {
			t.Errorf("%s: %+v, %v: %v", kind, res, err, log)
		}
	}
}

// telling is a service that answers who a secret belongs to with a failure.
type telling struct {
	client.Service
	err error
}

func (s telling) Abilities() client.Abilities {
	can := s.Service.Abilities()
	can.Identify = func(context.Context, apikey.Secret) (*apikey.Key, error) { return nil, s.err }
	return can
}

// TestAServiceThatCannotTellWhoseASecretIsTellsNothing: what it refuses to say is not known; no answer is a failure.
func TestAServiceThatCannotTellWhoseASecretIsTellsNothing(t *testing.T) {
	for kind, fails := range map[client.Kind]bool{client.Unauthorized: false, client.Forbidden: false, client.NotFound: false, client.Unsupported: false, client.Unavailable: true, client.RateLimited: true, client.Timeout: true} {
		f := in(t, vertesiaLike)
		r := f.Start(func(p *rotation.Params) {
			p.Service = telling{p.Service, &client.Error{Op: "identify", Kind: kind, Message: "no", Outcome: client.NotDone, Own: true}}
		})
		res, err := r.Do(context.Background())
		if (err != nil) != fails || fails && !client.IsKind(err, kind) || !fails && !says(res.Notes, "nothing tells") {
			t.Errorf("%s: %+v, %v", kind, res, err)
		}
	}
}
