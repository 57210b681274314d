package desk

import (
	"context"
	"path/filepath"
	"strings"

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

func (d recordedPlace) record(action, detail string, do func() error) error {
	return d.ledger.Record(Entry{Profile: d.profile, Service: d.issuer, Action: action, Detail: detail}, do)
}

// name of the place. A command's words may hold anything: the first is enough.
func (d recordedPlace) name() string {
	spec := d.Spec()
	if command, ok := strings.CutPrefix(spec, "command:"); ok {
		first, _, _ := strings.Cut(command, " ")
		spec = "command:" + filepath.Base(first)
	}
	return spec
}

// Put records a delivery.
func (d recordedPlace) Put(ctx context.Context, job delivery.Job, secret apikey.Secret) (report delivery.Report, err error) {
	err = d.record("deliver", d.name()+" "+job.ID, func() error {
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
	err = d.record("then", d.name()+": "+d.then, func() error {
		var err error
		output, err = d.Destination.Then(ctx)
		return err
	})
	return output, err
}

// Undo records that the old content was put back.
func (d recordedPlace) Undo(ctx context.Context, job delivery.Job) (report delivery.Report, err error) {
	err = d.record("undeliver", d.name()+" "+job.ID, func() error {
		var err error
		report, err = d.Destination.Undo(ctx, job)
		return err
	})
	return report, err
}
