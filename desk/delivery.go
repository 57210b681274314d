package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/delivery"
)

// Delivery brings one secret to its places. What it has begun it ends, whatever signal comes.
type Delivery struct {
	// Job is what each place may do, with the operator's yeses. Replace is the one to a place that holds something already.
	Job delivery.Job
	// Note tells the operator.
	Note func(text string)
	// Summary is what the last put did.
	Summary string

	looked []delivery.Plan // of each place, as Preflight found it
}

// NewDelivery is one of a secret that no rotation brings.
func NewDelivery(environment apikey.Environment, note func(text string)) *Delivery {
	return &Delivery{Job: delivery.Job{ID: "create-" + strings.ToLower(rand.Text()[:10]), Environment: environment}, Note: note}
}

// HeldError is a place that holds something already, which nobody said may go.
type HeldError struct{ Place string }

func (e *HeldError) Error() string {
	return e.Place + " holds a value already, and it was not overwritten"
}

// Preflight proves each place before anything is put there, and says what will happen there. A place that holds something
// else than the secret already is a *HeldError, unless that may be replaced. The secret is zero where there is none yet.
func (r *Delivery) Preflight(ctx context.Context, places []delivery.Destination, secret apikey.Secret) error {
	r.looked = nil
	for _, d := range places {
		plan, err := d.Preflight(ctx, r.Job)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Describe(), err)
		}
		for _, note := range plan.Notes {
			r.Note(d.Describe() + ": " + note)
		}
		r.looked = append(r.looked, plan)
		if other(plan.Holds, secret) {
			if !r.Job.Replace {
				return &HeldError{d.Describe()}
			}
			r.Note(d.Describe() + ": holds a value already; it is replaced, and kept until the new secret is in place")
		}
	}
	return nil
}

// other says that a place holds something else than a secret.
func other(h delivery.Held, secret apikey.Secret) bool { return h.Exists && !h.Secret.Equal(secret) }

// job is that of one place: what it held when it was looked at, and nothing else, may be written over.
func (r *Delivery) job(i int, secret apikey.Secret) delivery.Job {
	job := r.Job
	if i < len(r.looked) {
		seen := r.looked[i]
		job.Where = seen.Where
		job.Expect = func(h delivery.Held) bool {
			same := h.Secret.Equal(seen.Holds.Secret) || h.Unread.Equal(seen.Holds.Unread)
			return !other(h, secret) || seen.Holds.Exists && same
		}
	}
	return job
}

// Put brings the secret to every place. Where one fails, all get their old content back.
func (r *Delivery) Put(ctx context.Context, places []delivery.Destination, secret apikey.Secret) error {
	ctx = context.WithoutCancel(ctx)
	for i, d := range places {
		if err := r.putOne(ctx, d, r.job(i, secret), r.toldNotes(i), secret); err != nil {
			failed := fmt.Errorf("delivering to %s: %w", d.Describe(), err)
			return errors.Join(append([]error{failed}, r.rollBack(ctx, places[:i+1], secret)...)...)
		}
	}
	for _, d := range places {
		if err := d.Finish(ctx, r.Job); err != nil {
			r.Note(fmt.Sprintf("%s: the copy of the old content is still there: %v", d.Describe(), err))
		}
	}
	return nil
}

// toldNotes is what the preflight said of a place: it is not said twice.
func (r *Delivery) toldNotes(i int) []string {
	if i < len(r.looked) {
		return r.looked[i].Notes
	}
	return nil
}

func (r *Delivery) putOne(ctx context.Context, d delivery.Destination, job delivery.Job, told []string, secret apikey.Secret) error {
	report, err := d.Put(ctx, job, secret)
	if err != nil {
		return err
	}
	r.Summary = report.Summary
	if report.Output != "" {
		r.Note("its output:\n" + report.Output)
	}
	for _, note := range report.Notes {
		if !slices.Contains(told, note) {
			r.Note(note)
		}
	}
	match, err := d.ReadBack(ctx, secret)
	if err == nil && match == delivery.Different {
		err = errors.New("what is there now is not what was put there")
	}
	return err
}

// rollBack undoes deliveries, the last one first, where the new secret still is: what somebody has written since is theirs. The last
// one failed: it may have changed nothing, and kept no copy.
func (r *Delivery) rollBack(ctx context.Context, places []delivery.Destination, secret apikey.Secret) []error {
	var errs []error
	for i := len(places) - 1; i >= 0; i-- {
		d := places[i]
		if !d.CanUndo() {
			r.Note(d.Describe() + " cannot be undone")
			continue
		}
		job := r.Job
		job.Expect = func(h delivery.Held) bool { return h.Secret.Equal(secret) }
		report, err := d.Undo(ctx, job)
		if i == len(places)-1 && (errors.Is(err, delivery.ErrNoCopy) || errors.Is(err, delivery.ErrUnexpected)) {
			err = nil
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("putting the old content back to %s: %w", d.Describe(), err))
			continue
		}
		if report.Summary != "" {
			r.Note(report.Summary)
		}
		if err := d.Finish(ctx, r.Job); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// Then runs the commands after a delivery. The secret is in its place by now, so a
// failure is told and nothing is taken back.
func (r *Delivery) Then(ctx context.Context, places []delivery.Destination) error {
	for _, d := range places {
		text, err := d.Then(context.WithoutCancel(ctx))
		if text = strings.TrimRight(text, "\n"); text != "" {
			r.Note(text)
		}
		if err != nil {
			return fmt.Errorf("the secret is delivered to %s, but the command after it failed: %w", d.Describe(), err)
		}
	}
	return nil
}
