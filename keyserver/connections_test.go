package keyserver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// closed reports whether the other side has closed a connection on which nothing was sent.
func closed(t *testing.T, c net.Conn) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

func TestAnAddressHasSoManyConnectionsAndNoMore(t *testing.T) {
	s, log := bare(t)
	s.perAddress = 5
	url, stop := serveWith(t, s)
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	addr := strings.TrimPrefix(url, "http://")
	dial := func(from string) net.Conn {
		t.Helper()
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	answers := func(c net.Conn) bool {
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
		n, err := c.Read(make([]byte, 12))
		return err == nil && n == 12
	}
	var held []net.Conn
	for i := range 5 {
		c := dial("127.0.0.1")
		if held = append(held, c); !answers(c) {
			t.Fatalf("connection %d is not served", i)
		}
	}
	for range 3 {
		if c := dial("127.0.0.1"); answers(c) {
			t.Fatal("a sixth is served")
		}
	}
	if !answers(dial("127.0.0.2")) {
		t.Error("another address pays for the first")
	}
	if n := strings.Count(log.String(), "too many of its address"); n != 1 {
		t.Errorf("it was told %d times: %s", n, log.String())
	}
	_ = held[0].Close()
	eventually(t, "one that ended makes room", func() bool {
		c := dial("127.0.0.1")
		defer func() { _ = c.Close() }()
		return answers(c)
	})
	for _, c := range held[1:] {
		if closed(t, c) {
			t.Error("one that was there before is closed")
		}
	}
}

func TestALimitOfConnectionsLeavesTLSAsItIs(t *testing.T) {
	s, _ := bare(t)
	s.perAddress = 1
	helper := httptest.NewTLSServer(nil)
	pair := helper.TLS.Certificates[0]
	client := helper.Client()
	helper.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		done <- s.ServeTLS(ctx, l, func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil })
	}()
	res, err := client.Get("https://" + l.Addr().String() + "/healthz")
	if err != nil || res.StatusCode != 200 || res.TLS == nil {
		t.Errorf("%v %v", res, err)
	} else {
		_ = res.Body.Close()
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAnIPv6HostIsItsNetwork(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"[2001:db8::1]:1", "[2001:db8::2]:9", true}, {"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"192.0.2.1:1", "192.0.2.1:2", true}, {"192.0.2.1:1", "192.0.2.2:1", false}, {"[::ffff:192.0.2.1]:1", "192.0.2.1:2", true},
		{"[fe80::1%eth0]:1", "[fe80::1%eth1]:1", true},
	} {
		a, err := net.ResolveTCPAddr("tcp", c.a)
		if err != nil {
			a = &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 1}
		}
		b, err := net.ResolveTCPAddr("tcp", c.b)
		if err != nil {
			b = &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth1", Port: 1}
		}
		if same := hostOf(a) == hostOf(b); same != c.same {
			t.Errorf("%s and %s: one address is %v", c.a, c.b, same)
		}
	}
}
