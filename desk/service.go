package desk

import (
	"context"

	"detent/apikey"
	"detent/client"
)

// Service is the profile's service for screens and commands: what it is asked to change becomes an order.
func (d *Desk) Service() client.Service { return &ordering{Service: d.service, d: d} }

// Acts is the profile's service for a rotation, whose acts are orders that it has looked at by its own rules.
func (d *Desk) Acts() client.Service { return &ordering{Service: d.service, d: d, act: true} }

// ordering makes orders of the calls of a service.
type ordering struct {
	client.Service
	d   *Desk
	act bool
}

// Abilities are the service's, with an order in place of each that changes a key or gives its secret.
func (s *ordering) Abilities() client.Abilities {
	can := s.Service.Abilities()
	can.RequestPublicKey = client.Where(can.RequestPublicKey != nil, s.requestPublicKey)
	can.Retrieve = client.Where(can.Retrieve != nil, s.retrieve)
	can.Roll = client.Where(can.Roll != nil, s.roll)
	can.EndOverlap = client.Where(can.EndOverlap != nil, s.endOverlap)
	can.KeepFormer = client.Where(can.KeepFormer != nil, s.keepFormer)
	can.DeleteBySecret = client.Where(can.DeleteBySecret != nil, s.deleteBySecret)
	return can
}

func (s *ordering) Capabilities() apikey.Capabilities {
	if s.act {
		return s.Service.Capabilities()
	}
	return s.d.Capabilities()
}

func (s *ordering) List(ctx context.Context, each func([]apikey.Key)) error {
	return s.d.List(ctx, each)
}
