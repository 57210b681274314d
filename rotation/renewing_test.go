package rotation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// Services whose roll makes a key: the old one ends with the call, or an hour later.
var (
	anewLike   = with(genericLike, func(sc *world.Scenario) { sc.Renew, sc.AtOnce, sc.SeesUse, sc.Drain = true, true, false, -1 })
	besideLike = with(genericLike, func(sc *world.Scenario) { sc.Renew, sc.SeesUse, sc.Drain = true, false, -1 })
)

var renewed = map[string]world.Scenario{"at once": anewLike, "with an overlap": besideLike}

func TestAKeyIsRolledToAnother(t *testing.T) {
	for name, sc := range renewed {
		t.Run(name, func(t *testing.T) {
			f := in(t, sc)
			r := f.Start(nil)
			f.drive(r)
			f.rotated(name)
			v := r.View()
			if v.State != rotation.Over || v.NewID() == "old" || v.New.Name != v.Old.Name || v.Rolls() || count(f.Log(), "create") != 1 {
				t.Errorf("%s, %+v", v.State, v.New)
			}
			if sc.AtOnce == says(v.Certain, "the service answered that it deleted the old key") {
				t.Errorf("%q", v.Certain)
			}
		})
	}
}

// TestALostRollToAnotherKeyIsFoundInTheList: done, its key is given up and the roll is made again, of that key where the old one ended; not done, it
// is made. A key of that name that somebody else made is left alone.
func TestALostRollToAnotherKeyIsFoundInTheList(t *testing.T) {
	for name, sc := range renewed {
		for _, done := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", done", false: ", not done"}[done], func(t *testing.T) {
				f := in(t, sc)
				r := f.Start(nil)
				f.until(r, rotation.Create)
				f.Fail("create", noReply(), done)
				if !done {
					f.Add(apikey.Key{ID: "stranger", Name: f.Key("old").Name, CreatedAt: apikey.At(f.Now())})
				}
				f.do(r)
				if n := count(f.Log(), "create"); n != 2 {
					t.Errorf("rolled %d times", n)
				}
				f.drive(r)
				if !done {
					if f.Key("stranger").Gone {
						t.Error("a key that somebody else made was deleted")
					}
					f.Remove("stranger")
				}
				f.rotated(name)
				if end := r.View().New.ExpiresAt; end.Known() && !end.IsNever() {
					t.Errorf("the new key ends %v, as the roll has made the old one", end)
				}
			})
		}
	}
}

// TestAnUndoOfARollToAnotherKeyGivesTheOldOneItsEndBack, also where the answer to the roll was lost.
func TestAnUndoOfARollToAnotherKeyGivesTheOldOneItsEndBack(t *testing.T) {
	for _, lost := range []bool{false, true} {
		f := in(t, besideLike)
		r := f.Start(nil)
		was := f.Key("old").ExpiresAt
		f.until(r, rotation.Create)
		if lost {
			f.Fail("create", noReply(), true)
			f.Fail("list", &client.Error{Op: "list keys", Kind: client.Unavailable, Message: "not now"}, false)
			if _, err := r.Do(context.Background()); err == nil {
				t.Fatal("it went on without a list")
			}
		} else {
			f.until(r, rotation.Drain)
		}
		if !f.undo(r) {
			t.Fatal("not undone")
		}
		f.undone("rolled")
		if end := f.Key("old").ExpiresAt; !end.Equal(was) {
			t.Errorf("lost %v: the old key ends %v, and was to %v", lost, end, was)
		}
	}
}

// TestWhatBecameOfARollToAnotherKeyIsAskedWhereTheListDoesNotTell: the old key is over, and no key of the roll's is there.
func TestWhatBecameOfARollToAnotherKeyIsAskedWhereTheListDoesNotTell(t *testing.T) {
	f := in(t, anewLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Fail("create", noReply(), true)
	f.Hook = func(point string) {
		if point == "after: create" {
			f.Remove("key-3") // somebody else was faster
		}
	}
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskBothGone || !strings.Contains(res.Message, "or the roll whose answer was lost, of which the list shows no key") || count(f.Log(), "create") != 1 {
		t.Errorf("%+v", res)
	}
	f.Forgive()
}

func TestARollToAnotherKeyIsKilledAnywhere(t *testing.T) {
	every := 3
	if testing.Short() {
		every = 17
	}
	for name, sc := range renewed {
		t.Run(name, func(t *testing.T) {
			f := in(t, sc)
			all, _ := f.Life(0, func() { f.toTheEnd(f.Start(nil)) })
			f.rotated("not killed")
			for n := 1; n <= all; n += every {
				killOnce(t, sc, n, false)
				if !sc.AtOnce {
					killOnce(t, sc, n, true)
				}
			}
			t.Logf("%d points", all)
		})
	}
}

// TestALostSecretOfARollIsNoWordOnTheOldKey: the list lacks the old key for longer than it may be behind, which is no proof that it is over. A person says what is
// next; where the list shows it again, the old one is rolled again, and where it shows it as over, the new key in its turn. No key of the rolls is left.
func TestALostSecretOfARollIsNoWordOnTheOldKey(t *testing.T) {
	for name, tc := range map[string]struct {
		hide, over bool // the list lacks the old key; it is over
		yes        bool // a person wants another key while it is hidden
	}{"the list lacks it": {hide: true}, "the list lacks it, and another is wanted": {hide: true, yes: true}, "it is over": {over: true}} {
		t.Run(name, func(t *testing.T) {
			f := in(t, besideLike)
			r := f.Start(nil)
			f.until(r, rotation.Create)
			f.Hook = func(point string) {
				if point == "after: create" {
					f.Edit("key-3", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(time.Hour)) })
					f.Hook = nil
				}
			}
			f.react(r, f.do(r)) // the other end is accepted, and the process is gone with the secret
			r = f.again(r, rotation.ResumeOptions{})
			if tc.over {
				f.Edit("old", func(k *apikey.Key) { k.ExpiresAt = apikey.At(f.Now().Add(-time.Second)) })
			}
			if tc.hide {
				show := f.Adversary("list lacks a row", 49)
				f.Log()
				res := f.do(r)
				if res.Question == nil || res.Question.Kind != rotation.AskBothGone || count(f.Log(), "create") != 0 {
					t.Fatalf("%+v", res)
				}
				if tc.yes {
					f.react(r, res)
				}
				if !tc.yes {
					show()
				}
			}
			f.drive(r)
			f.rotated(name)
			f.Forgive() // somebody has changed the ends
		})
	}
}
