package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"detent/apikey"
	"detent/keyserver"
	"detent/rotation"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// ShowsAll reports whether the screens begin with all profiles: those of the demo, where none is named.
func (h *Host) ShowsAll() bool { return h.o.Demo && h.o.DemoKeys == 0 && h.o.Profile == "" }

// Stage rotates the keys of some of the demo's applications as far as each is meant to be: really, against the embedded service. It returns
// what makes the screens that go on behind the list. Where something fails there is less to see, and nothing else is wrong.
func (h *Screens) Stage() func(env *ui.Env) []ui.Screen {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	defer close(ended)
	_, _ = h.Host.resources.temp()
	h.Host.OnClose(func() { // before the folder goes that it writes in
		stop()
		<-ended
	})
	o := h.Host.o
	o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } // the embedded service needs no time between two probes
	quick := &Host{o, h.Host.resources}
	var under []rotation.View
	for _, profile := range h.Profiles() {
		s, err := h.session(ctx, profile.Name, apikey.Key{})
		if err != nil || s.ReadOnly {
			continue
		}
		for _, app := range keyserver.DemoApps() {
			if app.Service != profile.Service || app.Stands == "" {
				continue
			}
			if v, err := quick.rehearsed(ctx, s, app); err == nil && app.Goes {
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

// rehearsed rotates a key of the demo as far as it is meant to be.
func (h *Host) rehearsed(ctx context.Context, s *Session, a keyserver.DemoApp) (rotation.View, error) {
	until := rotation.Step(a.Stands)
	k, err := s.Find(ctx, a.Key, h.OpenRotations(s.Profile.Name))
	if err != nil {
		return rotation.View{}, err
	}
	p := rotation.Params{Mode: rotation.Planned, AcceptUnknown: "it is the demo's"}
	switch {
	case until == rotation.Done:
		p.Drain, p.Soak = new(time.Duration), new(time.Duration)
	case a.Goes: // so long that its row counts minutes, and the list stands still beside it
		hours := 2 * time.Hour
		p.Drain = &hours
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
			if a.Lost && v.Step == rotation.Deliver {
				return h.loseFolder(s, a)
			}
			if v.Step == until && until != rotation.Done && !a.Lost {
				return there
			}
			return ctx.Err()
		},
		Wait:    func(ctx context.Context, res rotation.Result) error { return h.Pause(ctx, res.Wait) },
		Stopped: func(_ context.Context, res rotation.Result) error { return errors.New(res.Message) },
	})
	if errors.Is(err, there) || a.Lost && r.View().Step == until {
		err = nil
	}
	return r.View(), err
}

// loseFolder takes the folder of a key's application away.
func (h *Host) loseFolder(s *Session, a keyserver.DemoApp) error {
	for _, place := range Suggested(s.Profile, a.Key) {
		if err := os.RemoveAll(filepath.Dir(place.EnvFile.Path)); err != nil {
			return err
		}
	}
	return nil
}
