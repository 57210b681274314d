//go:build unix

package paint

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// A session is a program on a pseudo-terminal.
type session struct {
	t           *testing.T
	keys, slave *os.File
	cooked      *term.State
	cmd         *exec.Cmd

	mu     sync.Mutex
	news   *sync.Cond
	raw    bytes.Buffer
	screen vt10x.Terminal
	exited bool
	paused bool
	line   int // bytes a second that the line carries; 0: any number
}

func start(t *testing.T, name string, env ...string) *session {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, keys: master, slave: slave, screen: vt10x.New(vt10x.WithSize(120, 40))}
	s.news = sync.NewCond(&s.mu)
	if s.cooked, err = term.GetState(slave.Fd()); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command(exe)
	s.cmd.Env = append(os.Environ(), programVariable+"="+name, "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0")
	s.cmd.Env = append(s.cmd.Env, env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read()
	go func() {
		_ = s.cmd.Wait()
		s.mu.Lock()
		s.exited = true
		s.mu.Unlock()
		s.news.Broadcast()
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		slave.Close()
		master.Close()
	})
	return s
}

func (s *session) read() {
	const tick = 10 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	whole := make([]byte, 1<<16)
	last := time.Now()
	for {
		s.mu.Lock()
		for s.paused {
			s.news.Wait()
		}
		line := s.line
		s.mu.Unlock()
		buf := whole
		if line > 0 {
			now := <-ticker.C
			carried := int(now.Sub(last).Seconds() * float64(line))
			last = now
			buf = whole[:max(1, min(carried, line/5))]
		}
		n, err := s.keys.Read(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.raw.Write(buf[:n])
		_, _ = s.screen.Write(buf[:n])
		s.mu.Unlock()
		s.news.Broadcast()
	}
}

func (s *session) pause(paused bool) {
	s.mu.Lock()
	s.paused = paused
	s.mu.Unlock()
	s.news.Broadcast()
}

// wait waits until something is true of the session.
func (s *session) wait(what string, is func() bool) {
	s.t.Helper()
	limit := 10 * time.Second
	late := false
	timer := time.AfterFunc(limit, func() {
		s.mu.Lock()
		late = true
		s.mu.Unlock()
		s.news.Broadcast()
	})
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !is() {
		if late {
			s.t.Fatalf("%s: not in %v; the screen:\n%s\nlast bytes %q", what, limit, s.screen.String(), tailOf(s.raw.String(), 600))
		}
		s.news.Wait()
	}
}

func tailOf(s string, n int) string { return s[max(0, len(s)-n):] }

func (s *session) thin(bytesPerSecond int) {
	s.mu.Lock()
	s.line = bytesPerSecond
	s.mu.Unlock()
}

func (s *session) shows(text string) {
	s.t.Helper()
	s.wait("shows "+text, func() bool { return strings.Contains(s.screen.String(), text) })
}

func (s *session) send(keys string) {
	s.t.Helper()
	if _, err := s.keys.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.String()
}

var modeSwitch = regexp.MustCompile(`\x1b\[\?(\d+)([hl])`)

// modes are the private modes as the output left them.
func modes(output string) map[string]bool {
	m := map[string]bool{}
	for _, found := range modeSwitch.FindAllStringSubmatch(output, -1) {
		m[found[1]] = found[2] == "h"
	}
	return m
}

// saneModes are the modes that a program must leave behind.
var saneModes = map[string]bool{"25": true, "7": true, "1049": false, "2004": false, "1004": false, "1002": false, "1006": false, "2026": false}

// left waits for the end and checks that nothing of the program stays.
func (s *session) left(report string) {
	s.t.Helper()
	s.wait("the end", func() bool { return s.exited && strings.Contains(s.raw.String(), report) })
	out := s.output()
	now := modes(out)
	for mode, want := range saneModes {
		if got, set := now[mode]; set && got != want {
			s.t.Errorf("mode ?%s was left %v", mode, got)
		}
	}
	state, err := term.GetState(s.slave.Fd())
	if err != nil {
		s.t.Fatal(err)
	}
	if !reflect.DeepEqual(state, s.cooked) {
		s.t.Errorf("the line discipline was left changed:\n%+v\n%+v", state, s.cooked)
	}
	before, _, found := cutLast(out, "\x1b[?1049l")
	if !found {
		s.t.Fatalf("the alternate screen was not left: %q", tailOf(out, 300))
	}
	inside := vt10x.New(vt10x.WithSize(120, 40))
	_, _ = inside.Write([]byte(before))
	if text := strings.TrimSpace(inside.String()); text != "" {
		s.t.Errorf("the alternate screen still held %q", text)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func TestStartAsksTheTerminalNothing(t *testing.T) {
	s := start(t, "cells")
	s.shows("1/1000")
	out := s.output()
	for _, query := range []string{"\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[6n", "\x1b[5n", "\x1b]10;?", "\x1b]11;?", "$p", "\x1b[?u", "\x1bP"} {
		if strings.Contains(out, query) {
			t.Errorf("the terminal was asked with %q", query)
		}
	}
	if !strings.HasPrefix(out, enterModes) {
		t.Errorf("the output begins with %q", out[:min(80, len(out))])
	}
	s.send("q")
	s.left("ended well")
}

func TestAKeyWritesOneSmallFrame(t *testing.T) {
	s := start(t, "cells")
	s.shows("1/1000")
	before := len(s.output())
	s.send("j")
	s.shows("2/1000")
	frame := s.output()[before:]
	if !strings.HasPrefix(frame, beginFrame) || !strings.HasSuffix(frame, endFrame) || strings.Count(frame, beginFrame) != 1 {
		t.Errorf("not one bracketed frame: %q", frame)
	}
	if len(frame) > 400 {
		t.Errorf("a row moved for %d bytes: %q", len(frame), frame)
	}
	s.send("q")
	s.left("ended well")
}

func TestKeysOfOneWriteShareAFrame(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		most       int // frames; arrows are a message each, and a busy machine may stall between them
	}{
		{"letters", strings.Repeat("j", 100), 2},
		{"arrows", strings.Repeat("\x1b[B", 100), 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, "cells")
			s.shows("1/1000")
			before := len(s.output())
			s.send(c.keys)
			s.shows("101/1000")
			frames := strings.Count(s.output()[before:], beginFrame)
			if frames > c.most {
				t.Errorf("100 keys gave %d frames", frames)
			}
			s.send("q")
			s.left("ended well")
		})
	}
}

func TestASlowReaderGetsTheLatestFrameOnly(t *testing.T) {
	s := start(t, "cells")
	s.shows("1/1000")
	s.pause(true)
	s.send("j") // lets go of the read that is under way
	before := len(s.output())
	for range 60 {
		s.send(strings.Repeat("j", 10))
	}
	s.pause(false)
	s.shows("602/1000")
	// The kernel holds some 16 kB that were written before the line was full.
	if n := len(s.output()) - before; n > 32<<10 {
		t.Errorf("600 keys on a blocked line wrote %d bytes", n)
	}
	s.send("q")
	s.left("ended well")
}

func TestAHeldKeyDoesNotRunOnOnAThinLine(t *testing.T) {
	if testing.Short() {
		t.Skip("holds a key for seconds")
	}
	s := start(t, "thin")
	s.shows("1/1000")
	s.send(strings.Repeat("j", 40)) // from here on each key scrolls
	s.shows("41/1000")
	s.thin(ThinLine)
	const keys = 60
	repeat := time.NewTicker(time.Second / 30)
	defer repeat.Stop()
	for range keys {
		s.send("j")
		<-repeat.C
	}
	released := len(s.output())
	s.shows("101/1000")
	// What the line may hold, the frame under way, and the last one. Unpaced the
	// kernel's buffer is full: 15 kB.
	if n := len(s.output()) - released; n > 6000 {
		t.Errorf("the picture ran on for %d bytes", n)
	}
	s.thin(0)
	s.send("q")
	s.left("ended well")
}

func TestEveryEndLeavesASaneTerminal(t *testing.T) {
	ends := []struct {
		name, keys string
		signal     syscall.Signal
		report     string
	}{
		{"panic in Update", "p", 0, "ended: program was killed"},
		{"panic in View", "v", 0, "ended: program was killed"},
		{"panic in a command", "g", 0, "ended: program was killed"},
		{"SIGTERM", "", syscall.SIGTERM, "ended well"},
		{"SIGINT", "", syscall.SIGINT, "ended: program was interrupted"},
		{"SIGHUP", "", syscall.SIGHUP, "ended: " + ErrHangup.Error()},
	}
	for _, renderer := range []string{"cells", "standard"} {
		for _, end := range ends {
			t.Run(end.name+", "+renderer, func(t *testing.T) {
				t.Parallel()
				s := start(t, renderer)
				s.shows("1/1000")
				if end.signal != 0 {
					_ = s.cmd.Process.Signal(end.signal)
				}
				s.send(end.keys)
				s.left(end.report)
				if strings.HasPrefix(end.name, "panic in") && end.keys != "g" {
					_, after, _ := strings.Cut(s.output(), "\x1b[?1049l")
					if !strings.Contains(after, "panics") || !strings.Contains(after, "program_test.go") {
						t.Errorf("the panic cannot be read after the end: %q", after)
					}
				}
			})
		}
	}
}

func TestAnEndWhileTheLineIsBlockedStillEnds(t *testing.T) {
	s := start(t, "cells")
	s.shows("1/1000")
	s.pause(true)
	for range 100 {
		s.send("jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj\x1b[B")
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	s.wait("the end", func() bool { return s.exited })
	state, err := term.GetState(s.slave.Fd())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(state, s.cooked) {
		t.Errorf("the line discipline was left changed:\n%+v\n%+v", state, s.cooked)
	}
	s.pause(false)
}

func TestTheClipboardIsWrittenBetweenFrames(t *testing.T) {
	s := start(t, "cells")
	s.shows("1/1000")
	for range 20 {
		s.send("jcj")
	}
	s.shows("copied: <nil>")
	s.send("q")
	s.left("ended well")
	out := s.output()
	if n := strings.Count(out, "\x1b]52;c;Y29waWVk\x07"); n == 0 {
		t.Error("nothing was copied")
	}
	for _, part := range strings.Split(out, beginFrame)[1:] {
		inside, _, _ := strings.Cut(part, endFrame)
		if strings.Contains(inside, "\x1b]52") {
			t.Errorf("a frame holds the clipboard's sequence: %q", inside)
		}
	}
}

func TestResizeRepaintsInTheNewSize(t *testing.T) {
	s := start(t, "cells")
	s.shows("1/1000")
	for _, size := range []pty.Winsize{{Rows: 20, Cols: 80}, {Rows: 45, Cols: 130}} {
		s.mu.Lock()
		s.screen.Resize(int(size.Cols), int(size.Rows))
		s.mu.Unlock()
		if err := pty.Setsize(s.keys, &size); err != nil {
			t.Fatal(err)
		}
		want := newSample(int(size.Cols), int(size.Rows), 1000)
		s.wait("the new size", func() bool {
			rows := strings.Split(s.screen.String(), "\n")
			text := Text(want.view(), want.width, want.height)
			text[1] = "note:"
			for y := range text {
				if y >= len(rows) || strings.TrimRight(rows[y], " ") != text[y] {
					return false
				}
			}
			return true
		})
	}
	s.send("q")
	s.left("ended well")
}

func TestAnotherProgramGetsARestoredTerminal(t *testing.T) {
	answer := filepath.Join(t.TempDir(), "answer")
	s := start(t, "cells", "PAINT_TEST_ANSWER="+answer)
	s.shows("1/1000")
	s.send("e")
	s.shows("child has the terminal")
	before, _, _ := cutLast(s.output(), "child has the terminal")
	if m := modes(before); m["1049"] || !m["25"] || m["2004"] {
		t.Errorf("the child ran in modes %v", m)
	}
	s.send("typed\r")
	s.shows("note: child ended: <nil>")
	s.shows("1/1000")
	if got, _ := os.ReadFile(answer); string(got) != "typed\n" {
		t.Errorf("the child read %q", got)
	}
	s.send("j")
	s.shows("2/1000")
	s.send("q")
	s.left("ended well")
}

func TestASessionLeaderIsNotSuspended(t *testing.T) {
	for _, renderer := range []string{"cells", "standard"} {
		t.Run(renderer, func(t *testing.T) {
			s := start(t, renderer)
			s.shows("1/1000")
			s.send("z")
			s.send("j")
			s.shows("2/1000")
			s.send("q")
			s.left("ended well")
		})
	}
}

func TestClearAndFocusAndSizeAreAnswered(t *testing.T) {
	s := start(t, "cells")
	s.shows("1/1000")
	before := strings.Count(s.output(), clearScreen)
	s.send("L")
	s.wait("the repaint", func() bool { return strings.Count(s.raw.String(), clearScreen) == before+1 })
	s.send("\x1b[I")
	s.shows("note: focused")
	s.send("wq")
	s.left("ended well")
}

func TestTheStandardRendererEndsBlankToo(t *testing.T) {
	s := start(t, "standard")
	s.shows("1/1000")
	s.send("j")
	s.shows("2/1000")
	s.send("c")
	s.shows("copied: <nil>")
	s.send("q")
	s.left("ended well")
}
