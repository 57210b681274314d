package desk

import (
	"context"

	"detent/apikey"
	"detent/delivery"
)

// recordedPlace is a destination whose changes are recorded.
type recordedPlace struct {
	delivery.Destination
	ledger          *Ledger
	profile, issuer string
	then            string // the program that runs after a change; empty for none
}

// heldPlace is one that gives back what it holds.
type heldPlace struct {
	recordedPlace
	delivery.Holder
}

// Place records what is done to a destination of a profile, and what runs after a change of it.
func (l *Ledger) Place(d delivery.Destination, profile, issuer string, then []string) delivery.Destination {
	out := recordedPlace{Destination: d, ledger: l, profile: profile, issuer: issuer}
	if len(then) > 0 {
		out.then = then[0]
	}
	if h, ok := d.(delivery.Holder); ok {
		return heldPlace{out, h}
	}
	return out
}

// record names the key whose secret it is, as far as the context says it.
func (d recordedPlace) record(ctx context.Context, action, detail string, do func() error) error {
	k := keyOf(ctx)
	return d.ledger.Record(partOf(ctx, Entry{Profile: d.profile, Service: d.issuer, Action: action, KeyID: k.ID, KeyName: k.Name, Detail: detail}), do)
}

func (d recordedPlace) name() string { return delivery.Short(d.Spec()) }

// Put records a delivery.
func (d recordedPlace) Put(ctx context.Context, job delivery.Job, secret apikey.Secret) (report delivery.Report, err error) {
	err = d.record(ctx, "deliver", d.name()+" "+job.ID, func() error {
		var err error
		report, err = d.Destination.Put(ctx, job, secret)
		return err
	})
	return report, err
}

// Then records that the command after a change was run, without what it said.
func (d recordedPlace) Then(ctx context.Context) (output string, err error) {
	if d.then == "" {
		return d.Destination.Then(ctx)
	}
	err = d.record(ctx, "then", d.name()+": "+d.then, func() error {
		var err error
		output, err = d.Destination.Then(ctx)
		return err
	})
	return output, err
}

// Undo records that the old content was put back.
func (d recordedPlace) Undo(ctx context.Context, job delivery.Job) (report delivery.Report, err error) {
	err = d.record(ctx, "undeliver", d.name()+" "+job.ID, func() error {
		var err error
		report, err = d.Destination.Undo(ctx, job)
		return err
	})
	return report, err
}
