// Package host is what a front needs of the world: the configuration and its profiles, a profile that is open with its desk and
// its service, the credential, the embedded service, the audit log, the journals of rotations, the places for a secret. One is
// made once a program, and once a session over SSH. What it is made of never changes; what it opens, on first use, stays open
// until it is closed. Its methods may be called from many goroutines.
package host

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"detent/config"
	"detent/desk"
)

// Settings are what the command line says. It beats the environment, which beats the configuration.
type Settings struct {
	Config   string // the configuration file; empty for the usual one
	Profile  string // the profile to begin with; empty for the usual one
	ReadOnly *bool  // nil where it is not said
	Debug    string // the file for a line a request; empty for none
	Timeout  time.Duration
	// ScreenReader is for who hears the screen: the TUI in lines.
	ScreenReader bool
	// Demo is a throw-away embedded service, with so many keys of each service; 0 for a small set.
	Demo     bool
	DemoKeys int
}

// Options are what a host is made of.
type Options struct {
	Settings
	Env  config.Env
	Now  func() time.Time
	Zone *time.Location
	// Sleep waits, and returns early with the context's error; nil for the real one.
	Sleep func(ctx context.Context, d time.Duration) error
	// Hook is called at every point where a rotation or a delivery must survive a kill; for tests.
	Hook func(point string)
	// UserAgent is how detent names itself to a service.
	UserAgent string
	// Err is where a token command may speak.
	Err io.Writer
	// Terminal takes a text for its clipboard; nil where there is none.
	Terminal io.Writer
	// Say tells the operator a line.
	Say func(format string, args ...any)
	// Guest acts from elsewhere; nil for the user of this process, who may do all.
	Guest *Guest
}

// Host is one.
type Host struct {
	o         Options
	resources *resources
}

// resources is what a host has opened.
type resources struct {
	configuring sync.Mutex // guards cfg: the screens add profiles while they open others
	cfg         *config.Config
	file        *config.Followed // nil while nobody follows it
	wrong       string           // what is wrong with it, as it was told
	news        chan string
	selecting   sync.Mutex // guards first
	first       string     // the profile that was selected at the start
	embedding   sync.Mutex // guards embedded, which sessions over SSH share
	embedded    *embedded
	asking      sync.Mutex // a token command that may ask on the terminal runs
	ledger      func() *desk.Ledger
	debug       func() (io.Writer, error)
	temp        func() (string, error)
	closing     sync.Mutex // guards atEnd
	atEnd       []func()
}

// New makes a host; nothing is opened yet.
func New(o Options) *Host {
	h := &Host{o, &resources{}}
	if o.Guest != nil {
		h.resources.cfg = o.Guest.Config
	}
	h.resources.ledger = sync.OnceValue(h.openLedger)
	h.resources.debug = sync.OnceValues(h.openDebug)
	h.resources.temp = sync.OnceValues(h.makeTemp)
	return h
}

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

// Pause waits, or ends early with the context's error.
func (h *Host) Pause(ctx context.Context, d time.Duration) error {
	if h.o.Sleep != nil {
		return h.o.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
