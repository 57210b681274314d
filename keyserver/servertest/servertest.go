// Package servertest serves the key service to the tests of what speaks with it.
package servertest

import (
	"cmp"
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"

	"detent/keyserver"
)

// Start serves a real store on a port of loopback until the test ends, and says at which URL. Where o names no store, it is a file of
// the test's own.
func Start(t testing.TB, o keyserver.Options) (*keyserver.Server, string) {
	t.Helper()
	if o.URL == "" {
		o.Path = cmp.Or(o.Path, filepath.Join(t.TempDir(), "keys.db"))
	}
	ctx, stop := context.WithCancel(context.Background())
	server, err := keyserver.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, server.Close()); err != nil {
			t.Error(err)
		}
	})
	return server, "http://" + l.Addr().String()
}
