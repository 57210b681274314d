package world

import (
	"context"
	"errors"
	"os"
	"strings"

	"detent/apikey"
	"detent/delivery"
)

// The part of the driver that knows delivery.

// destination is delivery's own code for a place; of a hook, the stand-in below.
func (w *world) destination(p *place) (delivery.Destination, error) {
	if !p.readable() {
		return &hook{p}, nil
	}
	o := w.watching(p, w.point)
	o.LookPath = func(string) (string, error) { return "", os.ErrNotExist }
	d, err := delivery.Parse(p.spec(), o)
	if err != nil {
		return nil, err
	}
	return &watched{Destination: d, p: p}, nil
}

// watching are delivery's options by which the world sees what it does at a place; at is told of each file operation.
func (w *world) watching(p *place, at func(point string)) delivery.Options {
	return delivery.Options{NoSync: true, NoMounts: true, Hook: func(step string) {
		if step != "delivery before: read file" && step != "delivery after: read file" {
			w.disk++
		}
		switch step {
		case "delivery before: rename content", "delivery before: remove file": // what is there now is written over
			w.aboutToWrite(p, strings.TrimPrefix(step, "delivery before: "))
		case "delivery after: read file":
			p.beheld = p.content()
			p.looked()
		case "delivery after: rename content":
			p.looked()
		}
		at("disk: " + step)
	}}
}

var errFull = errors.New("no space left on device")

// watched is delivery's destination, with a point before and after each use.
type watched struct {
	delivery.Destination
	p *place
}

func (d *watched) during(op string, do func() error) error {
	w := d.p.w
	w.point("place before: " + op)
	defer func() { w.point("place after: " + op) }()
	if d.p.full && (op == "put" || op == "undo") {
		return errFull
	}
	return do()
}

// given is what do gives, carried out as during does.
func given[T any](during func(op string, do func() error) error, op string, do func() (T, error)) (out T, err error) {
	err = during(op, func() error {
		out, err = do()
		return err
	})
	return out, err
}

func (p *place) looked() {
	p.w.seq++
	p.read = p.w.seq
}

// saw tells of a look at what the place holds, as it was when the file was read.
func (p *place) saw() {
	if p.w.step == "preflight" {
		p.former = p.beheld                                                         // what there is to go back to
		p.oldDead = !p.w.alive(p.w.old) || p.w.old.expired(p.w.now.Add(p.w.server)) // as the service's clock shows it
	}
	p.w.event(event{kind: "read", place: p, text: p.beheld, former: p.former})
}

// Preflight is delivery's.
func (d *watched) Preflight(ctx context.Context, job delivery.Job) (delivery.Plan, error) {
	return given(d.during, "preflight", func() (delivery.Plan, error) { return d.Destination.Preflight(ctx, job) })
}

// Put is delivery's.
func (d *watched) Put(ctx context.Context, job delivery.Job, secret apikey.Secret) (rep delivery.Report, err error) {
	err = d.during("put", func() error {
		was := d.p.content()
		rep, err = d.Destination.Put(ctx, job, secret)
		if err == nil {
			if !d.p.touched {
				carrier := d.p.w.keyByText(was)
				d.p.dead = (d.p.replace || d.p.w.replaced) && (!d.p.w.alive(carrier) || carrier == d.p.w.old && d.p.oldDead)
			}
			if (rep.Kept || !d.p.touched) && was == d.p.w.old.text { // where it held nothing in the preflight: the copy has this
				d.p.former = was
			}
			d.p.touched, d.p.excused = true, false // the program has noticed
			d.p.w.event(event{kind: "put", place: d.p, secret: d.p.w.keyBySecret(secret)})
		}
		return err
	})
	return rep, err
}

// ReadBack is delivery's.
func (d *watched) ReadBack(ctx context.Context, secret apikey.Secret) (m delivery.Match, err error) {
	err = d.during("read", func() error {
		m, err = d.Destination.ReadBack(ctx, secret)
		d.p.saw()
		return err
	})
	return m, err
}

// Held is delivery's.
func (d *watched) Held(ctx context.Context) (h delivery.Held, err error) {
	err = d.during("read", func() error {
		h, err = d.Destination.(delivery.Holder).Held(ctx)
		d.p.saw()
		return err
	})
	return h, err
}

// Former is delivery's.
func (d *watched) Former(ctx context.Context, job delivery.Job) (delivery.Held, error) {
	return given(d.during, "read the copy", func() (delivery.Held, error) { return d.Destination.(delivery.Holder).Former(ctx, job) })
}

// HasThen is so where the application is restarted.
func (d *watched) HasThen() bool { return true }

// Undo is delivery's.
func (d *watched) Undo(ctx context.Context, job delivery.Job) (rep delivery.Report, err error) {
	err = d.during("undo", func() error {
		rep, err = d.Destination.Undo(ctx, job)
		if err == nil {
			d.p.w.event(event{kind: "undone", place: d.p})
		}
		return err
	})
	return rep, err
}

// Finish is delivery's.
func (d *watched) Finish(ctx context.Context, job delivery.Job) error {
	return d.during("finish", func() error { return d.Destination.Finish(ctx, job) })
}

// Then restarts the application.
func (d *watched) Then(context.Context) (out string, err error) {
	err = d.during("then", func() error { return d.p.runThen() })
	return out, err
}

// hook is a command that takes the secret, without a process of its own.
type hook struct{ p *place }

// Spec is a name of the profile's.
func (h *hook) Spec() string { return h.p.spec() }

// Describe is the same.
func (h *hook) Describe() string { return "the program " + h.p.spec() }

// CanUndo is never so.
func (h *hook) CanUndo() bool { return false }

// Preflight finds the program.
func (h *hook) Preflight(context.Context, delivery.Job) (delivery.Plan, error) {
	return delivery.Plan{Notes: []string{"cannot be undone and cannot be read back"}}, nil
}

// Put hands the secret over; it may fail before or after it took effect.
func (h *hook) Put(_ context.Context, _ delivery.Job, secret apikey.Secret) (rep delivery.Report, err error) {
	p, w := h.p, h.p.w
	w.point("place before: put")
	defer func() { w.point("place after: put") }()
	k := w.keyBySecret(secret)
	fails := p.failPut > 0
	if fails {
		p.failPut--
	}
	if (!fails || p.failAfter) && k != nil {
		p.remote, p.touched = k.text, true
	}
	if fails {
		return rep, errors.New("the program failed with exit code 1")
	}
	w.event(event{kind: "put", place: p, secret: k})
	return delivery.Report{Summary: "handed over"}, nil
}

// HasThen is so.
func (h *hook) HasThen() bool { return true }

// HasProbe is not so.
func (h *hook) HasProbe() bool { return false }

// Probe is none.
func (h *hook) Probe(context.Context) (bool, string, error) { return false, "", nil }

// ReadBack cannot tell.
func (h *hook) ReadBack(context.Context, apikey.Secret) (delivery.Match, error) {
	return delivery.CannotTell, nil
}

// Undo cannot.
func (h *hook) Undo(context.Context, delivery.Job) (delivery.Report, error) {
	return delivery.Report{Summary: "cannot be undone"}, nil
}

// Finish has nothing to remove.
func (h *hook) Finish(context.Context, delivery.Job) error { return nil }

// Then restarts what reads it.
func (h *hook) Then(context.Context) (string, error) {
	h.p.w.point("place before: then")
	defer h.p.w.point("place after: then")
	return "", h.p.runThen()
}

func (p *place) runThen() error {
	if p.failThen > 0 {
		p.failThen--
		return errors.New("the command after it failed with exit code 1")
	}
	for _, a := range p.w.apps {
		if a.place == p {
			a.text = p.content()
		}
	}
	p.w.event(event{kind: "command ended", place: p})
	return nil
}
