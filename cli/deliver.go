package cli

import (
	"context"
	"errors"
	"fmt"

	"detent/apikey"
	"detent/config"
	"detent/delivery"
	"detent/desk"
)

type place = delivery.Destination

// deliveryOptions are what destinations need of this run.
func (a *app) deliveryOptions() (delivery.Options, error) {
	cfg, err := a.config()
	if err != nil {
		return delivery.Options{}, err
	}
	o := delivery.Options{Home: a.env.Get("HOME"), Environ: a.env.Without(cfg.SecretVariables()...), Clipboard: a.copySecret(), Hook: a.world.Hook}
	if a.flags.demo { // it writes in its own folder alone
		if o.Below, err = a.tempDir(); err != nil {
			return o, err
		}
		o.Dir, o.Home = o.Below, o.Below
	}
	return o, nil
}

// destinations are what --deliver names.
func (a *app) destinations(p config.Profile, specs []string) ([]place, error) {
	var out []place
	for _, spec := range specs {
		d, err := a.destination(p, spec)
		if err != nil {
			return nil, fmt.Errorf("--deliver: %w", err)
		}
		out = append(out, d)
	}
	return out, nil
}

// destination is one of the profile, by its name, or one written out.
func (a *app) destination(p config.Profile, spec string) (place, error) {
	o, err := a.deliveryOptions()
	if err != nil {
		return nil, err
	}
	made, then := func() (place, error) { return delivery.Parse(spec, o) }, []string(nil)
	for _, d := range p.Deliver {
		if d.Name == spec {
			made, then = func() (place, error) { return delivery.New(deliveryConfig(d), o) }, d.Then
		}
	}
	d, err := made()
	if err != nil {
		return nil, err
	}
	return a.ledger().Place(d, p.Name, p.Service, then), nil
}

// deliveryConfig is a destination of the profile as delivery takes it.
func deliveryConfig(d config.Deliver) delivery.Config {
	c := delivery.Config{Name: d.Name, File: d.File, Command: d.Command, Then: d.Then, Probe: d.Probe}
	if d.EnvFile != nil {
		c.EnvFile = &delivery.EnvFile{Path: d.EnvFile.Path, Variable: d.EnvFile.Variable}
	}
	return c
}

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
			return usagef("nothing was created: %w", err)
		}
		if again, err := a.consent(ctx, err, yes, true); !again {
			return err
		}
	}
}
