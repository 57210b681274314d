package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// What follows is measured on real processes, and printed: go test ./e2e -run Figure -v

// server is the program as a service, and what it printed until it listened.
type server struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	env []string // the administrators' tokens
}

func (h *home) running(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: exec.Command(binary, args...)}
	s.cmd.Env, s.cmd.Dir = h.env, h.dir
	var errs bytes.Buffer
	s.cmd.Stderr = &errs
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		if err := s.cmd.Wait(); err != nil {
			t.Errorf("the service ends with %v\n%s", err, errs.String())
		}
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		if url, ok := strings.CutPrefix(line, "listening on "); ok {
			s.url, _, _ = strings.Cut(url, ",")
			return s
		}
		s.env = append(s.env, line)
	}
	t.Fatalf("it never listens\n%s", errs.String())
	return nil
}

// most is the most memory that the process had at once, in MB.
func (s *server) most() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	if err != nil || !found {
		s.t.Fatalf("its memory: %v", err)
	}
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return kb / 1000
}

func timed(do func()) time.Duration {
	begun := time.Now()
	do()
	return time.Since(begun).Round(time.Millisecond)
}

// TestFigureOfHostileKeys: a test key makes 150 keys as large as they may be, and everybody goes on working.
func TestFigureOfHostileKeys(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("measures memory")
	}
	const keys, readers, bound = 150, 6, 100
	h := newHome(t)
	s := h.running(t, "serve", "--listen", "127.0.0.1:0", "--log", "none")
	h.env = append(h.env, s.env...)
	h.config(t, fmt.Sprintf("default_profile = \"p\"\n[profiles.p]\nservice = \"generic\"\nurl = %q\ntoken = { env = \"GENERIC_TEST_TOKEN\" }\nenvironment = \"test\"\ncreate = true\n", s.url))
	maker := strings.TrimSpace(h.must(t, "", "create", "--name", "maker", "--expires", "never"))
	many := func(entry string) string { return `["` + strings.Repeat(entry+`","`, 99) + entry + `"]` }
	body := func(n int) string {
		return fmt.Sprintf(`{"name":"%03d%s","environment":"test","restrictions":{"referrers":%s,"endpoints":%s,"ip_addresses":%s}}`, n, strings.Repeat("n", 197),
			many("https://"+strings.Repeat("r", 2000)+".example"), many("/"+strings.Repeat("e", 190)), many("127.0.0.1"))
	}
	largest := 0
	made := timed(func() {
		for n := range keys {
			text := body(n)
			r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/v1/api-keys", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+maker)
			r.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusCreated {
				t.Fatalf("a key of %d bytes: %d %.200s", len(text), answer.StatusCode, said)
			}
			largest = max(largest, len(text))
		}
	})
	// Over the wire, and in process, on the same store.
	var rows []string
	for i, profile := range []string{"p", "local/generic"} {
		as := func(args ...string) string { return h.must(t, "", append(args, "-p", profile)...) }
		list := timed(func() {
			if n := strings.Count(as("list", "-o", "json"), `"id":`); n < keys-i {
				t.Errorf("%s: %d keys are listed", profile, n)
			}
		})
		check := timed(func() { as("check") })
		remove := timed(func() { as("delete", fmt.Sprintf("%03d%s", 7+i, strings.Repeat("n", 197)), "--yes") })
		app, place := fmt.Sprintf("app-%d", i), fmt.Sprintf("env-file:%s:API_KEY", h.path(fmt.Sprintf("%d.env", i)))
		as("create", "--name", app, "--environment", "test", "--expires", "never", "--deliver", place)
		rotate := timed(func() { as("rotate", app, "--yes", "--drain", "0", "--deliver", place) })
		rows = append(rows, fmt.Sprintf("%s: list %s, check %s, delete %s, rotate %s", profile, list, check, remove, rotate))
	}
	crowd := timed(func() {
		var all sync.WaitGroup
		for range readers {
			all.Go(func() {
				if r := h.run(t, "", "list", "-o", "json", "--timeout", "2m"); r.code != 0 { // how long it takes is not what this is about
					t.Errorf("a reader: %+v", r.stderr)
				}
			})
		}
		all.Wait()
	})
	t.Logf("%d keys of %d KB each, made in %s; %s; %d readers at once %s; the service had %d MB at most", keys, largest/1000, made, strings.Join(rows, "; "), readers, crowd, s.most())
	if s.most() > bound {
		t.Errorf("the service had %d MB, which is over %d", s.most(), bound)
	}
}

// sshServer is detent ssh of this home.
func (h *home) sshServer(t *testing.T, more ...string) (*server, *team) {
	t.Helper()
	s := h.running(t, append([]string{"ssh", "--listen", "127.0.0.1:0"}, more...)...)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "ssh://"))
	if err != nil {
		t.Fatalf("%q: %v", s.url, err)
	}
	return s, &team{h, t, port}
}

// dial logs somebody in from this process.
func (m *team) dial(who string) (*gossh.Client, error) {
	m.t.Helper()
	pem, err := os.ReadFile(m.path(who))
	if err != nil {
		m.t.Fatal(err)
	}
	signer, err := gossh.ParsePrivateKey(pem)
	if err != nil {
		m.t.Fatal(err)
	}
	return gossh.Dial("tcp", "127.0.0.1:"+m.port, &gossh.ClientConfig{User: who, Auth: []gossh.AuthMethod{gossh.PublicKeys(signer)},
		HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second}) //nolint:gosec // the key was made a moment ago, on this machine
}

// drawn is a reader that says when the first screen came.
type drawn struct {
	once  sync.Once
	shown chan struct{}
}

func (d *drawn) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("detent")) {
		d.once.Do(func() { close(d.shown) })
	}
	return len(p), nil
}

// screenOf opens a session with a terminal, and waits until something is on it; ended gets what it ends with.
func screenOf(c *gossh.Client) (ended chan error, err error) {
	s, err := c.NewSession()
	if err != nil {
		return nil, err
	}
	d := &drawn{shown: make(chan struct{})}
	s.Stdout = d
	if _, err = s.StdinPipe(); err == nil { // which stays open
		err = s.RequestPty("xterm-256color", 40, 120, gossh.TerminalModes{})
	}
	if err == nil {
		err = s.Shell()
	}
	if err != nil {
		return nil, err
	}
	ended = make(chan error, 1)
	go func() { ended <- s.Wait() }()
	select {
	case <-d.shown:
		return ended, nil
	case err := <-ended:
		return nil, fmt.Errorf("it ends before it shows anything: %w", errors.Join(err, errEnded))
	case <-time.After(20 * time.Second):
		return nil, errors.New("nothing is shown")
	}
}

var errEnded = errors.New("the session ended")

// TestFigureOfStrangers: 15,000 addresses, 200 silent connections and a check of the port each second, and an operator comes.
func TestFigureOfStrangers(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("comes from 15,000 addresses")
	}
	const addresses, silent, bound = 15_000, 200, 2 * time.Second
	const span = 10 * time.Second // that they come in at the least: less would see next to none of the checks
	h := newHome(t)
	h.config(t, h.operator(t, "alice", "operator", "local/prosopo"))
	h.must(t, "", "create", "--name", "payments", "--permission", "getRules")
	s, m := h.sshServer(t)
	from := func(a, b, c byte) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, a, b, c)}, Timeout: 10 * time.Second}
		return d.DialContext(t.Context(), "tcp", "127.0.0.1:"+m.port)
	}
	for i := range silent {
		c, err := from(1, byte(i/20), 1)
		if err != nil {
			t.Skip(err) // no such source address here
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var checks, failed atomic.Int32
	var checking sync.WaitGroup
	checking.Go(func() {
		for tick := time.NewTicker(time.Second); ; {
			if c, err := net.Dial("tcp", "127.0.0.1:"+m.port); err == nil {
				_ = c.Close()
				checks.Add(1)
			} else {
				failed.Add(1)
			}
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	var logins []time.Duration
	login := func() {
		logins = append(logins, timed(func() {
			if r := m.exec("alice", "", "list"); r.code != 0 || !strings.Contains(r.stdout, "payments") {
				t.Errorf("an operator is not let in: %+v", r)
			}
		}))
	}
	const batches = 20
	came := timed(func() {
		next := time.NewTicker(span / batches)
		defer next.Stop()
		for i := range addresses {
			c, err := from(2+byte(i>>16), byte(i>>8), byte(i))
			if err != nil {
				t.Fatal(err)
			}
			if i%3 == 0 {
				_, _ = io.WriteString(c, "SSH-2.0-scanner\r\n")
			}
			_ = c.Close()
			if i%(addresses/batches) == addresses/batches-1 {
				login() // in their midst, too
				<-next.C
			}
		}
	})
	for range 5 {
		login()
	}
	stop()
	checking.Wait()
	slices.Sort(logins)
	worst := logins[len(logins)-1]
	t.Logf("%d addresses in %s, %d silent connections, %d checks of the port (%d unanswered): %d logins with `list`, half of them within %s, the slowest in %s; the server had %d MB at most",
		addresses, came, silent, checks.Load(), failed.Load(), len(logins), logins[len(logins)/2], worst, s.most())
	if worst > bound {
		t.Errorf("a login takes %s, over %s", worst, bound)
	}
	if n := checks.Load(); n < int32(span/time.Second) || failed.Load() > 0 {
		t.Errorf("%d checks of the port were answered, and %d were not", n, failed.Load())
	}
}

// TestFigureOfOneOperatorsCrowd: 200 attempts at a session by one operator, and an administrator comes.
func TestFigureOfOneOperatorsCrowd(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("measures memory")
	}
	const attempts, bound = 200, 300
	h := newHome(t)
	h.config(t, h.operator(t, "vera", "viewer", "local/prosopo")+h.operator(t, "ada", "admin", "*"))
	h.must(t, "", "create", "--name", "payments", "--permission", "getRules")
	s, m := h.sshServer(t)
	begun, refused := 0, 0
	for range attempts {
		c, err := m.dial("vera")
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			_, err = screenOf(c)
		}
		if err != nil {
			refused++
			continue
		}
		begun++
	}
	took := timed(func() {
		if r := m.exec("ada", "", "list"); r.code != 0 || !strings.Contains(r.stdout, "payments") {
			t.Errorf("an administrator is not let in: %+v", r)
		}
	})
	t.Logf("%d attempts of one operator, %d begun, %d refused before they began: an administrator's `list` takes %s; the server had %d MB at most", attempts, begun, refused, took, s.most())
	if s.most() > bound {
		t.Errorf("the server had %d MB, which is over %d", s.most(), bound)
	}
}

// TestFigureOfARemovedOperator: with an open session, under each way in which the file changes.
func TestFigureOfARemovedOperator(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("waits for what is refused")
	}
	const bound = 10 * time.Second
	write := func(p, text string) error { return os.WriteFile(p, []byte(text), 0o600) }
	renamed := func(p, text string) error {
		if err := write(p+".new", text); err != nil {
			return err
		}
		return os.Rename(p+".new", p)
	}
	after := func(steps ...func() error) error {
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}
	var table sync.Map
	ways := map[string]func(p, without string) error{
		"written anew":       write,
		"renamed into place": renamed,
		"written over, same size and time": func(p, without string) error {
			info, err := os.Stat(p)
			return after(func() error { return err }, func() error { return write(p, without) }, func() error { return os.Chtimes(p, info.ModTime(), info.ModTime()) })
		},
		"renamed into place, same size and time": func(p, without string) error {
			info, err := os.Stat(p)
			return after(func() error { return err }, func() error { return write(p+".new", without) }, func() error { return os.Chtimes(p+".new", info.ModTime(), info.ModTime()) },
				func() error { return os.Rename(p+".new", p) })
		},
		"a typo elsewhere": func(p, without string) error { return write(p, "colour = 1\n"+without) },
		"deleted":          func(p, _ string) error { return os.Remove(p) },
		"its folder moved": func(p, _ string) error {
			return os.Rename(p[:strings.LastIndex(p, "/")], p[:strings.LastIndex(p, "/")]+".old")
		},
		"open to others": func(p, without string) error {
			return after(func() error { return write(p, without) }, func() error { return os.Chmod(p, 0o666) })
		},
		"mended by a chmod": func(p, without string) error {
			return after(func() error { return os.Chmod(p, 0o622) }, func() error { return write(p, without) }, func() error { return os.Chmod(p, 0o600) })
		},
		"emptied":     func(p, _ string) error { return write(p, "") },
		"cut in half": func(p, without string) error { return write(p, without[:len(without)/2]) },
		"now a folder": func(p, _ string) error {
			return after(func() error { return os.Remove(p) }, func() error { return os.Mkdir(p, 0o700) })
		},
		"now a pipe": func(p, _ string) error {
			return after(func() error { return os.Remove(p) }, func() error { return syscall.Mkfifo(p, 0o600) })
		},
		"now a link": func(p, without string) error {
			return after(func() error { return write(p+".there", without) }, func() error { return os.Remove(p) }, func() error { return os.Symlink(p+".there", p) })
		},
		"in another alphabet": func(p, without string) error {
			var wide bytes.Buffer
			wide.Write([]byte{0xff, 0xfe})
			for _, b := range []byte(without) {
				wide.Write([]byte{b, 0})
			}
			return write(p, wide.String())
		},
	}
	t.Run("ways", func(t *testing.T) {
		for name, change := range ways {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := newHome(t)
				alice, ada := h.operator(t, "alice", "operator", "local/prosopo"), h.operator(t, "ada", "admin", "*")
				h.config(t, ada+alice)
				_, m := h.sshServer(t)
				c, err := m.dial("alice")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				ended, err := screenOf(c)
				if err != nil {
					t.Fatal(err)
				}
				if err := change(h.path(".config", "detent", "config.toml"), ada+strings.Repeat("#", len(alice)-1)+"\n"); err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				select {
				case <-ended:
				case <-time.After(2 * bound):
					t.Fatal("the session goes on")
				}
				out := time.Since(begun)
				for {
					again, err := m.dial("alice")
					if err != nil {
						break
					}
					_, err = screenOf(again)
					_ = again.Close()
					if err != nil {
						break
					}
					if time.Since(begun) > 2*bound {
						t.Fatal("a new login is let in")
					}
				}
				table.Store(name, fmt.Sprintf("out after %s, no new login after %s", out.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond)))
				if out > bound || time.Since(begun) > bound {
					t.Errorf("out after %s", out)
				}
			})
		}
	})
	for name := range ways {
		if row, ok := table.Load(name); ok {
			t.Logf("%-40s %s", name, row)
		}
	}
}
