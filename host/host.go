// Package host is what a front needs of the world: the configuration and its profiles, a profile that is open with its desk and
// its service, the credential, the embedded service, the audit log, the journals of rotations, the places for a secret. One is
// made once a program, and once a session over SSH. What it is made of never changes; what it opens, on first use, stays open
// until it is closed. Its methods may be called from many goroutines.
//
// Its floors, from the bottom up: opened.go and configuration.go, with ledger.go, embedded.go, guest.go and journals.go, what is there
// once a host, which host.go makes; desk.go, what every order is given; session.go, an open profile, and on it find.go, fleet.go,
// credential.go, rotations.go and verify.go; keeper.go and profiles.go, which change the configuration; screens.go, what the screens
// ask for, and its kin (rotate.go, screenqueue.go, places.go, past.go, taken.go); demo.go; tui.go.
package host

import (
	"context"
	"io"
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
