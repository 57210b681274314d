package sshd

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// clock is a time that stands still until it is moved on.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	alarm []*alarm
}

type alarm struct {
	at   time.Time
	ring func()
}

func newClock() *clock { return &clock{at: time.Unix(1_800_000_000, 0)} }

func (c *clock) set(o *Options) { o.Now, o.After = c.now, c.after }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) after(d time.Duration, ring func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := &alarm{c.at.Add(d), ring}
	c.alarm = append(c.alarm, one)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		before := len(c.alarm)
		c.alarm = slices.DeleteFunc(c.alarm, func(other *alarm) bool { return other == one })
		return len(c.alarm) < before
	}
}

// rings reports how many alarms ring in d.
func (c *clock) rings(d time.Duration) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.alarm {
		if one.at.Sub(c.at) == d {
			n++
		}
	}
	return n
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	c.at = c.at.Add(d)
	var due []*alarm
	c.alarm = slices.DeleteFunc(c.alarm, func(one *alarm) bool {
		if one.at.After(c.at) {
			return false
		}
		due = append(due, one)
		return true
	})
	c.mu.Unlock()
	for _, one := range due {
		one.ring()
	}
}

func TestWhoDoesNotProveAKeyInTimeIsCutOff(t *testing.T) {
	at := newClock()
	h := newHouse(t, hold, at.set)
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	eventually(t, "its time runs", func() bool { return at.rings(handshakeTime) == 1 })
	at.move(handshakeTime)
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("still open: %v", err)
	}
}

func TestAConnectionWithoutASessionEnds(t *testing.T) {
	at := newClock()
	h := newHouse(t, hold, at.set)
	never, opened, busy := h.enter(1), h.enter(1), h.enter(2)
	if _, err := opened.NewSession(); err != nil { // opened, and nothing is begun in it
		t.Fatal(err)
	}
	s := h.session(busy)
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the third has a session", func() bool { return at.rings(sessionTime) == 2 })
	at.move(sessionTime - time.Second)
	if _, _, err := never.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		t.Errorf("closed too early: %v", err)
	}
	at.move(time.Second)
	for _, c := range []*gossh.Client{never, opened} {
		if err := c.Wait(); err == nil {
			t.Error("the connection stays")
		}
	}
	h.told("alice", NoSession, "")
	if _, _, err := busy.SendRequest("keepalive@openssh.com", true, nil); err != nil || h.server.Sessions() != 1 {
		t.Errorf("the one with a session: %v", err)
	}
	_ = s.Close()
	eventually(t, "it has none any more", func() bool { return at.rings(sessionTime) == 1 })
	at.move(sessionTime)
	if err := busy.Wait(); err == nil {
		t.Error("it stays after its session")
	}
}

// TestASessionMayBeginWhileTheServerStops: it is waited for or turned away; the race detector sees how the two meet.
func TestASessionMayBeginWhileTheServerStops(t *testing.T) {
	for range 20 {
		h := newHouse(t, hold, nil)
		c := h.enter(1)
		if err := h.session(c).Shell(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the first runs", func() bool { return h.server.Sessions() == 1 })
		s := h.session(c)
		begun := make(chan struct{})
		go func() { defer close(begun); _ = s.Run("x") }() // how it ends depends on who is first
		h.stop()
		<-begun
		if n := h.server.Sessions(); n != 0 {
			t.Fatalf("%d sessions are left", n)
		}
	}
}
