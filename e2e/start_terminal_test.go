//go:build unix

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// queries are what programs ask terminals. This pseudo-terminal never answers.
var queries = regexp.MustCompile("\x1b\\](?:4;\\d+|1[0-9]|52;[^;]*);\\?" + // colours, clipboard
	"|\x1b\\[[?>=]?\\d*(?:;\\d+)*[cn]" + // device attributes, device status
	"|\x1b\\[\\??\\d+\\$p" + // DECRQM
	"|\x1bP[+$]q" + // XTGETTCAP, DECRQSS
	"|\x1b\\[>\\d*q|\x1b\\[\\d*t|\x1b\\[\\?u|\x05") // XTVERSION, window reports, kitty keyboard, ENQ

func TestTheFirstFrameComesWithoutAskingTheTerminal(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	for _, more := range [][]string{nil, {"TERM=xterm-kitty"}, {"TERM=screen-256color", "TMUX=/tmp/x,1,0"}, {"COLORTERM=truecolor"}, {"TERM=linux"}} {
		with := &home{h.dir, append(h.env, more...)}
		s := with.start(t, 80, 24)
		s.wait("No keys yet")
		if q := queries.Find(s.output()); q != nil {
			t.Errorf("%v: asks %q", more, q)
		}
		s.keys("q")
		if code := s.exit(); code != 0 {
			t.Errorf("%v: exit %d", more, code)
		}
		if q := queries.Find(s.output()); q != nil {
			t.Errorf("%v: asks %q on the way out", more, q)
		}
	}
	for _, args := range [][]string{{"version"}, {"--help"}, {"list"}, {"config", "path"}} {
		s := h.start(t, 80, 24, args...)
		if code := s.exit(); code != 0 {
			t.Errorf("%v: exit %d", args, code)
		}
		if q := queries.Find(s.output()); q != nil {
			t.Errorf("%v: asks %q", args, q)
		}
	}
}

var (
	sgr    = regexp.MustCompile("\x1b\\[([0-9;:]*)m")
	colour = regexp.MustCompile("(?:^|;)(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])(?:;|$)")
	strong = regexp.MustCompile("(?:^|;)[17](?:;|$)")
)

// TestNoColourMeansNone: no colour, and all that colour says is said in words; what the terminal has besides, bold and reversed,
// stays where it has it.
func TestNoColourMeansNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env    []string
		args   []string
		strong bool
	}{
		{[]string{"NO_COLOR=1"}, []string{"--demo"}, true},
		{[]string{"NO_COLOR=1", "COLORTERM=truecolor", "CLICOLOR_FORCE=1"}, []string{"--demo"}, true},
		{nil, []string{"--demo", "--no-color"}, true},
		{[]string{"TERM="}, []string{"--demo"}, false},
	} {
		h := newHome(t)
		h.env = append(h.env, c.env...)
		p := h.sit(t, 120, 40, c.args...)
		p.wait(`▸ \S`)
		p.wait(`DEMO`)
		p.do("?", "half a page up")
		p.leave("esc", "half a page up")
		stands := false
		for _, m := range sgr.FindAllSubmatch(p.output(), -1) {
			if colour.Match(m[1]) {
				t.Errorf("%v %v: writes %q", c.env, c.args, m[0])
				break
			}
			stands = stands || strong.Match(m[1])
		}
		if stands != c.strong {
			t.Errorf("%v %v: something stands out: %v, want %v", c.env, c.args, stands, c.strong)
		}
		p.move("q")
		if code := p.exit(); code != 0 {
			t.Errorf("%v: exit %d", c.env, code)
		}
	}
}

// TestATerminalThatCannotPlaceItsCursorGetsASentence, and no byte that it would print as rubbish.
func TestATerminalThatCannotPlaceItsCursorGetsASentence(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.env = append(h.env, "TERM=dumb")
	s := h.start(t, 80, 24)
	code := s.exit()
	if out := string(s.output()); code != 2 || strings.Contains(out, "\x1b") || !strings.Contains(out, "TERM=dumb") || !strings.Contains(out, "detent list") {
		t.Errorf("exit %d: %q", code, out)
	}
	list := h.start(t, 80, 24, "list")
	code = list.exit()
	if out := string(list.output()); code != 0 || strings.Contains(out, "\x1b") {
		t.Errorf("list: exit %d: %q", code, out)
	}
}

func TestTooSmallSaysWhatIsNeededAndOnlyQuitActs(t *testing.T) {
	for _, renderer := range renderers {
		t.Run(renderer, func(t *testing.T) {
			t.Parallel()
			tooSmallSaysWhatIsNeededAndOnlyQuitActs(t, renderer)
		})
	}
}

func tooSmallSaysWhatIsNeededAndOnlyQuitActs(t *testing.T, renderer string) {
	p := newHome(t).sit(t, 80, 24, "--demo", "--profile", "local/prosopo", "--renderer", renderer)
	first := p.wait(`▸ (\S+)`)[1]
	p.resize(39, 9)
	p.wait("too small: 39x9\n.*needs 40x10\n.*q quits")
	p.rest()
	p.keys("j", "d", "n", "enter", "/", "x", "R", "p", "?", "v", "esc")
	p.still()
	p.wait("too small: 39x9")
	p.resize(80, 24)
	p.wait(`▸ ` + regexp.QuoteMeta(first))
	p.gone("too small")
	if text := p.text(); strings.Contains(text, "╭") {
		t.Errorf("a key of the small screen opened something:\n%s", text)
	}
	for _, size := range [][2]int{{40, 10}, {60, 20}, {200, 60}, {40, 60}, {300, 10}} {
		p.resize(size[0], size[1])
		p.until(fmt.Sprintf("a whole frame of %v", size), func(text string) bool {
			rows := strings.Split(strings.TrimRight(text, "\n"), "\n")
			return strings.HasPrefix(rows[0], "┌") && strings.HasPrefix(rows[len(rows)-1], "└") && len(rows) == size[1] &&
				strings.Contains(text, `▸ `+first[:8])
		})
	}
	p.resize(39, 24)
	p.wait("needs 40x10")
	p.move("q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// resize changes the terminal's size as a window manager does.
func (s *terminal) resize(cols, rows int) {
	s.t.Helper()
	s.mu.Lock()
	s.screen.Resize(cols, rows)
	s.mu.Unlock()
	if err := pty.Setsize(s.pty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		s.t.Fatal(err)
	}
}

// restored are what must have been undone when the program has left, and by what.
var restored = []struct{ what, on, off string }{
	{"the alternate screen", "\x1b[?1049h", "\x1b[?1049l"},
	{"the hidden cursor", "\x1b[?25l", "\x1b[?25h"},
	{"bracketed paste", "\x1b[?2004h", "\x1b[?2004l"},
	{"focus reporting", "\x1b[?1004h", "\x1b[?1004l"},
	{"no wrapping", "\x1b[?7l", "\x1b[?7h"},
	{"synchronized output", "\x1b[?2026h", "\x1b[?2026l"},
	{"the mouse", "\x1b[?1002h", "\x1b[?1002l"},
	{"the mouse's places", "\x1b[?1006h", "\x1b[?1006l"},
}

func assertRestored(t *testing.T, s *terminal) {
	t.Helper()
	out := string(s.output())
	for _, mode := range restored {
		if strings.LastIndex(out, mode.on) > strings.LastIndex(out, mode.off) {
			t.Errorf("%s is left on", mode.what)
		}
	}
	if !strings.Contains(out, "\x1b[?1049l") {
		t.Error("the alternate screen was not left")
	}
	if tail := out[strings.LastIndex(out, "\x1b[?1049l"):]; strings.Contains(tail, "│") {
		t.Errorf("the program goes on painting after it left: %q", tail)
	}
}

func TestHoweverItEndsTheTerminalIsAsItWas(t *testing.T) {
	t.Parallel()
	signalled := func(sig os.Signal) func(*person) {
		return func(p *person) {
			if err := p.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
		}
	}
	pressed := func(keys ...string) func(*person) { return func(p *person) { p.keys(keys...) } }
	for _, renderer := range renderers {
		for _, c := range []struct {
			name string
			end  func(*person)
			code int
		}{
			{"q", pressed("q"), 0},
			{"ctrl+c", pressed("ctrl+c"), 0},
			{"SIGINT", signalled(os.Interrupt), 130},
			{"SIGTERM", signalled(syscall.SIGTERM), 0},
			{"SIGHUP", signalled(syscall.SIGHUP), 130},
		} {
			t.Run(c.name+", "+renderer, func(t *testing.T) {
				t.Parallel()
				p := newHome(t).sit(t, 80, 24, "--demo", "--renderer", renderer)
				p.wait(`▸ \S`)
				p.rest()
				c.end(p)
				if code := p.exit(); code != c.code {
					t.Errorf("exit %d, want %d", code, c.code)
				}
				assertRestored(t, p.terminal)
			})
		}
	}
}
