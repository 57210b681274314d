package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
		why = fmt.Errorf("over SSH a secret goes only to a destination that the profile names, and %s names none: use clipboard, your own terminal's, or have an administrator run on the server: %s", d.o.Profile, DestinationLine(d.o.Profile, "NAME"))
	default:
		why = fmt.Errorf("over SSH a secret goes only to a destination that the profile names: %v", d.o.Places)
	}
	return "not a destination of the profile", why
}

// DestinationLine is the line that names a destination of a profile, for who keeps the server's configuration. What is in capitals is
// theirs to say.
func DestinationLine(profile, key string) string {
	base, _ := apikey.SplitName(key)
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, base), "-")
	if name == "" {
		name = "NAME"
	}
	return "detent config destination add " + inShell(profile) + " " + name + " env-file:/PATH/.env:VARIABLE --key " + inShell(base)
}

// inShell is a word as a shell reads it.
func inShell(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
