package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/config"
	"detent/delivery"
)

type (
	place       = delivery.Destination
	deliveryJob = delivery.Job
)

// deliveryOptions are what destinations need of this run.
func (a *app) deliveryOptions() (delivery.Options, error) {
	cfg, err := a.config()
	if err != nil {
		return delivery.Options{}, err
	}
	return delivery.Options{Home: a.env.Get("HOME"), Environ: a.env.Without(cfg.SecretVariables()...), Clipboard: a.clipboard()}, nil
}

// destinations are what --deliver names: a destination of the profile, or one written out.
func (a *app) destinations(p config.Profile, specs []string) ([]place, error) {
	o, err := a.deliveryOptions()
	if err != nil {
		return nil, err
	}
	var out []place
	for _, spec := range specs {
		d, err := destination(p, spec, o)
		if err != nil {
			return nil, fmt.Errorf("--deliver: %w", err)
		}
		out = append(out, d)
	}
	return out, nil
}

func destination(p config.Profile, spec string, o delivery.Options) (place, error) {
	for _, d := range p.Deliver {
		if d.Name == spec {
			return delivery.New(deliveryConfig(d), o)
		}
	}
	return delivery.Parse(spec, o)
}

// deliveryConfig is a destination of the profile as delivery takes it.
func deliveryConfig(d config.Deliver) delivery.Config {
	c := delivery.Config{Name: d.Name, File: d.File, Command: d.Command, Then: d.Then}
	if d.EnvFile != nil {
		c.EnvFile = &delivery.EnvFile{Path: d.EnvFile.Path, Variable: d.EnvFile.Variable}
	}
	return c
}

// preflight proves each destination before a key is created and says what will happen there.
func (a *app) preflight(ctx context.Context, places []place, env apikey.Environment) (deliveryJob, error) {
	job := deliveryJob{ID: "create-" + strings.ToLower(rand.Text()[:10]), Environment: env}
	for _, d := range places {
		plan, err := d.Preflight(ctx, job)
		if err != nil {
			return job, fmt.Errorf("nothing was created: %s: %w", d.Describe(), err)
		}
		a.say("will deliver to %s", d.Describe())
		for _, note := range plan.Notes {
			a.say("  %s", note)
		}
	}
	return job, nil
}

// deliverAll puts the secret to every place. Where one fails, the others get their
// old content back.
func (a *app) deliverAll(ctx context.Context, places []place, job deliveryJob, secret apikey.Secret) error {
	writing := context.WithoutCancel(ctx)
	for i, d := range places {
		report, err := d.Put(writing, job, secret)
		if err != nil {
			failed := fmt.Errorf("delivering to %s: %w", d.Describe(), err)
			return errors.Join(append([]error{failed}, a.takeBack(writing, places[:i+1], job)...)...)
		}
		a.say("%s", report.Summary)
		for _, note := range report.Notes {
			a.say("  %s", note)
		}
		match, err := d.ReadBack(writing, secret)
		if err == nil && match == delivery.Different {
			err = errors.New("what is there now is not what was put there")
		}
		if err != nil {
			failed := fmt.Errorf("reading back from %s: %w", d.Describe(), err)
			return errors.Join(append([]error{failed}, a.takeBack(writing, places[:i+1], job)...)...)
		}
	}
	for _, d := range places {
		if err := d.Finish(writing, job); err != nil {
			a.say("%s: the copy of the old content is still there: %v", d.Describe(), err)
		}
	}
	return nil
}

// takeBack undoes deliveries, the last one first.
func (a *app) takeBack(ctx context.Context, places []place, job deliveryJob) []error {
	var errs []error
	for i := len(places) - 1; i >= 0; i-- {
		d := places[i]
		if !d.CanUndo() {
			a.say("%s cannot be undone: what it got is worthless once the key is deleted", d.Describe())
			continue
		}
		if report, err := d.Undo(ctx, job); err != nil {
			errs = append(errs, fmt.Errorf("putting the old content back to %s: %w", d.Describe(), err))
		} else if report.Summary != "" {
			a.say("%s", report.Summary)
		}
		if err := d.Finish(ctx, job); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// runThen runs the commands after a delivery. The secret is in its place by now, so a
// failure is told and nothing is taken back.
func (a *app) runThen(ctx context.Context, places []place) error {
	for _, d := range places {
		text, err := d.Then(context.WithoutCancel(ctx))
		if text = strings.TrimRight(text, "\n"); text != "" {
			a.say("%s", text)
		}
		if err != nil {
			return fmt.Errorf("the secret is delivered to %s, but the command after it failed: %w", d.Describe(), err)
		}
	}
	return nil
}
