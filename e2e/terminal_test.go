//go:build unix

package e2e

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// patience is how long a condition may take before the test gives up; these machines are shared.
const patience = 30 * time.Second

// guard is how long a fresh confirmation ignores enter and y (docs/KEYS.md).
const guard = 300 * time.Millisecond

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv(actor) != "" {
		os.Exit(act())
	}
	flag.Parse()
	// They wait more than they compute: for a person's rest, a timeout, a disk.
	if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue {
		_ = p.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0)))
	}
	sampleRaces()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "detent-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "detent")
	build := exec.Command("go", "build", fmt.Sprintf("-race=%t", raced), "-o", binary, "detent")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// home is an empty home with the environment of a fresh machine.
type home struct {
	dir string
	env []string
}

func newHome(t *testing.T) *home {
	t.Helper()
	dir := t.TempDir()
	return &home{dir: dir, env: []string{
		"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC",
		"TMPDIR=" + t.TempDir(),
		"GORACE=halt_on_error=1 atexit_sleep_ms=0", // a race ends the program, and so the test; its end takes no second
	}}
}

func (h *home) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// result is what a command without a terminal printed and how it ended.
type result struct {
	stdout, stderr string
	code           int
}

// run runs a command without a terminal.
func (h *home) run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Dir = h.env, h.dir
	return ran(t, cmd, stdin)
}

// ran runs a program to its end without a terminal.
func ran(t *testing.T, cmd *exec.Cmd, stdin string) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must is run for a command that has to succeed.
func (h *home) must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := h.run(t, stdin, args...)
	if r.code != 0 {
		t.Fatalf("detent %v: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// terminal is the program in a pseudo-terminal that never answers a query.
type terminal struct {
	t   *testing.T
	cmd *exec.Cmd
	pty *os.File
	tty string // the program's side of it

	mu      sync.Mutex
	changed *sync.Cond
	screen  *screen
	raw     []byte
	reads   []read
	ended   bool
	exited  chan struct{}
}

// read is one read of what the program wrote.
type read struct {
	at    time.Time
	bytes int
}

// renderers are the two ways to paint, or the one that the environment asks for: DETENT_E2E_RENDERER=standard runs all
// these tests on Bubble Tea's own.
var renderers = func() []string {
	if name := os.Getenv("DETENT_E2E_RENDERER"); name != "" {
		return []string{name}
	}
	return []string{"cells", "standard"}
}()

// painted are arguments that ask for the renderer of the environment, but where they ask for one themselves.
func painted(args []string) []string {
	name := os.Getenv("DETENT_E2E_RENDERER")
	if name == "" || slices.Contains(args, "--renderer") {
		return args
	}
	return append(slices.Clone(args), "--renderer", name)
}

// start runs the program in a pty of that size.
func (h *home) start(t *testing.T, cols, rows int, args ...string) *terminal {
	t.Helper()
	cmd := exec.Command(binary, painted(args)...)
	cmd.Env, cmd.Dir = h.env, h.dir
	return seat(t, cmd, cols, rows)
}

// seat runs a command in a pty of that size.
func seat(t *testing.T, cmd *exec.Cmd, cols, rows int) *terminal {
	t.Helper()
	f, tty, err := pty.Open()
	if err == nil {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		err = errors.Join(pty.Setsize(f, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}), cmd.Start(), tty.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, cmd: cmd, pty: f, tty: tty.Name(), screen: newScreen(cols, rows), exited: make(chan struct{})}
	term.changed = sync.NewCond(&term.mu)
	go term.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-term.exited
		_ = f.Close()
	})
	return term
}

func (s *terminal) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.pty.Read(buf)
		s.mu.Lock()
		s.raw = append(s.raw, buf[:n]...)
		s.reads = append(s.reads, read{time.Now(), n})
		_, _ = s.screen.Write(buf[:n])
		s.ended = err != nil
		s.changed.Broadcast()
		s.mu.Unlock()
		if err != nil {
			_ = s.cmd.Wait()
			close(s.exited)
			return
		}
	}
}

// text is the screen's rows without trailing blanks.
func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.textLocked()
}

func (s *terminal) textLocked() string { return shown(s.screen) }

// output is every byte the program has written.
func (s *terminal) output() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.raw)
}

// until waits until the condition holds for the screen's text.
func (s *terminal) until(what string, holds func(text string) bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	wake := time.AfterFunc(patience, func() { s.changed.Broadcast() })
	defer wake.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !holds(s.textLocked()) {
		if s.ended || time.Now().After(deadline) {
			s.t.Fatalf("%s: not seen (program ended: %v); the screen is\n%s", what, s.ended, s.textLocked())
		}
		s.changed.Wait()
	}
}

// wait waits until the pattern is on the screen ((?m) is set) and returns its match.
func (s *terminal) wait(pattern string) []string {
	s.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	var m []string
	s.until("wait "+pattern, func(text string) bool { m = re.FindStringSubmatch(text); return m != nil })
	return m
}

// gone waits until the pattern is not on the screen.
func (s *terminal) gone(pattern string) {
	s.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	s.until("gone "+pattern, func(text string) bool { return !re.MatchString(text) })
}

// armed lets a fresh confirmation's guard pass: enter and y do nothing before that.
func (s *terminal) armed() {
	select {
	case <-time.After(guard + 20*time.Millisecond):
	case <-s.exited:
	}
}

var named = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "up": "\x1b[A", "down": "\x1b[B",
	"right": "\x1b[C", "left": "\x1b[D", "backspace": "\x7f", "ctrl+c": "\x03", "ctrl+r": "\x12", "ctrl+d": "\x04", "ctrl+u": "\x15", "pgdown": "\x1b[6~",
}

// keys writes each key in a write of its own; a name is a key, anything else is typed letter by letter.
func (s *terminal) keys(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		if seq, ok := named[k]; ok {
			s.write(seq)
			continue
		}
		s.write(k)
	}
}

func (s *terminal) write(text string) {
	s.t.Helper()
	if _, err := s.pty.WriteString(text); err != nil {
		s.t.Fatalf("write %q: %v", text, err)
	}
}

// exit waits for the program's end and returns its code; -1 is death by a signal.
func (s *terminal) exit() int {
	s.t.Helper()
	select {
	case <-s.exited:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		s.t.Fatalf("the program did not end; the screen is\n%s", s.text())
		return 0
	}
}

// hangUp drops the line as a lost SSH connection does.
func (s *terminal) hangUp() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

var fullFlag = flag.Bool("full", false, "the large matrices run whole, some thousand processes: give -timeout 60m too")

// sampled says that the large matrices run a sample, which they do if nobody asks for all.
func sampled() bool { return !*fullFlag }
