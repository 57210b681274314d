package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"detent/delivery"
)

// consents are the operator's explicit yeses to a place that a secret is not put to without one.
type consents struct{ mixed, tracked bool }

func (c *consents) register(f *pflag.FlagSet) {
	f.BoolVar(&c.tracked, "force-tracked", false, "deliver even to a file that git tracks")
	f.BoolVar(&c.mixed, "force-mixed", false, "deliver even where the file's other values are of the other environment (live, test)")
}

// consent answers a preflight's refusal that a yes lifts: asked for on a terminal, where asking
// is allowed; else the flag that says it is named. again says that the yes was given just now.
func (a *app) consent(ctx context.Context, refusal error, c *consents, ask bool) (again bool, err error) {
	var wants *delivery.ConsentError
	if !errors.As(refusal, &wants) {
		return false, refusal
	}
	var flag string
	var given *bool
	switch wants.Needs {
	case delivery.MixedEnvironments:
		flag, given = "--force-mixed", &c.mixed
	case delivery.TrackedByGit:
		flag, given = "--force-tracked", &c.tracked
	default:
		return false, refusal
	}
	if !ask || !a.interactive() {
		return false, usagef("%w; %s is that yes; nothing was changed", wants, flag)
	}
	a.say("%v", wants)
	sure, err := a.askYes(ctx, "Deliver it there all the same? [y/N] ")
	if err == nil && !sure {
		err = fmt.Errorf("not confirmed: nothing was changed")
	}
	*given = sure
	return err == nil, err
}
