package sshd

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// What strangers may do, and who has logged in and does nothing. Whoever has a session is not counted.
const (
	handshakeTime = 20 * time.Second
	sessionTime   = 2 * time.Minute // without a session, before the first and after the last
	maxPending    = 100             // connections that have not logged in, in all
	maxPerAddress = 10              // of one address
	maxFailures   = 20              // of one address in a row; one is forgiven every forgiveEvery
	forgiveEvery  = 3 * time.Second
	maxAddresses  = 10_000
)

// gate decides which connections may try to log in, and closes those that do not use what they were given.
type gate struct {
	now     func() time.Time
	after   func(d time.Duration, f func()) (stop func() bool)
	refused func(Refusal)
	maxOpen int

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
	c := &guarded{Conn: conn, gate: g, at: addressOf(conn.RemoteAddr())}
	if why := g.count(c.at); why != "" {
		g.refused(c.refusal(why, ""))
		return nil
	}
	c.late = g.after(handshakeTime, func() { _ = conn.Close() })
	return c
}

// count lets a connection of an address in, or says why not.
func (g *gate) count(at netip.Prefix) (why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.visitor(at)
	switch {
	case v == nil || g.open >= g.maxOpen || g.pending >= maxPending:
		return TooMany
	case v.pending >= maxPerAddress || v.failures >= maxFailures:
		return TooOften
	}
	g.open++
	g.pending++
	v.pending++
	return ""
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

func (g *gate) gone() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
}

// guarded is a connection that is closed unless it logs in in time, and then unless it has a session.
type guarded struct {
	net.Conn
	gate     *gate
	at       netip.Prefix
	channels atomic.Int32

	mu       sync.Mutex
	late     func() bool // stops the clock that closes it
	operator string      // who has logged in; empty before
	begun    bool        // it had a session
	sessions int
	closed   bool
	unknown  string // the last key that it offered and nobody has
	unproved string // whose key it offered, the last that somebody has
}

func (c *guarded) refusal(why, detail string) Refusal {
	return Refusal{Operator: c.operator, From: remote(c.RemoteAddr()), Address: c.at.String(), Why: why, Detail: detail}
}

// offer remembers a key that was offered, for whoever does not get in with it.
func (c *guarded) offer(fingerprint, owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if owner == "" {
		c.unknown = fingerprint
	} else {
		c.unproved = fingerprint + " of " + owner
	}
}

// welcome says that it has logged in.
func (c *guarded) welcome(operator string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.operator != "" {
		return
	}
	c.operator = operator
	c.late()
	c.gate.settle(c.at, false)
	c.wait()
}

// wait gives a connection without a session its time. mu is held.
func (c *guarded) wait() {
	if !c.closed {
		c.late = c.gate.after(sessionTime, func() { _ = c.Conn.Close() })
	}
}

// enter and leave count the sessions of a connection.
func (c *guarded) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = true
	if c.sessions++; c.sessions == 1 {
		c.late()
	}
}

func (c *guarded) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions--; c.sessions == 0 {
		c.wait()
	}
}

// Close counts a login that did not happen as a failed one, and tells of it where a key was offered: who only knocks
// was refused nothing.
func (c *guarded) Close() error {
	told, first := c.settle()
	if !first {
		return c.Conn.Close()
	}
	if c.operator == "" {
		c.gate.settle(c.at, true)
	}
	c.gate.gone()
	err := c.Conn.Close()
	if told.Why != "" {
		c.gate.refused(told)
	}
	return err
}

// settle ends what is remembered of a connection; first says that nobody did before. What is to be told has a reason.
func (c *guarded) settle() (told Refusal, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return told, false
	}
	c.closed = true
	c.late()
	switch {
	case c.operator != "" && !c.begun:
		told = c.refusal(NoSession, "")
	case c.operator != "":
	case c.unproved != "":
		told = c.refusal(Unproved, c.unproved)
	case c.unknown != "":
		told = c.refusal(UnknownKey, c.unknown)
	}
	return told, true
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
