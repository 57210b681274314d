//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "detent/aearly" // as main.go does
	"detent/e2e/certtest"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	_ "detent/aearly" // as in the program, whose part this binary plays
)

// service is a running detent serve.
type service struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines []string // up to and with "listening on"
	url   string
	errs  bytes.Buffer
}

func (m *machine) serve(args ...string) *service {
	m.t.Helper()
	s := &service{t: m.t, cmd: m.process(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)}
	s.cmd.Stderr = &s.errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	for scan := bufio.NewScanner(out); scan.Scan(); {
		s.lines = append(s.lines, scan.Text())
		if url, ok := strings.CutPrefix(scan.Text(), "listening on "); ok {
			s.url = url
			return s
		}
	}
	_ = s.cmd.Wait()
	m.t.Fatalf("serve ended: %v\n%s", s.lines, s.errs.String())
	return nil
}

// end sends a signal and returns the exit code.
func (s *service) end(signal os.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	return exitCode(s.t, s.cmd)
}

func exitCode(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func TestServePrintsAdministratorsOnceAndEndsCleanly(t *testing.T) {
	m := newMachine(t)
	s := m.serve()
	if len(s.lines) != 5 {
		t.Fatalf("%d lines, want 5: the administrators and the address", len(s.lines))
	}
	tokens := map[string]string{}
	for i, name := range []string{"PROSOPO_TOKEN", "VERTESIA_TOKEN", "GENERIC_LIVE_TOKEN", "GENERIC_TEST_TOKEN"} {
		variable, value, ok := strings.Cut(s.lines[i], "=")
		if !ok || variable != name || !regexp.MustCompile(`^[A-Za-z0-9_-]{20,}$`).MatchString(value) {
			t.Errorf("line %d is %.20q", i, s.lines[i])
		}
		tokens[name] = value
	}
	if !regexp.MustCompile(`^http://127\.0\.0\.1:[1-9][0-9]*$`).MatchString(s.url) {
		t.Errorf("listening on %q", s.url)
	}
	for name, path := range map[string]string{"VERTESIA_TOKEN": "/api/v1/apikeys", "GENERIC_LIVE_TOKEN": "/v1/api-keys", "GENERIC_TEST_TOKEN": "/v1/api-keys"} {
		req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+tokens[name])
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	// The store is the one of the in-process service.
	if keys := m.keys("local/generic"); len(keys) != 2 {
		t.Errorf("in process there are %d generic keys, want the two administrators", len(keys))
	}
	if code := s.end(syscall.SIGTERM); code != 0 || s.errs.Len() != 0 {
		t.Errorf("SIGTERM: exit %d\n%s", code, s.errs.String())
	}
	again := m.serve()
	if len(again.lines) != 1 {
		t.Errorf("a later start printed %d lines", len(again.lines))
	}
	if code := again.end(syscall.SIGINT); code != 130 {
		t.Errorf("ctrl+c: exit %d", code)
	}
}

func TestServeKeepsWhatWasAnsweredOverKill(t *testing.T) {
	m := newMachine(t)
	s := m.serve("--store", filepath.Join(m.home, "s.db"))
	m.environ = append(m.environ, "P_TOKEN="+strings.TrimPrefix(s.lines[0], "PROSOPO_TOKEN="))
	config := m.write("c.toml", "[profiles.p]\nservice = \"prosopo\"\nurl = \""+s.url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	_, secret := m.create("--config", config, "-p", "p", "--name", "kept", "--permission", "getRules")
	s.end(syscall.SIGKILL)
	again := m.serve("--store", filepath.Join(m.home, "s.db"))
	config = m.write("c.toml", "[profiles.p]\nservice = \"prosopo\"\nurl = \""+again.url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	if r := m.run(secret, "verify", "--config", config, "-p", "p"); r.code != 0 {
		t.Errorf("%+v", r)
	}
}

func TestServeRefusesToCarryKeysBeyondLoopbackInTheClear(t *testing.T) {
	m := newMachine(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		m.want(2, "beyond loopback", "serve", "--listen", address)
	}
	for _, address := range []string{"nonsense", "127.0.0.1", "127.0.0.1:http:1", "127.0.0.1:99999"} {
		m.want(2, "--listen", "serve", "--listen", address)
	}
	m.want(2, "belong together", "serve", "--tls-cert", "x.pem")
	m.want(2, "--tls-cert", "serve", "--tls-cert", "/no/x.pem", "--tls-key", "/no/y.pem")
	m.want(2, "--store", "serve", "--store", "")
	s := m.serve("--listen", "0.0.0.0:0", "--behind-tls-proxy")
	taken := s.url[strings.LastIndex(s.url, ":"):]
	m.want(1, "is in use", "serve", "--listen", "127.0.0.1"+taken, "--store", filepath.Join(m.home, "other.db"))
	if code := s.end(syscall.SIGTERM); code != 0 || !strings.HasPrefix(s.url, "http://") {
		t.Errorf("%d %s", code, s.url)
	}
}

func TestServeSpeaksTLS(t *testing.T) {
	m := newMachine(t)
	cert, key := certtest.Pair(t, 1)
	certFile, keyFile := m.write("c.pem", string(cert)), m.write("k.pem", string(key))
	s := m.serve("--tls-cert", certFile, "--tls-key", keyFile)
	if !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Errorf("listening on %s", s.url)
	}
	// The certificate is nobody's: detent has to refuse it, so that the key stays here.
	config := m.write("c.toml", "[profiles.p]\nservice = \"prosopo\"\nurl = \""+s.url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	m.environ = append(m.environ, "P_TOKEN=psp_never-sent-anywhere")
	m.want(1, "tls", "list", "--config", config, "-p", "p", "--timeout", "3s")
	if code := s.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestAdminTokenIsMintedOnTheStoreAndWorks(t *testing.T) {
	m := newMachine(t)
	m.want(2, "no store", "serve", "admin-token", "prosopo")
	m.must("list")
	for _, c := range []struct {
		args   []string
		prefix string
	}{
		{[]string{"prosopo"}, "psp_"}, {[]string{"vertesia"}, "sk-"}, {[]string{"generic"}, "sk_live_"}, {[]string{"generic", "--environment", "test"}, "sk_test_"},
	} {
		out := m.must(append([]string{"serve", "admin-token"}, c.args...)...)
		if !strings.HasPrefix(out, c.prefix) || strings.Count(out, "\n") != 1 {
			t.Errorf("%v: %.12q", c.args, out)
		}
		if r := m.run(out, "verify", "-p", "local/"+c.args[0]); r.code != 0 {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
	m.want(2, "only keys of generic", "serve", "admin-token", "prosopo", "--environment", "live")
	m.want(2, "live or test", "serve", "admin-token", "generic", "--environment", "dev")
}

func TestServeDemoHasKeysInEachContractAndLeavesNothing(t *testing.T) {
	m := newMachine(t)
	s := m.serve("--demo", "--demo-keys", "5")
	m.environ = append(m.environ, "P_TOKEN="+strings.TrimPrefix(s.lines[1], "VERTESIA_TOKEN="))
	config := m.write("c.toml", "[profiles.p]\nservice = \"vertesia\"\nurl = \""+s.url+"\"\ntoken = { env = \"P_TOKEN\" }\n")
	var keys []map[string]any
	decode(t, m.must("list", "-o", "json", "--config", config, "-p", "p"), &keys)
	if len(keys) != 6 {
		t.Errorf("%d keys, want 5 beside the administrator's", len(keys))
	}
	if code := s.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	if left, err := os.ReadDir(m.tmp()); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// The usual demo has keys of its own that may create keys; their secrets are nobody's.
func TestServeDemoPrintsAdministratorsWhateverKeysTheDemoHas(t *testing.T) {
	m := newMachine(t)
	s := m.serve("--demo")
	if len(s.lines) != 5 || !strings.HasPrefix(s.lines[0], "PROSOPO_TOKEN=psp_") || !strings.HasPrefix(s.lines[3], "GENERIC_TEST_TOKEN=sk_test_") {
		t.Errorf("%d lines, want four tokens and the address", len(s.lines))
	}
	if code := s.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestInterruptIsExit130(t *testing.T) {
	m := newMachine(t)
	cmd := m.process("verify")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(m.home, "debug.log")
	cmd.Args = append(cmd.Args, "--debug", log)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	waitFor(t, "the log is open, so signals are handled", func() bool { _, err := os.Stat(log); return err == nil })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(t, cmd); code != 130 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

// waitFor polls a condition of another process.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not seen: %s", what)
		}
	}
}

// gone is a pipe whose reader has gone away.
func gone(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func TestReaderThatHasGoneAwayIsNoNoise(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.create("--name", "k", "--permission", "getRules")
	for _, args := range [][]string{{"list"}, {"list", "-o", "json"}, {"man"}, {"completion", "bash"}} {
		cmd := m.process(args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = gone(t), &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if code := exitCode(t, cmd); code != 0 || errs.Len() != 0 {
			t.Errorf("%v: exit %d, %s", args, code, errs.String())
		}
	}
}

func TestSecretThatNobodyCouldReadLeavesNoKey(t *testing.T) {
	m := newMachine(t)
	for _, more := range [][]string{nil, {"-o", "json"}} {
		cmd := m.process(append([]string{"create", "--name", "k", "--permission", "getRules"}, more...)...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = gone(t), &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if code := exitCode(t, cmd); code != 1 || !strings.Contains(errs.String(), "was deleted again") {
			t.Errorf("exit %d: %s", code, errs.String())
		}
	}
	if keys := m.keys("local/prosopo"); len(keys) != 0 {
		t.Errorf("left: %v", keys)
	}
}

// terminal is a process in a pseudo-terminal.
type terminal struct {
	t   *testing.T
	cmd *exec.Cmd
	pty *os.File

	mu    sync.Mutex
	text  string
	ended chan struct{}
}

func (m *machine) terminal(args ...string) *terminal {
	m.t.Helper()
	term := &terminal{t: m.t, cmd: m.process(args...), ended: make(chan struct{})}
	f, err := pty.StartWithSize(term.cmd, &pty.Winsize{Cols: 100, Rows: 30})
	if err != nil {
		m.t.Fatal(err)
	}
	term.pty = f
	go func() {
		defer close(term.ended)
		buf := make([]byte, 4096)
		for {
			n, err := f.Read(buf)
			term.mu.Lock()
			term.text += string(buf[:n])
			term.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	m.t.Cleanup(func() { _ = term.cmd.Process.Kill(); <-term.ended; _ = f.Close() })
	return term
}

func (s *terminal) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

func (s *terminal) wait(text string) {
	s.t.Helper()
	waitFor(s.t, text+" on the terminal", func() bool { return strings.Contains(s.output(), text) })
}

func (s *terminal) write(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.pty, text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *terminal) exit() int {
	s.t.Helper()
	code := exitCode(s.t, s.cmd)
	<-s.ended
	return code
}

func TestDeleteOnATerminalAsksForTheNameOfALiveKey(t *testing.T) {
	m := newMachine(t)
	m.create("-p", "local/generic", "--name", "shop")
	refused := m.terminal("delete", "shop", "-p", "local/generic")
	refused.wait("Type shop to delete it: ")
	refused.write("y\r")
	if code := refused.exit(); code != 1 || len(m.keys("local/generic")) != 1 {
		t.Errorf("exit %d\n%s", code, refused.output())
	}
	broken := m.terminal("delete", "shop", "-p", "local/generic")
	broken.wait("Type shop")
	broken.write("\x03")
	if code := broken.exit(); code != 130 || len(m.keys("local/generic")) != 1 {
		t.Errorf("exit %d\n%s", code, broken.output())
	}
	sure := m.terminal("delete", "shop", "-p", "local/generic")
	sure.wait("Type shop")
	sure.write("shop\r")
	if code := sure.exit(); code != 0 || len(m.keys("local/generic")) != 0 {
		t.Errorf("exit %d\n%s", code, sure.output())
	}
}

func TestDeleteOnATerminalAsksYesOrNoForATestKey(t *testing.T) {
	m := newMachine(t)
	m.create("-p", "local/generic", "--name", "try", "--environment", "test")
	for _, c := range []struct {
		answer     string
		code, left int
	}{{"\r", 1, 1}, {"n\r", 1, 1}, {"y\r", 0, 0}} {
		term := m.terminal("delete", "try", "-p", "local/generic")
		term.wait("Delete it? [y/N] ")
		term.write(c.answer)
		if code := term.exit(); code != c.code || len(m.keys("local/generic")) != c.left {
			t.Errorf("%q: exit %d\n%s", c.answer, code, term.output())
		}
	}
}

func TestVerifyOnATerminalDoesNotShowTheSecret(t *testing.T) {
	m := newMachine(t)
	_, secret := m.create("--name", "k", "--permission", "getRules")
	term := m.terminal("verify")
	term.wait("Secret: ")
	waitFor(t, "echo is off", func() bool { return !echoes(term.pty) })
	term.write(secret + "\r")
	if code := term.exit(); code != 0 || strings.Contains(term.output(), secret) || !strings.Contains(term.output(), "valid on local/prosopo") {
		t.Errorf("exit %d\n%s", code, term.output())
	}
	pasted := m.terminal("verify") // with what stood around it: nothing of it is the shell's
	pasted.wait("Secret: ")
	waitFor(t, "echo is off", func() bool { return !echoes(pasted.pty) })
	pasted.write("PORT=1\rAPI_KEY=" + secret + "\rtouch it\r")
	if code := pasted.exit(); code != 0 || strings.Contains(pasted.output(), secret) || strings.Contains(pasted.output(), "touch") || !strings.Contains(pasted.output(), "valid on local/prosopo") {
		t.Errorf("exit %d\n%s", code, pasted.output())
	}
	broken := m.terminal("verify")
	broken.wait("Secret: ")
	waitFor(t, "echo is off", func() bool { return !echoes(broken.pty) })
	broken.write("\x03")
	if code := broken.exit(); code != 130 {
		t.Errorf("exit %d", code)
	}
	if !echoes(broken.pty) {
		t.Error("the terminal no longer echoes")
	}
}

func TestCommandsOnATerminalUseNoColourAndNoQuery(t *testing.T) {
	m := newMachine(t)
	m.create("--name", "k", "--permission", "getRules")
	for _, args := range [][]string{{"list"}, {"version"}, {"config", "show"}} {
		term := m.terminal(args...)
		if code := term.exit(); code != 0 || strings.Contains(term.output(), "\x1b") {
			t.Errorf("%v: exit %d %q", args, code, term.output())
		}
	}
}

func TestProcessKeepsNoCoreAndIsNotReadableByOthers(t *testing.T) {
	m := newMachine(t)
	s := m.serve()
	limits := read(t, filepath.Join("/proc", pid(s.cmd), "limits"))
	if !regexp.MustCompile(`Max core file size\s+0\s+0`).MatchString(limits) {
		t.Errorf("core dumps are on:\n%s", limits)
	}
	info, err := os.Stat(filepath.Join("/proc", pid(s.cmd), "mem"))
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); os.Getuid() != 0 && stat.Uid != 0 {
		t.Error("the process's memory belongs to the user")
	}
}

// TestNoSecretLiesAnywhereButWhereItWasSent looks for every secret that a day's
// work met, in every file of the machine and on every standard error.
func TestNoSecretLiesAnywhereButWhereItWasSent(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "vertesia")
	log := filepath.Join(m.home, "debug.log")
	var secrets []string
	var said strings.Builder
	step := func(stdin string, args ...string) string {
		res := m.run(stdin, append(args, "--debug", log)...)
		if res.code != 0 {
			t.Fatalf("%v: %+v", args, res)
		}
		said.WriteString(res.stderr)
		return strings.TrimSpace(res.stdout)
	}
	for _, p := range []struct{ profile, flag, value string }{{"p", "--role", "admin"}, {"local/prosopo", "--permission", "getRules"}, {"local/generic", "--environment", "test"}} {
		secret := step("", "create", "--name", "k", p.flag, p.value, "-p", p.profile)
		secrets = append(secrets, secret)
		said.WriteString(step("", "list", "-o", "json", "-p", p.profile))
		said.WriteString(step(secret, "verify", "-p", p.profile))
		said.WriteString(m.run(secret[:len(secret)-2], "verify", "-p", p.profile).stderr)
		said.WriteString(m.run("", "check", "--all", "-p", p.profile).stdout)
	}
	said.WriteString(step("", "update", "k", "--name", "k2", "-p", "p"))
	said.WriteString(step("", "config", "show") + step("", "config", "check"))
	delivered := filepath.Join(m.home, "delivered")
	said.WriteString(step("", "create", "--name", "d", "--role", "reader", "--deliver", "file:"+delivered, "-p", "p"))
	secrets = append(secrets, strings.TrimSpace(read(t, delivered)), r.tokens["vertesia"])
	if len(secrets) != 5 {
		t.Fatalf("%d secrets", len(secrets))
	}
	files := 0
	for _, dir := range []string{m.home, m.tmp()} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path == delivered {
				return err
			}
			files++
			said.WriteString(read(t, path))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 3 {
		t.Errorf("only %d files looked at", files)
	}
	for i, secret := range secrets {
		if len(secret) < 20 || strings.Contains(said.String(), secret) {
			t.Errorf("secret %d is where it should not be", i)
		}
	}
}

func pid(cmd *exec.Cmd) string { return big.NewInt(int64(cmd.Process.Pid)).String() }

// echoes reports whether a terminal shows what is typed.
func echoes(f *os.File) bool {
	state, err := unix.IoctlGetTermios(int(f.Fd()), getTerminal)
	return err == nil && state.Lflag&unix.ECHO != 0
}
