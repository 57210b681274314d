package rotation

import (
	"context"
	"errors"
	"strings"
	"testing"

	"detent/client"
)

// TestFailuresAtEachStepSayWhatIsCertainAndCanBeGoneOnWith lets every call of every step
// fail in every way, then goes on, or back.
func TestFailuresAtEachStepSayWhatIsCertainAndCanBeGoneOnWith(t *testing.T) {
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
		step Step
		op   string
	}{{Create, "create"}, {Verify, "probe"}, {Drain, "list"}, {Disable, "list"}, {Disable, "update"}, {Delete, "list"}, {Delete, "delete"}}
	for _, call := range calls {
		for _, k := range kinds {
			for _, took := range []bool{false, true} {
				if took && (k.outcome == client.NotDone || call.op == "list" || call.op == "probe") {
					continue
				}
				for _, back := range []bool{false, true} {
					f := failure{&client.Error{Op: call.op, Kind: k.kind, Status: k.status, Message: "no", Outcome: k.outcome}, took}
					failOnce(t, call.step, call.op, f, back)
				}
			}
		}
	}
}

func failOnce(t *testing.T, step Step, op string, f failure, back bool) {
	t.Helper()
	what := strings.Join([]string{string(step), op, string(f.err.Kind)}, " ")
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, step)
	c.failNext(op, f)
	res, err := r.Do(context.Background())
	if res.Need == NeedAttest { // the drain's list came to nothing before it was read
		t.Fatalf("%s: %+v", what, res)
	}
	if err != nil {
		var e *StepError
		if !errors.As(err, &e) || len(e.Certain) == 0 || e.Next == "" || e.Step != step {
			t.Fatalf("%s: the failure does not say what is certain and what is next: %v", what, err)
		}
		if step != Delete && !strings.Contains(err.Error(), "undo: ") {
			t.Fatalf("%s: the way back is not named: %v", what, err)
		}
		if !client.IsKind(err, f.err.Kind) {
			t.Fatalf("%s: the cause is lost: %v", what, err)
		}
	} else if f.err.Outcome == client.NotDone {
		t.Fatalf("%s: a refusal was swallowed", what)
	}
	if back && c.goBack(what, r) {
		c.assertUndone(what)
		return
	}
	if r.View().State == Open {
		c.drive(r)
	}
	c.assertRotated(what)
}

// Of each failure a sample is read as a person reads it.
func TestFailureReadsWell(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Create)
	c.failNext("create", failure{refusal("create key", client.Forbidden, 403), false})
	_, err := r.Do(context.Background())
	want := `create: create key: forbidden (403): the service's words. Certain: the old key "payments-api" (old-1) was not touched; no new key exists; ` +
		`the place app was not changed. Next: detent's own credential may not do this: use one that may, then go on; or undo: ` +
		"end the rotation; nothing was changed"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestUndoFailsAndGoesOn(t *testing.T) {
	for _, op := range []string{"update", "delete", "list"} {
		c := shaped(t, vertesiaShape())
		r := c.start(nil)
		c.doUntil(r, Soak)
		c.failNext(op, failure{refusal(op, client.Unavailable, 503), false})
		if _, err := r.Undo(context.Background()); err == nil || !strings.Contains(err.Error(), "Certain: ") {
			t.Fatalf("%s: %v", op, err)
		}
		r.Close()
		again, err := Resume(c.world(), r.ID(), ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if op == "list" { // nothing had begun
			c.goBack(op, again)
		} else {
			c.drive(again) // goes on with the undo
		}
		again.Close()
		c.assertUndone(op)
	}
}
