package sshd

import (
	"net"
	"net/netip"
	"slices"
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
	maxAddresses  = 10_000          // that are remembered
	maxKnown      = 1_000           // whence operators came
	// saysVersion is how much a client sends that only says what it is, as a health check may.
	saysVersion = 255
)

// gate decides which connections may try to log in, and closes those that do not use what they were given.
type gate struct {
	now     func() time.Time
	after   func(d time.Duration, f func()) (stop func() bool)
	refused func(Refusal)
	maxOpen int

	maxEach int // connections of one operator

	mu        sync.Mutex
	open      int
	number    uint64                // of the next connection
	strangers map[*guarded]struct{} // those that have not logged in; at most maxPending
	from      *addresses
	known     *addresses
	of        map[string][]*guarded // connections of an operator, the oldest first
}

func newGate(now func() time.Time, after func(time.Duration, func()) func() bool, refused func(Refusal), maxOpen, maxEach int) *gate {
	return &gate{now: now, after: after, refused: refused, maxOpen: maxOpen, maxEach: maxEach, strangers: map[*guarded]struct{}{},
		from: newAddresses(maxAddresses), known: newAddresses(maxKnown), of: map[string][]*guarded{}}
}

// admit returns the connection to use, or nil for one that has to wait.
func (g *gate) admit(conn net.Conn) *guarded {
	c := &guarded{Conn: conn, gate: g, at: addressOf(conn.RemoteAddr())}
	makesRoom, why := g.count(c)
	if why != "" {
		g.refused(c.refusal(why, ""))
		return nil
	}
	if makesRoom != nil {
		_ = makesRoom.Conn.Close() // its reader closes the rest
	}
	c.late = g.after(handshakeTime, func() { _ = conn.Close() })
	return c
}

// count lets a connection in, or says why not. Who must make room for it is to be closed.
func (g *gate) count(c *guarded) (makesRoom *guarded, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	v := g.from.see(c.at, now)
	v.forgive(now)
	known := g.known.find(c.at) != nil
	switch {
	case g.open >= g.maxOpen && len(g.strangers) == 0:
		return nil, TooMany
	case v.failures >= maxFailures && (!known || v.pending > 0):
		// Somebody else behind an operator's address may go on failing: one at a time is let try even then.
		return nil, TooOften
	case v.pending >= maxPerAddress:
		makesRoom = g.victim(func(other *guarded) bool { return other.at == c.at })
	case len(g.strangers) >= maxPending, g.open >= g.maxOpen:
		makesRoom = g.victim(func(*guarded) bool { return true })
	}
	if makesRoom != nil { // it is closed: how soon its reader sees that is nobody's to wait for
		g.dismiss(makesRoom, false)
		g.open--
		makesRoom.uncounted = true
	}
	g.open++
	v.pending++
	c.since, c.number = now, g.number
	g.number++
	g.strangers[c] = struct{}{}
	return makesRoom, ""
}

// dismiss ends the time in which a connection was a stranger's. mu is held.
func (g *gate) dismiss(c *guarded, failed bool) {
	if _, is := g.strangers[c]; !is {
		return
	}
	delete(g.strangers, c)
	v := g.from.see(c.at, g.now())
	v.pending = max(v.pending-1, 0)
	if failed {
		v.forgive(g.now())
		v.failures++
	}
}

// leave is dismiss for somebody who did not log in; only who tried has failed.
func (g *gate) leave(c *guarded) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dismiss(c, c.tried())
}

// enter counts the connections of an operator. Where there are too many, the oldest without a session makes room; else it says why
// this one is too much. Whence they came is remembered.
func (g *gate) enter(c *guarded, operator string) (why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dismiss(c, false)
	g.from.see(c.at, g.now()).failures = 0
	g.known.see(c.at, g.now())
	if len(g.of[operator]) >= g.maxEach {
		i := slices.IndexFunc(g.of[operator], func(other *guarded) bool { return other.busy.Load() == 0 })
		if i < 0 {
			return TooManyOfYours
		}
		_ = g.of[operator][i].Conn.Close() // its reader closes the rest
		g.of[operator] = slices.Delete(g.of[operator], i, i+1)
	}
	g.of[operator] = append(g.of[operator], c)
	return ""
}

func (g *gate) gone(c *guarded) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !c.uncounted {
		g.open--
	}
	if i := slices.Index(g.of[c.operator], c); i >= 0 {
		g.of[c.operator] = slices.Delete(g.of[c.operator], i, i+1)
	}
	if len(g.of[c.operator]) == 0 {
		delete(g.of, c.operator)
	}
}

// guarded is a connection that is closed unless it logs in in time, and then unless it has a session.
type guarded struct {
	net.Conn
	gate   *gate
	at     netip.Prefix
	since  time.Time
	number uint64
	// uncounted says that it made room, so that it is open no more, whatever its reader knows. The gate's mu holds it.
	uncounted bool
	channels  atomic.Int32
	busy      atomic.Int32 // its sessions
	received  atomic.Int64
	offered   atomic.Bool // a key

	mu       sync.Mutex
	late     func() bool // stops the clock that closes it
	operator string      // who has logged in; empty before
	begun    bool        // it had a session
	closed   bool
	unknown  string // the last key that it offered and nobody has
	unproved string // whose key it offered, the last that somebody has
}

func (c *guarded) refusal(why, detail string) Refusal {
	return Refusal{Operator: c.operator, From: remote(c.RemoteAddr()), Address: c.at.String(), Why: why, Detail: detail}
}

// Read counts what the client sends.
func (c *guarded) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}

// spoke reports whether the client has said anything, and tried whether it was about to log in: who only looks whether somebody
// listens has not.
func (c *guarded) spoke() bool { return c.received.Load() > 0 }
func (c *guarded) tried() bool { return c.offered.Load() || c.received.Load() > saysVersion }

// offer remembers a key that was offered, for whoever does not get in with it.
func (c *guarded) offer(fingerprint, owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offered.Store(true)
	if owner == "" {
		c.unknown = fingerprint
	} else {
		c.unproved = fingerprint + " of " + owner
	}
}

// loggedIn says that it has logged in. One connection too many of an operator is closed.
func (c *guarded) loggedIn(operator string) {
	c.mu.Lock()
	if c.closed || c.operator != "" {
		c.mu.Unlock()
		return
	}
	c.late()
	if why := c.gate.enter(c, operator); why != "" {
		told := c.refusal(why, "")
		c.unknown, c.unproved = "", "" // that is why, and nothing else
		c.mu.Unlock()
		told.Operator = operator
		c.gate.refused(told)
		_ = c.Conn.Close()
		return
	}
	c.operator = operator
	c.wait()
	c.mu.Unlock()
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
	if c.busy.Add(1) == 1 {
		c.late()
	}
}

func (c *guarded) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy.Add(-1) == 0 {
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
		c.gate.leave(c)
	}
	c.gate.gone(c)
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

// worse reports whether a connection is to make room for a newcomer rather than another: a stranger's rather than that of an
// address whence an operator came, then one that has said nothing yet, then one of the address that has the most, then the oldest.
func (g *gate) worse(a, b *guarded) bool {
	if x, y := g.known.find(a.at) != nil, g.known.find(b.at) != nil; x != y {
		return y
	}
	if x, y := a.spoke(), b.spoke(); x != y {
		return y
	}
	if x, y := g.from.find(a.at).pending, g.from.find(b.at).pending; x != y { // remembered as long as they are pending
		return x > y
	}
	return a.since.Before(b.since) || a.since.Equal(b.since) && a.number < b.number
}

// victim is who makes room, of those that which picks.
func (g *gate) victim(which func(*guarded) bool) *guarded {
	var out *guarded
	for c := range g.strangers {
		if which(c) && (out == nil || g.worse(c, out)) {
			out = c
		}
	}
	return out
}
