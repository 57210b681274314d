package cli

import (
	"context"
	"errors"

	"detent/apikey"
	"detent/delivery"
	"detent/desk"
	"detent/host"
)

// preflight proves every place of a secret before anything is made, with the operator's yes where one wants it.
func (a *app) preflight(ctx context.Context, o desk.Order, secret apikey.Secret, yes *consents) error {
	for {
		job := &o.Delivery.Job
		job.AllowMixed, job.AllowTracked, job.Replace = yes.mixed, yes.tracked, yes.replace
		err := o.Delivery.Preflight(ctx, o.Places, secret)
		var wants *delivery.ConsentError
		var held *desk.HeldError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &wants) && !errors.As(err, &held):
			return host.Usagef("nothing was created: %w", err)
		}
		if again, err := a.consent(ctx, err, yes, true); !again {
			return err
		}
	}
}
