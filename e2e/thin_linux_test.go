package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a thin line is here.
const (
	lineRate  = 8000                   // bytes a second and way, headers included: 64 kbit/s
	lineDelay = 100 * time.Millisecond // each way
	lineQueue = 1000                   // packets that wait before it, as netem has it: a line that forgets nothing
)

// pipeline carries packets from one network device to another as a thin line does: one after the other at its rate, and each
// takes the delay. It is what netem does, which few kernels of virtual machines have.
type pipeline struct {
	carried atomic.Int64 // bytes
	queue   chan packet
}

type packet struct {
	bytes []byte
	there time.Time // when its last bit has arrived
}

func carry(from, to int) *pipeline {
	w := &pipeline{queue: make(chan packet, lineQueue)}
	go func() {
		var free time.Time // when the line has sent what it has
		buf := make([]byte, 1<<16)
		for {
			n, err := unix.Read(from, buf)
			if err != nil {
				close(w.queue)
				return
			}
			if now := time.Now(); free.Before(now) {
				free = now
			}
			free = free.Add(time.Duration(n) * time.Second / lineRate)
			select {
			case w.queue <- packet{append([]byte(nil), buf[:n]...), free.Add(lineDelay)}:
			default: // the queue is full: lost
			}
		}
	}()
	go func() {
		for p := range w.queue {
			time.Sleep(time.Until(p.there))
			w.carried.Add(int64(len(p.bytes)))
			_, _ = unix.Write(to, p.bytes)
		}
	}()
	return w
}

// namespaces are two hosts with a thin line between them: near, where the person sits, and far.
type namespaces struct {
	t         *testing.T
	near, far string
	down      *pipeline // from far to near
}

const farAddress = "10.213.7.1"

func newNamespaces(t *testing.T) *namespaces {
	t.Helper()
	id := fmt.Sprint(os.Getpid())
	n := &namespaces{t: t, near: "detent-near-" + id, far: "detent-far-" + id}
	ends := map[string]int{}
	for name, address := range map[string]string{n.near: "10.213.7.2/30", n.far: farAddress + "/30"} {
		n.ip("netns", "add", name)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		device := "dt" + id + name[len("detent-"):][:1]
		request, err := unix.NewIfreq(device)
		if err != nil {
			t.Fatal(err)
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			t.Fatal(err)
		}
		n.ip("link", "set", device, "netns", name)
		n.ip("-n", name, "address", "add", address, "dev", device)
		n.ip("-n", name, "link", "set", "lo", "up")
		n.ip("-n", name, "link", "set", device, "up")
		ends[name] = fd
	}
	n.down = carry(ends[n.far], ends[n.near])
	carry(ends[n.near], ends[n.far])
	return n
}

func (n *namespaces) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}

// in is a command on one of the hosts.
func in(host string, cmd *exec.Cmd) *exec.Cmd {
	at := exec.Command("ip", append([]string{"netns", "exec", host}, cmd.Args...)...)
	at.Env, at.Dir = cmd.Env, cmd.Dir
	return at
}

// hold holds a key for five seconds, as a keyboard repeats it, and returns the last press and what was written since the
// first one, until nothing comes any more.
func (p *person) hold(key string) (released time.Time, picture []read) {
	p.t.Helper()
	const still = 3 * time.Second
	p.rest()
	p.mu.Lock()
	before := len(p.reads)
	p.mu.Unlock()
	repeat := time.NewTicker(time.Second / 30)
	defer repeat.Stop()
	for range 150 {
		released = time.Now()
		p.keys(key)
		<-repeat.C
	}
	for {
		p.mu.Lock()
		picture = p.reads[before:]
		p.mu.Unlock()
		if last := picture[len(picture)-1].at; time.Since(last) > still {
			return released, picture
		}
		<-repeat.C
	}
}

// throughLine is when the last of a picture has left by a thin line that queues what it cannot carry.
func throughLine(picture []read) (idle time.Time) {
	for _, r := range picture {
		if idle.Before(r.at) {
			idle = r.at
		}
		idle = idle.Add(time.Duration(r.bytes) * time.Second / lineRate)
	}
	return idle
}

// TestAHeldKeyStopsWithItsReleaseOnAThinLine measures how long after the last press of a held key the picture goes on, with
// frames paced for the line and without: the real ssh client into detent ssh, on two hosts (network namespaces) with a
// line of 64 kbit/s and 200 ms there and back between them; and the program in a pseudo-terminal whose bytes leave by
// such a line, as under an sshd. It takes minutes, and root: DETENT_THIN=1 go test ./e2e -run ThinLine -v
func TestAHeldKeyStopsWithItsReleaseOnAThinLine(t *testing.T) {
	if os.Getenv("DETENT_THIN") == "" {
		t.Skip("set DETENT_THIN=1")
	}
	const paced, unpaced = "64", "0"
	const most = 1500 * time.Millisecond // the delay there and back, a full slack, and a large last frame
	h := newHome(t)
	n := newNamespaces(t)
	onFar := func(cmd *exec.Cmd) *exec.Cmd { return in(n.far, cmd) }
	service := h.serveOn(t, onFar, "--demo", "--demo-keys", "10000")
	if err := os.WriteFile(h.path("token"), []byte(service.tokens["PROSOPO_TOKEN"]), 0o600); err != nil {
		t.Fatal(err)
	}
	h.config(t, fmt.Sprintf("default_profile = \"far\"\n[profiles.far]\nservice = \"prosopo\"\nurl = %q\ntoken = { file = %q }\n", service.url, h.path("token"))+
		h.operator(t, "alice", "operator", "far"))
	said := func(what, rate, key string, ranOn time.Duration, bytes int64) {
		t.Logf("%s, DETENT_LINE_RATE=%s, %s: on for %.2f s, %d bytes", what, rate, key, ranOn.Seconds(), bytes)
		if rate == paced && ranOn > most {
			t.Errorf("%s, %s: the picture runs on for %v after the release", what, key, ranOn)
		}
	}
	for _, rate := range []string{paced, unpaced} {
		with := &home{h.dir, append(slices.Clone(h.env), "DETENT_LINE_RATE="+rate)}
		m := with.serveSSHOn(t, onFar, farAddress)
		for _, key := range []string{"j", "pgdown"} {
			p := &person{terminal: seat(t, in(n.near, m.ssh("alice", "-tt", farAddress)), 120, 40)}
			p.wait(`10,?00\d keys`)
			bytes := n.down.carried.Load()
			released, picture := p.hold(key)
			said("ssh", rate, key, picture[len(picture)-1].at.Sub(released), n.down.carried.Load()-bytes)
			p.keys("q")
			p.exit()

			local := exec.Command(binary, painted(nil)...)
			local.Env, local.Dir = with.env, with.dir
			p = &person{terminal: seat(t, in(n.far, local), 120, 40)}
			p.wait(`10,?00\d keys`)
			before := len(p.output())
			released, picture = p.hold(key)
			said("pty", rate, key, throughLine(picture).Sub(released), int64(len(p.output())-before))
			p.keys("q")
			p.exit()
		}
	}
}
