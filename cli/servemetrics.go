package cli

import (
	"context"
	"net"
	"net/http"
	"time"

	"detent/host"
	"detent/keyserver"
)

// serveMetrics answers /metrics, /healthz and /readyz on a port of loopback until the run ends.
func (a *app) serveMetrics(ctx context.Context, listener net.Listener, server *keyserver.Server) {
	h := &http.Server{Handler: server.Metrics(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.Serve(listener) // it ends by Close
	}()
	a.host.OnClose(func() {
		_ = h.Close()
		<-ended
	})
	a.say("metrics on http://%s/metrics", listener.Addr())
}

// listenForMetrics is nil where none are asked for.
func (o serveOptions) listenForMetrics() (net.Listener, error) {
	if o.metrics == "" {
		return nil, nil
	}
	address, err := net.ResolveTCPAddr("tcp", o.metrics)
	if err != nil {
		return nil, host.Usagef("--metrics: %q is no address such as 127.0.0.1:9420", o.metrics)
	}
	if !address.IP.IsLoopback() {
		return nil, host.Usagef("--metrics: %s is beyond loopback, and whoever reads metrics is not asked who they are: use 127.0.0.1:%d", o.metrics, address.Port)
	}
	return net.ListenTCP("tcp", address)
}
