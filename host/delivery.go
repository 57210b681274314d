package host

import (
	"fmt"

	"detent/config"
	"detent/delivery"
)

type place = delivery.Destination

// deliveryOptions are what destinations need.
func (h *Host) deliveryOptions() (delivery.Options, error) {
	cfg, err := h.Config()
	if err != nil {
		return delivery.Options{}, err
	}
	o := delivery.Options{Home: h.o.Env.Get("HOME"), Environ: h.o.Env.Without(cfg.SecretVariables()...), Clipboard: h.copySecret(), Hook: h.o.Hook}
	if h.o.Demo { // it writes in its own folder alone, which goes with it
		if o.Below, err = h.resources.temp(); err != nil {
			return o, err
		}
		o.Dir, o.Home, o.NoSync = o.Below, o.Below, true
	}
	return o, nil
}

// Destinations are what --deliver names.
func (h *Host) Destinations(p config.Profile, specs []string) ([]delivery.Destination, error) {
	out, err := h.destinations(p, specs)
	if err != nil {
		err = fmt.Errorf("--deliver: %w", err)
	}
	return out, err
}

// destinations are those that were named, or written out, wherever that was.
func (h *Host) destinations(p config.Profile, specs []string) (out []delivery.Destination, err error) {
	for _, spec := range specs {
		d, err := h.Destination(p, spec)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// Destination is one of the profile, by its name, or one written out.
func (h *Host) Destination(p config.Profile, spec string) (delivery.Destination, error) {
	o, err := h.deliveryOptions()
	if err != nil {
		return nil, err
	}
	made, then := func() (place, error) { return delivery.Parse(spec, o) }, []string(nil)
	for _, d := range p.Deliver {
		if d.Name == spec {
			made, then = func() (place, error) { return delivery.New(d, o) }, d.Then
		}
	}
	d, err := made()
	if err != nil {
		return nil, err
	}
	return h.Ledger().Place(d, p.Name, p.Service, then), nil
}
