package desk

import (
	"context"
	"errors"

	"detent/apikey"
	"detent/audit"
	"detent/rotation"
)

func init() {
	kinds[Rotate] = kind{op: "rotate a key"}
}

// Rotation is a rotation whose abort and close are recorded as such: what it does to keys and destinations is recorded by these.
type Rotation struct {
	*rotation.Rotation
	ledger *Ledger
}

// Do goes on with an undo that has begun.
func (r Rotation) Do(ctx context.Context) (rotation.Result, error) {
	if v := r.View(); v.Undoing {
		return r.Undo(ctx)
	}
	return r.Rotation.Do(ctx)
}

// Undo records that a rotation was to be undone, and whether it was. One that has changed nothing yet has nothing to record.
func (r Rotation) Undo(ctx context.Context) (rotation.Result, error) {
	v := r.View()
	if v.State != rotation.Open || v.Step == rotation.Preflight && !v.Undoing {
		return r.Rotation.Undo(ctx)
	}
	end, err := r.ledger.begin(Entry{Profile: v.Profile, Service: v.Service, Action: "abort", KeyID: v.Old.ID, KeyName: v.Old.Name, Detail: "rotation " + v.ID,
		Rotation: v.ID, Stage: string(v.Step)})
	if err != nil {
		return rotation.Result{Step: v.Step}, err
	}
	res, err := r.Rotation.Undo(ctx)
	o := outcomeOf(err)
	var no *rotation.RefusedError
	switch {
	case errors.As(err, &no): // in words of ours
		o = audit.Outcome{Result: audit.Refused, Certain: true, Reason: no.Reason}
	case err == nil && res.Status != rotation.Finished:
		o = audit.Outcome{Result: audit.Failed, Certain: true, Reason: "stopped: it needs a person"}
	}
	end(o)
	return res, err
}

// End records that a rotation is closed as it stands.
func (r Rotation) End(ctx context.Context, reason string) (rotation.Result, error) {
	return r.closing(reason, func() (rotation.Result, error) { return r.Rotation.End(ctx, reason) })
}

// Answer takes an answer, which may close the rotation.
func (r Rotation) Answer(ctx context.Context, a rotation.Answer) (rotation.Result, error) {
	if a.Choice != rotation.CloseIt {
		return r.Rotation.Answer(ctx, a)
	}
	return r.closing(a.Reason, func() (rotation.Result, error) { return r.Rotation.Answer(ctx, a) })
}

func (r Rotation) closing(reason string, end func() (rotation.Result, error)) (res rotation.Result, err error) {
	v := r.View()
	if v.State != rotation.Open || v.Step == rotation.Preflight && !v.Undoing { // nothing was begun
		return end()
	}
	res.Step = v.Step
	err = r.ledger.Closing(v, r.Redact(reason), func() error {
		res, err = end()
		return err
	})
	return res, err
}

// Closing records that a rotation is closed as it stands, which changes no key.
func (l *Ledger) Closing(v rotation.View, reason string, do func() error) error {
	return l.Record(Entry{Profile: v.Profile, Service: v.Service, Action: "close", KeyID: v.Old.ID, KeyName: v.Old.Name, Detail: "rotation " + v.ID + ": " + reason,
		Rotation: v.ID, Stage: string(v.Step)}, do)
}

// Rotation has the abort and the close of a rotation recorded.
func (l *Ledger) Rotation(r *rotation.Rotation) Rotation { return Rotation{r, l} }

// Notify records what a rotation does that is no call: how it began, each stage that is over, a person's word (rotation.World).
func (d *Desk) Notify(t rotation.Notice) {
	action := map[rotation.NoticeKind]string{rotation.NoticeBegun: "rotate", rotation.NoticeStage: "stage", rotation.NoticeStatement: "said"}[t.Kind]
	d.o.Ledger.event(Entry{Profile: d.o.Profile, Service: d.o.Issuer, Action: action, KeyID: t.Old.ID, KeyName: t.Old.Name, Detail: t.Text,
		Rotation: t.ID, Stage: string(t.Stage)})
}

// partOf is an entry with the rotation that it is a part of, where it is of one.
func partOf(ctx context.Context, e Entry) Entry {
	if p, ok := rotation.PartOf(ctx); ok {
		e.Rotation, e.Stage = p.ID, string(p.Stage)
	}
	return e
}

// namedBy is a key with the name that the rotation has which the context comes from: one that is gone on with calls before it lists.
func namedBy(ctx context.Context, k apikey.Key) apikey.Key {
	p, _ := rotation.PartOf(ctx)
	for _, of := range []apikey.Key{p.New, p.Old} {
		if k.Name == "" && k.ID != "" && of.ID == k.ID {
			k.Name = of.Name
		}
	}
	return k
}

type keyKey struct{}

// ForKey says whose secret goes where, for the receipt of that.
func ForKey(ctx context.Context, k apikey.Key) context.Context {
	return context.WithValue(ctx, keyKey{}, apikey.Key{ID: k.ID, Name: k.Name})
}

// keyOf is the key that ForKey named, else the new one of a rotation.
func keyOf(ctx context.Context) apikey.Key {
	if k, ok := ctx.Value(keyKey{}).(apikey.Key); ok {
		return k
	}
	p, _ := rotation.PartOf(ctx)
	return p.New
}
