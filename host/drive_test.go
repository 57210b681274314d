package host

import (
	"context"
	"errors"
	"strings"
	"testing"

	"detent/rotation"
)

func TestARotationIsDrivenStepByStepUntilItIsOverOrSomebodyEndsIt(t *testing.T) {
	stop := errors.New("enough")
	is := func(s rotation.Status) rotation.Result { return rotation.Result{Status: s} }
	for name, c := range map[string]struct {
		steps  []rotation.Result
		ends   map[string]error // by what is called
		fails  error            // of the last step
		called string
		want   error
	}{
		"over at once":             {steps: []rotation.Result{is(rotation.Finished)}, called: "before step"},
		"moves on":                 {steps: []rotation.Result{is(rotation.Moved), is(rotation.Finished)}, called: "before step moved before step"},
		"waits and looks again":    {steps: []rotation.Result{is(rotation.Waiting), is(rotation.Finished)}, called: "before step wait before step"},
		"is answered and goes on":  {steps: []rotation.Result{is(rotation.Stopped), is(rotation.Finished)}, called: "before step stopped before step"},
		"ended before a step":      {ends: map[string]error{"before": stop}, called: "before", want: stop},
		"ended in a wait":          {steps: []rotation.Result{is(rotation.Waiting)}, ends: map[string]error{"wait": stop}, called: "before step wait", want: stop},
		"left unanswered":          {steps: []rotation.Result{is(rotation.Stopped)}, ends: map[string]error{"stopped": stop}, called: "before step stopped", want: stop},
		"a step that fails is all": {steps: []rotation.Result{is(rotation.Moved)}, fails: stop, called: "before step moved before step", want: stop},
	} {
		t.Run(name, func(t *testing.T) {
			var called []string
			call := func(what string) error { called = append(called, what); return c.ends[what] }
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // whatever is signalled, a step is whole
			at := 0
			err := Drive(ctx, func(ctx context.Context) (rotation.Result, error) {
				_ = call("step")
				if ctx.Err() != nil {
					t.Error("a step was broken off")
				}
				if at++; at > len(c.steps) {
					return rotation.Result{}, c.fails
				}
				return c.steps[at-1], nil
			}, Course{
				Before:  func(context.Context) error { return call("before") },
				Moved:   func(rotation.Result) { _ = call("moved") },
				Wait:    func(ctx context.Context, _ rotation.Result) error { return call("wait") },
				Stopped: func(context.Context, rotation.Result) error { return call("stopped") },
			})
			if got := strings.Join(called, " "); got != c.called || !errors.Is(err, c.want) {
				t.Errorf("called %q and ended with %v; want %q and %v", got, err, c.called, c.want)
			}
		})
	}
}
