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

type place = delivery.Destination

// deliveryOptions are what destinations need of this run.
func (a *app) deliveryOptions() (delivery.Options, error) {
	cfg, err := a.config()
	if err != nil {
		return delivery.Options{}, err
	}
	return delivery.Options{Home: a.env.Get("HOME"), Environ: a.env.Without(cfg.SecretVariables()...), Clipboard: a.copySecret(), Hook: a.world.Hook}, nil
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
	return a.auditor().recordedPlace(d, p, then), nil
}

// deliveryConfig is a destination of the profile as delivery takes it.
func deliveryConfig(d config.Deliver) delivery.Config {
	c := delivery.Config{Name: d.Name, File: d.File, Command: d.Command, Then: d.Then, Probe: d.Probe}
	if d.EnvFile != nil {
		c.EnvFile = &delivery.EnvFile{Path: d.EnvFile.Path, Variable: d.EnvFile.Variable}
	}
	return c
}

// deliveryRun brings one secret to its places. What it has begun it ends, whatever signal comes.
type deliveryRun struct {
	job     delivery.Job
	note    func(text string) // tells the operator
	summary string            // what the last put did
}

func newDeliveryRun(note func(string)) *deliveryRun {
	return &deliveryRun{job: delivery.Job{ID: "create-" + strings.ToLower(rand.Text()[:10])}, note: note}
}

// preflight proves each destination before a key is created and says what will happen there.
func (r *deliveryRun) preflight(ctx context.Context, places []place) error {
	for _, d := range places {
		plan, err := d.Preflight(ctx, r.job)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Describe(), err)
		}
		for _, note := range plan.Notes {
			r.note(d.Describe() + ": " + note)
		}
	}
	return nil
}

// put brings the secret to every place. Where one fails, all get their old content back.
func (r *deliveryRun) put(ctx context.Context, places []place, secret apikey.Secret) error {
	ctx = context.WithoutCancel(ctx)
	for i, d := range places {
		if err := r.putOne(ctx, d, secret); err != nil {
			failed := fmt.Errorf("delivering to %s: %w", d.Describe(), err)
			return errors.Join(append([]error{failed}, r.takeBack(ctx, places[:i+1])...)...)
		}
	}
	for _, d := range places {
		if err := d.Finish(ctx, r.job); err != nil {
			r.note(fmt.Sprintf("%s: the copy of the old content is still there: %v", d.Describe(), err))
		}
	}
	return nil
}

func (r *deliveryRun) putOne(ctx context.Context, d place, secret apikey.Secret) error {
	report, err := d.Put(ctx, r.job, secret)
	if err != nil {
		return err
	}
	r.summary = report.Summary
	if report.Output != "" {
		r.note("its output:\n" + report.Output)
	}
	for _, note := range report.Notes {
		r.note(note)
	}
	match, err := d.ReadBack(ctx, secret)
	if err == nil && match == delivery.Different {
		err = errors.New("what is there now is not what was put there")
	}
	return err
}

// takeBack undoes deliveries, the last one first. The last one failed: it may have changed nothing, and kept no copy.
func (r *deliveryRun) takeBack(ctx context.Context, places []place) []error {
	var errs []error
	for i := len(places) - 1; i >= 0; i-- {
		d := places[i]
		if !d.CanUndo() {
			r.note(d.Describe() + " cannot be undone")
			continue
		}
		report, err := d.Undo(ctx, r.job)
		if i == len(places)-1 && errors.Is(err, delivery.ErrNoCopy) {
			err = nil
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("putting the old content back to %s: %w", d.Describe(), err))
			continue
		}
		if report.Summary != "" {
			r.note(report.Summary)
		}
		if err := d.Finish(ctx, r.job); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// then runs the commands after a delivery. The secret is in its place by now, so a
// failure is told and nothing is taken back.
func (r *deliveryRun) then(ctx context.Context, places []place) error {
	for _, d := range places {
		text, err := d.Then(context.WithoutCancel(ctx))
		if text = strings.TrimRight(text, "\n"); text != "" {
			r.note(text)
		}
		if err != nil {
			return fmt.Errorf("the secret is delivered to %s, but the command after it failed: %w", d.Describe(), err)
		}
	}
	return nil
}
