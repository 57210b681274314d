package desk

import (
	"context"
	"fmt"
	"sync"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/config"
)

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
	// Elsewhere says, in words, that an open rotation of another profile works with a key; empty where none does. Nil asks nobody.
	Elsewhere func(k apikey.Key) string
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

// act makes the call of an order.
func (d *Desk) act(ctx context.Context, o Order) (Outcome, error) {
	call := kinds[o.What].call
	if call == nil {
		return Outcome{}, fmt.Errorf("the desk knows no order %q", o.What)
	}
	return call(ctx, d, o)
}

// byCall is the call of an order that not every service has. without is what is said of one that does not.
func byCall(without string, has func(can client.Abilities) bool, call func(ctx context.Context, can client.Abilities, o Order) (Outcome, error)) func(context.Context, *Desk, Order) (Outcome, error) {
	return func(ctx context.Context, d *Desk, o Order) (Outcome, error) {
		can := d.service.Abilities()
		if !has(can) {
			return Outcome{}, refusal(o, client.Unsupported, without)
		}
		ctx, cancel := d.uncancelled(ctx, o)
		defer cancel()
		return call(ctx, can, o)
	}
}

// uncancelled is a context for a write: ctrl+c does not break it off half way, where nobody could tell whether it happened.
// The transport's own timeout still ends it. A read may be broken off, and a rotation bounds its own calls.
func (d *Desk) uncancelled(ctx context.Context, o Order) (context.Context, context.CancelFunc) {
	if o.Act || d.o.Timeout <= 0 || kinds[o.What].reads {
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
