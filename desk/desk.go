// Package desk is where something is done with a key. A front (a command, a screen, a session over SSH) makes an order, and
// shows what came of it; a rotation's acts are orders too. Every order goes the same way: one check of what it asks against
// what the issuer can, one look at read-only, one at the role, one receipt, and then the act.
package desk

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/config"
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
	// Secret is what is handed over, of a Show or a Deliver; Hand writes it to standard output, and is nil where a screen shows it.
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
	mayGuest func(d *Desk, o Order) (why error, record string)
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

// Handler carries out an order.
type Handler func(ctx context.Context, o Order) (Outcome, error)

// Middleware is a step before, or after, the act.
type Middleware func(Handler) Handler

// Desk is that of one profile that is open, for one operator. It may be used by many goroutines.
type Desk struct {
	service client.Service
	o       Options
	handle  Handler

	names names
	mu    sync.Mutex
	made  map[string]bool // the keys made here: one whose secret reached nobody may go again
}

// Options are what a desk is opened with.
type Options struct {
	// Profile and Issuer name whose keys these are.
	Profile, Issuer string
	// Places are the names of its destinations.
	Places []string
	Ledger *Ledger
	// ReadOnly refuses every order, since each may change something.
	ReadOnly bool
	// Forced says that the profile itself is not: detent was started read-only.
	Forced bool
	// Role is the operator's; empty is the user of this machine, who may do all. Refused records what is beyond it.
	Role    config.Role
	Refused func(e Entry, why string)
	// Timeout bounds one call of the service, with its retries and waits.
	Timeout time.Duration
	// Keeper carries out orders on profiles; nil where there are none.
	Keeper Keeper
	Now    func() time.Time // nil is the real clock
}

// Open makes the desk of a profile.
func Open(s client.Service, o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Desk{service: s, o: o, made: map[string]bool{}}
	d.handle = d.act
	for _, m := range []Middleware{d.receipts, d.checks, d.writes, d.roles} { // the last one is asked first
		d.handle = m(d.handle)
	}
	return d
}

// Do carries out an order.
func (d *Desk) Do(ctx context.Context, o Order) (Outcome, error) {
	o = o.trimmed()
	if do := kinds[o.What].do; do != nil && !o.Act {
		return do(ctx, d, o)
	}
	return d.handle(ctx, o)
}

// May says whether such an order could be carried out at all, by the steps that it would meet itself: the role, read-only, what the issuer
// can. A front asks it before it asks for anything else; a refusal has the words, and the record, that the order would have.
func (d *Desk) May(ctx context.Context, o Order) error {
	handle := func(_ context.Context, o Order) (Outcome, error) {
		if err := possible(o, d.service.Capabilities()); err != nil {
			return Outcome{}, refusal(o, client.Unsupported, err.Why)
		}
		return Outcome{}, nil
	}
	_, err := d.roles(d.writes(handle))(ctx, o)
	return err
}

// CheckRole refuses what is beyond the role, on record, and looks at nothing else: what a screen has refused is so recorded as the order
// itself would be, and what needs no service is asked for without one.
func (d *Desk) CheckRole(ctx context.Context, o Order) error {
	_, err := d.roles(func(context.Context, Order) (Outcome, error) { return Outcome{}, nil })(ctx, o)
	return err
}

// Send carries out an order, and nothing that follows one: whoever shows the answer (a screen) settles a lost one, and has the
// secret of a new key.
func (d *Desk) Send(ctx context.Context, o Order) (Outcome, error) { return d.handle(ctx, o.trimmed()) }

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

// writes refuses an order where nothing may be changed.
func (d *Desk) writes(next Handler) Handler {
	return func(ctx context.Context, o Order) (Outcome, error) {
		if d.o.ReadOnly && !kinds[o.What].reads {
			return Outcome{}, refusal(o, client.ReadOnly, ReadOnlyWords(d.o.Profile, d.o.Forced)+": nothing is changed")
		}
		return next(ctx, o)
	}
}

// ReadOnlyWords is why nothing may be changed on a profile, in the words of every front. forced: the profile itself is not read-only.
func ReadOnlyWords(profile string, forced bool) string {
	if forced {
		return "detent was started read-only: " + profile + " is read-only"
	}
	return "the profile " + profile + " is read-only"
}

func refusal(o Order, kind client.Kind, why string) error {
	return &client.Error{Op: o.op(), Kind: kind, Outcome: client.NotDone, Message: why}
}

// op says in words what an order does, for an error.
func (o Order) op() string { return cmp.Or(kinds[o.What].op, string(o.What)) }

// act makes the call of an order.
func (d *Desk) act(ctx context.Context, o Order) (Outcome, error) {
	call := kinds[o.What].call
	if call == nil {
		return Outcome{}, fmt.Errorf("the desk knows no order %q", o.What)
	}
	return call(ctx, d, o)
}

// uncancelled is a context for a write: ctrl+c does not break it off half way, where nobody could tell whether it happened.
// The transport's own timeout still ends it. A rotation bounds its own calls.
func (d *Desk) uncancelled(ctx context.Context, o Order) (context.Context, context.CancelFunc) {
	if o.Act || d.o.Timeout <= 0 {
		return ctx, func() {}
	}
	end, bounded := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if limit := time.Now().Add(d.o.Timeout + 5*time.Second); !bounded || limit.Before(end) {
		end = limit
	}
	return context.WithDeadline(ctx, end)
}

// List hands over the keys, and learns their names: an order that changes one has its id alone.
func (d *Desk) List(ctx context.Context, each func([]apikey.Key)) error {
	list := d.names.begin()
	err := d.service.List(ctx, func(batch []apikey.Key) {
		d.names.learn(batch...)
		each(batch)
	})
	if err == nil {
		d.names.complete(list)
	}
	return err
}
