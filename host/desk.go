package host

import (
	"context"

	"detent/apikey"
	"detent/config"
	"detent/desk"
)

// deskOptions are those of a profile's desk.
func (h *Host) deskOptions(p config.Profile, readOnly bool) desk.Options {
	o := desk.Options{Profile: p.Name, Issuer: p.Service, Ledger: h.Ledger(), ReadOnly: readOnly, Forced: readOnly && !p.ReadOnly, Timeout: h.o.Timeout, Now: h.o.Now,
		Elsewhere: func(k apikey.Key) string { return h.rotatingElsewhere(p, k) }}
	for _, d := range p.Deliver {
		o.Places = append(o.Places, d.Name)
	}
	if g := h.o.Guest; g != nil {
		o.Role, o.Refused = g.Operator.Role, g.Refused
	}
	return o
}

// mayDeliver refuses a place on the server that a remote operator wrote out.
func (h *Host) mayDeliver(p config.Profile, spec string) error {
	return desk.Open(nil, h.deskOptions(p, false)).CheckRole(context.Background(), desk.Order{What: desk.Deliver, To: spec})
}

// Print has a secret written to standard output by do, as the order that the entry names the profile and the key of.
func (h *Host) Print(of desk.Entry, do func() error) error {
	options := h.deskOptions(config.Profile{Name: of.Profile, Service: of.Service}, false)
	_, err := desk.Open(nil, options).Do(context.Background(), desk.Order{What: desk.Show, Key: apikey.Key{ID: of.KeyID, Name: of.KeyName}, Hand: do})
	return err
}
