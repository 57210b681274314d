// Package deadport gives tests an address at which nobody listens.
package deadport

import (
	"net"
	"testing"
)

// Address is one of this machine at which connections are refused, until the test ends. A port that was merely let go again may be
// taken by a test beside this one: here it stays in use, as the near end of a connection.
func Address(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c.LocalAddr().String()
}
