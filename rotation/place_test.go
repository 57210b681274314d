package rotation

import (
	"context"

	"detent/apikey"
	"detent/delivery"
)

// place is a destination: a file that an application reads when it is restarted, or a
// command that takes the secret away.
type place struct {
	*city
	name    string
	file    bool // can be undone, read back, and gives back what it holds
	content string
	backup  map[string]string
	app     string // what the application uses
	prints  string // what its command prints
	thens   int
	wrong   bool // something else writes it
	failPut, failThen, failPre,
	failUndo error
}

func (c *city) place(name string, file bool) *place {
	p := &place{city: c, name: name, file: file, content: c.find("old-1").secret, backup: map[string]string{}}
	p.app = p.content
	c.dests = append(c.dests, p)
	return p
}

func (p *place) Spec() string     { return p.name }
func (p *place) Describe() string { return "the place " + p.name }
func (p *place) CanUndo() bool    { return p.file }

func (p *place) Preflight(context.Context, delivery.Job) (delivery.Plan, error) {
	notes := []string{"mode 0644 becomes 0640"}
	if !p.file {
		notes = append(notes, "cannot be undone")
	}
	return delivery.Plan{Notes: notes}, p.failPre
}

func (p *place) Put(_ context.Context, job delivery.Job, secret apikey.Secret) (delivery.Report, error) {
	if p.failPut != nil {
		return delivery.Report{}, p.failPut
	}
	if _, ok := p.backup[job.ID]; !ok && p.file {
		p.backup[job.ID] = p.content
	}
	p.step("put: backup kept " + p.name)
	p.content = secret.Reveal()
	p.step("put: content replaced " + p.name)
	if !p.file {
		p.app = p.content
	}
	return delivery.Report{Summary: p.name + " replaced", Output: p.prints}, nil
}

func (p *place) step(point string) {
	if p.hook != nil {
		p.hook(point)
	}
}

func (p *place) ReadBack(_ context.Context, secret apikey.Secret) (delivery.Match, error) {
	switch {
	case !p.file:
		return delivery.CannotTell, nil
	case p.content == secret.Reveal() && !p.wrong:
		return delivery.Same, nil
	}
	return delivery.Different, nil
}

func (p *place) Undo(_ context.Context, job delivery.Job) (delivery.Report, error) {
	if p.failUndo != nil {
		return delivery.Report{}, p.failUndo
	}
	if old, ok := p.backup[job.ID]; ok && p.file {
		p.content = old
	}
	return delivery.Report{}, nil
}

func (p *place) Finish(_ context.Context, job delivery.Job) error {
	delete(p.backup, job.ID)
	return nil
}

func (p *place) Then(context.Context) (string, error) {
	p.thens++
	if p.failThen != nil {
		return "", p.failThen
	}
	p.app = p.content
	return "restarted", nil
}

// holdingPlace is a place that can give back what it holds.
type holdingPlace struct{ *place }

func (p holdingPlace) Held(context.Context) (apikey.Secret, error) {
	return apikey.NewSecret(p.content), nil
}

func (p *place) destination() delivery.Destination {
	if p.file {
		return holdingPlace{p}
	}
	return p
}
