package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"detent/apikey"
	"detent/keyserver"
)

// embedded is the key service inside this process, reached over a real listener on
// loopback as any other service is.
type embedded struct {
	server *keyserver.Server
	url    string
	filled map[string]bool // the services that have their demo keys
}

// storeName is the store's file in the data directory.
const storeName = "keys.db"

// token is the administrator of this process; it is in no file.
func (e *embedded) token(service string) apikey.Secret { return e.server.SessionToken(service, "") }

// embeddedService starts the service on first use and stops it when the run ends.
func (a *app) embeddedService(ctx context.Context) (*embedded, error) {
	if a.remote != nil { // one for all sessions
		return a.remote.server.embeddedService(ctx)
	}
	a.embedding.Lock()
	defer a.embedding.Unlock()
	if a.local != nil {
		return a.local, nil
	}
	path, err := a.storePath()
	if err != nil {
		return nil, err
	}
	log, err := a.debugLog()
	if err != nil {
		return nil, err
	}
	server, err := keyserver.Open(ctx, keyserver.Options{Path: path, Now: a.world.Now, Log: log})
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
	a.onClose(func() {
		stop()
		<-ended
		_ = server.Close()
	})
	a.local = &embedded{server: server, url: "http://" + listener.Addr().String(), filled: map[string]bool{}}
	return a.local, nil
}

// fillDemo stores a service's demo keys when it is used first: those of the others would only delay it.
func (a *app) fillDemo(ctx context.Context, local *embedded, service string) error {
	if !a.flags.demo || local.filled[service] {
		return nil
	}
	err := local.server.FillDemo(ctx, a.flags.demoKeys, service)
	local.filled[service] = err == nil
	return err
}

// storePath is the store that serve and the embedded service share; the demo has its own.
func (a *app) storePath() (string, error) {
	if a.flags.demo {
		dir, err := a.tempDir()
		return filepath.Join(dir, storeName), err
	}
	dir, err := a.env.DataDir()
	if err != nil {
		return "", usage(err)
	}
	return filepath.Join(dir, storeName), nil
}

// tempDir is a folder of this run alone, removed at its end.
func (a *app) tempDir() (string, error) {
	if a.temp != "" {
		return a.temp, nil
	}
	base := a.env.Get("TMPDIR")
	if base == "" {
		base = os.TempDir()
	}
	dir, err := os.MkdirTemp(base, "detent-demo-")
	if err != nil {
		return "", err
	}
	a.temp = dir
	a.onClose(func() { _ = os.RemoveAll(dir) })
	return dir, nil
}
