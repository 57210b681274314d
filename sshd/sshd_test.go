package sshd

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

const patience = 20 * time.Second

func signer(t *testing.T, seed byte) gossh.Signer {
	t.Helper()
	s, err := gossh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// house is a server with two operators: alice has key 1, bob key 2.
type house struct {
	t      *testing.T
	server *Server
	addr   string
	stop   func()

	mu      sync.Mutex
	keys    map[string]string // marshalled public key to operator
	refused []Refusal
}

func newHouse(t *testing.T, handle func(*Session) int, change func(*Options)) *house {
	t.Helper()
	h := &house{t: t, keys: map[string]string{
		string(signer(t, 1).PublicKey().Marshal()): "alice", string(signer(t, 2).PublicKey().Marshal()): "bob",
	}}
	block, err := gossh.MarshalPrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), "")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{HostKey: pem.EncodeToMemory(block), Handle: handle, MaxSessions: 100, Who: func(k gossh.PublicKey) (string, bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		name, known := h.keys[string(k.Marshal())]
		return name, known
	}, Refused: func(r Refusal) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.refused = append(h.refused, r)
	}}
	if change != nil {
		change(&o)
	}
	if h.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(listener) }()
	h.stop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.server.Shutdown(ctx, errors.New("the server is stopping"), 0)
	}
	t.Cleanup(func() {
		h.stop()
		select {
		case err := <-served:
			if err != nil {
				t.Errorf("the server ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the server does not end")
		}
	})
	return h
}

func (h *house) forget(seed byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.keys, string(signer(h.t, seed).PublicKey().Marshal()))
}

// told waits until somebody was turned away like that, and forgets what was told so far.
func (h *house) told(operator, why, detail string) {
	h.t.Helper()
	eventually(h.t, operator+" is told as refused: "+why+" "+detail, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.ContainsFunc(h.refused, func(r Refusal) bool {
			return r.Operator == operator && r.Why == why && r.Detail == detail && strings.HasPrefix(r.From, "127.0.0.1:") && r.Address == "127.0.0.1/32"
		})
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused = nil
}

func (h *house) dial(auth ...gossh.AuthMethod) (*gossh.Client, error) {
	return gossh.Dial("tcp", h.addr, &gossh.ClientConfig{User: "whoever", Auth: auth, HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: patience})
}

// enter logs in with a key.
func (h *house) enter(seed byte) *gossh.Client {
	h.t.Helper()
	c, err := h.dial(gossh.PublicKeys(signer(h.t, seed)))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (h *house) session(c *gossh.Client) *gossh.Session {
	h.t.Helper()
	s, err := c.NewSession()
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = s.Close() })
	return s
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not so", what)
		}
	}
}

// hold is a session that stays until it has to end, and says why on standard error.
func hold(s *Session) int {
	<-s.Context().Done()
	_, _ = io.WriteString(s.Stderr(), context.Cause(s.Context()).Error())
	return 3
}

func exitCode(err error) int {
	var exit *gossh.ExitError
	if errors.As(err, &exit) {
		return exit.ExitStatus()
	}
	if err != nil {
		return -1
	}
	return 0
}

func TestOnlyAPublicKeyOfAnOperatorLetsIn(t *testing.T) {
	h := newHouse(t, func(s *Session) int { _, _ = fmt.Fprintf(s, "%s from %s", s.Operator, s.From[:9]); return 0 }, nil)
	for seed, want := range map[byte]string{1: "alice from 127.0.0.1", 2: "bob from 127.0.0.1"} {
		if out, err := h.session(h.enter(seed)).Output("x"); err != nil || string(out) != want {
			t.Errorf("%q, %v, want %q", out, err, want)
		}
	}
	yes := func(string, string, []string, []bool) ([]string, error) { return nil, nil }
	for name, auth := range map[string][]gossh.AuthMethod{
		"nothing": nil, "an unknown key": {gossh.PublicKeys(signer(t, 9))},
		"a password": {gossh.Password("x")}, "questions": {gossh.KeyboardInteractive(yes)},
		"an unknown key and a password": {gossh.PublicKeys(signer(t, 9)), gossh.Password("")},
	} {
		if c, err := h.dial(auth...); err == nil {
			_ = c.Close()
			t.Errorf("%s lets in", name)
		}
	}
	// The offer of somebody's key without its signature lets nobody in.
	if c, err := h.dial(gossh.PublicKeys(liar{signer(t, 1)})); err == nil {
		_ = c.Close()
		t.Error("a key without its signature lets in")
	}
}

func TestWhoIsTurnedAwayIsToldWithTheReason(t *testing.T) {
	h := newHouse(t, hold, func(o *Options) { o.MaxSessions = 1 })
	knock := func(auth ...gossh.AuthMethod) {
		if c, err := h.dial(auth...); err == nil {
			_ = c.Close()
			t.Error("let in")
		}
	}
	stranger, alices := gossh.FingerprintSHA256(signer(t, 9).PublicKey()), gossh.FingerprintSHA256(signer(t, 1).PublicKey())
	knock(gossh.PublicKeys(signer(t, 8), signer(t, 9)))
	h.told("", UnknownKey, stranger)
	knock(gossh.PublicKeys(signer(t, 9), liar{signer(t, 1)}))
	h.told("", Unproved, alices+" of alice")

	c := h.enter(1)
	if err := h.session(c).Shell(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs", func() bool { return h.server.Sessions() == 1 })
	if err := h.session(c).Run("x"); exitCode(err) != 1 {
		t.Error(err)
	}
	h.told("alice", TooManySessions, "")
	h.forget(1)
	if _, err := c.NewSession(); err == nil {
		t.Error("a key that was taken back opens a session")
	}
	h.told("alice", Removed, alices)

	_ = h.enter(2).Close()
	h.told("bob", NoSession, "")
	knock() // offers nothing, and was refused nothing
	knock(gossh.PublicKeys(signer(t, 9)))
	h.told("", UnknownKey, stranger)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.refused) > 0 {
		t.Errorf("told as well: %+v", h.refused)
	}
}

// liar has another's public key.
type liar struct{ gossh.Signer }

func (l liar) Sign(r io.Reader, data []byte) (*gossh.Signature, error) {
	s, err := l.Signer.Sign(r, data)
	if err == nil {
		s.Blob[0] ^= 1
	}
	return s, err
}

func TestNothingButSessionsIsOpened(t *testing.T) {
	h := newHouse(t, hold, nil)
	c := h.enter(1)
	if conn, err := c.Dial("tcp", h.addr); err == nil {
		_ = conn.Close()
		t.Error("a port is forwarded")
	}
	if l, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
		t.Error("a port is forwarded back")
	}
	if channel, _, err := c.OpenChannel("x11", nil); err == nil {
		_ = channel.Close()
		t.Error("another channel is opened")
	}
	s := h.session(c)
	for _, request := range []string{"auth-agent-req@openssh.com", "x11-req", "subsystem", "signal", "break", "xon-xoff"} {
		if ok, err := s.SendRequest(request, true, gossh.Marshal(struct{ Name string }{"sftp"})); ok || err != nil {
			t.Errorf("%s: granted %v, %v", request, ok, err)
		}
	}
}

func TestOnlyFourVariablesArePassed(t *testing.T) {
	h := newHouse(t, func(s *Session) int { _, _ = fmt.Fprint(s, s.Environ); return 0 }, nil)
	s := h.session(h.enter(1))
	for name, ok := range map[string]bool{"LANG": true, "COLORTERM": true, "NO_COLOR": true, "TERM": true, "LD_PRELOAD": false, "DETENT_TOKEN": false, "lang": false} {
		if err := s.Setenv(name, "x"); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Setenv("LANG", strings.Repeat("x", maxVariable+1)) == nil {
		t.Error("an endless value is taken")
	}
	if err := s.RequestPty("xterm-256color", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	out, err := s.Output("x")
	got := strings.Fields(strings.Trim(string(out), "[]"))
	slices.Sort(got)
	if err != nil || fmt.Sprint(got) != "[COLORTERM=x LANG=x NO_COLOR=x TERM=x TERM=xterm-256color]" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestACommandComesAsItWasGivenAndItsCodeGoesBack(t *testing.T) {
	h := newHouse(t, func(s *Session) int { _, _ = io.WriteString(s, s.Command); return 7 }, nil)
	c := h.enter(1)
	for range 50 { // however short the command is, its answer comes
		out, err := h.session(c).Output(`list "a b" $HOME; ls`)
		if string(out) != `list "a b" $HOME; ls` || exitCode(err) != 7 {
			t.Fatalf("%s, exit %d (%v)", out, exitCode(err), err)
		}
	}
	if _, err := h.session(c).Output(strings.Repeat("x", maxCommand+1)); exitCode(err) != -1 {
		t.Errorf("an endless command: %v", err)
	}
}

func TestSizesAreBoundedAndNobodyWaits(t *testing.T) {
	sizes := make(chan [2]int, 1)
	h := newHouse(t, func(s *Session) int {
		width, height := s.Size(func(width, height int) {
			if width > 500 {
				sizes <- [2]int{width, height}
			}
		})
		_, _ = fmt.Fprint(s, s.Terminal, width, height)
		<-s.Context().Done()
		return 0
	}, nil)
	s := h.session(h.enter(1))
	if err := s.RequestPty("dumb", 0, 0, nil); err != nil {
		t.Fatal(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, len("true 80 24"))
	if _, err := io.ReadFull(out, first); err != nil || string(first) != "true 80 24" {
		t.Errorf("%q, %v", first, err)
	}
	for i := range 100 {
		if err := s.WindowChange(20+i, 100); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := s.SendRequest("window-change", true, gossh.Marshal(struct{ W, H, PW, PH uint32 }{1 << 31, 1 << 31, 0, 0})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := <-sizes; got != [2]int{maxWidth, maxHeight} {
		t.Error(got)
	}
}

func TestAClosedChannelEndsItsSessionThoughTheConnectionStays(t *testing.T) {
	why := make(chan error, 1)
	h := newHouse(t, func(s *Session) int { <-s.Context().Done(); why <- context.Cause(s.Context()); return 0 }, nil)
	c := h.enter(1)
	for range 20 {
		s := h.session(c)
		if err := s.Shell(); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		if err := <-why; !errors.Is(err, ErrGone) {
			t.Error(err)
		}
	}
	eventually(t, "no session is left", func() bool { return h.server.Sessions() == 0 })
	if _, err := c.NewSession(); err != nil {
		t.Errorf("the connection is gone: %v", err)
	}
}

func TestThereAreAtMostSoManySessions(t *testing.T) {
	h := newHouse(t, hold, func(o *Options) { o.MaxSessions = 3 })
	a, b := h.enter(1), h.enter(2)
	for _, c := range []*gossh.Client{a, a, b} {
		if err := h.session(c).Shell(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "three run", func() bool { return h.server.Sessions() == 3 })
	var stderr bytes.Buffer
	fourth := h.session(b)
	fourth.Stderr = &stderr
	if err := fourth.Run(""); exitCode(err) != 1 || !strings.Contains(stderr.String(), "too many sessions are open") {
		t.Errorf("the fourth: %v, %q", err, stderr.String())
	}
	_ = a.Close()
	eventually(t, "two are over", func() bool { return h.server.Sessions() == 1 })
	if err := h.session(b).Shell(); err != nil {
		t.Error(err)
	}
}

func TestAConnectionHasSoManySessions(t *testing.T) {
	h := newHouse(t, hold, nil)
	c := h.enter(1)
	for range maxChannels {
		h.session(c)
	}
	if _, err := c.NewSession(); err == nil || !strings.Contains(err.Error(), "too many sessions on this connection") {
		t.Errorf("one more: %v", err)
	}
}

func TestARemovedOperatorIsToldAndEnds(t *testing.T) {
	h := newHouse(t, hold, nil)
	alice, bob := h.enter(1), h.enter(2)
	sa, sb := h.session(alice), h.session(bob)
	var stderr bytes.Buffer
	sa.Stderr = &stderr
	for _, s := range []*gossh.Session{sa, sb} {
		if err := s.Shell(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both run", func() bool { return h.server.Sessions() == 2 })
	h.forget(1)
	h.server.End(errors.New("you are no operator any more"), func(s *Session) bool { return s.Operator == "alice" })
	if err := sa.Wait(); exitCode(err) != 3 || stderr.String() != "you are no operator any more" {
		t.Errorf("%v, said %q", err, stderr.String())
	}
	if _, err := h.dial(gossh.PublicKeys(signer(t, 1))); err == nil {
		t.Error("she comes in again")
	}
	if n := h.server.Sessions(); n != 1 {
		t.Errorf("%d sessions, bob's should stay", n)
	}
}

func TestAKeyThatIsTakenBackOpensNoMoreSessionsOnItsConnection(t *testing.T) {
	h := newHouse(t, hold, nil)
	c := h.enter(1)
	h.forget(1)
	if _, err := c.NewSession(); err == nil || !strings.Contains(err.Error(), "may not log in any more") {
		t.Error(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("the connection stays")
	}
}

func TestAReaderThatStopsHoldsNobodyUp(t *testing.T) {
	h := newHouse(t, func(s *Session) int {
		for s.Operator == "alice" {
			if _, err := s.Write(make([]byte, 64<<10)); err != nil {
				return 1
			}
		}
		return 0
	}, nil)
	s := h.session(h.enter(1))
	if _, err := s.StdoutPipe(); err != nil { // which nobody reads
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs", func() bool { return h.server.Sessions() == 1 })
	if err := h.session(h.enter(2)).Run("x"); err != nil {
		t.Errorf("another session is not served meanwhile: %v", err)
	}
	h.stop()
	if n := h.server.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestAHandlerThatPanicsFailsItsOwnSessionAlone(t *testing.T) {
	h := newHouse(t, func(s *Session) int {
		if s.Operator == "alice" {
			panic("secret")
		}
		return 0
	}, nil)
	var stderr bytes.Buffer
	s := h.session(h.enter(1))
	s.Stderr = &stderr
	if err := s.Run("x"); exitCode(err) != 1 || stderr.Len() > 0 {
		t.Errorf("%v, %q", err, stderr.String())
	}
	if err := h.session(h.enter(2)).Run("x"); err != nil {
		t.Error(err)
	}
}

func TestAnAddressHasSoManyAttempts(t *testing.T) {
	at := newClock()
	h := newHouse(t, hold, at.set)
	for range maxFailures {
		if _, err := h.dial(gossh.PublicKeys(signer(t, 9))); err == nil {
			t.Fatal("an unknown key lets in")
		}
	}
	eventually(t, "all are counted", func() bool {
		h.server.gate.mu.Lock()
		defer h.server.gate.mu.Unlock()
		v := h.server.gate.from.find(addressOf(named(h.addr)))
		return v != nil && v.failures == maxFailures
	})
	if c, err := h.dial(gossh.PublicKeys(signer(t, 1))); err == nil {
		_ = c.Close()
		t.Error("the address is not refused")
	}
	h.told("", TooOften, "")
	at.move(maxFailures * forgiveEvery)
	h.enter(1)
}

func TestOneHostIsOneAddressWhateverItCallsItself(t *testing.T) {
	for name, other := range map[string]string{
		"192.0.2.1:1": "192.0.2.1:2", "[::ffff:192.0.2.1]:1": "192.0.2.1:3", "[2001:db8::1]:1": "[2001:db8::ffff:1]:9", "[fe80::1%eth0]:1": "[fe80::2%eth1]:1",
	} {
		if a, b := addressOf(named(name)), addressOf(named(other)); a != b {
			t.Errorf("%s is %v, %s is %v", name, a, other, b)
		}
	}
	if addressOf(named("[2001:db8:0:1::1]:1")) == addressOf(named("[2001:db8::1]:1")) {
		t.Error("two networks are one")
	}
}

type named string

func (n named) Network() string { return "tcp" }
func (n named) String() string  { return string(n) }

// Sessions is how many sessions there are.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
