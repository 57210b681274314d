//go:build unix

package tui

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/e2e/needs"
)

// walked names the folder of a walk: with it set, this test binary is the program that is walked over.
const walked = "DETENT_TUI_WALKED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(walked); dir != "" {
		os.Exit(walkedProgram(dir))
	}
	os.Exit(m.Run())
}

// paths lead where chance seldom does: each is keys with a look at the screen between them. None has a q, which may quit.
var paths = []string{
	"p g Enter",
	"? j G Escape",
	"n walk Enter Enter Space j Space Enter Enter r c s Escape e Escape Escape Escape d Right Enter Escape",
	"g j e z Enter Enter Enter Enter Escape Escape",
	"x Right Enter Escape",
	"/ ci-deploy-3 Enter d ci-deploy-3 Enter Escape Escape",
	"v psp_abcdefghijklmnoprstuvwxyz234567 Enter Escape Escape",
	"g r Enter Enter Enter Enter Enter Enter j a y Enter y Enter Enter Enter Enter Escape Escape",
	"g j j r Enter Enter Enter Escape R Enter Enter u y Enter Escape Escape",
	"R j Enter Escape Escape",
	"p j t a x Tab Tab y Tab Escape Enter Escape Escape",
	"p j j Enter d Escape",
	"F11 j G y Escape",
	// All profiles: counts, what is marked, several at once, the queue and what it leaves on the board.
	"0 j Tab Right Enter Escape Escape",
	"0 / ci Enter Space Space Space d 3 Enter Enter Escape Escape Escape",
	"0 g * x Tab Tab Enter Escape * Escape",
	"0 g Space Space Space Space r j 9 Enter BSpace 2 Enter j Escape Escape Escape 1",
	"A j j / ada Enter Escape A Escape Escape",
	"p m j Enter j Escape Escape Escape Escape",
	"g r Enter Enter Enter i j G Escape p j Escape Escape R i Escape Escape",
	": g o C-u ci Down Up Escape",
	": profiles Enter j Escape Escape",
	"y j Enter Escape",
	"Tab Tab BTab Enter Escape Escape",
	"/ stat Tab Tab Escape Escape",
	// The mouse: a row, twice, the title of a column, the wheel, the divider, and past the edges.
	"<0;20;9M <0;20;9m <0;20;9M <0;20;9M Escape <0;30;4M <0;30;4M <65;9;9M <65;9;9M <64;9;9M <0;79;12M <32;60;12M <32;90;12M <0;90;12m <0;999;999M <0;1;1M",
	"? <65;40;12M <65;40;12M <0;40;12M Escape",
}

// mouse are the bytes of a report of the mouse, as tmux takes them.
func mouse(report string) []string {
	out := []string{"-H", "1b", "5b"}
	for _, b := range []byte(report) {
		out = append(out, fmt.Sprintf("%02x", b))
	}
	return out
}

// walkedScreens are those that a walk must have looked at.
var walkedScreens = strings.Fields("*dialog.Choice *dialog.Help *dialog.Profiles *dialog.Error *form.Confirm *form.Create *form.Edit *form.Profile *form.Secret *form.Verify *history.Screen *palette.Palette *rotate.Evidence *rotate.List *rotate.QueueScreen *rotate.Screen *rotate.Setup")

// escapeTime is more than the 50 ms that the program waits for what may follow an esc.
const escapeTime = 70 * time.Millisecond

// A walk is the program in tmux.
type walk struct {
	t               *testing.T
	dir             string
	asked           int
	frames, pressed int
	last            []string
	seen            map[string]int // by the screen on top
	top             string         // the last of them
}

func (w *walk) tmux(args ...string) string {
	cmd := exec.Command("tmux", append([]string{"-S", filepath.Join(w.dir, "tmux")}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", walked+"="+w.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// view asks the program which screen is on top and what View says.
func (w *walk) view() (top, text string) {
	w.asked++
	w.tmux("send-keys", "F12")
	path := filepath.Join(w.dir, fmt.Sprint(w.asked))
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if b, err := os.ReadFile(path); err == nil {
			top, text, _ = strings.Cut(string(b), "\n")
			return top, text
		}
	}
	w.t.Fatalf("after %d keys, the last %v, the program does not answer (dead, code): %s\n%s", w.pressed, w.last, w.tmux("display-message", "-p", "#{pane_dead} #{pane_dead_status}"), w.tmux("capture-pane", "-p"))
	return "", ""
}

// shown is what tmux shows. The painter shows U+FFFD, whose width terminals do not agree on, as ?; Bubble Tea's does not.
func (w *walk) shown() string {
	rows := strings.Split(strings.TrimSuffix(w.tmux("capture-pane", "-p"), "\n"), "\n")
	for i := range rows {
		rows[i] = strings.ReplaceAll(strings.TrimRight(rows[i], " "), "\ufffd", "?")
	}
	return strings.Join(rows, "\n")
}

// press sends keys in one piece and compares what tmux shows with what View says.
func (w *walk) press(keys ...string) {
	w.t.Helper()
	if strings.HasPrefix(keys[0], "<") && len(keys[0]) > 1 {
		keys = mouse(keys[0])
	}
	w.tmux(append([]string{"send-keys"}, keys...)...)
	w.pressed += len(keys)
	w.last = keys
	if keys[len(keys)-1] == "Escape" {
		time.Sleep(escapeTime) // or the F12 that asks would be taken for its rest: alt and F12
	}
	w.compare()
}

func (w *walk) compare() {
	w.t.Helper()
	var top, want, got string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		top, want = w.view()
		if got = w.shown(); want == got { // what a command or a clock changes meanwhile is looked at again
			w.frames++
			w.seen[top]++
			w.top = top
			return
		}
	}
	w.t.Fatalf("after %d keys, the last %v, on %s:\nView\n%s\ntmux\n%s", w.pressed, w.last, top, want, got)
}

// TestTmuxShowsWhatViewSays walks over the whole UI in tmux, which measures and scrolls by itself: 10,000 keys, resizes, hostile
// names. That takes minutes, and is done with DETENT_TMUX=1 go test ./tui -run Tmux -v; else it is a shorter walk.
func TestTmuxShowsWhatViewSays(t *testing.T) {
	keys := 10_000
	if os.Getenv("DETENT_TMUX") == "" {
		keys = 300
	}
	if testing.Short() {
		t.Skip("starts tmux")
	}
	needs.Program(t, "tmux")
	w := &walk{t: t, dir: t.TempDir(), seen: map[string]int{}}
	w.tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", os.Args[0])
	defer w.tmux("kill-server")
	w.tmux("set-option", "-g", "status", "off")
	w.tmux("set-option", "-g", "remain-on-exit", "on") // so that a crash can be read
	w.tmux("set-option", "-s", "escape-time", "0")

	random := rand.New(rand.NewPCG(1, 2))
	pressed := strings.Fields("j j j j k k g G C-d C-u NPage PPage Enter Escape Escape / p a y 1 : < ! BSpace Space Tab BTab s S ? e n d x v R r h l u t c Up Down Left Right Home End C-r C-l")
	sizes := [][2]int{{120, 40}, {80, 24}, {90, 30}, {60, 20}, {40, 10}, {39, 9}, {150, 45}, {121, 41}}
	follow := func(path string) {
		for try := range 8 { // from the list, mostly: a form that holds something asks first
			if w.press("Escape"); w.top == "no overlay" && try > 1 {
				break
			}
			if try%2 == 1 {
				w.press("y")
			}
		}
		for _, key := range strings.Fields(path) {
			w.press(key)
		}
	}
	for _, path := range paths {
		follow(path)
	}
	for w.pressed < keys {
		if random.IntN(20) == 0 {
			size := sizes[random.IntN(len(sizes))]
			w.tmux("resize-window", "-x", fmt.Sprint(size[0]), "-y", fmt.Sprint(size[1]))
		}
		switch random.IntN(6) {
		case 0, 1:
			follow(paths[random.IntN(len(paths))])
		case 2:
			w.press("Escape")
		}
		var burst []string
		for range 1 + random.IntN(40) {
			burst = append(burst, pressed[random.IntN(len(pressed))])
		}
		w.press(burst...)
	}
	t.Logf("%d keys, %d frames compared, none different, renderer %q", w.pressed, w.frames, os.Getenv("DETENT_E2E_RENDERER"))
	for _, top := range slices.Sorted(maps.Keys(w.seen)) {
		t.Logf("%5d %s", w.seen[top], top)
	}
	for _, screen := range walkedScreens {
		if w.seen[screen] == 0 && keys == 10_000 {
			t.Errorf("%s was never looked at", screen)
		}
	}
}
