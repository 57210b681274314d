package host

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"detent/apikey"
	"detent/config"
	"detent/delivery"
	"detent/desk"
	"detent/keyserver"
)

// embedded is the key service inside this process, reached over a real listener on
// loopback as any other service is.
type embedded struct {
	server *keyserver.Server
	url    string
	// filling guards filled, the services that have their demo keys: profiles are opened side by side.
	filling sync.Mutex
	filled  map[string]bool
	// settling guards over: the demo's applications get no file any more, their folder goes.
	settling sync.Mutex
	over     bool
}

// token is the administrator of this process; it is in no file.
func (e *embedded) token(service string) apikey.Secret { return e.server.SessionToken(service, "") }

// embeddedService starts the service on first use and stops it when the host is closed.
func (h *Host) embeddedService(ctx context.Context) (*embedded, error) {
	if h.o.Guest != nil { // one for all sessions
		return h.o.Guest.Server.embeddedService(ctx)
	}
	h.resources.embedding.Lock()
	defer h.resources.embedding.Unlock()
	if h.resources.embedded != nil {
		return h.resources.embedded, nil
	}
	path, err := h.StorePath()
	if err != nil {
		return nil, err
	}
	log, err := h.resources.debug()
	if err != nil {
		return nil, err
	}
	server, err := keyserver.Open(ctx, keyserver.Options{Path: path, Now: h.o.Now, Log: log})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	// It ends after the last request of the run, not when ctrl+c is pressed.
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(serving, listener); err != nil && log != nil {
			_, _ = fmt.Fprintln(log, err)
		}
	}()
	local := &embedded{server: server, url: "http://" + listener.Addr().String(), filled: map[string]bool{}}
	h.OnClose(func() {
		stop()
		<-ended
		_ = server.Close()
		local.settling.Lock()
		defer local.settling.Unlock()
		local.over = true
	})
	h.resources.embedded = local
	return local, nil
}

// fillDemo stores the demo's keys of a profile's service when it is used first, and gives its applications theirs: those of the others
// would only delay it. Where an application gets none there is less to see, and nothing else is wrong.
func (h *Host) fillDemo(ctx context.Context, local *embedded, p config.Profile) error {
	if !h.o.Demo {
		return nil
	}
	local.filling.Lock()
	defer local.filling.Unlock()
	if local.filled[p.Service] {
		return nil
	}
	secrets := map[string]apikey.Secret{}
	for _, a := range keyserver.DemoApps() {
		secrets[a.Key] = apikey.Secret{}
	}
	err := local.server.FillDemoFor(ctx, h.o.DemoKeys, func(_, name string, secret apikey.Secret) {
		if _, of := secrets[name]; of {
			secrets[name] = secret
		}
	}, p.Service)
	if local.filled[p.Service] = err == nil; err != nil || h.o.DemoKeys > 0 {
		return err
	}
	local.settling.Lock()
	defer local.settling.Unlock()
	if !local.over {
		_ = h.settle(ctx, p, secrets)
	}
	return nil
}

// settle puts into the applications of a profile of the demo the keys that they have: their places are there before anybody looks.
func (h *Host) settle(ctx context.Context, p config.Profile, secrets map[string]apikey.Secret) error {
	dir, err := h.resources.temp()
	if err != nil {
		return err
	}
	for _, a := range keyserver.DemoApps() {
		if a.Service != p.Service {
			continue
		}
		if err := os.Mkdir(filepath.Join(dir, a.Name), 0o700); err != nil {
			return err
		}
		d, err := h.Destination(p, a.Name)
		if err != nil {
			return err
		}
		run := desk.NewDelivery("", func(string) {})
		if err := run.Put(desk.ForKey(ctx, apikey.Key{Name: a.Key}), []delivery.Destination{d}, secrets[a.Key]); err != nil {
			return err
		}
	}
	return nil
}
