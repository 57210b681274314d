package sshd

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// What strangers may do. Whoever has logged in is not counted.
const (
	handshakeTime = 20 * time.Second
	maxPending    = 100 // connections that have not logged in, in all
	maxPerAddress = 10  // of one address
	maxFailures   = 20  // of one address in a row; one is forgiven every forgiveEvery
	forgiveEvery  = 3 * time.Second
	maxAddresses  = 10_000
)

// gate decides which connections may try to log in.
type gate struct {
	now      func() time.Time
	deadline time.Duration
	maxOpen  int

	mu      sync.Mutex
	open    int
	pending int
	from    map[netip.Prefix]*visitor
}

// visitor is what is remembered of an address.
type visitor struct {
	pending  int
	failures float64
	seen     time.Time
}

// admit returns the connection to use, or nil for one that has to wait.
func (g *gate) admit(conn net.Conn) *guarded {
	at := addressOf(conn.RemoteAddr())
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.visitor(at)
	if v == nil || g.open >= g.maxOpen || g.pending >= maxPending || v.pending >= maxPerAddress || v.failures >= maxFailures {
		return nil
	}
	g.open++
	g.pending++
	v.pending++
	c := &guarded{Conn: conn, gate: g, at: at}
	c.late = time.AfterFunc(g.deadline, func() { _ = conn.Close() })
	return c
}

// visitor finds or makes what is remembered of an address; nil where there are too many. mu is held.
func (g *gate) visitor(at netip.Prefix) *visitor {
	now := g.now()
	if v := g.from[at]; v != nil {
		v.failures = max(v.failures-now.Sub(v.seen).Seconds()/forgiveEvery.Seconds(), 0)
		v.seen = now
		return v
	}
	if len(g.from) >= maxAddresses {
		for other, v := range g.from {
			if v.pending == 0 && now.Sub(v.seen) > maxFailures*forgiveEvery {
				delete(g.from, other)
			}
		}
		if len(g.from) >= maxAddresses {
			return nil
		}
	}
	v := &visitor{seen: now}
	g.from[at] = v
	return v
}

// settle ends the time in which a connection was a stranger's.
func (g *gate) settle(at netip.Prefix, failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending--
	if v := g.visitor(at); v != nil {
		v.pending = max(v.pending-1, 0)
		if failed {
			v.failures++
		} else {
			v.failures = 0
		}
	}
}

// guarded is a connection that is closed unless it logs in in time.
type guarded struct {
	net.Conn
	gate    *gate
	at      netip.Prefix
	late    *time.Timer
	settled atomic.Bool
	closed  atomic.Bool
}

// welcome says that it has logged in.
func (c *guarded) welcome() {
	if c.settled.CompareAndSwap(false, true) {
		c.late.Stop()
		c.gate.settle(c.at, false)
	}
}

// Close counts a login that did not happen as a failed one.
func (c *guarded) Close() error {
	if c.settled.CompareAndSwap(false, true) {
		c.late.Stop()
		c.gate.settle(c.at, true)
	}
	if c.closed.CompareAndSwap(false, true) {
		c.gate.mu.Lock()
		c.gate.open--
		c.gate.mu.Unlock()
	}
	return c.Conn.Close()
}

// addressOf is what counts as one address: an IPv4 address, or the /64 that a customer of IPv6 has.
func addressOf(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := ap.Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}
