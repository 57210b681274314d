package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// TestAFailureOfAnyOneCallIsToldOrSaidToBeBorne: each call and each reading of some rotations, and of their undo, fails once. What comes of
// it is in testdata/failures.txt (-update writes it); whatever it is, the rotation comes to its end afterwards.
func TestAFailureOfAnyOneCallIsToldOrSaidToBeBorne(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and one goroutine: nothing for the race detector")
	}
	var b strings.Builder
	for _, tc := range []struct {
		name string
		sc   world.Scenario
		undo rotation.Step // where it turns back
	}{
		{"a planned one", with(vertesiaLike, func(sc *world.Scenario) {
			sc.Places, sc.Then, sc.Drain, sc.SoakZero, sc.Retrieve = []string{"env", "hook"}, true, 4*time.Second, true, true
		}), ""},
		{"one with last use", with(genericLike, func(sc *world.Scenario) { sc.Drain, sc.Identify, sc.Masks = 600*time.Millisecond, true, false }), ""},
		{"a dashboard's", with(manualLike, func(sc *world.Scenario) { sc.Drain = -1 }), ""},
		{"old first", with(vertesiaLike, func(sc *world.Scenario) { sc.OldFirst = true }), ""},
		{"an undo", with(vertesiaLike, func(sc *world.Scenario) { sc.Drain, sc.SoakZero, sc.Then = -1, true, true }), rotation.Delete},
	} {
		for _, op := range []string{"list", "probe", "preflight", "read", "copy", "create", "disable", "enable", "delete", "rename", "put", "undo", "finish", "then"} {
			refused := error(&client.Error{Op: op, Kind: client.Conflict, Status: 409, Message: "it is broken", Outcome: client.NotDone, Own: true})
			if slices.Contains([]string{"preflight", "read", "copy", "put", "undo", "finish", "then"}, op) {
				refused = errors.New("it is broken")
			}
			if op == "read" && tc.undo == "" && tc.name != "a planned one" {
				continue // they are read by the same functions
			}
			writes := !slices.Contains([]string{"list", "probe", "preflight", "read", "copy"}, op)
			for n := 1; ; n++ {
				line := in(t, tc.sc).failsAt(op, n, refused, false, tc.undo)
				if line == "" {
					break
				}
				fmt.Fprintf(&b, "%s, %s %d: %s\n", tc.name, op, n, line)
				if writes {
					fmt.Fprintf(&b, "%s, %s %d, which is done: %s\n", tc.name, op, n, in(t, tc.sc).failsAt(op, n, lost(op), true, tc.undo))
				}
			}
		}
	}
	path := filepath.Join("testdata", "failures.txt")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	isAlike(t, b.String(), string(want))
}

// failsAt lets the n-th call of an operation fail, and says what came of it; nothing where there are not so many.
func (f *fixture) failsAt(op string, n int, broken error, after bool, undo rotation.Step) string {
	f.t.Helper()
	defer f.Close()
	for range n - 1 {
		f.Fail(op, nil, true) // as it is
	}
	f.Fail(op, broken, after)
	before, line := f.Faults(), ""
	r := f.Start(nil)
	for range 100 {
		step := r.View().Step
		var res rotation.Result
		var err error
		if undo != "" && step == undo {
			res, err = r.Undo(f.t.Context())
		} else {
			res, err = r.Do(f.t.Context())
		}
		if err == nil && res.Question != nil {
			res, err = f.answersOnce(r, res)
		}
		if line == "" && before > 0 && f.Faults() == 0 {
			line = fmt.Sprintf("at %s, goes on: %s %s", step, res.Message, strings.Join(res.Notes, "; "))
			if err != nil {
				cause := err
				if e := (*rotation.StepError)(nil); errors.As(err, &e) {
					cause = e.Err
				}
				line = fmt.Sprintf("at %s, fails: %v", step, cause)
			}
			for i, d := range f.Destinations() {
				line = strings.ReplaceAll(line, d.Describe(), fmt.Sprintf("P%d", i))
			}
			line = strings.ReplaceAll(line, f.Dir(), "DIR")
		} else if err != nil {
			f.t.Fatalf("%s %d: it fails once more: %v", op, n, err)
		}
		switch {
		case res.Status == rotation.Finished:
			if undo != "" {
				f.undone(line)
			} else {
				f.rotated(line)
			}
			return line
		case res.Status == rotation.Waiting:
			f.Pass(res.Wait)
		}
	}
	f.t.Fatalf("%s %d: it has no end: %s", op, n, line)
	return ""
}

// answersOnce answers a question as a person would.
func (f *fixture) answersOnce(r *rotation.Rotation, res rotation.Result) (rotation.Result, error) {
	f.t.Helper()
	if res.Question.Kind == rotation.AskPaste {
		return f.pastes(r, f.InDashboard())
	}
	return f.answer(r, res.Question)
}

// TestWhatFailsAsksNothing: a call that fails has shown nothing that a person could be asked about, at whichever stage and in a process that has just
// opened the rotation or in the one that began it.
func TestWhatFailsAsksNothing(t *testing.T) {
	stages := []rotation.Step{rotation.Create, rotation.Deliver, rotation.Verify, rotation.Drain, rotation.Disable, rotation.Soak, rotation.Delete}
	failed := 0
	for name, shape := range shapes {
		for _, step := range stages {
			for _, op := range []string{"list", "probe", "read", "create", "delete"} {
				for _, anew := range []bool{false, true} {
					f := in(t, shape)
					r := f.Start(noWaits)
					if !f.comesTo(r, step) {
						continue
					}
					if anew {
						r = f.again(r, rotation.ResumeOptions{})
					}
					f.Fail(op, refusal(op, client.Unavailable, 503), false)
					res, err := r.Do(context.Background())
					if err == nil {
						continue
					}
					failed++
					if asked := r.View().Question; res.Question != nil || asked != nil {
						t.Errorf("%s at %s, %s fails, opened anew %v: %v, and asks %+v", name, step, op, anew, err, asked)
					}
				}
			}
		}
	}
	if failed < 20 {
		t.Errorf("only %d failures were met", failed)
	}
}

// comesTo goes on until the rotation stands at a step; false where it has none such.
func (f *fixture) comesTo(r *rotation.Rotation, step rotation.Step) bool {
	f.t.Helper()
	for range 200 {
		v := r.View()
		if v.Step == step || v.State != rotation.Open {
			f.Log()
			return v.Step == step
		}
		f.react(r, f.do(r))
	}
	return false
}
