package sshd

import (
	"bytes"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// begin begins a session with a command, and says why it was turned away.
func (h *house) begin(c *gossh.Client) (why string) {
	h.t.Helper()
	s := h.session(c)
	var stderr bytes.Buffer
	s.Stderr = &stderr
	if err := s.Run("x"); err != nil && stderr.Len() == 0 {
		h.t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(stderr.String()), "detent: "), "; try again later")
}

// holding starts a session that stays.
func (h *house) holding(c *gossh.Client) {
	h.t.Helper()
	before := h.server.Sessions()
	if err := h.session(c).Shell(); err != nil {
		h.t.Fatal(err)
	}
	eventually(h.t, "it runs", func() bool { return h.server.Sessions() == before+1 })
}

func holdShells(s *Session) int {
	if s.Command == "" {
		<-s.Context().Done()
	}
	return 0
}

func TestOneOperatorTakesNobodyElsesSessions(t *testing.T) {
	h := newHouse(t, holdShells, func(o *Options) { o.MaxSessions, o.MaxEach = 20, 3 })
	alice, bob := h.enter(1), h.enter(2)
	for range 3 {
		h.holding(alice)
	}
	for range 10 {
		if why := h.begin(alice); why != TooManyOfYours {
			t.Fatalf("one more: %q", why)
		}
	}
	h.told("alice", TooManyOfYours, "")
	if why := h.begin(bob); why != "" {
		t.Errorf("the other operator: %q", why)
	}
}

func TestTheLastSessionsAreKeptForWhomTheyAreReserved(t *testing.T) {
	h := newHouse(t, holdShells, func(o *Options) {
		o.MaxSessions, o.MaxEach = 10, 10
		o.Reserved = func(k gossh.PublicKey) bool { return bytes.Equal(k.Marshal(), signer(t, 2).PublicKey().Marshal()) }
	})
	alice, bob := h.enter(1), h.enter(2)
	for range 9 {
		h.holding(alice)
	}
	if why := h.begin(alice); why != TooManySessions {
		t.Errorf("the reserve is given away: %q", why)
	}
	h.holding(bob)
	if why := h.begin(bob); why != TooManySessions {
		t.Errorf("more than there are: %q", why)
	}
}

func TestAnOperatorBeginsSoManySessionsAMinute(t *testing.T) {
	at := newClock()
	h := newHouse(t, holdShells, func(o *Options) { at.set(o); o.PerMinute = 6 })
	alice, bob := h.enter(1), h.enter(2)
	for range 6 {
		if why := h.begin(alice); why != "" {
			t.Fatalf("too early: %q", why)
		}
	}
	if why := h.begin(alice); why != TooFast {
		t.Errorf("a seventh: %q", why)
	}
	h.told("alice", TooFast, "")
	if why := h.begin(bob); why != "" {
		t.Errorf("the other operator: %q", why)
	}
	at.move(10 * time.Second)
	alice = h.enter(1) // the time to close the channels of before is over too
	if first, second := h.begin(alice), h.begin(alice); first != "" || second != TooFast {
		t.Errorf("after a sixth of a minute: %q, then %q", first, second)
	}
}

// TestWhatIsNotOfferedIsRefusedAndTold: every way to ask for something else than a session.
func TestWhatIsNotOfferedIsRefusedAndTold(t *testing.T) {
	h := newHouse(t, holdShells, nil)
	for name, ask := range map[string]func(c *gossh.Client) error{
		"a forwarding":       func(c *gossh.Client) error { _, err := c.Dial("tcp", "127.0.0.1:1"); return err },
		"a socket":           func(c *gossh.Client) error { _, err := c.Dial("unix", "/x"); return err },
		"a listener":         func(c *gossh.Client) error { _, err := c.Listen("tcp", "127.0.0.1:0"); return err },
		"a subsystem":        func(c *gossh.Client) error { return h.session(c).RequestSubsystem("sftp") },
		"a command too long": func(c *gossh.Client) error { return h.session(c).Run(strings.Repeat("x", maxCommand+1)) },
	} {
		if err := ask(h.enter(1)); err == nil {
			t.Errorf("%s: given", name)
		}
		eventually(t, name+" is told", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			for _, r := range h.refused {
				if r.Operator == "alice" && r.Why == NotOffered {
					h.refused = nil
					return true
				}
			}
			return false
		})
	}
}
