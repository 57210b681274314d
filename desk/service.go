package desk

import (
	"context"

	"detent/apikey"
	"detent/client"
)

// Service is the profile's service for screens and commands: what it is asked to change becomes an order. Its optional
// interfaces go through (client.As).
func (d *Desk) Service() client.Service { return &ordering{Service: d.service, d: d} }

// Acts is the profile's service for a rotation, whose acts are orders that it has looked at by its own rules.
func (d *Desk) Acts() client.Service { return &ordering{Service: d.service, d: d, act: true} }

// ordering makes orders of the calls of a service.
type ordering struct {
	client.Service
	d   *Desk
	act bool
}

// Unwrap gives the service itself, and Delegates says that what is in addition to a Service here is there only where it is in that.
func (s *ordering) Unwrap() client.Service { return s.Service }

// Delegates is for client.As.
func (s *ordering) Delegates() {}

func (s *ordering) Capabilities() apikey.Capabilities {
	if s.act {
		return s.Service.Capabilities()
	}
	return s.d.Capabilities()
}

func (s *ordering) List(ctx context.Context, each func([]apikey.Key)) error {
	return s.d.List(ctx, each)
}
