package rotation_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
	"detent/rotation"
)

// switcher is a token file, or an environment variable that only the operator can change.
type switcher struct {
	f        *fixture
	file     bool
	old      string
	undone   int
	finished int
	refuse   error // what a service with the new credential answers
}

func (s *switcher) Describe() string { return "the file token" }
func (s *switcher) CanSwitch() bool  { return s.file }

func (s *switcher) Preflight(context.Context, delivery.Job) error { return nil }

func (s *switcher) Switch(_ context.Context, _ delivery.Job, _ apikey.Secret) (client.Service, error) {
	if s.old == "" {
		s.old = s.f.Own
	}
	s.f.Own = "new"
	if s.refuse != nil {
		s.f.Fail("list", s.refuse, false)
	}
	return s.f.Service(), nil
}

func (s *switcher) Undo(context.Context, delivery.Job) (client.Service, error) {
	s.undone++
	if s.old != "" {
		s.f.Own = s.old
	}
	return s.f.Service(), nil
}

func (s *switcher) Finish(context.Context, delivery.Job) error { s.finished++; return nil }

// owned is a world whose old key is what the program authenticates with.
func owned(t *testing.T, file bool) (*fixture, *switcher) {
	f := in(t, vertesiaLike)
	f.Own = "old"
	return f, &switcher{f: f, file: file}
}

func (s *switcher) in(p *rotation.Params) { p.Switcher = s }

func (s *switcher) resume(r *rotation.Rotation) *rotation.Rotation {
	s.f.t.Helper()
	r.Close()
	next, err := s.f.Resume(r.ID(), rotation.ResumeOptions{}, func(w *rotation.World) { w.Switcher = s })
	if err != nil {
		s.f.t.Fatal(err)
	}
	return next
}

func TestOwnCredentialIsSwitchedBeforeTheOldOneIsRetired(t *testing.T) {
	f, s := owned(t, true)
	r := f.Start(s.in)
	f.until(r, rotation.Drain)
	if f.Own != "new" || !says(r.View().Certain, "detent's own credential was switched") {
		t.Fatalf("detent still uses %s at the drain: %q", f.Own, r.View().Certain)
	}
	f.drive(r)
	f.rotated("own")
	if s.finished != 1 {
		t.Error("the kept old credential was not removed")
	}
}

func TestOwnCredentialIsSwitchedBackByUndo(t *testing.T) {
	f, s := owned(t, true)
	r := f.Start(s.in)
	f.until(r, rotation.Delete)
	f.undo(r)
	f.undone("own")
	if f.Own != "old" || s.undone != 1 {
		t.Error("detent is left without its credential")
	}
}

func TestOwnCredentialOfTheEnvironmentStopsUntilAStartUsesTheNewOne(t *testing.T) {
	for _, mode := range []rotation.Mode{rotation.Planned, rotation.Compromised} {
		f, s := owned(t, false)
		r := f.Start(func(p *rotation.Params) { s.in(p); noWaits(p); p.Mode = mode })
		var res rotation.Result
		for res.Status == rotation.Moved {
			res = f.do(r)
		}
		if res.Question == nil || res.Question.Kind != rotation.AskSwitch || !strings.Contains(res.Message, "the file token") || !f.Key("old").Accepted {
			t.Fatalf("%s: %+v", mode, res)
		}
		f.Own = r.View().NewID() // the operator, and a new start
		f.drive(s.resume(r))
		f.rotated(string(mode))
	}
}

// An undo deletes the new key: not while it is what detent itself authenticates with.
func TestUndoStopsWhileDetentUsesTheNewKey(t *testing.T) {
	f, s := owned(t, false)
	r := f.Start(func(p *rotation.Params) { s.in(p); noWaits(p) })
	var res rotation.Result
	for res.Status == rotation.Moved {
		res = f.do(r)
	}
	f.Own = r.View().NewID() // the operator, and a new start
	r = s.resume(r)
	res, err := r.Undo(context.Background())
	if err != nil || res.Question == nil || res.Question.Kind != rotation.AskSwitch || !strings.Contains(res.Message, "the file token") {
		t.Fatalf("%+v, %v", res, err)
	}
	if !f.Key("new").Alive {
		t.Fatal("detent deleted the key that it uses")
	}
	f.Own = "old"
	r = s.resume(r)
	f.undo(r)
	f.undone("with the old credential")
}

func TestDrainDoesNotWatchAKeyThatDetentItselfUses(t *testing.T) {
	f := in(t, genericLike)
	f.Own = "old"
	s := &switcher{f: f}
	r := f.Start(s.in)
	f.until(r, rotation.Drain)
	if res := f.do(r); res.Question == nil || res.Question.Kind != rotation.AskSwitch {
		t.Fatalf("%+v", res)
	}
	f.Own = "new"
	f.drive(r)
	f.rotated("own, watched")
}

func TestOwnCredentialIsRefusedWhereItCannotWork(t *testing.T) {
	for name, tc := range map[string]struct {
		file   bool
		change func(f *fixture, p *rotation.Params)
		want   string
	}{
		"retired first":               {true, func(_ *fixture, p *rotation.Params) { p.Mode, p.OldFirst = rotation.Compromised, true }, "without --old-first"},
		"no way to switch":            {true, func(_ *fixture, p *rotation.Params) { p.Switcher = nil }, "cannot be switched here"},
		"no destination, and no file": {false, func(_ *fixture, p *rotation.Params) { p.Destinations = nil }, "cannot write the file token itself"},
	} {
		f, s := owned(t, tc.file)
		r := f.Start(func(p *rotation.Params) { s.in(p); tc.change(f, p) })
		if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOwnCredentialNeedsNoOtherDestinationWhereDetentCanWriteIt(t *testing.T) {
	f, s := owned(t, true)
	f.Place(0).LeftOut() // it is nobody's here
	r := f.Start(func(p *rotation.Params) { s.in(p); noWaits(p); p.Destinations = nil })
	f.drive(r)
	if f.Own != "new" && f.Own != r.View().NewID() || !f.Key(r.View().NewID()).Alive || !f.Key("old").Gone {
		t.Errorf("detent is left with %s: %s", f.Own, f.keys())
	}
}

// TestANewCredentialThatDoesNotWorkHoldsTheRotation: the old key is not retired on the word of a file.
func TestANewCredentialThatDoesNotWorkHoldsTheRotation(t *testing.T) {
	f, s := owned(t, true)
	s.refuse = refusal("list keys", client.Unauthorized, 401)
	r := f.Start(s.in)
	f.until(r, rotation.Verify)
	_, err := r.Do(context.Background())
	var step *rotation.StepError
	if !errors.As(err, &step) || !strings.Contains(err.Error(), "with the new credential") || r.View().Step != rotation.Verify || !f.Key("old").Alive {
		t.Errorf("%v at %s", err, r.View().Step)
	}
}

var _ rotation.CredentialSwitcher = (*switcher)(nil)

// TestARotationWithoutADestinationIsForDetentsOwnKey, whose credential can be switched.
func TestARotationWithoutADestinationIsForDetentsOwnKey(t *testing.T) {
	for _, tc := range []struct{ own, switcher, starts bool }{{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}} {
		f, s := owned(t, true)
		r, err := f.TryStart(func(p *rotation.Params) {
			p.Destinations, p.Key.Own = nil, tc.own
			if tc.switcher {
				s.in(p)
			}
		})
		if (err == nil) != tc.starts || err != nil && !strings.Contains(err.Error(), "at least one destination") {
			t.Errorf("%+v: %v", tc, err)
		}
		if r != nil {
			r.Close()
		}
	}
}

// TestASecretThatIsLostBeforeDetentHasItIsReplaced: without a destination nothing else has it.
func TestASecretThatIsLostBeforeDetentHasItIsReplaced(t *testing.T) {
	f, s := owned(t, true)
	r := f.Start(func(p *rotation.Params) { s.in(p); noWaits(p); p.Destinations = nil })
	f.until(r, rotation.Verify)
	f.Place(0).LeftOut()                                  // it is nobody's here
	s.refuse = lost("list")                               // once it is switched nothing answers
	if _, err := r.Do(context.Background()); err == nil { // and the process ends
		t.Fatal("it was to fail")
	}
	s.refuse = nil
	made := r.View().NewID()
	f.Own = "old"
	r = s.resume(r)
	for range 20 {
		if r.View().State != rotation.Open {
			break
		}
		f.react(r, f.do(r))
	}
	if v := r.View(); v.State != rotation.Over || v.NewID() == made || !f.Key(made).Gone || !f.Key(v.NewID()).Alive || f.Own != "new" {
		t.Errorf("%s: the new key is %s, after %s: %s", v.State, v.NewID(), made, f.keys())
	}
}
