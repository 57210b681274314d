//go:build unix

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"detent/keyserver"
	"detent/keyserver/servertest"
)

// person uses the program as a person does: one key, a look at what it did, the next key. Keys are counted.
type person struct {
	*terminal
	presses int
}

// sit opens the program in a terminal of that size.
func (h *home) sit(t *testing.T, cols, rows int, args ...string) *person {
	t.Helper()
	return &person{terminal: h.start(t, cols, rows, args...)}
}

// pause is shorter than any person's between two keys, and longer than one that a program makes between two frames: Bubble
// Tea's renderer paints 60 a second.
const pause = 20 * time.Millisecond

// rest waits until the program has taken every key, wants to do nothing more, and has written nothing for a pause: on a
// busy machine it may not have had its turn yet, and keys that it finds together are one read.
func (p *person) rest() {
	for seen := -1; ; {
		p.mu.Lock()
		written, ended := len(p.raw), p.ended
		p.mu.Unlock()
		if written == seen && !p.unread() && !wantsToRun(p.cmd.Process.Pid) || ended {
			return
		}
		seen = written
		<-time.After(pause)
	}
}

// unread reports whether keys wait for the program. To poll a terminal also moves what the system still has on its way.
func (p *person) unread() bool {
	fd, err := unix.Open(p.tty, unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents == unix.POLLIN
}

// wantsToRun reports whether a thread of the process runs or waits for a processor, where /proc says so.
func wantsToRun(pid int) bool {
	threads := fmt.Sprintf("/proc/%d/task", pid)
	dir, err := os.Open(threads)
	if err != nil {
		return false
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		stat, err := os.ReadFile(threads + "/" + name + "/stat")
		if _, state, found := strings.Cut(string(stat), ") "); err == nil && found && strings.HasPrefix(state, "R") {
			return true
		}
	}
	return false
}

// do presses a key and waits for what it is to bring.
func (p *person) do(key, want string) []string {
	p.t.Helper()
	p.rest()
	p.keys(key)
	p.presses++
	return p.wait(want)
}

// leave presses a key and waits until what it closes is gone.
func (p *person) leave(key, what string) {
	p.t.Helper()
	p.rest()
	p.keys(key)
	p.presses++
	p.gone(what)
}

// move presses keys that only move; they may come as fast as they like.
func (p *person) move(keys ...string) {
	p.t.Helper()
	p.rest()
	p.keys(keys...)
	p.presses += len(keys)
}

// say types text letter by letter and waits for what it is to bring.
func (p *person) say(text, want string) []string {
	p.t.Helper()
	p.rest()
	for _, r := range text {
		p.keys(string(r))
		p.presses++
	}
	return p.wait(want)
}

// confirm presses enter when a fresh confirmation takes it.
func (p *person) confirm(want string) []string {
	p.t.Helper()
	p.rest() // the form may be on the screen before it has the focus, with which the guard begins
	p.armed()
	return p.do("enter", want)
}

// tally says how many keys a flow took, and holds it to a limit.
func (p *person) tally(what string, most int) {
	p.t.Helper()
	p.t.Logf("%s: %d keys", what, p.presses)
	if p.presses > most {
		p.t.Errorf("%s took %d keys, at most %d are allowed", what, p.presses, most)
	}
	p.presses = 0
}

// served is a running detent serve.
type served struct {
	url    string
	tokens map[string]string // by variable
}

// serve starts detent serve; it ends with the test.
func (h *home) serve(t *testing.T, args ...string) *served {
	t.Helper()
	return h.serveOn(t, here, args...)
}

// here is where a command runs that runs nowhere else.
func here(cmd *exec.Cmd) *exec.Cmd { return cmd }

func (h *home) serveOn(t *testing.T, on func(*exec.Cmd) *exec.Cmd, args ...string) *served {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env, cmd.Dir = h.env, h.dir
	cmd = on(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s := &served{tokens: map[string]string{}}
	for lines := bufio.NewScanner(out); s.url == "" && lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			s.tokens[name] = value
		}
		s.url, _ = strings.CutPrefix(lines.Text(), "listening on ")
		if !strings.HasPrefix(s.url, "http") {
			s.url = ""
		}
	}
	if s.url == "" {
		t.Fatal("detent serve does not listen")
	}
	return s
}

// status is the service's answer to one request with a secret.
func (s *served) status(t *testing.T, method, path, secret string) int {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

// store opens the key service over the home's store, as another process beside the program would.
func (h *home) store(t *testing.T) *served {
	t.Helper()
	_, url := servertest.Start(t, keyserver.Options{Path: h.path(".local", "share", "detent", "keys.db")})
	return &served{url: url}
}

// config writes the configuration file of the home.
func (h *home) config(t *testing.T, text string) {
	t.Helper()
	dir := h.path(".config", "detent")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.path(".config", "detent", "config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// secretIn reads a saved secret and holds its file to 0600.
func (h *home) secretIn(t *testing.T, name string) string {
	t.Helper()
	info, err := os.Stat(h.path(name))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v, want 0600", name, info.Mode().Perm())
	}
	b, err := os.ReadFile(h.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
