//go:build unix

package tui

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	_ "detent/aterm" // or Bubble Tea would ask the terminal for its colours first
	"detent/paint"
)

// walked names the folder of a walk: with it set, this test binary is the program that is walked over.
const walked = "DETENT_TUI_WALKED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(walked); dir != "" {
		os.Exit(walkedProgram(dir))
	}
	os.Exit(m.Run())
}

// walkedProgram is the UI on the real painter, over keys with hostile names.
func walkedProgram(dir string) int {
	c := newClock()
	host := newFakeHost(c, fakeKeys(300, c.Now()))
	for i, name := range hostileNames() {
		host.service.keys[i*7].Name = name
	}
	screen := paint.New(os.Stdin, os.Stdout, paint.Options{ReportFocus: true, Standard: os.Getenv("DETENT_E2E_RENDERER") == "standard"})
	app := New(Options{Host: host, Profile: "prod", Now: time.Now, Zone: time.UTC, Out: screen.Writer()})
	if _, err := screen.Run(&witness{App: app, dir: dir}); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// witness writes down what View says when F12 asks for it.
type witness struct {
	*App
	dir string
	n   int
}

func (w *witness) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok && k.Type == tea.KeyF12 {
		w.n++
		text := strings.Join(paint.Text(w.View(), w.width, w.height), "\n")
		path := filepath.Join(w.dir, fmt.Sprint(w.n))
		if os.WriteFile(path+".part", []byte(text), 0o600) == nil {
			_ = os.Rename(path+".part", path)
		}
		return w, nil
	}
	_, cmd := w.App.Update(msg)
	return w, cmd
}

// TestTmuxShowsWhatViewSays walks over the whole UI in tmux, which measures and scrolls by itself: 10,000 keys, resizes, hostile
// names. It takes a minute or two: DETENT_TMUX=1 go test ./tui -run Tmux -v
func TestTmuxShowsWhatViewSays(t *testing.T) {
	if os.Getenv("DETENT_TMUX") == "" {
		t.Skip("set DETENT_TMUX=1")
	}
	dir := t.TempDir()
	tmux := func(args ...string) string {
		cmd := exec.Command("tmux", append([]string{"-S", filepath.Join(dir, "tmux")}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", walked+"="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", os.Args[0])
	defer tmux("kill-server")
	tmux("set-option", "-g", "status", "off")
	tmux("set-option", "-s", "escape-time", "0")

	asked := 0
	view := func() string {
		asked++
		tmux("send-keys", "F12")
		path := filepath.Join(dir, fmt.Sprint(asked))
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			if text, err := os.ReadFile(path); err == nil {
				return string(text)
			}
		}
		t.Fatalf("the program does not answer; the screen is\n%s", tmux("capture-pane", "-p"))
		return ""
	}
	shown := func() string {
		rows := strings.Split(strings.TrimSuffix(tmux("capture-pane", "-p"), "\n"), "\n")
		for i := range rows {
			rows[i] = strings.TrimRight(rows[i], " ")
		}
		return strings.Join(rows, "\n")
	}
	random := rand.New(rand.NewPCG(1, 2))
	keys := strings.Fields("j j j j k k g G C-d C-u NPage PPage Enter Escape Escape / p a y 1 : < ! BSpace Space Tab s S ? e n d x v R r h l Up Down Left Right Home End C-r C-l")
	sizes := [][2]int{{120, 40}, {80, 24}, {90, 30}, {60, 20}, {40, 10}, {39, 9}, {150, 45}, {121, 41}}
	frames, pressed := 0, 0
	for pressed < 10_000 {
		burst := []string{"send-keys"}
		for range 1 + random.IntN(40) {
			burst = append(burst, keys[random.IntN(len(keys))])
		}
		pressed += len(burst) - 1
		tmux(burst...)
		if random.IntN(20) == 0 {
			size := sizes[random.IntN(len(sizes))]
			tmux("resize-window", "-x", fmt.Sprint(size[0]), "-y", fmt.Sprint(size[1]))
		}
		if random.IntN(3) == 0 {
			tmux("send-keys", "Escape")
		}
		var want, got string
		same := false
		for end := time.Now().Add(10 * time.Second); !same && time.Now().Before(end); {
			want, got = view(), shown() // what a command or a clock changes meanwhile is looked at again
			same = want == got
		}
		if !same {
			t.Fatalf("after %d keys, the last %v:\nView\n%s\ntmux\n%s", pressed, burst[1:], want, got)
		}
		frames++
	}
	t.Logf("%d keys, %d frames compared, none different", pressed, frames)
}
