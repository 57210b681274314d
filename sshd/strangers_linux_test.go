package sshd

import (
	"net"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// TestStrangersStarveNoOperator: from so many addresses as loopback has, with silent connections that stay and a health check from
// the operator's own address, somebody who has never logged in does so soon.
func TestStrangersStarveNoOperator(t *testing.T) {
	many := 15_000
	if testing.Short() {
		many = 1_500
	}
	h := newHouse(t, holdShells, nil)
	from := func(a, b, c byte) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, a, b, c)}, Timeout: patience}
		return d.DialContext(t.Context(), "tcp", h.addr)
	}
	for i := range 200 {
		c, err := from(1, byte(i/20), 1)
		if err != nil {
			t.Skip(err) // no such source address here
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	begun := time.Now()
	for i := range many {
		c, err := from(2+byte(i>>16), byte(i>>8), byte(i))
		if err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 { // some stay
			t.Cleanup(func() { _ = c.Close() })
			continue
		}
		_ = c.Close()
	}
	for range 3 * maxFailures { // a check of the port
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	}
	came := time.Since(begun)
	begun = time.Now()
	client, err := h.dial(gossh.PublicKeys(signer(t, 1)))
	if err != nil {
		t.Fatalf("an operator is not let in: %v", err)
	}
	took := time.Since(begun)
	_ = client.Close()
	t.Logf("%d addresses in %s, 200 silent connections, %d checks of the port: a login takes %s", many, came.Round(time.Millisecond), 3*maxFailures, took.Round(time.Millisecond))
	if took > 2*time.Second {
		t.Errorf("a login takes %s", took)
	}
}
