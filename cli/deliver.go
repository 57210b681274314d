package cli

import (
	"context"
	"errors"

	"detent/apikey"
	"detent/delivery"
	"detent/desk"
	"detent/host"
)

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
		var wants *delivery.ConsentError
		var held *desk.HeldError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &wants) && !errors.As(err, &held):
			return host.Usagef("nothing was created: %w", err)
		}
		if err := a.consent(ctx, err, yes); err != nil {
			return err
		}
	}
}
