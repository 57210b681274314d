//go:build unix

package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"detent/remote"

	"github.com/hinshun/vt10x"
	"golang.org/x/crypto/ssh"
)

var idleSessions = flag.Int("ssh-idle", 8, "how many idle sessions TestIdleSessionsDoNothing opens")

// lines collects output that another goroutine writes.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.Write(p) }
func (l *lines) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.String() }

// sshHost is a machine that runs detent ssh in this process.
type sshHost struct {
	*machine
	keys     map[string]ssh.Signer
	out, err lines
	address  string
	stop     context.CancelFunc
	ended    chan int
	look     chan struct{} // lets the server look at its configuration
}

func (h *sshHost) key(name string) ssh.Signer {
	if h.keys[name] == nil {
		_, private, err := ed25519.GenerateKey(nil)
		if err == nil {
			h.keys[name], err = ssh.NewSignerFromKey(private)
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return h.keys[name]
}

func (h *sshHost) operator(name, role string, profiles ...string) string {
	quoted, _ := json.Marshal(profiles)
	return fmt.Sprintf("[operators.%s]\nkeys = [%q]\nrole = %q\nprofiles = %s\n", name,
		strings.TrimSpace(string(ssh.MarshalAuthorizedKey(h.key(name).PublicKey()))), role, quoted)
}

func (h *sshHost) configure(parts ...string) {
	path := filepath.Join(h.home, ".config/detent/config.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Join(parts, "\n")), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func newSSHHost(t *testing.T, args ...string) *sshHost {
	t.Helper()
	h := &sshHost{machine: newMachine(t), keys: map[string]ssh.Signer{}}
	h.configure(h.operator("alice", "operator", "local/prosopo"), h.operator("vera", "viewer", "local/prosopo", "local/generic"), h.operator("ada", "admin", "*"))
	h.listen(args...)
	return h
}

// listen starts detent ssh on the machine as it is.
func (h *sshHost) listen(args ...string) {
	t := h.t
	t.Helper()
	h.ended, h.look = make(chan int, 1), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	go func() {
		h.ended <- Run(ctx, append([]string{"ssh", "--listen", "127.0.0.1:0"}, args...), World{
			In: strings.NewReader(""), Out: &h.out, Err: &h.err, Environ: h.environ, Now: h.now, Zone: time.UTC, Sleep: h.sleep})
	}()
	t.Cleanup(func() {
		stop()
		select {
		case code := <-h.ended:
			if code != 0 {
				t.Errorf("detent ssh ended with %d: %s", code, h.err.String())
			}
		case <-time.After(30 * time.Second):
			t.Error("detent ssh does not end")
		}
	})
	waitFor(t, "detent ssh listens", func() bool {
		m := regexp.MustCompile(`ssh://(\S+),`).FindStringSubmatch(h.out.String())
		if m != nil {
			h.address = m[1]
		}
		return m != nil
	})
}

// sleep is time itself, but for the looks at the configuration, which the test lets happen.
func (h *sshHost) sleep(ctx context.Context, d time.Duration) error {
	late := time.NewTimer(d)
	defer late.Stop()
	due, look := late.C, (chan struct{})(nil)
	if d == remote.RereadEvery {
		due, look = nil, h.look
	}
	select {
	case <-due:
		return nil
	case <-look:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *sshHost) dial(name string, more ...ssh.AuthMethod) (*ssh.Client, error) {
	c, err := ssh.Dial("tcp", h.address, &ssh.ClientConfig{User: name, Auth: append([]ssh.AuthMethod{ssh.PublicKeys(h.key(name))}, more...),
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second})
	if err == nil {
		h.t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func (h *sshHost) login(name string) *ssh.Client {
	h.t.Helper()
	c, err := h.dial(name)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *sshHost) exec(name, command, stdin string) result {
	h.t.Helper()
	s, err := h.login(name).NewSession()
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var out, errs bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader(stdin), &out, &errs
	code := 0
	var exit *ssh.ExitError
	if err := s.Run(command); errors.As(err, &exit) {
		code = exit.ExitStatus()
	} else if err != nil {
		h.t.Fatalf("%s: %v", command, err)
	}
	return result{out.String(), errs.String(), code}
}

// screen is a session with a terminal, which never answers a query.
type screen struct {
	t    *testing.T
	s    *ssh.Session
	in   interface{ Write([]byte) (int, error) }
	raw  lines
	term vt10x.Terminal
	over chan error
}

func (v *screen) Write(p []byte) (int, error) {
	_, _ = v.raw.Write(p)
	return v.term.Write(p)
}

func openScreen(t *testing.T, c *ssh.Client, termName string, cols, rows int, env ...string) *screen {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	v := &screen{t: t, s: s, term: vt10x.New(vt10x.WithSize(cols, rows)), over: make(chan error, 1)}
	for i := 0; i+1 < len(env); i += 2 {
		if err := s.Setenv(env[i], env[i+1]); err != nil {
			t.Fatalf("%s: %v", env[i], err)
		}
	}
	if err := s.RequestPty(termName, rows, cols, nil); err != nil {
		t.Fatal(err)
	}
	s.Stdout = v
	s.Stderr = v
	if v.in, err = s.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	go func() { v.over <- s.Wait() }()
	return v
}

func (v *screen) wait(text string) {
	v.t.Helper()
	defer func() {
		if v.t.Failed() {
			v.t.Log(v.term.String())
		}
	}()
	waitFor(v.t, "the screen shows "+text, func() bool { return strings.Contains(v.term.String(), text) })
}

func (v *screen) press(keys string) {
	v.t.Helper()
	if _, err := v.in.Write([]byte(keys)); err != nil {
		v.t.Fatal(err)
	}
}

func (v *screen) end() error {
	v.t.Helper()
	select {
	case err := <-v.over:
		return err
	case <-time.After(patience):
		v.t.Fatal("the session does not end")
		return nil
	}
}

func TestSSHNeedsOperators(t *testing.T) {
	newMachine(t).want(2, "names no operators", "ssh", "--listen", "127.0.0.1:0")
}

func TestSSHLetsNobodyInButByAKnownKey(t *testing.T) {
	h := newSSHHost(t)
	password := ssh.Password("x")
	questions := ssh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) { return nil, nil })
	if _, err := h.dial("eve", password, questions); err == nil || !strings.Contains(err.Error(), "attempted methods [none publickey]") {
		t.Errorf("an unknown key: %v", err)
	}
	if info, err := os.Stat(filepath.Join(h.home, ".local/state/detent/ssh_host_ed25519_key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the host key: %v %v", info, err)
	}
	waitFor(t, "the refusal is told", func() bool { return strings.Contains(h.err.String(), "unknown key SHA256:") })
}

func TestSSHCommandsHaveTheirExitCodesAndNothingElseRuns(t *testing.T) {
	h := newSSHHost(t)
	id, secret := h.create("--name", "payments", "--permission", "getRules")
	if r := h.exec("alice", "list -o json", ""); r.code != 0 || !strings.Contains(r.stdout, id) || strings.Contains(r.stdout, secret) {
		t.Errorf("list: %+v", r)
	}
	for _, c := range []struct {
		command, stdin string
		code           int
	}{
		{"check", "", 0}, {"check --all -o json", "", 0}, {"rotations -o json", "", 0}, {"verify", secret, 0}, {"verify", secret + "x", 1},
		{"detent list", "", 0}, {"create --name x", "", 2}, {"delete " + id, "", 2}, {"delete " + id + " --by-secret --yes", secret, 2}, {"list --config /etc/passwd", "", 2}, {"list --debug /tmp/x", "", 2},
		{"list --read-only=false", "", 2}, {"list -p local/generic", "", 2}, {"list colour:x", "", 2}, {"show " + id, "", 2}, {"permissions", "", 2}, {"rotate --all x --yes", "", 2}, {"serve", "", 2}, {"ssh", "", 2}, {"list 'x", "", 2},
		{"list --help", "", 0}, {"help", "", 0}, {"check -h", "", 0}, {"\\\n", "", 2}, {"''", "", 2}, {"audit", "", 1}, {"audit verify", "", 2}, {"sh -c id", "", 2},
	} {
		if r := h.exec("alice", c.command, c.stdin); r.code != c.code {
			t.Errorf("%s: exit %d, want %d: %s%s", c.command, r.code, c.code, r.stdout, r.stderr)
		} else if strings.Contains(r.stdout+r.stderr, secret) {
			t.Errorf("%s shows the secret", c.command)
		}
	}
	if r := h.exec("alice", "list -o json", ""); !strings.Contains(r.stdout, id) {
		t.Error("a command that is not offered has deleted the key")
	}
	if r := h.exec("vera", "list -p local/generic", ""); r.code != 0 {
		t.Errorf("a profile of theirs: %+v", r)
	}
}

func TestSSHRefusesWhatIsNoSession(t *testing.T) {
	h := newSSHHost(t)
	c := h.login("alice")
	if _, err := c.Dial("tcp", "127.0.0.1:22"); err == nil {
		t.Error("a connection was forwarded")
	}
	if _, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("a port was forwarded")
	}
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Setenv("DETENT_TOKEN", "x"); err == nil {
		t.Error("a variable that is not named was taken")
	}
	if err := s.RequestSubsystem("sftp"); err == nil {
		t.Error("sftp")
	}
	if ok, _ := s.SendRequest("auth-agent-req@openssh.com", true, nil); ok {
		t.Error("an agent was taken")
	}
	if err := s.Run("list"); err != nil {
		t.Error(err)
	}
	if r := h.exec("alice", "", ""); r.code != 2 {
		t.Errorf("no terminal and no command: %+v", r)
	}
}

func TestSSHShowsTheListInTheClientsSizeAndColours(t *testing.T) {
	h := newSSHHost(t)
	h.create("--name", "payments", "--permission", "getRules")
	c := h.login("alice")
	v := openScreen(t, c, "xterm-256color", 120, 30)
	v.wait("payments")
	v.wait("1 key")
	if !strings.Contains(v.raw.String(), "\x1b[0;") {
		t.Error("no colour")
	}
	if strings.Contains(v.raw.String(), "\x1b]11;?") || strings.Contains(v.raw.String(), "\x1b[c") || strings.Contains(v.raw.String(), "\x1b[6n") {
		t.Error("the terminal was asked something")
	}
	v.term.Resize(80, 24)
	if err := v.s.WindowChange(24, 80); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the frame is 80 wide", func() bool {
		first, _, _ := strings.Cut(v.term.String(), "\n")
		return strings.HasSuffix(strings.TrimRight(first, " "), "┐") && strings.Contains(v.term.String(), "payments")
	})
	v.press("q")
	if err := v.end(); err != nil {
		t.Error(err)
	}
	v = openScreen(t, c, "xterm-256color", 100, 30, "NO_COLOR", "1")
	v.wait("payments")
	if m := regexp.MustCompile(`\x1b\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9;]*)?m`).FindString(v.raw.String()); m != "" {
		t.Errorf("NO_COLOR: a colour %q", m)
	}
	v.press("q")
	_ = v.end()
	v = openScreen(t, c, "dumb", 100, 30)
	var exit *ssh.ExitError
	if err := v.end(); !errors.As(err, &exit) || exit.ExitStatus() != 2 || strings.Contains(v.raw.String(), "\x1b") || !strings.Contains(v.raw.String(), "TERM=dumb") {
		t.Errorf("TERM=dumb: %v %q", err, v.raw.String())
	}
}

func TestSSHSaysWhoseAnActionIs(t *testing.T) {
	h := newSSHHost(t)
	h.create("--name", "payments", "--permission", "getRules")
	v := openScreen(t, h.login("vera"), "xterm", 110, 30)
	v.wait("payments")
	v.press("n")
	v.wait("your role is viewer")
	v = openScreen(t, h.login("alice"), "xterm", 110, 30)
	v.wait("payments")
	v.press("d")
	v.wait("deleting is for admins")
	v = openScreen(t, h.login("ada"), "xterm", 110, 30)
	v.wait("payments")
	v.press("d")
	v.wait("Delete a key")
}

func TestSSHEndsTheSessionsOfARemovedOperator(t *testing.T) {
	h := newSSHHost(t)
	alice := openScreen(t, h.login("alice"), "xterm", 100, 30)
	alice.wait("No keys yet")
	vera := openScreen(t, h.login("vera"), "xterm", 100, 30)
	vera.wait("No keys yet")
	h.configure("[operators") // somebody is still writing
	h.look <- struct{}{}
	waitFor(t, "the broken file is told", func() bool { return strings.Contains(h.err.String(), "what was read before holds on for 5s") })
	h.configure(h.operator("vera", "viewer", "local/prosopo", "local/generic"))
	h.look <- struct{}{}
	if err := alice.end(); err == nil || !strings.Contains(alice.raw.String(), "your access was removed or changed") {
		t.Errorf("%v", err)
	}
	if _, err := h.dial("alice"); err == nil {
		t.Error("a removed operator got in")
	}
	vera.press("q")
	if err := vera.end(); err != nil {
		t.Errorf("the other session: %v", err)
	}
}

func TestSSHTakesNoMoreSessionsThanItMay(t *testing.T) {
	h := newSSHHost(t, "--max-sessions", "1")
	v := openScreen(t, h.login("alice"), "xterm", 100, 30)
	v.wait("No keys yet")
	if r := h.exec("ada", "list", ""); r.code != 1 || !strings.Contains(r.stderr, "too many sessions") {
		t.Errorf("%+v", r)
	}
	v.press("q")
	_ = v.end()
	waitFor(t, "the place is free", func() bool { return h.exec("ada", "list", "").code == 0 })
}

func TestSSHSessionLeavesNothingWhenItsChannelClosesThoughTheConnectionStays(t *testing.T) {
	h := newSSHHost(t)
	c := h.login("alice")
	warm := openScreen(t, c, "xterm", 100, 30)
	warm.wait("No keys yet")
	_ = warm.s.Close()
	buf := make([]byte, 4<<20)
	programs := func() int {
		stacks := string(buf[:runtime.Stack(buf, true)])
		return strings.Count(stacks, "bubbletea.(*Program)") + strings.Count(stacks, "paint.(*") + strings.Count(stacks, "sshd.(*Server).channel")
	}
	waitFor(t, "the first session is gone", func() bool { return programs() == 0 })
	for range 3 {
		v := openScreen(t, c, "xterm", 100, 30)
		v.wait("No keys yet")
		if programs() == 0 {
			t.Fatal("the count sees no session")
		}
		_ = v.s.Close()
	}
	waitFor(t, "nothing of the sessions is left", func() bool { return programs() == 0 })
	if s, err := c.NewSession(); err != nil || s.Run("list") != nil {
		t.Error("the connection does not stay")
	}
}

func TestSSHTellsEverybodyBeforeItStops(t *testing.T) {
	h := newSSHHost(t)
	v := openScreen(t, h.login("alice"), "xterm", 100, 30)
	v.wait("No keys yet")
	h.stop()
	v.wait("the server is stopping")
	v.press("q")
	if err := v.end(); err != nil {
		t.Error(err)
	}
}

func TestIdleSessionsDoNothing(t *testing.T) {
	h := newSSHHost(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all []*screen
	for range *idleSessions {
		v := openScreen(t, h.login("vera"), "xterm-256color", 120, 40)
		all = append(all, v)
	}
	for _, v := range all {
		v.wait("No keys yet")
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse) / uint64(*idleSessions)
	sizes := make([]int, len(all))
	for i, v := range all {
		sizes[i] = len(v.raw.String())
	}
	cpu := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	span := time.Second
	if *idleSessions >= 100 {
		span = 20 * time.Second
	}
	from := cpu()
	<-time.After(span)
	used := cpu() - from
	t.Logf("%d idle sessions, both sides of each: %d KiB each, %.2f %% of a core", *idleSessions, each>>10, 100*used.Seconds()/span.Seconds())
	for i, v := range all {
		if n := len(v.raw.String()); n != sizes[i] {
			t.Errorf("an idle session wrote %d bytes", n-sizes[i])
		}
	}
	if !slices.ContainsFunc(all, func(v *screen) bool { return strings.Contains(v.term.String(), "read-only") }) {
		t.Error("a viewer's session does not say that it is read-only")
	}
}

// TestSSHCreateGoesToTheOperatorsTerminalAlone: the secret is shown and copied where the operator sits, and no place on
// the server is offered for it; the record names the operator and where they came from.
func TestSSHCreateGoesToTheOperatorsTerminalAlone(t *testing.T) {
	t.Parallel()
	h := newSSHHost(t)
	v := openScreen(t, h.login("alice"), "xterm", 120, 40)
	v.wait("No keys yet")
	v.press("n")
	v.wait("New Prosopo key")
	v.press("over-ssh")
	v.wait("› over-ssh")
	v.press("\r")
	v.wait("choose, or type a span")
	v.press("\r")
	v.wait("0 of 23 picked")
	v.press(" ")
	v.wait("1 of 23 picked")
	v.press("\r")
	v.wait("▸ Create ◂")
	v.pressUntil("\r", "the secret is there", func() bool { return v.shows("This is the only time") })
	if v.shows("save to a file") || v.shows("write to .env") || v.shows("pipe to a command") {
		t.Errorf("a place on the server is offered:\n%s", v.term.String())
	}
	v.press("r")
	v.wait("API_KEY=psp_")
	secret := regexp.MustCompile(`psp_[a-z2-7]{40,}`).FindString(v.term.String())
	v.press("c")
	copied := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(secret))
	waitFor(t, "the secret goes to the operator's clipboard", func() bool { return secret != "" && strings.Contains(v.raw.String(), copied) })
	v.pressUntil("\r", "the list has it", func() bool { return v.shows("1 key") && !v.shows("This is the only time") })
	if r := h.exec("ada", "verify -o json", secret); r.code != 0 || !strings.Contains(r.stdout, `"valid": true`) {
		t.Errorf("the secret does not work: %+v", r)
	}
	record := h.must("audit", "-o", "json")
	if !strings.Contains(record, `"alice"`) || !strings.Contains(record, "127.0.0.1") || !strings.Contains(record, "over-ssh") {
		t.Errorf("the record is %s", record)
	}
	err := filepath.WalkDir(h.home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the secret lies in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
