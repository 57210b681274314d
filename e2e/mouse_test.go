//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"detent/e2e/needs"
)

// click clicks on a text of the screen.
func (s *terminal) click(text string) {
	s.t.Helper()
	s.wait(text)
	for y, line := range strings.Split(s.text(), "\n") {
		if before, _, found := strings.Cut(line, strings.ReplaceAll(text, `\`, "")); found {
			at := fmt.Sprintf("%d;%d", len([]rune(before))+1, y+1)
			s.write("\x1b[<0;" + at + "M\x1b[<0;" + at + "m")
			return
		}
	}
	s.t.Fatalf("%q is not on the screen:\n%s", text, s.text())
}

// TestTheMouseIsTakenHereAndOverSSH: a click on a hint is its key, on both renderers and at the far end of a line.
func TestTheMouseIsTakenHereAndOverSSH(t *testing.T) {
	t.Parallel()
	seats := map[string]func(t *testing.T) *terminal{}
	for _, renderer := range renderers {
		seats[renderer] = func(t *testing.T) *terminal { return newHome(t).start(t, 100, 30, "--renderer", renderer) }
	}
	seats["ssh"] = func(t *testing.T) *terminal {
		needs.Program(t, "ssh")
		h := newHome(t)
		h.config(t, h.operator(t, "alice", "operator", "local/prosopo"))
		return h.serveSSH(t).login("alice", 100, 30)
	}
	for name, seat := range seats {
		t.Run(name, func(t *testing.T) {
			s := seat(t)
			s.wait("No keys yet")
			s.click("p profiles")
			s.click("esc close")
			s.gone("esc close")
			s.keys("q")
			if code := s.exit(); code != 0 {
				t.Errorf("exit %d", code)
			}
			assertRestored(t, s)
		})
	}
}

func TestAMouseThatIsNotWantedIsLeftToTheTerminal(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.config(t, "[ui]\nmouse = false\n")
	s := h.start(t, 100, 30)
	s.wait("No keys yet")
	s.keys("q")
	s.exit()
	if bytes.Contains(s.output(), []byte("\x1b[?1002h")) || bytes.Contains(s.output(), []byte("\x1b[?1003h")) {
		t.Error("the terminal was asked for its mouse")
	}
}
