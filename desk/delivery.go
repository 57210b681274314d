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
	// Keeps leaves what the places held kept after a Put, until Settle or TakeBack.
	Keeps bool
	// Note tells the operator.
	Note func(text string)
	// Summary is what the last put did.
	Summary string

	looked []delivery.Plan // of each place, as Preflight found it
	kept   []delivery.Destination
	secret apikey.Secret // that the kept places were given
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
			if !r.Keeps { // who keeps it has asked, and said until when
				r.Note(d.Describe() + ": holds a value already; it is replaced, and kept until the new secret is in place")
			}
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
	var kept, through []delivery.Destination
	for i, d := range places {
		copied, err := r.putOne(ctx, d, r.job(i, secret), r.toldNotes(i), secret)
		if err != nil {
			failed := fmt.Errorf("delivering to %s: %w", d.Describe(), err)
			return errors.Join(append([]error{failed}, r.rollBack(ctx, places[:i+1], secret)...)...)
		}
		if r.Keeps && copied {
			kept = append(kept, d)
		} else {
			through = append(through, d)
		}
	}
	r.finish(ctx, through)
	r.kept, r.secret = kept, secret
	return nil
}

func (r *Delivery) finish(ctx context.Context, places []delivery.Destination) {
	for _, d := range places {
		if err := d.Finish(ctx, r.Job); err != nil {
			r.Note(fmt.Sprintf("%s: the copy of the old content is still there: %v", d.Describe(), err))
		}
	}
}

// Settle lets go of what the places held.
func (r *Delivery) Settle(ctx context.Context) {
	r.finish(context.WithoutCancel(ctx), r.kept)
	r.kept, r.secret = nil, apikey.Secret{}
}

// Keeping are the places, in words, whose former content TakeBack would put back.
func (r *Delivery) Keeping() []string {
	out := make([]string, len(r.kept))
	for i, d := range r.kept {
		out[i] = d.Describe()
	}
	return out
}

// TakeBack puts back what the places held, where the secret still is, and runs the commands after it. What somebody has written since is
// theirs, and stays. Where it fails, the rest is kept, and it can be tried again.
func (r *Delivery) TakeBack(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	for len(r.kept) > 0 {
		last := len(r.kept) - 1
		d := r.kept[last]
		err := r.takeBack(ctx, d, r.secret)
		switch {
		case errors.Is(err, delivery.ErrUnexpected):
			r.Note(d.Describe() + " holds something else than the secret by now, and was left as it is")
			err = d.Finish(ctx, r.Job)
		case err == nil:
			if err := r.thenOf(ctx, d); err != nil {
				r.Note(fmt.Sprintf("%s has its former content back, but the command after it failed: %v", d.Describe(), err))
			}
		}
		if err != nil {
			return err
		}
		r.kept = r.kept[:last]
	}
	return nil
}

// takeBack undoes one delivery, where the secret still is.
func (r *Delivery) takeBack(ctx context.Context, d delivery.Destination, secret apikey.Secret) error {
	if !d.CanUndo() {
		r.Note(d.Describe() + " cannot be undone")
		return nil
	}
	job := r.Job
	job.Expect = func(h delivery.Held) bool { return h.Secret.Equal(secret) }
	report, err := d.Undo(ctx, job)
	if err != nil {
		return fmt.Errorf("putting the old content back to %s: %w", d.Describe(), err)
	}
	if report.Summary != "" {
		r.Note(report.Summary)
	}
	return d.Finish(ctx, r.Job)
}

// toldNotes is what the preflight said of a place: it is not said twice.
func (r *Delivery) toldNotes(i int) []string {
	if i < len(r.looked) {
		return r.looked[i].Notes
	}
	return nil
}

func (r *Delivery) putOne(ctx context.Context, d delivery.Destination, job delivery.Job, told []string, secret apikey.Secret) (copied bool, err error) {
	report, err := d.Put(ctx, job, secret)
	if err != nil {
		return false, err
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
	return report.Kept, err
}

// rollBack undoes deliveries, the last one first, where the new secret still is: what somebody has written since is theirs. The last
// one failed: it may have changed nothing, and kept no copy.
func (r *Delivery) rollBack(ctx context.Context, places []delivery.Destination, secret apikey.Secret) []error {
	var errs []error
	for i := len(places) - 1; i >= 0; i-- {
		err := r.takeBack(ctx, places[i], secret)
		if i == len(places)-1 && (errors.Is(err, delivery.ErrNoCopy) || errors.Is(err, delivery.ErrUnexpected)) {
			err = places[i].Finish(ctx, r.Job)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// Then runs the commands after a delivery. The secret is in its place by now, so a
// failure is told and nothing is taken back.
func (r *Delivery) Then(ctx context.Context, places []delivery.Destination) error {
	for _, d := range places {
		if err := r.thenOf(context.WithoutCancel(ctx), d); err != nil {
			return fmt.Errorf("the secret is delivered to %s, but the command after it failed: %w", d.Describe(), err)
		}
	}
	return nil
}

func (r *Delivery) thenOf(ctx context.Context, d delivery.Destination) error {
	text, err := d.Then(ctx)
	if text = strings.TrimRight(text, "\n"); text != "" {
		r.Note(text)
	}
	return err
}
