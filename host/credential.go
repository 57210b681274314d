package host

import (
	"context"
	"errors"
	"fmt"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
	"detent/rotation"
)

// credential is the key that a profile itself authenticates with. A token file is
// rewritten as any other destination; a variable or a command is the operator's to change.
type credential struct {
	h    *Host
	s    *Session
	from string
	file delivery.Destination // nil where detent cannot change it
}

var _ rotation.CredentialSwitcher = (*credential)(nil)

// credential of a session; nil on the embedded service, whose administrator is in memory alone.
func (h *Host) credential(s *Session) *credential {
	p := s.Profile
	if p.Embedded {
		return nil
	}
	c := &credential{h: h, s: s, from: "the " + p.Token.String()}
	if start, err := h.tokenProfile(); err == nil && start == p.Name && h.o.Env.Get("DETENT_TOKEN") != "" {
		c.from = "the variable DETENT_TOKEN"
		return c
	}
	if p.Token.File == "" {
		return c
	}
	o, err := h.deliveryOptions()
	if err != nil {
		return c
	}
	if d, err := delivery.New(delivery.Config{Name: "token", File: p.Token.File}, o); err == nil {
		c.file = h.Ledger().Place(d, p.Name, p.Service, nil)
	}
	return c
}

// Describe says where the credential comes from.
func (c *credential) Describe() string { return c.from }

// CanSwitch reports whether it is a file.
func (c *credential) CanSwitch() bool { return c.file != nil }

// credentialJob keeps the copy of the credential apart from those of the destinations.
func credentialJob(job delivery.Job) delivery.Job {
	job.ID += "-own"
	job.Where, job.Expect = "", nil // they are about another place
	return job
}

// Preflight proves that the token file can be rewritten.
func (c *credential) Preflight(ctx context.Context, job delivery.Job) error {
	if c.file == nil {
		return nil
	}
	_, err := c.file.Preflight(ctx, credentialJob(job))
	return err
}

// Switch writes the new secret to the token file and opens the service with it.
func (c *credential) Switch(ctx context.Context, job delivery.Job, secret apikey.Secret) (client.Service, error) {
	if c.file == nil {
		return nil, fmt.Errorf("%s is not ours to change", c.from)
	}
	// Where the file is a destination of the rotation, too, it has the secret already, and a copy of the old one.
	if match, err := c.file.ReadBack(ctx, secret); err == nil && match == delivery.Same {
		return c.reopen(ctx)
	}
	if _, err := c.file.Put(ctx, credentialJob(job), secret); err != nil {
		return nil, err
	}
	return c.reopen(ctx)
}

// Undo puts the old credential back.
func (c *credential) Undo(ctx context.Context, job delivery.Job) (client.Service, error) {
	if c.file == nil { // it was a file when it was switched
		return nil, fmt.Errorf("the old credential cannot be put back: detent now reads %s; start it as when the rotation began", c.from)
	}
	// Without a copy of our own the file was a destination of the rotation, which has put it back.
	if _, err := c.file.Undo(ctx, credentialJob(job)); err != nil && !errors.Is(err, delivery.ErrNoCopy) {
		return nil, err
	}
	return c.reopen(ctx)
}

// Finish removes the copy of the old credential.
func (c *credential) Finish(ctx context.Context, job delivery.Job) error {
	if c.file == nil {
		return nil
	}
	return c.file.Finish(ctx, credentialJob(job))
}

// reopen reads the credential again, as the next start will.
func (c *credential) reopen(ctx context.Context) (client.Service, error) {
	s, err := c.h.OpenProfile(ctx, c.s.Profile)
	if err != nil {
		return nil, err
	}
	c.s.Service = s.Service
	return s.Service, nil
}
