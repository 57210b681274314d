// Package desk is where something is done with a key. A front (a command, a screen, a session over SSH) makes an order, and
// shows what came of it; a rotation's acts are orders too. Every order goes the same way: one check of what it asks against
// what the issuer can, one look at read-only, one at the role, one receipt, and then the act.
package desk

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/delivery"
)

// What an order asks for. The word is that of the receipt.
type What string

// What can be ordered: each has a file of its own, which registers its kind. An update that only switches a key is on record as enable
// or disable.
const (
	Create    What = "create"
	Update    What = "update"
	Delete    What = "delete"
	PublicKey What = "public-key"
	Retrieve  What = "retrieve"
	// Roll gives a key a new secret; EndOverlap makes the former one die, and KeepFormer gives the key back to it.
	Roll       What = "roll"
	EndOverlap What = "end-overlap"
	KeepFormer What = "keep-former"
	// Rotate is asked for (May) and never done: a rotation's acts are orders of their own.
	Rotate What = "rotate"
)

// An update that only switches a key is on record as one of these.
const (
	enable  = "enable"
	disable = "disable"
)

// Order is what is to be done, as data.
type Order struct {
	What What
	// Key is what a change is of: its id, and where it is known its name.
	Key     apikey.Key
	Draft   apikey.Draft
	Patch   apikey.Patch
	Request apikey.PublicKeyRequest
	Setup   Setup
	// Overlap is how long the former secret lives on beside that of a roll, and Once the roll's own name (client.Roller).
	Overlap time.Duration
	Once    string
	// Before are the keys that were there before a create; nil where nobody asked.
	Before Before
	// Places are where the secret of a created key, or a public key, goes, proven by the delivery's own Preflight; Delivery is how.
	Places   []delivery.Destination
	Delivery *Delivery
	// To is how a place was written, which a Deliver is of.
	To string
	// Secret is what is handed over, of a Show or a Deliver, or what deletes its own key, of a Delete; Hand writes it to standard output, and is nil where a screen shows it.
	Secret apikey.Secret
	Hand   func() error
	// Act marks an act of a rotation. A rotation has looked by its own rules, and settles a lost answer itself: the call is made
	// once, and a deletion is no administrator's alone.
	Act bool
	// Note tells the operator what is under way; nil for nobody.
	Note func(text string)
}

func (o Order) note(format string, args ...any) {
	if o.Note != nil {
		o.Note(fmt.Sprintf(format, args...))
	}
}

// Outcome is what came of an order. With an error, what is set is what is certain all the same.
type Outcome struct {
	Created apikey.Created
	// IsNew says that the created key is new for sure, so that it may be deleted where its secret reached nobody.
	IsNew   bool
	Key     apikey.Key
	Deleted apikey.Deleted
	Public  apikey.PublicKeyValue
	Secret  apikey.Secret
	Rolled  apikey.Rolled
	// Delivered says that the secret is in its places, whatever became of the command after it.
	Delivered bool
}

// kind is all that differs from one order to another. What a kind leaves out is not done.
type kind struct {
	op string // what it does, in words, for an error
	// reads says that it changes nothing at the service, so that read-only lets it pass.
	reads bool
	// profiles says that it is of the configuration, and for administrators alone. mayGuest refuses what is not for whoever comes over
	// SSH, and says what is on record then.
	profiles bool
	mayGuest func(d *Desk, o Order) (record string, why error)
	// inParts says that each of its parts has a receipt of its own.
	inParts bool
	// admins says that it is for administrators alone, unless it is a rotation's act or the key was made in this session.
	admins bool
	// abilities are those of its issuer that it needs: a role that may not have it done is shown without them.
	abilities func(c *apikey.Capabilities) []*apikey.Ability
	// can is whether its issuer can do it at all; nil where it always can.
	can func(c apikey.Capabilities) apikey.Ability
	// check holds what it asks for against what the issuer can; nil where it may be sent.
	check func(o Order, c apikey.Capabilities) *FieldError
	// call makes the call of the service.
	call func(ctx context.Context, d *Desk, o Order) (Outcome, error)
	// recordAsked adds to the receipt what is asked for, given the key as it was; recordResult what came of it.
	recordAsked  func(d *Desk, o Order, was apikey.Key, e *Entry)
	recordResult func(d *Desk, o Order, out Outcome, err error, r *audit.Outcome)
	// do carries it out with what follows the call (Desk.Do), where something does.
	do func(ctx context.Context, d *Desk, o Order) (Outcome, error)
}

// kinds are registered by the file of each, at the start.
var kinds = map[What]kind{}

// trimmed is the order without the blanks around a name, which nobody sees in a list and which no base name has. A rotation names
// its key itself.
func (o Order) trimmed() Order {
	if o.Act {
		return o
	}
	o.Draft.Name, o.Request.Name = strings.TrimSpace(o.Draft.Name), strings.TrimSpace(o.Request.Name)
	if o.Patch.Name != nil {
		name := strings.TrimSpace(*o.Patch.Name)
		o.Patch.Name = &name
	}
	return o
}

func refusal(o Order, kind client.Kind, why string) error {
	return &client.Error{Op: o.op(), Kind: kind, Outcome: client.NotDone, Message: why}
}

// op says in words what an order does, for an error.
func (o Order) op() string { return cmp.Or(kinds[o.What].op, string(o.What)) }
