package desk

import (
	"context"

	"detent/apikey"
	"detent/audit"
)

// receipts records an order before it is sent, and what came of it after.
func (d *Desk) receipts(next Handler) Handler {
	return func(ctx context.Context, o Order) (Outcome, error) {
		if kinds[o.What].inParts {
			return next(ctx, o)
		}
		e := d.entry(ctx, o)
		if a, ok := ctx.Value(announcedKey{}).(announced); ok && o.Key.ID != "" && a.id == o.Key.ID && a.action == e.Action {
			out, err := next(ctx, o)
			*a.out = out
			return out, err
		}
		end, err := d.o.Ledger.begin(e)
		if err != nil {
			return Outcome{}, err
		}
		out, err := next(ctx, o)
		end(d.receiptOf(o, out, err))
		return out, err
	}
}

// entry is what the receipt of an order says before it is sent.
func (d *Desk) entry(ctx context.Context, o Order) Entry {
	was := d.known(namedBy(ctx, o.Key))
	e := partOf(ctx, Entry{Profile: d.o.Profile, Service: d.o.Issuer, Action: string(o.What), KeyID: o.Key.ID, KeyName: was.Name})
	if record := kinds[o.What].recordAsked; record != nil {
		record(d, o, was, &e)
	}
	return e
}

// receiptOf is what came of an order.
func (d *Desk) receiptOf(o Order, out Outcome, err error) audit.Outcome {
	r := outcomeOf(err)
	if record := kinds[o.What].recordResult; record != nil {
		record(d, o, out, err, &r)
	}
	return r
}

// announced is a call whose record was begun before the last look at everything, so that nothing lies between that and the call.
type announced struct {
	action, id string
	out        *Outcome // what came of it, for the record's end
}

type announcedKey struct{}

// Announce begins the record of a call that a rotation is about to send (rotation.World). The context it gives marks the
// call, which is then not recorded anew.
func (d *Desk) Announce(ctx context.Context, action, id string) (context.Context, func(error), error) {
	o := Order{What: What(action), Key: apikey.Key{ID: id}}
	if on := action == enable; on || action == disable {
		o.What, o.Patch.Enabled = Update, &on
	}
	end, err := d.o.Ledger.begin(d.entry(ctx, o))
	if err != nil {
		return ctx, nil, err
	}
	out := new(Outcome)
	return context.WithValue(ctx, announcedKey{}, announced{action, id, out}), func(err error) { end(d.receiptOf(o, *out, err)) }, nil
}
