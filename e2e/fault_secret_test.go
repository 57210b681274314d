//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	// As main does it: without it the test's detent asks the terminal and waits for five seconds.
	_ "detent/aterm"
	"detent/cli"
	"detent/keyserver/wirename"
)

// breaker makes the test binary play a detent that panics: "WHERE:FILE", as soon as the file is there and the
// clock is asked for below a function whose name has WHERE in it.
const breaker = "DETENT_E2E_BREAK"

func init() {
	where, trigger, ok := strings.Cut(os.Getenv(breaker), ":")
	if !ok {
		return
	}
	os.Exit(cli.Run(context.Background(), os.Args[1:], cli.World{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(), Zone: time.UTC,
		Now: func() time.Time {
			if _, err := os.Stat(trigger); err == nil && strings.Contains(string(debug.Stack()), where) {
				panic("the test breaks it")
			}
			return time.Now()
		}}))
}

// leak learns what secrets a service gives away.
type leak struct {
	mu      sync.Mutex
	secrets []string
}

var vertesiaSecret = regexp.MustCompile(`sk-[a-z2-7]{40,}`)

func (l *leak) listen(p *proxy) {
	p.when(func(int, *http.Request) *fault {
		return &fault{afterwards: true, act: func(w http.ResponseWriter, _ *http.Request, a *http.Response, body []byte) {
			l.mu.Lock()
			l.secrets = append(l.secrets, vertesiaSecret.FindAllString(string(body), -1)...)
			l.mu.Unlock()
			reply(w, a, body)
		}}
	})
}

func (l *leak) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.secrets...)
}

// at is the program on a Vertesia service, over a line that is listened to.
func (l *leak) at(t *testing.T, command func(h *home) *exec.Cmd) (*person, *home, string) {
	t.Helper()
	b := newBackend(t, wirename.Vertesia)
	proxy, admin := newProxy(t, b.url), b.mintAdmin()
	l.listen(proxy)
	h := pointed(t, "vertesia", proxy.URL, admin)
	cmd := command(h)
	cmd.Dir = h.dir
	if cmd.Env == nil {
		cmd.Env = h.env
	}
	return &person{terminal: seat(t, cmd, 100, 30)}, h, admin
}

// made goes through the form until the secret is in hand, hidden.
func (p *person) made(name string) {
	p.t.Helper()
	p.wait(`▸ admin`)
	p.do("n", `▸ secret key`)
	p.do("enter", "New Vertesia key")
	p.say(name, "› "+name+"▏")
	p.do("enter", `┃ +1h +1d`)
	p.do("enter", `▸ reader`)
	p.do("enter", `Role +reader`)
}

// TestAPanicTellsNoSecretAndGivesTheTerminalBack breaks the program in Update, in View and in a command, with a new
// secret in hand or on its way, and reads all that it leaves: what it wrote, its files, and the terminal.
func TestAPanicTellsNoSecretAndGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for _, renderer := range renderers {
		for _, c := range []panicking{{"tui.(*App).Update", false, "j"}, {"tui.(*App).View", false, "j"}, {"client.(*transport)", true, "enter"}} {
			t.Run(c.where+", "+renderer, func(t *testing.T) {
				t.Parallel()
				c.run(t, renderer)
			})
		}
	}
}

// panicking is where a program breaks, and by which key.
type panicking struct {
	where string
	early bool // before the create, not with the secret in hand
	key   string
}

func (c panicking) run(t *testing.T, renderer string) {
	var l leak
	trigger := filepath.Join(t.TempDir(), "now")
	p, h, admin := l.at(t, func(h *home) *exec.Cmd {
		cmd := exec.Command(os.Args[0], "--timeout", "5s", "--renderer", renderer)
		cmd.Env = append(append([]string{}, h.env...), breaker+"="+c.where+":"+trigger, "GOTRACEBACK=all",
			// Bubble Tea kills a program that panics, and closes its keyboard while another goroutine reads it.
			"GORACE=halt_on_error=0 atexit_sleep_ms=0")
		return cmd
	})
	p.made("shop")
	p.armed()
	if !c.early {
		p.do("enter", "Key created")
		p.wait("hidden, ")
	}
	p.rest()
	if err := os.WriteFile(trigger, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.keys(c.key)
	if !c.early { // a screen that is still may not ask for the time; another size makes it
		_ = pty.Setsize(p.pty, &pty.Winsize{Cols: 90, Rows: 28})
		_ = p.cmd.Process.Signal(syscall.SIGWINCH)
	}
	code := p.exit()
	raw := p.output()
	if code == 0 || code == -1 {
		t.Errorf("exit %d", code)
	}
	if !bytes.Contains(raw, []byte("the test breaks it")) {
		t.Errorf("it did not break: %q", raw[max(0, len(raw)-300):])
	}
	for _, back := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"} {
		if !bytes.Contains(raw, []byte(back)) {
			t.Errorf("the terminal is not given back: no %q", back)
		}
	}
	secrets := append(l.all(), admin)
	if want := map[bool]int{true: 1, false: 2}[c.early]; len(secrets) < want {
		t.Fatalf("%d secrets are known, want %d", len(secrets), want)
	}
	for _, secret := range secrets {
		if bytes.Contains(raw, []byte(secret[8:])) {
			t.Error("a secret is in what the panic left on the terminal")
		}
		h.lacks(t, secret)
	}
}

// lacks holds that no file of the home has the secret, but for those.
func (h *home) lacks(t *testing.T, secret string, but ...string) {
	t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(h.dir, path)
		if bytes.Contains(b, []byte(secret[8:])) && strings.Join(but, " ") != rel {
			t.Errorf("%s holds a secret", rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestARevealedSecretHidesAndIsNowhereElse: shown on request, hidden by another size and by another window; copied and
// saved where it was asked for, and in no other file, variable, argument or line of the log; nothing stays on the screen.
func TestARevealedSecretHidesAndIsNowhereElse(t *testing.T) {
	t.Parallel()
	var l leak
	p, h, admin := l.at(t, func(h *home) *exec.Cmd {
		return exec.Command(binary, painted([]string{"--debug", h.path("debug.log")})...)
	})
	p.made("shop")
	p.confirm("Key created")
	p.wait("hidden, ")
	secrets := l.all()
	if len(secrets) != 1 {
		t.Fatalf("%d secrets", len(secrets))
	}
	secret := secrets[0]
	written := func() int { return bytes.Count(p.output(), []byte(secret[8:])) }
	if written() != 0 {
		t.Error("shown before it was asked for")
	}
	for name, hide := range map[string]func(){
		"another window": func() { p.write("\x1b[O") },
		"another size":   func() { p.resize(96, 28) },
		"a question":     func() { p.keys("esc") },
	} {
		p.rest()
		p.do("r", secret[:20])
		hide()
		p.gone(secret[:20])
		p.write("\x1b[I")
		if name == "a question" {
			p.do("esc", "hidden, ")
		}
		p.wait("hidden, ")
	}
	if written() == 0 {
		t.Error("never shown")
	}
	before := written()
	p.do("c", `clipboard`)
	copied := []byte("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(secret)))
	p.until("it is copied", func(string) bool { return bytes.Contains(p.raw, copied) }) // between frames, in no order with them
	p.do("s", `shop.key▏`)
	p.confirm(`(?s)✓ .*written`)
	proc := filepath.Join("/proc", fmt.Sprint(p.cmd.Process.Pid))
	for _, file := range []string{"environ", "cmdline"} {
		b, err := os.ReadFile(filepath.Join(proc, file))
		if err != nil && os.Getuid() == 0 {
			t.Error(err)
		}
		if bytes.Contains(b, []byte(secret[8:])) {
			t.Errorf("the secret is in the process's %s", file)
		}
	}
	p.confirm(`▸ shop`)
	p.do("v", "Paste a secret")
	p.rest()
	p.write("\x1b[200~" + secret + "\x1b[201~")
	p.wait(`•{8,}`)
	p.do("enter", `✓ valid`)
	p.do("esc", `▸ shop`)
	p.gone("Verify a secret")
	p.keys("q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if written() != before {
		t.Error("it was written once more than it was asked for")
	}
	if strings.Contains(p.text(), secret[8:]) {
		t.Error("it stays on the screen")
	}
	h.lacks(t, secret, "shop.key")
	h.lacks(t, admin)
	for _, bytesOf := range []string{secret, admin} {
		if bytes.Contains(p.output(), []byte(base64.StdEncoding.EncodeToString([]byte(bytesOf)))) && bytesOf == admin {
			t.Error("the administrator's key was copied")
		}
	}
}

// TestTheProcessIsClosedToOthersOfTheSameUser: no core is dumped, and another process of the same user can neither read
// its memory and environment nor trace it. As a command, as the TUI and as a service.
func TestTheProcessIsClosedToOthersOfTheSameUser(t *testing.T) {
	t.Parallel()
	r := newResident(t)
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"--demo"}, {"verify", "--demo"}} {
		cmd := exec.Command(r.binary, args...)
		cmd.Env, cmd.Dir = r.env, "/"
		if r.root {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 100, Rows: 30})
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1)
		if _, err := f.Read(buf); err != nil { // it speaks: it is past its start
			t.Fatal(err)
		}
		proc := filepath.Join("/proc", fmt.Sprint(cmd.Process.Pid))
		limits, err := os.ReadFile(filepath.Join(proc, "limits"))
		if err != nil || !regexp.MustCompile(`Max core file size\s+0\s+0`).Match(limits) {
			t.Errorf("%v: core dumps are on: %v\n%s", args, err, limits)
		}
		for _, file := range []string{"mem", "environ", "maps", "auxv"} {
			other := exec.Command("head", "-c1", filepath.Join(proc, file))
			if r.root {
				other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			}
			out, err := other.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "ermission") {
				t.Errorf("%v: another process of the user reads %s: %v %q", args, file, err, out)
			}
			info, err := os.Stat(filepath.Join(proc, file))
			if err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
				t.Errorf("%v: %s belongs to the user (%v): the process is dumpable", args, file, err)
			}
		}
		_ = cmd.Process.Kill()
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Error(err)
		}
		_ = f.Close()
	}
}
