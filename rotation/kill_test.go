package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"detent/rotation"
	"detent/rotation/world"
)

// killCases are the shapes, modes, strategies and kinds of places in which a rotation is killed.
func killCases() map[string]world.Scenario {
	out := map[string]world.Scenario{}
	given := with(prosopoLike, func(sc *world.Scenario) { sc.Retrieve = true })
	for _, kinds := range [][]string{{"env"}, {"hook"}, {"file", "hook"}} {
		roll := with(genericLike, func(sc *world.Scenario) {
			sc.Roll, sc.Places, sc.Drain, sc.SeesUse = 2*time.Hour, kinds, 4*time.Second, true
		})
		out["roll with an overlap, "+strings.Join(kinds, " and ")] = roll
		out["roll at once, "+strings.Join(kinds, " and ")] = with(roll, func(sc *world.Scenario) { sc.AtOnce = true })
	}
	for shape, sc := range map[string]world.Scenario{"prosopo": prosopoLike, "prosopo that gives secrets again": given, "vertesia": vertesiaLike, "generic": genericLike, "dashboard": manualLike} {
		for _, mode := range []string{"planned", "compromised", "old first"} {
			for _, places := range [][]string{{"env"}, {"hook"}, {"file", "hook"}} {
				out[shape+", "+mode+", "+strings.Join(places, " and ")] = with(sc, func(sc *world.Scenario) {
					sc.Compromised, sc.OldFirst, sc.Places = mode != "planned", mode == "old first", places
					if sc.SeesUse {
						sc.Drain = 4 * time.Second // three looks instead of thirty
					}
				})
			}
		}
	}
	return out
}

// TestKilledAnywhereItCanGoOnOrBack kills a rotation at every point of every case, then resumes it, or
// undoes it, and kills that too at a point that moves along.
func TestKilledAnywhereItCanGoOnOrBack(t *testing.T) {
	total, every := 0, 3
	if testing.Short() {
		every = 17
	}
	for name, sc := range killCases() {
		if testing.Short() && len(sc.Places) != 2 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := in(t, sc)
			all, _ := f.Life(0, func() { f.toTheEnd(f.Start(nil)) })
			f.rotated("not killed")
			for n := 1 + len(name)%every; n <= all; n += every {
				for _, back := range []bool{false, true} {
					killOnce(t, sc, n, back)
				}
			}
			total += all
		})
	}
	t.Logf("%d kill points, one in %d killed at, each resumed and undone", total, every)
	if total < 1000 {
		t.Errorf("only %d kill points: are the hooks called?", total)
	}
}

// toTheEnd goes on, and is the person in the dashboard.
func (f *fixture) toTheEnd(r *rotation.Rotation) {
	f.t.Helper()
	for range 300 {
		res, err := r.Do(context.Background())
		var stopped *rotation.StepError
		if errors.As(err, &stopped) && strings.Contains(err.Error(), "the new secret was lost while it was delivered") && strings.Contains(stopped.Next, "undo") {
			// A place that nobody can read may have it, and while the overlap runs the key is not rolled a second time: the person undoes, as is said.
			f.tookBack = true
			f.undo(r)
			return
		}
		if err != nil {
			f.t.Fatalf("at %s: %v", r.View().Step, err)
		}
		switch {
		case res.Status == rotation.Finished:
			return
		case res.Question != nil && res.Question.Kind == rotation.AskPaste:
			_, err := f.pastes(r, f.InDashboard())
			if err != nil && strings.Contains(err.Error(), "no new key is in the list") { // that one was given up: another is made
				secret := f.ByHand("", r.View().NewName)
				f.Pass(time.Second)
				_, err = f.pastes(r, secret)
			}
			if err != nil {
				f.t.Fatalf("paste: %v; %s", err, f.keys())
			}
		case res.Question != nil && res.Question.Kind == rotation.AskUndone:
			f.byHand()
			f.react(r, res)
		default:
			f.react(r, res)
		}
	}
	f.t.Fatalf("it has no end: still at %s", r.View().Step)
}

func killOnce(t *testing.T, sc world.Scenario, n int, back bool) {
	t.Helper()
	f := in(t, sc)
	stops := sc.OldFirst || sc.AtOnce // the application does, and that is said
	f.Hook = func(point string) {     // in a planned rotation every application has a key that works, at every instant
		if gap := f.Gap(); gap != "" && !stops {
			t.Fatalf("at %q %s has a key that does not work", point, gap)
		}
	}
	_, died := f.Life(n, func() { f.toTheEnd(f.Start(nil)) })
	what := fmt.Sprintf("killed at point %d (%s), back=%v", n, died, back)
	if died == "" {
		t.Fatalf("point %d was not reached", n)
	}
	// The second life is killed once more, at a point that differs from case to case.
	f.Life(n*5%37+1, func() { f.resumeAny(what, back) })
	f.resumeAny(what, back)
	f.Close()
	f.assertEnd(what, back)
}

// resumeAny resumes whatever is open, and goes on or back to the end.
func (f *fixture) resumeAny(what string, back bool) {
	f.t.Helper()
	views, err := rotation.List(f.Store())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, v := range views {
		if v.Err != nil {
			f.t.Fatalf("%s: %v", what, v.Err)
		}
		if v.State != rotation.Open {
			continue
		}
		if len(v.Certain) == 0 || v.Next.Text == "" || v.Next.Default == "" {
			f.t.Fatalf("%s: nothing is said about the open rotation", what)
		}
		r, err := f.Resume(v.ID, rotation.ResumeOptions{}, nil)
		if err != nil {
			f.t.Fatalf("%s: %v", what, err)
		}
		if back && f.undo(r) {
			return
		}
		f.toTheEnd(r)
	}
}

func (f *fixture) assertEnd(what string, back bool) {
	f.t.Helper()
	views, err := rotation.List(f.Store())
	if err != nil || len(views) > 1 {
		f.t.Fatal(len(views), err)
	}
	state := rotation.State("")
	for _, v := range views {
		state = v.State
		if v.State == rotation.Open {
			f.t.Fatalf("%s: a rotation is still open at %s: %v %v", what, v.Step, v.Certain, v.Unknown)
		}
	}
	switch state {
	case "", rotation.Aborted:
		if state == rotation.Aborted && !back && !f.tookBack {
			f.t.Fatalf("%s: undone, though it was to go on", what)
		}
		f.undone(what)
	case rotation.Over:
		f.rotated(what)
	}
	if leaks := f.LeaksIn(f.Store().Dir); len(leaks) > 0 {
		f.t.Fatalf("%s: secrets lie in %v", what, leaks)
	}
}

// TestADeletionThatWasKilledBeforeItsAnswerMayHaveBeenOurs: the next run's "no such key" is not said to be somebody else's doing, nor the whole of what is known.
func TestADeletionThatWasKilledBeforeItsAnswerMayHaveBeenOurs(t *testing.T) {
	for op, back := range map[string]bool{"delete the new key": true, "delete the old key": false} {
		for _, sent := range []bool{true, false} {
			f := in(t, prosopoLike)
			r := f.Start(noWaits)
			f.until(r, rotation.Deliver)
			at := map[bool]string{true: "after: ", false: "before: "}[sent] + op
			f.Hook = func(point string) {
				if strings.HasPrefix(point, at) {
					f.Die(point)
				}
			}
			_, died := f.Life(0, func() {
				if back {
					f.undo(r)
				} else {
					f.toTheEnd(r)
				}
			})
			f.Hook = nil
			if died == "" {
				t.Fatalf("%s was not reached", at)
			}
			f.resumeAny(op, back)
			views, err := rotation.List(f.Store())
			if err != nil || len(views) != 1 {
				t.Fatal(views, err)
			}
			said := strings.Join(views[0].Certain, "\n")
			if open := strings.Contains(said, "is gone, as far as is seen: detent ended before it saw the answer to a first request, which may have been sent; asked again, the service has no such key"); open != sent || strings.Contains(said, "answered that it has no such key") || !sent && !strings.Contains(said, "answered that it deleted") && !strings.Contains(said, "it deleted the new key") {
				t.Errorf("%s:\n%s", at, said)
			}
		}
	}
}
