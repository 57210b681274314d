package loopback

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestLoopbackIsThisMachineAlone(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.": false, "localhost.example": false, "127.0.0.1.example": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "::2": false,
	} {
		if Is(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

// listen takes a port of one family, and says which.
func listen(t *testing.T, at string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Skip(err) // no IPv6 here
	}
	t.Cleanup(func() { _ = l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

func TestLocalhostIsReachedInEitherFamily(t *testing.T) {
	for _, at := range []string{"127.0.0.1", "[::1]", "[::]", "0.0.0.0"} {
		port := listen(t, at+":0")
		conn, err := NewDialer(net.Dialer{}).DialContext(t.Context(), "tcp", "localhost:"+port)
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		_ = conn.Close()
	}
}

// TestAnotherUsersListenerGetsNothing: of every pair of owners in the two families.
func TestAnotherUsersListenerGetsNothing(t *testing.T) {
	const me, other, nobody = 1000, 1001, 65534
	port := listen(t, "127.0.0.1:0")
	six, err := net.Listen("tcp", "[::1]:"+port)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = six.Close() })
	for _, c := range []struct {
		v4, v6 []int
		to     string
		want   string // the address that is connected to; empty for none
	}{
		{[]int{me}, []int{me}, "localhost", "127.0.0.1"},
		{[]int{0}, []int{other}, "localhost", "127.0.0.1"},
		{[]int{other}, []int{me}, "localhost", "::1"},
		{[]int{nobody}, []int{0}, "LOCALHOST", "::1"},
		{[]int{other}, []int{nobody}, "localhost", ""},
		{[]int{other}, nil, "127.0.0.1", ""},
		{nil, []int{other}, "::1", ""},
		{[]int{me, other}, nil, "127.0.0.1", ""}, // who has the connection, and who listens
		{[]int{0, other}, nil, "127.0.0.1", ""},  // taken by nobody yet
		{nil, nil, "127.0.0.1", "127.0.0.1"},     // the kernel does not tell
	} {
		d := &Dialer{uid: me, owners: func(_, remote netip.AddrPort) []int {
			if remote.Addr().Is4() {
				return c.v4
			}
			return c.v6
		}}
		conn, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(c.to, port))
		var foreign *ForeignError
		switch {
		case c.want == "" && !errors.As(err, &foreign):
			t.Errorf("%+v: %v", c, err)
		case c.want != "" && err != nil:
			t.Errorf("%+v: %v", c, err)
		case c.want != "":
			if host, _, _ := net.SplitHostPort(conn.RemoteAddr().String()); host != c.want {
				t.Errorf("%+v: connected to %s", c, host)
			}
			_ = conn.Close()
		}
	}
}
