package sshd

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

type addressed struct {
	net.Conn
	from string
}

func (c addressed) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}

func gateAt(at *clock) *gate { return newGate(at.now, at.after, func(Refusal) {}, 100_000, 20) }

func knock(g *gate, from string) *guarded {
	_, far := net.Pipe()
	return g.admit(addressed{far, from})
}

// says lets a client say so many bytes, which the server reads.
func says(t *testing.T, c *guarded, n int) {
	t.Helper()
	c.received.Add(int64(n))
}

func TestAnAddressFailsSoOftenAndIsForgiven(t *testing.T) {
	at := newClock()
	g := gateAt(at)
	for range maxFailures {
		c := knock(g, "[2001:db8::1]:1")
		if c == nil {
			t.Fatal("refused too early")
		}
		c.offer("SHA256:x", "")
		_ = c.Close()
	}
	if knock(g, "[2001:db8::2]:1") != nil {
		t.Error("the same customer's next address may go on failing")
	}
	if knock(g, "192.0.2.2:1000") == nil {
		t.Error("another address has to wait")
	}
	at.move(forgiveEvery)
	if knock(g, "[2001:db8::2]:1") == nil {
		t.Error("nothing is forgiven")
	}
}

// TestWhoOnlyLooksHasNotFailed: a health check says nothing, or what it is.
func TestWhoOnlyLooksHasNotFailed(t *testing.T) {
	at := newClock()
	for name, do := range map[string]func(c *guarded) (fails bool){
		"nothing":     func(*guarded) bool { return false },
		"its version": func(c *guarded) bool { says(t, c, len("SSH-2.0-check\r\n")); return false },
		"a handshake": func(c *guarded) bool { says(t, c, 1500); return true },
		"a key":       func(c *guarded) bool { c.offer("SHA256:x", ""); return true },
		"a bad proof": func(c *guarded) bool { c.offer("SHA256:x", "alice"); return true },
	} {
		g := gateAt(at)
		fails := false
		for range 10 * maxFailures {
			if c := knock(g, "192.0.2.1:1"); c != nil {
				fails = do(c)
				_ = c.Close()
			}
		}
		if refused := knock(g, "192.0.2.1:1") == nil; refused != fails {
			t.Errorf("%s, %d times: refused %v", name, 10*maxFailures, refused)
		}
	}
}

// TestSilenceMakesRoom: of one address and of all, whoever comes is let try, and it is the silent that go, the oldest first.
func TestSilenceMakesRoom(t *testing.T) {
	for _, addresses := range []int{1, 20, 1000} {
		at := newClock()
		g := gateAt(at)
		var silent []*guarded
		for i := range 300 {
			at.move(time.Millisecond)
			c := knock(g, fmt.Sprintf("10.0.%d.%d:1", i%addresses/250, i%addresses%250))
			if c == nil {
				t.Fatalf("%d addresses: number %d is refused", addresses, i)
			}
			silent = append(silent, c)
		}
		operator := knock(g, "192.0.2.1:1")
		says(t, operator, 1000)
		for i := range 300 {
			at.move(time.Millisecond)
			knock(g, fmt.Sprintf("10.0.%d.%d:2", i%addresses/250, i%addresses%250))
		}
		if _, in := g.strangers[operator]; !in || len(g.strangers) > maxPending {
			t.Errorf("%d addresses: who logs in makes room for the silent (%d pending)", addresses, len(g.strangers))
		}
		if _, in := g.strangers[silent[0]]; in {
			t.Errorf("%d addresses: the oldest stays", addresses)
		}
		operator.loggedIn("alice")
		if operator.operator != "alice" {
			t.Errorf("%d addresses: no login", addresses)
		}
	}
}

// TestAFloodWhoseEndsAreNotSeenYetFillsNoPlace: on a busy machine those that were closed, by themselves or to make room, are read to
// their end late. An operator is let in all the same, and nothing is counted twice when it comes.
func TestAFloodWhoseEndsAreNotSeenYetFillsNoPlace(t *testing.T) {
	at := newClock()
	g := newGate(at.now, at.after, func(Refusal) {}, 120, 3)
	var flood []*guarded
	for i := range 1000 {
		at.move(time.Millisecond)
		c := knock(g, fmt.Sprintf("10.0.%d.%d:1", i/250, i%250))
		if c == nil {
			t.Fatalf("number %d is refused", i)
		}
		flood = append(flood, c)
	}
	operator := knock(g, "192.0.2.1:1")
	if operator == nil {
		t.Fatal("an operator is refused")
	}
	operator.loggedIn("alice")
	for _, c := range append(flood, operator) {
		_ = c.Close()
	}
	if g.open != 0 || len(g.of) != 0 || len(g.strangers) != 0 {
		t.Errorf("%d are open, %v, %v", g.open, g.of, g.strangers)
	}
}

// TestWhoKnowsTheWayIsLetInBeforeStrangers: whence an operator came, one is let try though somebody there fails and strangers, who
// speak too, take every place.
func TestWhoKnowsTheWayIsLetInBeforeStrangers(t *testing.T) {
	at := newClock()
	g := gateAt(at)
	first := knock(g, "192.0.2.1:1")
	first.loggedIn("alice")
	_ = first.Close()
	for range 10 * maxFailures { // a forgotten job behind the same address
		if c := knock(g, "192.0.2.1:2"); c != nil {
			c.offer("SHA256:x", "")
			_ = c.Close()
		}
	}
	returned := knock(g, "192.0.2.1:3")
	if returned == nil {
		t.Fatal("an operator's address is refused")
	}
	for i := range 3 * maxPending {
		if c := knock(g, fmt.Sprintf("10.%d.%d.1:1", i/200, i%200)); c != nil {
			says(t, c, 1000)
		}
	}
	if _, in := g.strangers[returned]; !in {
		t.Error("it makes room for strangers")
	}
}

// TestSoManyAddressesAreRemembered: the table has a size, and who was not seen for the longest goes; the same ones each time.
func TestSoManyAddressesAreRemembered(t *testing.T) {
	var runs [2]string
	for run := range runs {
		at := newClock()
		g := gateAt(at)
		bad := knock(g, "203.0.113.9:1")
		bad.offer("SHA256:x", "")
		_ = bad.Close()
		stays := knock(g, "203.0.113.8:1") // pending all the time
		says(t, stays, 1000)
		for i := range 15_240 {
			if c := knock(g, fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)); c == nil {
				t.Fatalf("address %d is refused", i)
			} else if i%2 == 0 {
				_ = c.Close()
			}
		}
		if n := len(g.from.byAt); n != maxAddresses || g.from.seen.Len() != n {
			t.Errorf("%d are remembered", n)
		}
		if g.from.find(bad.at) != nil || g.from.find(stays.at) == nil {
			t.Error("not the one that was seen least recently is forgotten")
		}
		for e := g.from.seen.Front(); e != nil; e = e.Next() {
			runs[run] += e.Value.(*visitor).at.String() + " "
		}
	}
	if runs[0] != runs[1] {
		t.Error("another run remembers others")
	}
}

func TestAnOperatorHasSoManyConnections(t *testing.T) {
	at := newClock()
	var told []Refusal
	g := newGate(at.now, at.after, func(r Refusal) { told = append(told, r) }, 1000, 3)
	var mine []*guarded
	for i := range 5 {
		c := knock(g, "192.0.2.1:1")
		c.loggedIn("alice")
		if i < 3 {
			c.enter() // has a session
		}
		mine = append(mine, c)
	}
	told = slices.DeleteFunc(told, func(r Refusal) bool { return r.Why == NoSession })
	if len(told) != 2 || told[0].Why != TooManyOfYours || told[0].Operator != "alice" || len(g.of["alice"]) != 3 {
		t.Errorf("%+v, %d open", told, len(g.of["alice"]))
	}
	other := knock(g, "192.0.2.1:1")
	if other.loggedIn("bob"); other.operator != "bob" {
		t.Error("another operator is refused")
	}
	mine[1].leave()
	returned := knock(g, "192.0.2.1:1")
	if returned.loggedIn("alice"); returned.operator != "alice" || !slices.Equal(g.of["alice"], []*guarded{mine[0], mine[2], returned}) {
		t.Error("an idle connection of theirs does not make room")
	}
	for _, c := range append(mine, other, returned) {
		_ = c.Close()
	}
	if len(g.of) != 0 || g.open != 0 {
		t.Errorf("left: %v, %d open", g.of, g.open)
	}
}

func TestALoginHasADeadline(t *testing.T) {
	at := newClock()
	near, far := net.Pipe()
	if gateAt(at).admit(addressed{far, "192.0.2.1:1"}) == nil {
		t.Fatal("refused")
	}
	at.move(handshakeTime)
	if _, err := near.Read(make([]byte, 1)); err == nil {
		t.Error("a stranger who says nothing is kept")
	}
}

// TestWhoMakesRoomIsSettledByOneThingAfterTheOther.
func TestWhoMakesRoomIsSettledByOneThingAfterTheOther(t *testing.T) {
	type one struct {
		known, spoke bool
		others       int // more connections of its address
		age          time.Duration
	}
	for name, c := range map[string]struct{ goes, stays one }{
		"a stranger's before an operator's address":       {one{spoke: true}, one{known: true, others: 3, age: time.Second}},
		"the silent before who speaks":                    {one{}, one{spoke: true, others: 3, age: time.Second}},
		"of the address that has more":                    {one{others: 2}, one{others: 1, age: time.Second}},
		"the older":                                       {one{age: time.Second}, one{}},
		"at one time, who came first (the one that goes)": {one{}, one{}},
	} {
		at := newClock()
		g := gateAt(at)
		make := func(o one, ip string) *guarded {
			a := knock(g, ip+":1")
			for range o.others {
				says(t, knock(g, ip+":2"), 1)
			}
			if a.since = a.since.Add(-o.age); o.spoke {
				says(t, a, 1)
			}
			if o.known {
				g.known.see(a.at, at.now())
			}
			return a
		}
		goes := make(c.goes, "192.0.2.1")
		stays := make(c.stays, "192.0.2.2")
		if !g.worse(goes, stays) || g.worse(stays, goes) {
			t.Errorf("%s: not so", name)
		}
	}
}

// TestAConnectionTooManyIsClosed, and whoever is welcomed twice or after the end is not counted again.
func TestAConnectionTooManyIsClosed(t *testing.T) {
	at := newClock()
	g := newGate(at.now, at.after, func(Refusal) {}, 1000, 1)
	busy := knock(g, "192.0.2.1:1")
	busy.loggedIn("alice")
	busy.loggedIn("alice")
	busy.enter()
	near, far := net.Pipe()
	more := g.admit(addressed{far, "192.0.2.1:2"})
	more.loggedIn("alice")
	if _, err := near.Read(make([]byte, 1)); err == nil || more.operator != "" {
		t.Error("one too many is kept")
	}
	_ = more.Close()
	more.loggedIn("alice")
	_ = busy.Close()
	_ = busy.Close()
	if g.open != 0 || len(g.of) != 0 || len(g.strangers) != 0 {
		t.Errorf("%d are open, %v, %v", g.open, g.of, g.strangers)
	}
}
