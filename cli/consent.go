package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"detent/delivery"
	"detent/desk"
	"detent/host"
)

// consents are the operator's explicit yeses to a place that a secret is not put to without one.
type consents struct{ mixed, tracked, replace bool }

func (c *consents) register(f *pflag.FlagSet) {
	f.BoolVar(&c.tracked, "force-tracked", false, "deliver even to a file that git tracks")
	f.BoolVar(&c.mixed, "force-mixed", false, "deliver even where the file's other values are of the other environment (live, test)")
}

// consent answers a preflight's refusal that a yes lifts: asked for on a terminal, where asking
// is allowed; else the flag that says it is named. again says that the yes was given just now.
func (a *app) consent(ctx context.Context, refusal error, c *consents, ask bool) (again bool, err error) {
	if held := (*desk.HeldError)(nil); errors.As(refusal, &held) {
		return a.consentToReplace(ctx, held, c, ask)
	}
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
		return false, host.Usagef("%w; %s is that yes; nothing was changed", wants, flag)
	}
	a.say("%v", wants)
	err = a.confirm(ctx, false, "Deliver it there all the same?", notConfirmed)
	*given = err == nil
	return *given, err
}

const notConfirmed = "not confirmed: nothing was changed"

// registerReplace adds the yes to a place that holds something already, for the commands that make a secret.
func (c *consents) registerReplace(f *pflag.FlagSet) {
	f.BoolVar(&c.replace, "replace", false, "deliver over what a place holds already; it is kept until the new secret is there, and put back if it is not")
}

// consentToReplace asks whether what a place holds may go. Without a terminal --replace is that yes.
func (a *app) consentToReplace(ctx context.Context, held *desk.HeldError, c *consents, ask bool) (again bool, err error) {
	if !ask || !a.interactive() {
		return false, fmt.Errorf("%w; --replace is the yes to that; nothing was changed", held)
	}
	a.say("%s holds a value already. It is kept until the new secret is there, and put back if it is not", held.Place)
	err = a.confirm(ctx, false, "Replace it?", notConfirmed)
	c.replace = err == nil
	return c.replace, err
}
