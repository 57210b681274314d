package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"detent/apikey"
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

// registerReplace adds the yes to a place that holds something already, for the commands that make a secret.
func (c *consents) registerReplace(f *pflag.FlagSet) {
	f.BoolVar(&c.replace, "replace", false, "deliver over what a place holds already; it is kept until the new secret is there, and put back if it is not")
}

// deliverTo gives an order the places of its secret, and proves each before anything is made, with the operator's yes where one wants it.
func (a *app) deliverTo(ctx context.Context, s *host.Session, o *desk.Order, places []string, yes *consents) (err error) {
	if o.Places, err = a.host.Destinations(s.Profile, places); err != nil {
		return host.Usage(err)
	}
	o.Delivery = desk.NewDelivery(s.EnvironmentOf(apikey.Key{Environment: o.Draft.Environment}), a.note)
	for {
		job := &o.Delivery.Job
		job.AllowMixed, job.AllowTracked, job.Replace = yes.mixed, yes.tracked, yes.replace
		err := o.Delivery.Preflight(ctx, o.Places, apikey.Secret{})
		if err == nil {
			return nil
		}
		if err := a.consent(ctx, err, yes); err != nil {
			return err
		}
	}
}

// consent answers a preflight's refusal that a yes lifts: asked for on a terminal; else the flag that says it is named.
func (a *app) consent(ctx context.Context, refusal error, c *consents) error {
	var held *desk.HeldError
	var wants *delivery.ConsentError
	switch {
	case errors.As(refusal, &held):
		return a.yesTo(ctx, &c.replace, held.Place+" holds a value already. It is kept until the new secret is there, and put back if it is not", "Replace it?",
			fmt.Errorf("%w; --replace is the yes to that; nothing was changed", held))
	case !errors.As(refusal, &wants):
		return host.Usagef("nothing was created: %w", refusal)
	}
	flag, given := "--force-mixed", &c.mixed
	switch wants.Needs {
	case delivery.MixedEnvironments:
	case delivery.TrackedByGit:
		flag, given = "--force-tracked", &c.tracked
	default:
		return refusal
	}
	return a.yesTo(ctx, given, wants.Error(), "Deliver it there all the same?", host.Usagef("%w; %s is that yes; nothing was changed", wants, flag))
}

// yesTo asks for one of the yeses; without a terminal it is the error that names its flag.
func (a *app) yesTo(ctx context.Context, given *bool, about, question string, unasked error) error {
	if !a.interactive() {
		return unasked
	}
	a.say("%s", about)
	err := a.confirm(ctx, false, question, "not confirmed: nothing was changed")
	*given = err == nil
	return err
}

// warnOwnKey says that a change takes from detent the key that it works with here. --yes is no yes to that: a name is typed, or the
// change is made with another key.
func (a *app) warnOwnKey() error {
	const own = "this is the key that detent itself uses here: without it, this profile stops working"
	if !a.interactive() {
		return host.Usagef("%s. A name must be typed for that, and there is no terminal to ask on: do it with a profile that uses another key, or rotate this one", own)
	}
	a.say(own)
	return nil
}

// askName has the name of a key typed, or its id where it has none.
func (a *app) askName(ctx context.Context, k apikey.Key, to, done string) error {
	want := cmp.Or(k.Name, k.ID)
	answer, err := a.ask(ctx, fmt.Sprintf("Type %s to %s: ", want, to))
	if err == nil && answer != want {
		err = fmt.Errorf("not %s: %q is not %q", done, answer, want)
	}
	return err
}
