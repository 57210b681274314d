package host

import (
	"context"
	"fmt"
	"net"
	"sync"

	"detent/apikey"
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
	// secrets are those of the demo that its applications have, by service and name; guarded by filling.
	secrets map[demoOf]apikey.Secret
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
	h.OnClose(func() {
		stop()
		<-ended
		_ = server.Close()
	})
	h.resources.embedded = &embedded{server: server, url: "http://" + listener.Addr().String(), filled: map[string]bool{}, secrets: map[demoOf]apikey.Secret{}}
	return h.resources.embedded, nil
}

// fillDemo stores a service's demo keys when it is used first: those of the others would only delay it.
func (h *Host) fillDemo(ctx context.Context, local *embedded, service string) error {
	if !h.o.Demo {
		return nil
	}
	local.filling.Lock()
	defer local.filling.Unlock()
	if local.filled[service] {
		return nil
	}
	err := local.server.FillDemoFor(ctx, h.o.DemoKeys, func(service, name string, secret apikey.Secret) {
		if of := (demoOf{service, name}); inDemo(of) {
			local.secrets[of] = secret
		}
	}, service)
	local.filled[service] = err == nil
	return err
}
