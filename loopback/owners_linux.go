package loopback

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// The states of a socket in /proc/net/tcp.
const (
	established = "01"
	listening   = "0A"
)

// owners are the users of the sockets at the far end of a connection: of the one that has it, and of those that listen there.
// None where the kernel does not tell.
func owners(local, remote netip.AddrPort) []int {
	if uids, err := asked(local, remote); err == nil {
		return uids
	}
	return listed(local, remote)
}

// listed finds them among all sockets, which takes a while on a busy machine: for kernels that answer no question about one.
func listed(local, remote netip.AddrPort) []int {
	var uids []int
	for _, path := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			s, ok := parseSocket(lines.Text())
			if ok && s.serves(local, remote) {
				uids = append(uids, s.uid)
			}
		}
		_ = f.Close()
	}
	return uids
}

// socket is one line of /proc/net/tcp or tcp6.
type socket struct {
	local, remote netip.AddrPort
	state         string
	uid           int
}

// serves reports whether a socket has the connection, or listens where it went.
func (s socket) serves(local, remote netip.AddrPort) bool {
	switch s.state {
	case established:
		return s.local == remote && s.remote == local
	case listening:
		return s.local.Port() == remote.Port() && (s.local.Addr() == remote.Addr() || s.local.Addr().IsUnspecified() &&
			(s.local.Addr().Is6() || remote.Addr().Is4()))
	}
	return false
}

func parseSocket(line string) (socket, bool) {
	f := strings.Fields(line)
	if len(f) < 8 {
		return socket{}, false
	}
	local, ok1 := parseAddr(f[1])
	remote, ok2 := parseAddr(f[2])
	uid, err := strconv.Atoi(f[7])
	return socket{local, remote, f[3], uid}, ok1 && ok2 && err == nil
}

// parseAddr reads an address as the kernel writes it: words of four bytes in the machine's order, each in hexadecimal.
func parseAddr(text string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	n, perr := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || perr != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}
