package host

import (
	"crypto/tls"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"detent/config"
)

// certificateCheck is how often a handshake looks whether the files of the certificate have changed.
const certificateCheck = time.Second

// Certificate is a certificate and its key in two files, read again when these change. A pair that cannot be read leaves the
// one before it in use, and is told once.
type Certificate struct {
	cert, key string
	now       func() time.Time
	say       func(format string, args ...any)

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2]config.Stamp
	checked time.Time
	failed  bool // the files as they were seen last could not be used
}

// Certificate reads that of two files.
func (h *Host) Certificate(cert, key string) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, now: h.o.Now, say: h.o.Say}
	return c, c.read()
}

// read loads the pair for the first time.
func (c *Certificate) read() error {
	c.seen, c.checked = [2]config.Stamp{config.StampOf(c.cert), config.StampOf(c.key)}, c.now()
	pair, err := c.load()
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	c.current = &pair
	return nil
}

// load reads the pair. A key that everybody on this machine can read, or write, proves nothing to anybody.
func (c *Certificate) load() (tls.Certificate, error) {
	if info, err := os.Stat(c.key); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o006 != 0 {
		return tls.Certificate{}, fmt.Errorf("%s can be read or written by everybody (%v): chmod o-rw it, and replace the key if others use this machine", c.key, info.Mode().Perm())
	}
	return tls.LoadX509KeyPair(c.cert, c.key)
}

// Get is the pair for a handshake.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if since := now.Sub(c.checked); since >= 0 && since < certificateCheck {
		return c.current, nil
	}
	c.checked = now
	if seen := [2]config.Stamp{config.StampOf(c.cert), config.StampOf(c.key)}; seen != c.seen || c.failed { // the one file may be new and the other not yet
		pair, err := c.load()
		if err != nil {
			if seen != c.seen {
				c.say("the new certificate is not used, the one before it still is: %v", err)
			}
			c.seen, c.failed = seen, true
			return c.current, nil
		}
		c.current, c.seen, c.failed = &pair, seen, false
		c.say("the certificate was read again")
	}
	return c.current, nil
}
