package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"detent/apikey"
	"detent/config"
	"detent/delivery"
	"detent/desk"
	"detent/rotation"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// demoOf is a key of the demo.
type demoOf struct{ service, name string }

// demoApp is an application of the demo: a variable in a file below the demo's folder, which holds a key.
type demoApp struct {
	demoOf
	name, variable string
}

var demoApps = []demoApp{
	{demoOf{apikey.Prosopo, "payments-api"}, "payments", "PROSOPO_KEY"},
	{demoOf{apikey.Prosopo, "ci-deploy"}, "ci", "PROSOPO_KEY"},
	{demoOf{apikey.Prosopo, "terraform"}, "infra", "PROSOPO_KEY"},
	{demoOf{apikey.Vertesia, "studio-backend"}, "studio", "VERTESIA_KEY"},
	{demoOf{apikey.Vertesia, "doc-intake"}, "intake", "VERTESIA_KEY"},
	{demoOf{apikey.Vertesia, "contract-review"}, "contracts", "VERTESIA_KEY"},
	{demoOf{apikey.Generic, "billing-worker"}, "billing", "API_KEY"},
	{demoOf{apikey.Generic, "storefront"}, "shop", "API_KEY"},
	{demoOf{apikey.Generic, "data-warehouse"}, "warehouse", "API_KEY"},
}

func inDemo(of demoOf) bool {
	for _, a := range demoApps {
		if a.demoOf == of {
			return true
		}
	}
	return false
}

// demoRotation is one that the demo has under way: it goes on until it stands at a step, or an act of somebody else stops it.
type demoRotation struct {
	demoOf
	until   rotation.Step
	noWaits bool // it ends without them
	// lost takes the application's folder away as soon as the new key is made: a volume that is not mounted any more.
	lost bool
	goes bool // it goes on behind the list
}

// demoRotations are one in each state that a rotation may be found in.
var demoRotations = []demoRotation{
	{demoOf: demoOf{apikey.Vertesia, "doc-intake"}, until: rotation.Done, noWaits: true},
	{demoOf: demoOf{apikey.Prosopo, "ci-deploy"}, until: rotation.Drain},
	{demoOf: demoOf{apikey.Generic, "storefront"}, until: rotation.Deliver, lost: true},
	{demoOf: demoOf{apikey.Vertesia, "studio-backend"}, until: rotation.Verify},
	{demoOf: demoOf{apikey.Generic, "data-warehouse"}, until: rotation.Drain, goes: true},
}

// demoConfig is the configuration of the demo: the profiles that are there without a file, and where its applications read their keys.
func (h *Host) demoConfig() (*config.Config, error) {
	cfg := config.WithoutFile("")
	if h.o.DemoKeys > 0 { // for scale alone
		return cfg, nil
	}
	dir, err := h.resources.temp()
	if err != nil {
		return nil, err
	}
	for i, p := range cfg.Profiles {
		for _, a := range demoApps {
			if a.service == p.Service {
				cfg.Profiles[i].Deliver = append(cfg.Profiles[i].Deliver, config.Deliver{Name: a.name, Keys: []string{a.demoOf.name},
					EnvFile: &config.EnvFile{Path: filepath.Join(dir, a.name, ".env"), Variable: a.variable}})
			}
		}
	}
	return cfg, nil
}

// ShowsAll reports whether the screens begin with all profiles: those of the demo, where none is named.
func (h *Host) ShowsAll() bool { return h.o.Demo && h.o.DemoKeys == 0 && h.o.Profile == "" }

// Stage gives the demo's applications their keys, and rotates some of them as far as each is meant to be: really, against the embedded service. It
// returns what makes the screens that go on behind the list. Where something fails there is less to see, and nothing else is wrong.
func (h *Screens) Stage() func(env *ui.Env) []ui.Screen {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	defer close(ended)
	_, _ = h.host.resources.temp()
	h.host.OnClose(func() { // before the folder goes that it writes in
		stop()
		<-ended
	})
	o := h.host.o
	o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } // the embedded service needs no time between two probes
	quick := &Host{o, h.host.resources}
	var under []rotation.View
	for _, profile := range h.Profiles() {
		s, err := h.session(ctx, profile.Name, apikey.Key{})
		if err != nil || s.ReadOnly || quick.settle(ctx, s) != nil {
			continue
		}
		for _, d := range demoRotations {
			if d.service != profile.Service {
				continue
			}
			if v, err := quick.rehearsed(ctx, s, d); err == nil && d.goes {
				under = append(under, v)
			}
		}
	}
	return func(env *ui.Env) (out []ui.Screen) {
		for _, v := range under {
			out = append(out, rotate.Behind(env, h, v))
		}
		return out
	}
}

// settle puts into the applications of a profile the keys that they have.
func (h *Host) settle(ctx context.Context, s *Session) error {
	local, err := h.embeddedService(ctx)
	if err != nil {
		return err
	}
	dir, err := h.resources.temp()
	if err != nil {
		return err
	}
	for _, a := range demoApps {
		if a.service != s.Profile.Service {
			continue
		}
		local.filling.Lock()
		secret := local.secrets[a.demoOf]
		delete(local.secrets, a.demoOf)
		local.filling.Unlock()
		if secret.IsZero() {
			return fmt.Errorf("the demo has no %s", a.demoOf.name)
		}
		if err := os.Mkdir(filepath.Join(dir, a.name), 0o700); err != nil {
			return err
		}
		d, err := h.Destination(s.Profile, a.name)
		if err != nil {
			return err
		}
		run := desk.NewDelivery(s.Setting.Of(""), func(string) {})
		if err := run.Put(desk.ForKey(ctx, apikey.Key{Name: a.demoOf.name}), []delivery.Destination{d}, secret); err != nil {
			return err
		}
	}
	return nil
}

// rehearsed rotates a key of the demo as far as it is meant to be.
func (h *Host) rehearsed(ctx context.Context, s *Session, d demoRotation) (rotation.View, error) {
	k, err := s.Find(ctx, d.name, h.OpenRotations(s.Profile.Name))
	if err != nil {
		return rotation.View{}, err
	}
	p := rotation.Params{Mode: rotation.Planned, AcceptUnknown: "it is the demo's"}
	if d.noWaits {
		p.Drain, p.Soak = new(time.Duration), new(time.Duration)
	}
	r, err := h.StartRotation(s, k, nil, p)
	if err != nil {
		return rotation.View{}, err
	}
	defer r.Close()
	there := errors.New("it stands where it is meant to")
	err = Drive(ctx, h.Ledger().Rotation(r).Do, Course{
		Before: func(ctx context.Context) error {
			v := r.View()
			if d.lost && v.Step == rotation.Deliver {
				return h.loseFolder(s, d)
			}
			if v.Step == d.until && d.until != rotation.Done && !d.lost {
				return there
			}
			return ctx.Err()
		},
		Wait:    func(ctx context.Context, res rotation.Result) error { return h.Pause(ctx, res.Wait) },
		Stopped: func(_ context.Context, res rotation.Result) error { return errors.New(res.Message) },
	})
	if errors.Is(err, there) || d.lost && r.View().Step == d.until {
		err = nil
	}
	return r.View(), err
}

// loseFolder takes the folder of a key's application away.
func (h *Host) loseFolder(s *Session, d demoRotation) error {
	for _, place := range Suggested(s.Profile, d.name) {
		if err := os.RemoveAll(filepath.Dir(place.EnvFile.Path)); err != nil {
			return err
		}
	}
	return nil
}
