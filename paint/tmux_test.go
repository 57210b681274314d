//go:build unix

package paint

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"detent/e2e/needs"
)

// A tmux is a real terminal: a pane that shows what is written into a FIFO.
type tmux struct {
	t      *testing.T
	socket string
	pipe   *os.File
	mark   int
}

func newTmux(t *testing.T, width, height int) *tmux {
	t.Helper()
	if testing.Short() {
		t.Skip("starts tmux")
	}
	needs.Program(t, "tmux")
	dir := t.TempDir()
	fifo := filepath.Join(dir, "frames")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	m := &tmux{t: t, socket: filepath.Join(dir, "tmux")}
	m.run("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height+1),
		"stty raw -echo; exec cat "+fifo)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", m.socket, "kill-server").Run() })
	m.run("set-option", "-g", "status", "off")
	m.run("resize-window", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height))
	var err error
	if m.pipe, err = os.OpenFile(fifo, os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.pipe.Close() })
	return m
}

func (m *tmux) run(args ...string) string {
	m.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", m.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// show writes bytes and returns the rows once tmux has read them all: the title
// that follows them tells.
func (m *tmux) show(out []byte, styles bool) []string {
	m.t.Helper()
	m.mark++
	title := fmt.Sprintf("frame-%d", m.mark)
	if _, err := m.pipe.Write(append(slices.Clone(out), "\x1b]2;"+title+"\x07"...)); err != nil {
		m.t.Fatal(err)
	}
	args := []string{"display-message", "-p", "#{pane_title}", ";", "capture-pane", "-p"}
	if styles {
		args = append(args, "-e", "-N")
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		got, screen, _ := strings.Cut(m.run(args...), "\n")
		if got == title {
			rows := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
			for y := range rows {
				if !styles {
					rows[y] = strings.TrimRight(rows[y], " ")
				}
			}
			return rows
		}
	}
	m.t.Fatalf("tmux did not read %s", title)
	return nil
}

// looks parses rows that tmux captured with styles into cells, so that equal
// pictures are equal however they were written.
func looks(rows []string, width int) []string {
	var p parser
	out := make([]string, len(rows))
	row, pen := make([]cell, width), style{}
	for y, text := range rows {
		pen = p.line(text, pen, row)
		out[y] = fmt.Sprint(row)
	}
	return out
}

// TestTmuxShowsWhatTextSays is the truth: random walks of frames, painted as
// differences, read back from tmux, which measures and scrolls by itself.
func TestTmuxShowsWhatTextSays(t *testing.T) {
	const width, height = 90, 24
	m := newTmux(t, width, height)
	m.show([]byte(enterModes), false)
	for seed := range uint64(6) {
		w := newWalk(seed, width, height)
		var c canvas
		for step := range 40 {
			text := w.step()
			out := c.paint(frame{text: text, width: width, height: height})
			got, want := m.show(out, false), Text(text, width, height)
			for y := range want {
				if got[y] != want[y] {
					t.Fatalf("seed %d step %d row %d:\ntmux %q\nText %q\nbytes %q", seed, step, y, got[y], want[y], out)
				}
			}
		}
	}
}

func TestTmuxShowsDiffsLikeRepaints(t *testing.T) {
	const width, height = 100, 30
	diffs, repaints := newTmux(t, width, height), newTmux(t, width, height)
	s := newSample(width, height, 400)
	w := newWalk(99, width, height)
	var c canvas
	for step, by := range []int{0, 1, 1, 22, 5, 1, 1, -1, -40, 3, 120, 26, 26, -26, 1, 1, -300, 399, -1, -27, -1, -1} {
		s.move(by)
		text := s.view()
		if step%5 == 4 {
			text = w.step()
		}
		f := frame{text: text, width: width, height: height}
		got := diffs.show(c.paint(f), true)
		var fresh canvas
		want := repaints.show(fresh.paint(f), true)
		if !slices.Equal(looks(got, width), looks(want, width)) {
			t.Fatalf("step %d:\n%q\n%q", step, got, want)
		}
	}
}

// TestTmuxAgreesOnEveryCharacter checks the tables: a character that is drawn
// as itself takes the columns that the painter counts.
func TestTmuxAgreesOnEveryCharacter(t *testing.T) {
	const width, height = 120, 50
	m := newTmux(t, width, height)
	m.show([]byte(enterModes), false)
	var c canvas
	var text strings.Builder
	n := 0
	check := func() {
		frame := frame{text: text.String(), width: width, height: height, fresh: true}
		got, want := m.show(c.paint(frame), false), Text(frame.text, width, height)
		for y := range want {
			if got[y] != want[y] {
				t.Errorf("tmux %q\nText %q", got[y], want[y])
			}
		}
		text.Reset()
		n = 0
	}
	for _, table := range steady.R16 {
		for r := rune(table.Lo); r <= rune(table.Hi); r++ {
			if r > 0x4e80 && r < 0x9f00 || r > 0xad00 && r < 0xd700 { // the middle of Han and Hangul
				continue
			}
			text.WriteRune(r)
			text.WriteString("|")
			if n++; n%30 == 0 {
				text.WriteByte('\n')
			}
			if n == 30*(height-1) {
				check()
			}
		}
	}
	check()
}
