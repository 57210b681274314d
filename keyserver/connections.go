package keyserver

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxConnections is how many connections there may be in all: far below what a process may have of files by default.
const maxConnections = 8192

// connections is a listener that closes at once what is over the limits, before anything is read. An IPv6 host has a /64.
type connections struct {
	net.Listener
	perAddress int
	tell       func(from, why string)

	mu         sync.Mutex
	open       map[netip.Prefix]int
	all        int
	reportedAt time.Time
}

// tellEvery is how often it is said that connections are closed.
const tellEvery = 10 * time.Second

// limited is l, where the options bound the connections of an address.
func (s *Server) limited(l net.Listener) net.Listener {
	if s.perAddress <= 0 {
		return l
	}
	return &connections{Listener: l, perAddress: s.perAddress, open: map[netip.Prefix]int{}, tell: func(from, why string) {
		if s.events.Logger != nil {
			s.events.Warn("connections are closed", "why", why, "from", from)
		} else {
			s.log.Printf("connections are closed: %s (%s)", why, from)
		}
	}}
}

// hostOf is what counts as one address.
func hostOf(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{} // not TCP: all of them are one
	}
	addr, bits := ap.Addr().Unmap().WithZone(""), 32
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := hostOf(conn.RemoteAddr())
		if why := c.take(host); why != "" {
			c.report(conn.RemoteAddr().String(), why)
			_ = conn.Close() // nobody was told anything yet
			continue
		}
		return &counted{Conn: conn, done: func() { c.give(host) }}, nil
	}
}

// take counts a connection in, or says which limit it is over.
func (c *connections) take(host netip.Prefix) (why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= maxConnections {
		return "too many in all"
	}
	if c.open[host] >= c.perAddress {
		return "too many of its address"
	}
	c.open[host]++
	c.all++
	return ""
}

func (c *connections) give(host netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.open[host]--; c.open[host] == 0 {
		delete(c.open, host)
	}
}

func (c *connections) report(from, why string) {
	c.mu.Lock()
	now := time.Now()
	due := now.Sub(c.reportedAt) >= tellEvery
	if due {
		c.reportedAt = now
	}
	c.mu.Unlock()
	if due {
		c.tell(from, why)
	}
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	once sync.Once
	done func()
}

func (c *counted) Close() error {
	c.once.Do(c.done)
	return c.Conn.Close()
}
