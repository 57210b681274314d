package loopback

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTheKernelTellsWhoListens: for each way to listen, before and after the connection was taken.
func TestTheKernelTellsWhoListens(t *testing.T) {
	ways := map[string]func(local, remote netip.AddrPort) []int{"asked": func(local, remote netip.AddrPort) []int {
		uids, err := asked(local, remote)
		if err != nil {
			t.Error(err)
		}
		return uids
	}, "listed": listed}
	for _, c := range [][2]string{{"127.0.0.1", "127.0.0.1"}, {"[::1]", "[::1]"}, {"0.0.0.0", "127.0.0.1"}, {"[::]", "127.0.0.1"}, {"[::]", "[::1]"}} {
		l, err := net.Listen("tcp", c[0]+":0")
		if err != nil {
			t.Skip(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		conn, err := net.Dial("tcp", c[1]+":"+port)
		if err != nil {
			t.Fatal(err)
		}
		local, remote := plain(conn.LocalAddr().(*net.TCPAddr)), plain(conn.RemoteAddr().(*net.TCPAddr))
		for how, owners := range ways {
			if got := owners(local, remote); !slices.Contains(got, os.Getuid()) {
				t.Errorf("%v, %s, before: %v", c, how, got)
			}
		}
		taken, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		for how, owners := range ways {
			if got := owners(local, remote); !slices.Contains(got, os.Getuid()) {
				t.Errorf("%v, %s, after: %v", c, how, got)
			}
		}
		_, _ = taken.Close(), conn.Close()
	}
}

func TestALineOfTheKernelIsRead(t *testing.T) {
	local, remote := netip.MustParseAddrPort("127.0.0.1:40000"), netip.MustParseAddrPort("127.0.0.1:8420")
	for line, serves := range map[string]bool{
		"0: 0100007F:20E4 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001 0 4":                                                true,
		"0: 00000000:20E4 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001 0 4":                                                true,
		"0: 00000000000000000000000000000000:20E4 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 1001 0 4": true,
		"0: 0000000000000000FFFF00000100007F:20E4 0000000000000000FFFF00000100007F:9C40 01 00000000:00000000 00:00000000 00000000 1001 0 4": true,
		"0: 0100007F:20E4 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1001 0 4":                                                true,
		"0: 0100007F:9C40 0100007F:20E4 01 00000000:00000000 00:00000000 00000000  1001 0 4":                                                false, // ours
		"0: 0100007F:20E5 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001 0 4":                                                false,
		"0: 0200007F:20E4 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001 0 4":                                                false,
		"0: 00000000000000000000000001000000:20E4 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 1001 0 4": false,
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode":                                  false,
		"": false, "0: x y 0A 0 0 0 1001": false,
	} {
		s, ok := parseSocket(line)
		if got := ok && s.serves(local, remote); got != serves || got && s.uid != 1001 {
			t.Errorf("%q: %v %+v", line, got, s)
		}
	}
}

// listenVariable makes this binary somebody else's program, which takes a port of loopback and says which.
const listenVariable = "DETENT_LOOPBACK_LISTENS"

func TestMain(m *testing.M) {
	if at := os.Getenv(listenVariable); at != "" {
		l, err := net.Listen("tcp", at)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(l.Addr())
		for {
			if _, err := l.Accept(); err != nil {
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

func TestARealUsersListenerIsRecognised(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	const nobody = 65534
	exe := "/proc/self/exe" // where the binary lies may be closed to others
	for _, at := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0"} {
		other := exec.Command(exe)
		other.Env = append(os.Environ(), listenVariable+"="+at)
		other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		out, err := other.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		_, port, bad := net.SplitHostPort(strings.TrimSpace(line))
		if err != nil || bad != nil {
			t.Fatalf("%q %v", line, err)
		}
		_, err = NewDialer(net.Dialer{}).DialContext(t.Context(), "tcp", "localhost:"+port)
		var foreign *ForeignError
		if !errors.As(err, &foreign) || foreign.UID != nobody {
			t.Errorf("%s: %v", at, err)
		}
		_ = other.Process.Kill()
		_ = other.Wait()
	}
}

// TestAnAnswerOfTheKernelIsRead: one that cannot be read is no socket of nobody, but an error, so that all sockets are looked at.
func TestAnAnswerOfTheKernelIsRead(t *testing.T) {
	message := func(kind uint16, body []byte) []byte {
		b := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+len(body))
		binary.NativeEndian.PutUint16(b[4:], kind)
		return append(b, body...)
	}
	errno := func(e unix.Errno) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(-int32(e))) }
	socket := make([]byte, answerSize)
	binary.NativeEndian.PutUint32(socket[uidAt:], 1001)
	for name, c := range map[string]struct {
		answer []byte
		uid    int
		found  bool
		fails  bool
	}{
		"a socket":           {message(sockDiagByFamily, socket), 1001, true, false},
		"none":               {message(unix.NLMSG_ERROR, errno(unix.ENOENT)), 0, false, false},
		"not known":          {message(unix.NLMSG_ERROR, errno(unix.EOPNOTSUPP)), 0, false, true},
		"nothing":            {nil, 0, false, true},
		"a head alone":       {message(sockDiagByFamily, nil), 0, false, true},
		"a socket cut short": {message(sockDiagByFamily, socket[:uidAt]), 0, false, true},
		"something else":     {message(unix.NLMSG_DONE, socket), 0, false, true},
		"an error cut short": {message(unix.NLMSG_ERROR, nil), 0, false, true},
	} {
		if uid, found, err := answer(c.answer); uid != c.uid || found != c.found || (err != nil) != c.fails {
			t.Errorf("%s: %d %v %v", name, uid, found, err)
		}
	}
}
