package sshd

import (
	"net"
	"net/netip"
	"testing"
)

type addressed struct {
	net.Conn
	from string
}

func (c addressed) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}

func newGate(at *clock) *gate {
	return &gate{now: at.now, after: at.after, refused: func(Refusal) {}, maxOpen: 1000, from: map[netip.Prefix]*visitor{}}
}

func knock(g *gate, from string) *guarded {
	_, far := net.Pipe()
	return g.admit(addressed{far, from})
}

func TestStrangersAreLimitedByAddress(t *testing.T) {
	at := newClock()
	g := newGate(at)
	var open []*guarded
	for range maxPerAddress {
		c := knock(g, "192.0.2.1:1000")
		if c == nil {
			t.Fatal("refused too early")
		}
		open = append(open, c)
	}
	if knock(g, "192.0.2.1:1001") != nil {
		t.Error("one more at once")
	}
	if knock(g, "192.0.2.2:1000") == nil {
		t.Error("another address has to wait")
	}
	open[0].welcome("alice")
	if knock(g, "192.0.2.1:1002") == nil {
		t.Error("who has logged in still counts")
	}
	for range maxFailures {
		c := knock(g, "[2001:db8::1]:1")
		if c == nil {
			t.Fatal("refused too early")
		}
		_ = c.Close()
	}
	if knock(g, "[2001:db8::2]:1") != nil {
		t.Error("the same customer's next address may go on failing")
	}
	at.move(forgiveEvery)
	if knock(g, "[2001:db8::2]:1") == nil {
		t.Error("nothing is forgiven")
	}
}

func TestALoginHasADeadline(t *testing.T) {
	at := newClock()
	near, far := net.Pipe()
	if newGate(at).admit(addressed{far, "192.0.2.1:1"}) == nil {
		t.Fatal("refused")
	}
	at.move(handshakeTime)
	if _, err := near.Read(make([]byte, 1)); err == nil {
		t.Error("a stranger who says nothing is kept")
	}
}
