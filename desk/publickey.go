package desk

import (
	"context"
	"fmt"
	"maps"

	"detent/apikey"
	"detent/audit"
	"detent/client"
)

func init() {
	kinds[PublicKey] = kind{
		op:        "request a public key",
		abilities: func(c *apikey.Capabilities) []*apikey.Ability { return []*apikey.Ability{&c.PublicKeys} },
		can: func(c apikey.Capabilities) apikey.Ability {
			can := c.PublicKeys
			if !can.OK && can.Why == "" {
				can.Why = c.Title + " has no public keys"
			}
			return can
		},
		check: func(o Order, c apikey.Capabilities) *FieldError { return checkRequest(o.Request, c) },
		recordAsked: func(d *Desk, o Order, _ apikey.Key, e *Entry) {
			e.KeyName, e.Detail, e.Granted = o.Request.Name, o.Request.Project, d.askedPublic(o.Request)
		},
		recordResult: func(d *Desk, o Order, out Outcome, err error, r *audit.Outcome) {
			if err == nil {
				r.Granted = d.askedPublic(o.Request)
				maps.Copy(r.Granted, fieldsOf(&apikey.Key{ExpiresAt: out.Public.ExpiresAt}, apikey.FieldExpiry))
			}
		},
		call: byCall("this service gives no public keys", func(can client.Abilities) bool { return can.RequestPublicKey != nil }, func(ctx context.Context, can client.Abilities, o Order) (out Outcome, err error) {
			out.Public, err = can.RequestPublicKey(ctx, o.Request)
			return out, err
		}),
		do: func(ctx context.Context, d *Desk, o Order) (Outcome, error) { return d.publicKey(ctx, o) },
	}
}

// requestPublicKey may make a key.
func (s *ordering) requestPublicKey(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error) {
	out, err := s.d.handle(ctx, Order{What: PublicKey, Request: req, Act: s.act})
	return out.Public, err
}

// publicKey requests a public key and brings it to its places. Where one fails the key stays: the next request returns it.
func (d *Desk) publicKey(ctx context.Context, o Order) (Outcome, error) {
	out, err := d.handle(ctx, o)
	if err != nil {
		return out, err
	}
	for _, note := range out.Public.Notes {
		o.note("%s", note)
	}
	if len(o.Places) == 0 {
		return out, nil
	}
	ctx = ForKey(ctx, apikey.Key{Name: o.Request.Name})
	if err := o.put(ctx, out.Public.Value); err != nil {
		return out, fmt.Errorf("%w; the public key exists all the same: asking again returns it while it is valid", err)
	}
	return out, o.Delivery.Then(ctx, o.Places)
}
