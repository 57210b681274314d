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
	"detent/rotation/world"
)

// printing is a destination whose commands print.
type printing struct{ delivery.Destination }

func (p printing) Put(ctx context.Context, job delivery.Job, s apikey.Secret) (delivery.Report, error) {
	rep, err := p.Destination.Put(ctx, job, s)
	rep.Output = "stored\nversion 2"
	return rep, err
}

func (p printing) Then(ctx context.Context) (string, error) {
	_, err := p.Destination.Then(ctx)
	return "restarted", err
}

func TestWhatACommandPrintsIsOutputAndNoNote(t *testing.T) {
	f := in(t, with(vertesiaLike, func(sc *world.Scenario) { sc.Places = []string{"hook"} }))
	r := f.Start(func(p *rotation.Params) { p.Destinations[0] = printing{p.Destinations[0]} })
	f.until(r, rotation.Deliver)
	res := f.do(r)
	if res.Output != "stored\nversion 2\nrestarted" {
		t.Errorf("output %q", res.Output)
	}
	if says(res.Notes, "stored") {
		t.Errorf("notes %q", res.Notes)
	}
	if c := claims(r, rotation.CommandEnded, "hook-0"); len(c) != 1 {
		t.Errorf("%+v", c)
	}
}

// The proof belongs to the sentence that it proves.
func TestVerifySaysWhatProvedTheKey(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Verify)
	if res := f.do(r); !strings.Contains(res.Message, "3 times (GET /harmless answered 200)") || len(res.Notes) != 0 {
		t.Errorf("%+v", res)
	}
	for _, c := range claims(r, rotation.SecretAccepted, rotation.SubjectNew) {
		if !strings.Contains(c.Evidence().Detail, "with the secret read back from API_KEY in") || c.Evidence().By != "probe" || c.Evidence().At.IsZero() {
			t.Errorf("%+v", c)
		}
	}
	if !says(r.View().Certain, "the service accepted the new secret, last at 12:00:") {
		t.Errorf("%q", r.View().Certain)
	}
}

// TestClaimsOutliveTheirProcess: and a day of looks leaves two of each.
func TestClaimsOutliveTheirProcess(t *testing.T) {
	f := in(t, genericLike)
	r := f.Start(nil)
	f.until(r, rotation.Delete)
	before := r.View().Claims
	r = f.again(r, rotation.ResumeOptions{})
	after := r.View().Claims
	if len(before) == 0 || len(before) != len(after) || len(after) > 40 {
		t.Errorf("%d claims, and then %d", len(before), len(after))
	}
	for i := range after {
		if before[i].Kind() != after[i].Kind() || before[i].Subject() != after[i].Subject() || before[i].Evidence().Detail != after[i].Evidence().Detail || !before[i].Evidence().At.Equal(after[i].Evidence().At) {
			t.Errorf("%+v became %+v", before[i], after[i])
		}
	}
}

// Of each failure a sample is read as a person reads it.
func TestFailureReadsWell(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Create)
	f.Fail("create", refusal("create key", client.Forbidden, 403), false)
	_, err := r.Do(context.Background())
	want := `create: create key: forbidden (403): the service's words. Certain: the old key "payments-api" (old) was not touched by this rotation; no new key of this rotation is known; ` +
		`API_KEY in ` + f.Place(0).Path() + ` was not changed by this rotation. Next: detent's own credential may not do this: use one that may, then go on; or undo: ` +
		"end the rotation; nothing was changed"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

// TestFailuresAtEachStepSayWhatIsCertainAndCanBeGoneOnWith lets every call of every step
// fail in every way, then goes on, or back.
func TestFailuresAtEachStepSayWhatIsCertainAndCanBeGoneOnWith(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and one goroutine: nothing for the race detector")
	}
	kinds := []struct {
		kind    client.Kind
		status  int
		outcome client.Outcome
	}{
		{client.Unauthorized, 401, client.NotDone}, {client.Forbidden, 403, client.NotDone}, {client.NotFound, 404, client.NotDone},
		{client.Conflict, 409, client.NotDone}, {client.RateLimited, 429, client.NotDone}, {client.Unavailable, 500, client.Unknown},
		{client.Timeout, 0, client.Unknown}, {client.NotFound, 410, client.NotDone}, {client.BadAnswer, 200, client.Unknown},
		{client.ReadOnly, 0, client.NotDone}, {client.Unreachable, 0, client.NotDone},
	}
	calls := []struct {
		step rotation.Step
		op   string
	}{{rotation.Create, "create"}, {rotation.Verify, "probe"}, {rotation.Drain, "list"}, {rotation.Disable, "list"}, {rotation.Disable, "disable"}, {rotation.Delete, "list"}, {rotation.Delete, "delete"}}
	for _, call := range calls {
		for _, k := range kinds {
			for _, took := range []bool{false, true} {
				if took && (k.outcome == client.NotDone || call.op == "list" || call.op == "probe") {
					continue
				}
				for _, own := range []bool{true, false} {
					err := &client.Error{Op: call.op, Kind: k.kind, Status: k.status, Message: "no", Outcome: k.outcome, Own: own}
					failOnce(t, call.step, call.op, err, took, (len(k.kind)+k.status)%2 == 0)
				}
			}
		}
	}
}

func failOnce(t *testing.T, step rotation.Step, op string, fails *client.Error, took, back bool) {
	t.Helper()
	what := strings.Join([]string{string(step), op, string(fails.Kind)}, " ")
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, step)
	f.Fail(op, fails, took)
	res, err := r.Do(context.Background())
	if err != nil {
		var e *rotation.StepError
		if !errors.As(err, &e) || len(e.Certain) == 0 || e.Next == "" || e.Step != step {
			t.Fatalf("%s: the failure does not say what is certain and what is next: %v", what, err)
		}
		if (e.Undo == "") != (r.View().Next.Undo == "") || (e.Undo == "") != r.View().OldGone {
			t.Fatalf("%s: the way back is not named: %v", what, err)
		}
		told := op == "delete" && fails.Kind == client.NotFound // which the client answers as data
		if !client.IsKind(err, fails.Kind) && !(told && strings.Contains(err.Error(), `"no such key"`)) {
			t.Fatalf("%s: the cause is lost: %v", what, err)
		}
	} else if fails.Outcome == client.NotDone && res.Status == rotation.Moved && (op == "create" || op == "list" || client.Refused(fails) && op != "delete" && fails.Kind != client.NotFound) {
		t.Fatalf("%s: a refusal was swallowed: %+v", what, res)
	}
	if back && f.undo(r) {
		f.undone(what)
		return
	}
	if r.View().State == rotation.Open {
		f.drive(r)
	}
	f.rotated(what)
}

func TestUndoFailsAndGoesOn(t *testing.T) {
	for _, op := range []string{"enable", "delete", "list", "undo", "then"} {
		f := in(t, vertesiaLike)
		r := f.Start(nil)
		f.until(r, rotation.Soak)
		f.Fail(op, refusal(op, client.Unavailable, 503), false)
		f.Fail(op, refusal(op, client.Unavailable, 503), false)
		if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), "Certain: ") {
			t.Fatalf("%s: %v", op, err)
		}
		f.Mend()
		r = f.again(r, rotation.ResumeOptions{})
		if !r.View().Undoing {
			f.undo(r) // nothing had begun
		} else {
			f.drive(r) // goes on with the undo
		}
		f.undone(op)
	}
}

// TestAPlanSaysWhatWillRun and changes nothing, not even on the disk; it sends no secret, and is refused where the preflight would be.
func TestAPlanSaysWhatWillRun(t *testing.T) {
	for name, sc := range shapes {
		f := in(t, sc)
		r := f.Start(nil)
		plan, err := r.Plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		log := f.Log()
		for _, op := range []string{"probe", "create", "preflight", "put", "delete", "identify"} {
			if count(log, op) > 0 && op != "preflight" {
				t.Errorf("%s: %v", name, log)
			}
		}
		var ids []string
		for _, s := range plan.Stages {
			ids = append(ids, string(s.ID))
			if s.Title == "" || len(s.Proves) == 0 {
				t.Errorf("%s: %+v", name, s)
			}
			for _, act := range s.Does {
				set := 0
				for _, text := range []string{act.Call, act.Write, act.Run, act.Wait} {
					if text != "" {
						set++
					}
				}
				if set != 1 || act.Times == "" && act.Wait == "" {
					t.Errorf("%s: %+v", name, act)
				}
			}
			if (s.Undo == nil) != (s.ID == rotation.Delete) {
				t.Errorf("%s: the undo of %s is %v", name, s.ID, s.Undo)
			}
		}
		var shown []string
		for _, l := range r.View().Plan {
			shown = append(shown, string(l.Step))
		}
		if strings.Join(ids, " ") != strings.Join(shown, " ") {
			t.Errorf("%s: planned %v, shown %v", name, ids, shown)
		}
		r.Close()
		f.leavesNothing(log)
	}
	f := in(t, vertesiaLike)
	f.Remove("old")
	if _, err := f.Start(nil).Plan(context.Background()); err == nil || !strings.Contains(err.Error(), "is not on the service") {
		t.Errorf("%v", err)
	}
}
