package rotation_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/client"
	"detent/delivery"
	"detent/rotation"
	"detent/rotation/world"
)

// fixture is a world, and a person who goes through a rotation in it.
type fixture struct {
	*world.World
	t *testing.T
	// answers are what the person says otherwise than yes.
	answers map[rotation.QuestionKind]string
	// tookBack says that a new secret was lost and the person has undone what could not go on.
	tookBack bool
}

// The shapes of services, as far as a rotation minds them. The zero one is not among them.
var (
	prosopoLike  = world.Scenario{Access: "permissions", MaxName: 60}
	vertesiaLike = world.Scenario{Access: "role", Disable: true, Rename: true}
	genericLike  = world.Scenario{Access: "restrictions", Prefix: "sk_live_", SeesUse: true, UseRound: time.Nanosecond, Masks: true}
	manualLike   = world.Scenario{Access: "restrictions", Prefix: "sk_live_", Masks: true, Manual: true}
)

var shapes = map[string]world.Scenario{"prosopo": prosopoLike, "vertesia": vertesiaLike, "generic": genericLike}

func in(t *testing.T, sc world.Scenario) *fixture {
	t.Helper()
	return &fixture{World: world.New(t, sc), t: t, answers: map[rotation.QuestionKind]string{}}
}

// with is a scenario with something changed.
func with(sc world.Scenario, change func(*world.Scenario)) world.Scenario {
	change(&sc)
	return sc
}

func ptr[T any](v T) *T { return &v }

func noWaits(p *rotation.Params) { p.Drain, p.Soak = ptr(time.Duration(0)), ptr(time.Duration(0)) }

// do is one step, which must not fail.
func (f *fixture) do(r *rotation.Rotation) rotation.Result {
	f.t.Helper()
	res, err := r.Do(context.Background())
	if err != nil {
		f.t.Fatalf("at %s: %v", r.View().Step, err)
	}
	return res
}

// until goes on until the rotation stands at a step.
func (f *fixture) until(r *rotation.Rotation, step rotation.Step) {
	f.t.Helper()
	for range 200 {
		if r.View().Step == step {
			f.Log()
			return
		}
		f.react(r, f.do(r))
	}
	f.t.Fatalf("it never came to %s, and stands at %s", step, r.View().Step)
}

// drive goes on to the end.
func (f *fixture) drive(r *rotation.Rotation) (all []rotation.Result) {
	f.t.Helper()
	for range 300 {
		res := f.do(r)
		all = append(all, res)
		if res.Status == rotation.Finished {
			return all
		}
		f.react(r, res)
	}
	f.t.Fatalf("it has no end: still at %s", r.View().Step)
	return nil
}

func (f *fixture) react(r *rotation.Rotation, res rotation.Result) {
	f.t.Helper()
	switch res.Status {
	case rotation.Waiting:
		if res.Wait <= 0 {
			f.t.Fatalf("a wait of %s at %s", res.Wait, res.Did)
		}
		f.Pass(res.Wait)
	case rotation.Stopped:
		if out, err := f.answer(r, res.Question); err != nil || out.Status == rotation.Stopped && out.Question == nil {
			f.t.Fatalf("at %s, answering %s (%s): %+v, %v", res.Did, res.Question.Kind, res.Message, out, err)
		}
	}
}

// answer says yes, or what the test would say, with a reason.
func (f *fixture) answer(r *rotation.Rotation, q *rotation.Question) (rotation.Result, error) {
	f.t.Helper()
	if q == nil {
		f.t.Fatalf("stopped without a question at %s", r.View().Step)
	}
	if fields := strings.Fields(q.Flag); slices.Contains(fields, "ID") {
		f.t.Errorf("%s: the command %q is not this rotation's, %s", q.Kind, q.Flag, r.ID())
	}
	a := rotation.Answer{Kind: q.Kind, Subject: q.Subject, Choice: rotation.Yes, Reason: "looked at by hand"}
	if other := f.answers[q.Kind]; other != "" {
		a.Choice = other
	}
	if q.Kind == rotation.AskReplace {
		f.Replaced()
	}
	res, err := r.Answer(context.Background(), a)
	if left := r.View().Question; err == nil && res.Status == rotation.Moved && (left == nil) != (res.Question == nil) {
		f.t.Errorf("%s was answered, and %v is asked", q.Kind, left)
	}
	return res, err
}

// undo goes back to the end; false where the old key is gone, or the rotation is over.
func (f *fixture) undo(r *rotation.Rotation) bool {
	f.t.Helper()
	if r.View().State == rotation.Over {
		return false
	}
	for range 20 {
		res, err := r.Undo(context.Background())
		switch {
		case errors.Is(err, rotation.ErrOldGone):
			return false
		case err != nil:
			f.t.Fatalf("undo: %v", err)
		case res.Status == rotation.Finished:
			return true
		}
		if res.Question != nil && res.Question.Kind == rotation.AskUndone {
			f.byHand()
		}
		f.react(r, res)
	}
	f.t.Fatal("the undo has no end")
	return false
}

// byHand is what a person does at the places that nobody can read.
func (f *fixture) byHand() {
	for i := range f.Destinations() {
		if p := f.Place(i); strings.HasPrefix(p.Spec(), "hook-") {
			p.Put("old")
		}
	}
}

// again opens the rotation in another process.
func (f *fixture) again(r *rotation.Rotation, o rotation.ResumeOptions) *rotation.Rotation {
	f.t.Helper()
	r.Close()
	next, err := f.Resume(r.ID(), o, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return next
}

// rotated: one live key, the new one, which every place holds and every application uses, and nothing is left beside.
func (f *fixture) rotated(what string) {
	f.t.Helper()
	if live := f.Live(); len(live) != 1 || live[0].ID == "old" || !live[0].Alive {
		f.t.Fatalf("%s: the keys are %s", what, f.keys())
	}
	f.settled(what, "new")
}

// undone: the old key alone, as it was.
func (f *fixture) undone(what string) {
	f.t.Helper()
	if live := f.Live(); len(live) != 1 || live[0].ID != "old" || !live[0].Alive {
		f.t.Fatalf("%s: the keys are %s", what, f.keys())
	}
	f.settled(what, "old")
}

func (f *fixture) settled(what, whose string) {
	f.t.Helper()
	for i := range f.Destinations() {
		p := f.Place(i)
		if p.Holds() != whose || p.App() != whose {
			f.t.Fatalf("%s: %s holds the secret of %s, and its application uses that of %s, not of %s", what, p.Spec(), p.Holds(), p.App(), whose)
		}
		for _, path := range p.Copies() {
			// The trial of a preflight that was killed before there was a rotation holds no secret; the next one removes it.
			if b, err := os.ReadFile(path); !strings.HasSuffix(path, ".test") && !strings.HasSuffix(path, ".try") || err != nil || f.Leaks(string(b)) {
				f.t.Fatalf("%s: a copy is kept: %s", what, path)
			}
		}
	}
	if f.Key("other").Gone {
		f.t.Fatalf("%s: a key that is not ours is gone", what)
	}
}

func (f *fixture) keys() string {
	var out []string
	for _, k := range f.Keys() {
		out = append(out, k.ID+" "+k.Name+map[bool]string{true: "", false: " (dead)"}[k.Alive])
	}
	return strings.Join(out, "; ")
}

// count is how many lines of a log begin so.
func count(log []string, begins string) (n int) {
	for _, line := range log {
		if strings.HasPrefix(line, begins) {
			n++
		}
	}
	return n
}

// says reports whether any of the lines holds a text.
func says(lines []string, text string) bool {
	return slices.ContainsFunc(lines, func(s string) bool { return strings.Contains(s, text) })
}

// claims are what a rotation has observed of a kind and subject.
func claims(r *rotation.Rotation, kind rotation.ClaimKind, subject string) (out []rotation.Claim) {
	for _, c := range r.View().Claims {
		if c.Kind() == kind && c.Subject() == subject {
			out = append(out, c)
		}
	}
	return out
}

func lost(op string) error {
	return &client.Error{Op: op, Kind: client.Timeout, Message: "no answer", Outcome: client.Unknown}
}

func refusal(op string, kind client.Kind, status int) error {
	return &client.Error{Op: op, Kind: kind, Status: status, Message: "the service's words", Outcome: client.NotDone, Own: true}
}

// resumed opens a rotation where nobody can be asked.
func (f *fixture) headless(r *rotation.Rotation, o rotation.ResumeOptions) *rotation.Rotation {
	f.t.Helper()
	r.Close()
	next, err := f.Resume(r.ID(), o, func(w *rotation.World) { w.Headless = true })
	if err != nil {
		f.t.Fatal(err)
	}
	return next
}

type rotationDestination = delivery.Destination

// parse is a place beside the world's.
func parse(t *testing.T, spec string) delivery.Destination {
	t.Helper()
	d, err := delivery.Parse(spec, delivery.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func twoPlaces(sc *world.Scenario) { sc.Places = []string{"env", "file"} }
