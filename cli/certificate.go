package cli

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificateCheck is how often a handshake looks whether the files of the certificate have changed.
const certificateCheck = time.Second

// certificate is a certificate and its key in two files, read again when these change. A pair that cannot be read leaves the
// one before it in use, and is told once.
type certificate struct {
	cert, key string
	now       func() time.Time
	tell      func(string)

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2]stamp
	checked time.Time
}

// stamp tells one content of a file from the next.
type stamp struct {
	at   time.Time
	size int64
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

// read loads the pair for the first time.
func (c *certificate) read() error {
	c.seen, c.checked = [2]stamp{stampOf(c.cert), stampOf(c.key)}, c.now()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	c.current = &pair
	return nil
}

// get is the pair for a handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if since := now.Sub(c.checked); since >= 0 && since < certificateCheck {
		return c.current, nil
	}
	c.checked = now
	if seen := [2]stamp{stampOf(c.cert), stampOf(c.key)}; seen != c.seen {
		c.seen = seen // the one file may be new and the other not yet: the next change is looked at again
		pair, err := tls.LoadX509KeyPair(c.cert, c.key)
		if err != nil {
			c.tell(fmt.Sprintf("the new certificate is not used, the one before it still is: %v", err))
			return c.current, nil
		}
		c.current = &pair
		c.tell("the certificate was read again")
	}
	return c.current, nil
}
