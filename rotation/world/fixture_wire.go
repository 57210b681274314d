package world

import (
	"context"
	"fmt"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// The part of the fixture that stands between rotation and the world: it writes everything down, and fails what is to fail.

// noted is the service.
type noted struct {
	client.Service
	f *World
}

// Service is the world's key service.
func (f *World) Service() client.Service { return &noted{f.w.client(), f} }

// Abilities are the world's, and what is rolled is noted.
func (s *noted) Abilities() client.Abilities {
	can := s.Service.Abilities()
	can.CheckDraft = s.f.OnDraft
	can.Roll = client.Where(can.Roll != nil, s.roll)
	can.EndOverlap = client.Where(can.EndOverlap != nil, s.endOverlap)
	can.KeepFormer = client.Where(can.KeepFormer != nil, s.keepFormer)
	return can
}

// Capabilities are the scenario's, as the test changes them.
func (s *noted) Capabilities() apikey.Capabilities {
	caps := s.Service.Capabilities()
	if s.f.Caps != nil {
		s.f.Caps(&caps)
	}
	return caps
}

// List is the world's.
func (s *noted) List(ctx context.Context, each func([]apikey.Key)) error {
	return s.f.during("list", "", func() error {
		return s.Service.List(ctx, func(rows []apikey.Key) {
			for i := range rows {
				rows[i].Own = s.f.Own != "" && s.f.find(s.f.Own) == s.f.w.keyByID(rows[i].ID)
			}
			each(rows)
		})
	})
}

// Create is the world's.
func (s *noted) Create(ctx context.Context, d apikey.Draft) (made apikey.Created, err error) {
	err = s.f.during("create", "", func() (err error) {
		made, err = s.Service.Create(ctx, d)
		if k := s.f.w.keyByID(made.Key.ID); err == nil && k != nil {
			k.row.Type, k.row.Extra = d.Type, d.Extra
			made.Key.Type, made.Key.Extra = d.Type, d.Extra
		}
		if err == nil && s.f.OnCreate != nil {
			s.f.OnCreate(&made)
		}
		return err
	})
	if err != nil {
		return apikey.Created{}, err
	}
	return made, nil
}

// Update is the world's.
func (s *noted) Update(ctx context.Context, id string, p apikey.Patch) (row apikey.Key, err error) {
	err = s.f.during(opOf(p), s.f.whose(s.f.w.keyByID(id)), func() (err error) {
		row, err = s.Service.Update(ctx, id, p)
		return err
	})
	return row, err
}

// Delete is the world's.
func (s *noted) Delete(ctx context.Context, id string) (out apikey.Deleted, err error) {
	err = s.f.during("delete", s.f.whose(s.f.w.keyByID(id)), func() (err error) {
		out, err = s.Service.Delete(ctx, id)
		return err
	})
	if client.IsKind(err, client.NotFound) { // as the client takes it
		return apikey.Deleted{AlreadyGone: true}, nil
	}
	return out, err
}

// Probe is the world's.
func (s *noted) Probe(ctx context.Context, secret apikey.Secret, call string) (proof apikey.Proof, err error) {
	whose := s.f.whose(s.f.w.keyBySecret(secret))
	err = s.f.during("probe", whose, func() (err error) {
		proof, err = s.Service.Probe(ctx, secret, call)
		if err == nil && s.f.OnProbe != nil {
			s.f.OnProbe(whose, &proof)
		}
		return err
	})
	return proof, err
}

// destination is a place as the program uses it.
func (f *World) destination(p *place) (delivery.Destination, error) {
	if !p.readable() {
		return &handed{&hook{p}, f, p}, nil
	}
	d, err := delivery.Parse(p.spec(), f.w.watching(p, f.at))
	if err != nil {
		return nil, err
	}
	return &holding{handed{&watched{Destination: d, p: p}, f, p}}, nil
}

// handed is a place that nobody can read; holding is one that can be read.
type handed struct {
	delivery.Destination
	f *World
	p *place
}

type holding struct{ handed }

func (d *handed) during(op string, do func() error) error {
	return d.f.during(op, fmt.Sprintf("p%d", d.p.n), do)
}

// Preflight is the place's.
func (d *handed) Preflight(ctx context.Context, job delivery.Job) (delivery.Plan, error) {
	return given(d.during, "preflight", func() (delivery.Plan, error) { return d.Destination.Preflight(ctx, job) })
}

// Put is the place's.
func (d *handed) Put(ctx context.Context, job delivery.Job, secret apikey.Secret) (delivery.Report, error) {
	return given(d.during, "put", func() (delivery.Report, error) { return d.Destination.Put(ctx, job, secret) })
}

// ReadBack is the place's.
func (d *handed) ReadBack(ctx context.Context, secret apikey.Secret) (delivery.Match, error) {
	return given(d.during, "read", func() (delivery.Match, error) { return d.Destination.ReadBack(ctx, secret) })
}

// Undo is the place's.
func (d *handed) Undo(ctx context.Context, job delivery.Job) (delivery.Report, error) {
	return given(d.during, "undo", func() (delivery.Report, error) { return d.Destination.Undo(ctx, job) })
}

// Finish is the place's.
func (d *handed) Finish(ctx context.Context, job delivery.Job) error {
	return d.during("finish", func() error { return d.Destination.Finish(ctx, job) })
}

// Then is the place's.
func (d *handed) Then(ctx context.Context) (string, error) {
	return given(d.during, "then", func() (string, error) { return d.Destination.Then(ctx) })
}

// HasProbe is so where a test gives the place one.
func (d *handed) HasProbe() bool { return d.f.ProbeOf[d.p.n] != nil }

// Probe is the test's.
func (d *handed) Probe(context.Context) (configured bool, out string, err error) {
	probe := d.f.ProbeOf[d.p.n]
	if probe == nil {
		return false, "", nil
	}
	d.f.note(fmt.Sprintf("probe of p%d", d.p.n))
	return true, "", probe()
}

// Held is the place's.
func (d *holding) Held(ctx context.Context) (delivery.Held, error) {
	return given(d.during, "read", func() (delivery.Held, error) { return d.Destination.(delivery.Holder).Held(ctx) })
}

// Former is the place's.
func (d *holding) Former(ctx context.Context, job delivery.Job) (delivery.Held, error) {
	return given(d.during, "copy", func() (delivery.Held, error) { return d.Destination.(delivery.Holder).Former(ctx, job) })
}
