// Package loopback is what detent knows of the addresses of this machine alone: which they are, and whose program listens
// there. A key may go to one without TLS, since nobody can listen on the way; but any user of the machine can listen at its end.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// Is reports whether a host is this machine's loopback: localhost, 127.0.0.0/8 or ::1.
func Is(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// ForeignError is why a connection was given up before a byte was sent.
type ForeignError struct {
	Addr string
	UID  int // whose program listens there
}

// Error says it.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is held by a program of user %d, neither you nor root, and over http it would get the token: nothing was sent; a service of somebody else is reached over https (its authority: ca, in the profile)", e.Addr, e.UID)
}

// Dialer connects to addresses of this machine.
type Dialer struct {
	net.Dialer
	// uid is whose programs may listen, beside root's, and owners looks at the system; for tests.
	uid    int
	owners func(local, remote netip.AddrPort) (uids []int)
}

// NewDialer makes one for the user of this process.
func NewDialer(d net.Dialer) *Dialer { return &Dialer{Dialer: d, uid: os.Geteuid(), owners: owners} }

// DialContext connects to an address of this machine, and asks the kernel whose program is at the other end, where it tells
// (Linux). One of another user, root aside, gets nothing: a *ForeignError. The name localhost is both families, asked of no
// resolver: somebody who holds the port in the one does not keep us from the service in the other.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	hosts := []string{host}
	if strings.EqualFold(host, "localhost") {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var first error
	for _, host := range hosts {
		conn, err := d.dial(ctx, network, net.JoinHostPort(host, port))
		if err == nil {
			return conn, nil
		}
		var foreign *ForeignError
		if first == nil || errors.As(err, &foreign) {
			first = err
		}
	}
	return nil, first
}

// dial connects to one address. The kernel is asked when the connection stands: who has it, or who would take it, is who gets
// what is sent; before that it could be another.
func (d *Dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	local, near := conn.LocalAddr().(*net.TCPAddr)
	remote, far := conn.RemoteAddr().(*net.TCPAddr)
	if !near || !far {
		return conn, nil
	}
	for _, uid := range d.owners(plain(local), plain(remote)) {
		if uid != 0 && uid != d.uid {
			_ = conn.Close()
			return nil, &net.OpError{Op: "dial", Net: network, Addr: remote, Err: &ForeignError{addr, uid}}
		}
	}
	return conn, nil
}

func plain(a *net.TCPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}
