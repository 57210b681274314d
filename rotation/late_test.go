package rotation_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"detent/rotation"
	"detent/rotation/world"
)

var untilBefore = regexp.MustCompile(`until (\S+) before the last of`)

// TestHowLateAUseShowsIsNotToldByAnotherUse: the stamp that appears first need not be that of our last request. Quiet ends before the look by what a
// use truly takes to show, whoever left the stamp.
func TestHowLateAUseShowsIsNotToldByAnotherUse(t *testing.T) {
	const late = 20 * time.Second
	for name, before := range map[string]func(f *fixture, r *rotation.Rotation) *rotation.Rotation{
		"the requests of the proof show in the drain": func(_ *fixture, r *rotation.Rotation) *rotation.Rotation { return r },
		"an application had used it before the proof": func(f *fixture, r *rotation.Rotation) *rotation.Rotation {
			stop := f.Elsewhere("new", 15*time.Second)
			f.Pass(40 * time.Second)
			stop()
			return r
		},
		"an application uses it all the time": func(f *fixture, r *rotation.Rotation) *rotation.Rotation {
			f.Elsewhere("new", 5*time.Second)
			f.Pass(12 * time.Second)
			return r
		},
		"another process proved it": func(f *fixture, r *rotation.Rotation) *rotation.Rotation {
			f.until(r, rotation.Drain)
			f.Pass(5 * time.Second)
			return f.again(r, rotation.ResumeOptions{})
		},
	} {
		for _, clock := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, the service shows a clock: %v", name, clock), func(t *testing.T) { quietEndsBefore(t, late, clock, before) })
		}
	}
}

// quietEndsBefore holds what is said of the old key's quiet. Where the service shows no clock a stamp may be of any moment since the secret
// was there: that is later than it truly shows, and never too soon.
func quietEndsBefore(t *testing.T, late time.Duration, clock bool, before func(*fixture, *rotation.Rotation) *rotation.Rotation) {
	f := in(t, with(genericLike, func(sc *world.Scenario) {
		sc.UseRound, sc.UseDelay, sc.Drain, sc.NoClock = 1, late, time.Minute, !clock
	}))
	if !clock {
		f.SetWall(-3 * time.Hour) // the stamps are told by the service's own, which is another
	}
	f.Idle()
	f.Pass(late + 5*time.Second)
	r := f.Start(nil)
	f.until(r, rotation.Verify)
	r = before(f, r)
	f.until(r, rotation.Drain)
	res := f.do(r)
	for ; res.Status == rotation.Waiting; res = f.do(r) {
		f.Pass(res.Wait)
	}
	if asked := res.Question; asked != nil && asked.Kind == rotation.AskAttest && !clock { // nothing is said: a longer drain, or a person's word
		return
	}
	said := claims(r, rotation.Quiet, rotation.SubjectOld)
	if len(said) != 1 {
		t.Fatalf("%+v", said)
	}
	at := untilBefore.FindStringSubmatch(said[0].Evidence().Detail)
	if at == nil {
		t.Fatal(said[0].Evidence().Detail)
	}
	if until, err := time.ParseDuration(at[1]); err != nil || until < late || clock && until > late+7*time.Second {
		t.Errorf("a use shows %s late, and it is said: %s", late, said[0].Evidence().Detail)
	}
}
