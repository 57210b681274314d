package loopback

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// What <linux/sock_diag.h> and <linux/inet_diag.h> say of one question about one socket, and of its answer.
const (
	sockDiagByFamily = 20
	requestSize      = 56 // family, protocol, ext, pad; states; the socket's id
	answerSize       = 72 // family, state, timer, retrans; the id; expires, rqueue, wqueue, uid, inode
	uidAt            = 64
)

// asked are the users of the socket that has a connection, and of the one that listens where it went: the kernel looks up the two,
// however many others there are. A connection that nobody has taken yet has no user of its own, so that both are asked for.
func asked(local, remote netip.AddrPort) (uids []int, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return nil, os.NewSyscallError("setsockopt", err)
	}
	nobody := netip.AddrPortFrom(local.Addr(), 0) // no connection comes from port 0: what is found listens
	for _, peer := range []netip.AddrPort{local, nobody} {
		uid, found, err := ask(fd, remote, peer)
		if err != nil {
			return nil, err
		}
		if found {
			uids = append(uids, uid)
		}
	}
	return uids, nil
}

// ask finds the socket at an address, for a peer.
func ask(fd int, at, peer netip.AddrPort) (uid int, found bool, err error) {
	if err := unix.Sendto(fd, question(at, peer), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, false, os.NewSyscallError("sendto", err)
	}
	buf := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, buf, 0)
	if err != nil {
		return 0, false, os.NewSyscallError("recvfrom", err)
	}
	return answer(buf[:n])
}

var errNoDiag = errors.New("the kernel's answer about a socket cannot be read")

func answer(b []byte) (uid int, found bool, err error) {
	if len(b) < unix.NLMSG_HDRLEN+4 {
		return 0, false, errNoDiag
	}
	body := b[unix.NLMSG_HDRLEN:]
	switch kind := binary.NativeEndian.Uint16(b[4:]); {
	case kind == unix.NLMSG_ERROR:
		if errno := unix.Errno(-int32(binary.NativeEndian.Uint32(body))); errno != unix.ENOENT {
			return 0, false, errors.Join(errNoDiag, errno)
		}
		return 0, false, nil
	case kind != sockDiagByFamily || len(body) < answerSize:
		return 0, false, errNoDiag
	}
	return int(binary.NativeEndian.Uint32(body[uidAt:])), true, nil
}

func question(at, peer netip.AddrPort) []byte {
	b := make([]byte, unix.NLMSG_HDRLEN+requestSize)
	binary.NativeEndian.PutUint32(b[0:], uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	req := b[unix.NLMSG_HDRLEN:]
	req[0], req[1] = unix.AF_INET6, unix.IPPROTO_TCP
	if at.Addr().Is4() {
		req[0] = unix.AF_INET
	}
	binary.NativeEndian.PutUint32(req[4:], ^uint32(0)) // in any state
	id := req[8:]
	binary.BigEndian.PutUint16(id[0:], at.Port())
	binary.BigEndian.PutUint16(id[2:], peer.Port())
	copy(id[4:20], at.Addr().AsSlice())
	copy(id[20:36], peer.Addr().AsSlice())
	binary.NativeEndian.PutUint64(id[40:], ^uint64(0)) // of any cookie
	return b
}
