package desk

import (
	"context"
	"fmt"
	"slices"

	"detent/apikey"
)

// What is done with a secret that there is: it is shown or printed, and it is brought to a place. The second is on record by each place.
const (
	Show    What = "reveal"
	Deliver What = "deliver"
)

// printed is what a reveal on standard output is on record as.
const printed = "print"

func init() {
	kinds[Show] = kind{
		op:    "show a secret",
		reads: true,
		recordAsked: func(_ *Desk, o Order, _ apikey.Key, e *Entry) {
			e.Detail = "on the screen"
			if o.Hand != nil {
				e.Action, e.Detail = printed, "to standard output"
			}
		},
		call: func(_ context.Context, _ *Desk, o Order) (Outcome, error) {
			if o.Hand == nil {
				return Outcome{}, nil
			}
			return Outcome{}, o.Hand()
		},
	}
	kinds[Deliver] = kind{op: "store a secret", reads: true, inParts: true, mayGuest: toNamedPlace,
		call: func(ctx context.Context, _ *Desk, o Order) (out Outcome, err error) {
			if err := o.Delivery.Preflight(ctx, o.Places, o.Secret); err != nil {
				return out, err
			}
			ctx = ForKey(ctx, o.Key)
			if err := o.put(ctx, o.Secret); err != nil {
				return out, err
			}
			out.Delivered = true
			return out, o.Delivery.Then(ctx, o.Places)
		},
	}
}

// toNamedPlace refuses a place on the server that somebody at another machine wrote out: only the profile's named ones and their own
// clipboard are for them.
func toNamedPlace(d *Desk, o Order) (record string, why error) {
	switch {
	case o.To == "" || o.To == "clipboard" || slices.Contains(d.o.Places, o.To):
		return "", nil
	case len(d.o.Places) == 0:
		why = fmt.Errorf("over SSH a secret goes only to a destination that the profile names, and %s names none: an admin adds one to the configuration on the server", d.o.Profile)
	default:
		why = fmt.Errorf("over SSH a secret goes only to a destination that the profile names: %v", d.o.Places)
	}
	return "not a destination of the profile", why
}
