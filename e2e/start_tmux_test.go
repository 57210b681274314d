//go:build unix

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"detent/e2e/needs"

	"github.com/charmbracelet/x/ansi"
)

// pane is the program in a real tmux.
type pane struct {
	t      *testing.T
	socket string
}

func (h *home) pane(t *testing.T, cols, rows int, args ...string) *pane {
	t.Helper()
	if testing.Short() {
		t.Skip("starts tmux")
	}
	needs.Program(t, "tmux")
	m := &pane{t: t, socket: filepath.Join(t.TempDir(), "s")}
	start := []string{"-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows + 1), binary}
	m.run(h, append(start, painted(args)...)...)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", m.socket, "kill-server").Run() })
	m.run(h, "set-option", "-g", "status", "off", ";", "resize-window", "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows))
	return m
}

func (m *pane) run(h *home, args ...string) string {
	m.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", m.socket}, args...)...)
	if h != nil {
		cmd.Env, cmd.Dir = h.env, h.dir
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// text is what tmux shows.
func (m *pane) text() string { return strings.TrimRight(m.run(nil, "capture-pane", "-p"), "\n") }

// until asks tmux again and again until the condition holds.
func (m *pane) until(what string, holds func(text string) bool) string {
	m.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		text := m.text()
		if holds(text) {
			return text
		}
		if time.Now().After(end) {
			m.t.Fatalf("%s: not seen; tmux shows\n%s", what, text)
		}
	}
}

func (m *pane) wait(pattern string) string {
	m.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	return m.until("wait "+pattern, func(text string) bool { return re.MatchString(text) })
}

func (m *pane) gone(pattern string) {
	m.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	m.until("gone "+pattern, func(text string) bool { return !re.MatchString(text) })
}

func (m *pane) press(keys ...string) { m.run(nil, append([]string{"send-keys"}, keys...)...) }

// TestTmuxShowsWhatThePtyShows opens the same store in a real tmux and in a pseudo-terminal, and walks both.
func TestTmuxShowsWhatThePtyShows(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	for i := range 40 {
		h.must(t, "", "create", "--name", fmt.Sprintf("service-%02d", i), "--permission", "getRules", "--expires", "30d")
	}
	m := h.pane(t, 100, 30)
	p := h.sit(t, 100, 30)
	m.wait(`▸ service-00`)
	p.wait(`▸ service-00`)
	for _, step := range []struct{ tmux, pty, sees, closes string }{
		{"", "", `40 keys`, ""},
		{"G", "G", `▸ service-39`, ""},
		{"g", "g", `▸ service-00`, ""},
		{"C-d", "ctrl+d", `▸ service-1\d`, ""},
		{"?", "?", `half a page up`, ""},
		// An esc that still waits for the rest of a sequence would make the next key alt and that key.
		{"Escape", "esc", `▸ service-1\d`, `half a page up`},
		{"d", "d", `Delete a key`, ""},
		{"Escape", "esc", `▸ service-1\d`, `Delete a key`},
		{"p", "p", `local/vertesia`, ""},
	} {
		if step.tmux != "" {
			m.press(step.tmux)
			p.move(step.pty)
		}
		m.wait(step.sees)
		p.wait(step.sees)
		if step.closes != "" {
			m.gone(step.closes)
			p.gone(step.closes)
		}
		p.rest()
		want := strings.TrimRight(p.text(), "\n")
		if got := m.until("the same frame", func(text string) bool { return text == want }); got != want {
			t.Errorf("%s: tmux shows\n%s\nthe pty shows\n%s", step.sees, got, want)
		}
	}
}

// TestHostileNamesStayWithinTheirCells asks tmux, which knows wide characters, where the frame's borders are.
func TestHostileNamesStayWithinTheirCells(t *testing.T) {
	t.Parallel()
	url := fake(t, answer(200, "application/json", string(hostileList(t))))
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 20}} {
		m := pointed(t, "vertesia", url, "sk-token").pane(t, size[0], size[1])
		m.wait(`key00`)
		m.wait(fmt.Sprintf("%d keys", len(hostileTexts())))
		for range hostileTexts() {
			m.press("j")
			text := m.wait(`▸`)
			rows := strings.Split(text, "\n")
			if len(rows) != size[1] {
				t.Fatalf("%v: %d rows:\n%s", size, len(rows), text)
			}
			for _, row := range rows {
				if ansi.StringWidth(row) != size[0] || !strings.ContainsAny(row[len(row)-3:], "│┐┘") {
					t.Errorf("%v: the row %q is %d cells wide", size, row, ansi.StringWidth(row))
				}
			}
		}
	}
}
