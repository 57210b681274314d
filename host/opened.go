package host

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"detent/client"
	"detent/config"
)

// OnClose runs f when the host is closed; the last one first.
func (h *Host) OnClose(f func()) {
	h.resources.closing.Lock()
	defer h.resources.closing.Unlock()
	h.resources.atEnd = append(h.resources.atEnd, f)
}

// Close ends what was opened.
func (h *Host) Close() {
	h.resources.closing.Lock()
	atEnd := h.resources.atEnd
	h.resources.atEnd = nil
	h.resources.closing.Unlock()
	for i := len(atEnd) - 1; i >= 0; i-- {
		atEnd[i]()
	}
}

// Pause waits, or ends early with the context's error.
func (h *Host) Pause(ctx context.Context, d time.Duration) error {
	if h.o.Sleep != nil {
		return h.o.Sleep(ctx, d)
	}
	return client.Sleep(ctx, d)
}

// openDebug opens the file for a line a request; nil where none is asked for.
func (h *Host) openDebug() (io.Writer, error) {
	if h.o.Debug == "" {
		return nil, nil
	}
	path, err := h.o.Env.Expand(h.o.Debug)
	if err != nil {
		return nil, Usage(err)
	}
	f, err := config.OpenDebug(path)
	if err != nil {
		return nil, Usage(fmt.Errorf("--debug: %w", err))
	}
	h.OnClose(func() { _ = f.Close() })
	return f, nil
}

// makeTemp makes a folder for the demo alone, which is removed at the end.
func (h *Host) makeTemp() (string, error) {
	dir, err := os.MkdirTemp(cmp.Or(h.o.Env.Get("TMPDIR"), os.TempDir()), "detent-demo-")
	if err != nil {
		return "", err
	}
	h.OnClose(func() { _ = os.RemoveAll(dir) })
	return dir, nil
}

// Ready says what is wrong with the files that every profile needs, before a screen covers the terminal.
func (h *Host) Ready() error {
	if _, err := h.resources.debug(); err != nil {
		return err
	}
	if h.o.Demo {
		_, err := h.resources.temp()
		return err
	}
	return nil
}

// StateDir is where the journals of rotations and the audit log lie; the demo has its own.
func (h *Host) StateDir() (string, error) {
	if h.o.Demo {
		dir, err := h.resources.temp()
		return filepath.Join(dir, "state"), err
	}
	dir, err := h.o.Env.StateDir()
	return dir, Usage(err)
}

// StorePath is the store that serve and the embedded service share; the demo has its own.
func (h *Host) StorePath() (string, error) {
	if h.o.Demo {
		dir, err := h.resources.temp()
		return filepath.Join(dir, storeName), err
	}
	dir, err := h.o.Env.DataDir()
	if err != nil {
		return "", Usage(err)
	}
	return filepath.Join(dir, storeName), nil
}

// storeName is the store's file in the data directory.
const storeName = "keys.db"

// remembers reports whether what a session leaves is for the next one: the demo is thrown away, and those who come over SSH are many.
func (h *Host) remembers() bool { return !h.o.Demo && h.o.Guest == nil }
