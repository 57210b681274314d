//go:build unix

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"detent/keyserver/wirename"

	"github.com/creack/pty"
)

// turnStep is a step of a rotation on the screen, with what enter says that it does.
type turnStep struct{ name, prompt string }

// turnSteps are all of them; a service that cannot disable has no disable.
var turnSteps = []turnStep{
	{"preflight", `begin with the preflight`}, {"create", `enter  create the new key`}, {"deliver", `enter  deliver the new secret`},
	{"verify", `enter  prove the new key`}, {"disable", `enter  disable the old key`}, {"delete", `enter  delete the old key`}, {"", `✓ Done\.`},
}

func stepsOn(service string) []turnStep {
	var out []turnStep
	for _, s := range turnSteps {
		if s.name != "disable" || service == wirename.Vertesia {
			out = append(out, s)
		}
	}
	return out
}

// turnRow is a step of a rotation on a service, or its undo.
type turnRow struct{ service, step string }

func turnRows() []turnRow {
	var out []turnRow
	for _, service := range every {
		for _, s := range stepsOn(service) {
			if s.name != "" {
				out = append(out, turnRow{service, s.name})
			}
		}
		out = append(out, turnRow{service, "undo"})
	}
	return out
}

// turn is a rotation on the screen, in a program whose waits are none and whose clock the test puts ahead.
type turn struct {
	*play
	at     *person
	clock  *os.File
	cols   int
	points string         // where the program notes what it does
	faults map[string]int // by step, the place in faults()
	cells  *atomic.Int64
}

// ways is how a rotation is begun: the destination that the profile names, with its restart, or one that is typed.
var ways = map[string]string{wirename.Prosopo: "app", wirename.Vertesia: "env", wirename.Generic: "app"}

// sit opens the program and begins the setup of the key's rotation: no drain and no soak, as the operator's word.
func (x *turn) sit() {
	timeout := "8s"
	for _, i := range x.faults {
		if effects[i].class == "hanging" {
			timeout = "1500ms"
		}
	}
	clock, err := os.Create(x.home.path("clock"))
	if err != nil {
		x.Fatal(err)
	}
	x.clock = clock
	x.Cleanup(func() { _ = clock.Close() })
	x.points = x.home.path("points")
	cmd := exec.Command(os.Args[0], "--timeout", timeout, "--debug", x.home.path("debug.log"))
	cmd.Env = append(append([]string{actor + "=1", actorClock + "=" + clock.Name(), actorLog + "=" + x.points}, thrifty...), x.home.env...)
	x.cols = 120
	cmd.Dir = x.home.dir
	s := &person{terminal: seat(x.T, cmd, x.cols, 60)}
	x.at = s
	s.wait(x.base)
	s.do("/", `▏`)
	s.say(x.base, `▸ `+x.base)
	s.do("enter", `▸ `+x.base)
	s.gone(`▏`)
	s.do("r", "WHERE DOES THE APPLICATION READ THIS KEY")
	if ways[x.service] == "app" {
		s.do("shift+tab", `▸ \[ \] app`)
		s.do("space", `\[x\] app`)
		s.move("tab")
	} else {
		s.rest()
		s.write("\x1b[200~" + x.home.path("app/.env") + ":API_KEY\x1b[201~")
		s.wait(`\.env:API_KEY`)
	}
	drain := regexp.MustCompile(`▸ +drain`)
	for i := 0; i < 8 && !drain.MatchString(s.still()); i++ { // a place that is typed can be remembered, one that is named is
		s.move("tab")
	}
	s.wait(`▸ +drain`)
	s.move("ctrl+u", "0")
	s.do("tab", `▸ +soak`)
	s.wait(`drain +0 `)
	if x.service == wirename.Vertesia {
		s.move("ctrl+u", "0")
		s.wait(`soak +0`)
	}
	s.rest()
}

// ahead lets a fresh confirmation's guard pass.
func (x *turn) ahead() {
	x.Helper()
	if _, err := x.clock.Write(make([]byte, guard/time.Millisecond+20)); err != nil {
		x.Fatal(err)
	}
}

// noted is how much the program has noted of what it does.
func (x *turn) noted() int64 {
	x.Helper()
	info, err := os.Stat(x.points)
	if err != nil {
		x.Fatal(err)
	}
	return info.Size()
}

// repaint changes the width, and waits for a frame of the new one.
func (x *turn) repaint() {
	x.Helper()
	x.cols ^= 1
	x.at.mu.Lock()
	x.at.screen.Resize(x.cols, 60)
	x.at.mu.Unlock()
	if err := pty.Setsize(x.at.pty, &pty.Winsize{Cols: uint16(x.cols), Rows: 60}); err != nil {
		x.Fatal(err)
	}
	x.at.until("a new frame", func(text string) bool {
		top, _, _ := strings.Cut(text, "\n")
		return strings.HasSuffix(top, "┐") && utf8.RuneCountInString(top) == x.cols
	})
}

// press does what the screen says that a key does, and waits until it has ended: as the pattern, or not.
func (x *turn) press(key, moved string) (failed bool) {
	x.Helper()
	x.at.rest()
	x.ahead()
	before := x.noted()
	x.at.keys(key)
	for late := time.Now().Add(patience); x.noted() == before; <-time.After(pause) {
		if time.Now().After(late) {
			x.Fatalf("%s does nothing; the screen is\n%s", key, x.at.text())
		}
	}
	x.repaint() // until now it may say what it said before
	x.at.wait(moved + `|✗ |y +accept the differences|enter  look again now`)
	x.at.rest()
	if strings.Contains(x.at.text(), "accept the differences") {
		x.ahead()
		x.at.do("y", `Reason \(it is recorded\)`)
		x.at.say("the fault hid it", "the fault hid it")
		return x.press("enter", moved)
	}
	return !regexp.MustCompile(moved).MatchString(x.at.text())
}

// under does a step while calls are spoiled, and holds what is said and what is there.
func (x *turn) under(step, key, moved string, match func(*http.Request) bool) (failed bool) {
	x.Helper()
	f, e := faults()[x.faults[step]], effects[x.faults[step]]
	met := false
	x.proxy.when(func(_ int, r *http.Request) *fault {
		if !match(r) {
			return nil
		}
		met = true
		return f
	})
	failed = x.press(key, moved)
	seen := x.proxy.seen()
	x.proxy.when(nil)
	if met {
		x.cells.Add(1)
	}
	what := fmt.Sprintf("%s under %s", step, f.name)
	if harmless := e.class == "harmless"; failed && (harmless || !met) {
		x.at.errorf("%s: it fails, though nothing was lost", what)
	} else if refused := e.write == "not done" && e.read != "denied"; !failed && met && refused && step != "undo" {
		x.at.errorf("%s: it is done, though the service refused it", what)
	}
	asked := false
	for i, call := range seen {
		create := slices.ContainsFunc(creates, func(c string) bool { return strings.HasPrefix(call, c) })
		if create && asked {
			x.Errorf("%s: created again without a look: %v", what, seen[:i+1])
		}
		asked = create || asked && strings.HasPrefix(call, "DELETE")
	}
	if !failed {
		return false
	}
	said := x.at.words()
	for _, want := range []string{e.says, `CERTAIN|NOT KNOWN`, `enter (try again|look again now)`} {
		if !regexp.MustCompile(want).MatchString(said) && !(want == e.says && strings.Contains(said, "times a key was asked for")) {
			x.at.errorf("%s: it does not say %s", what, want)
		}
	}
	for place, secret := range x.holdings() { // whatever failed, what runs goes on running
		if !x.back.works(secret) {
			x.Errorf("%s: what %s holds does not work", what, place)
		}
	}
	return true
}

// well goes on over a line that is well. A machine that is busy with others may need a try more.
func (x *turn) well(moved string) {
	x.Helper()
	for n := 0; x.press("enter", moved); n++ {
		if n == 3 {
			x.Fatalf("it does not go on over a line that is well; the screen is\n%s", x.at.text())
		}
	}
}

// misplaced has the delivery fail at its place: a folder stands where the file was. Nothing else is changed, and what runs
// has its secret again as soon as the file is back.
func (x *turn) misplaced(moved string) {
	x.Helper()
	file, aside := x.home.path("app/.env"), x.home.path("aside")
	for _, err := range []error{os.Rename(file, aside), os.Mkdir(file, 0o700)} {
		if err != nil {
			x.Fatal(err)
		}
	}
	if !x.press("enter", moved) {
		x.at.errorf("delivered to a folder")
	}
	x.cells.Add(1)
	for _, want := range []string{`✗ deliver failed: `, `folder|directory|regular file`, `CERTAIN`, `enter try again: deliver the new secret`, `delete the new key`} {
		if !regexp.MustCompile(want).MatchString(x.at.words()) {
			x.at.errorf("a place that is gone: it does not say %s", want)
		}
	}
	for _, err := range []error{os.Remove(file), os.Rename(aside, file)} {
		if err != nil {
			x.Fatalf("the folder was written to: %v", err)
		}
	}
	if !x.back.works(x.envValue()) {
		x.Error("a delivery that failed took the old secret away")
	}
}

// through goes through all steps, each under its fault: every call of it, then only what changes something, then well.
func (x *turn) through() {
	steps := stepsOn(x.service)
	x.sit()
	for i, s := range steps[:len(steps)-1] {
		x.at.wait(s.prompt)
		moved := steps[i+1].prompt
		if s.name == "deliver" {
			x.misplaced(moved)
		}
		if !x.under(s.name, "enter", moved, anyCall) || !x.under(s.name, "enter", moved, changes) {
			continue
		}
		x.well(moved)
	}
	if strings.Contains(x.at.words(), "keeps the name") {
		x.named = x.base + " ~r"
	}
	x.ended()
	x.assertRotated()
}

// back goes to a step over a line that is well, and undoes under its fault.
func (x *turn) goBack(stop int) {
	steps := stepsOn(x.service)
	x.sit()
	for i := range stop {
		x.at.wait(steps[i].prompt)
		x.well(steps[i+1].prompt)
	}
	x.at.do("u", `Undo\?`)
	const undone = `✓ Undone\.`
	if x.under("undo", "y", undone, anyCall) {
		x.well(undone)
	}
	x.ended()
	x.assertUndone()
}

// ended closes the program and reads what it left.
func (x *turn) ended() {
	x.quiet(result{})
	_ = x.at.cmd.Process.Kill()
	<-x.at.exited
	x.at.clean(x.admin, x.oldSecret)
}

// TestEveryStepOfARotationOnScreenStandsEveryFault spoils each step's calls, all of them and then those that change
// something, and goes on over a line that is well; or undoes under the fault, and goes on with that. The screen says what
// is certain and what to do, what runs always has a secret that works, and the end is the right one.
func TestEveryStepOfARotationOnScreenStandsEveryFault(t *testing.T) {
	t.Parallel()
	began := time.Now()
	services := backends(t)
	by := map[turnRow][]int{}
	for row, r := range turnRows() {
		by[r] = chosen(row, false)
	}
	var cells, good, rotations atomic.Int64
	work := make(chan func())
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	longest := 0
	for _, faults := range by {
		longest = max(longest, len(faults))
	}
	for n := range longest {
		for s, service := range every {
			of := map[string]int{}
			for r, faults := range by {
				if r.service == service && n < len(faults) {
					of[r.step] = faults[n]
				}
			}
			for _, way := range []string{"to the end", "and back"} {
				// Under this class the next service's rotates or goes back, but a step that one service alone has meets every class.
				if (n+s)%2 != 0 && !everyCell() && (way == "and back" || service != wirename.Vertesia) {
					continue
				}
				work <- func() {
					rotations.Add(1)
					if t.Run(fmt.Sprintf("%s %s %02d", service, way, n), func(t *testing.T) {
						x := &turn{play: newPlay(t, services[service], plot{name: service, service: service, places: []string{ways[service]}}), faults: of, cells: &cells}
						x.proxy.when(nil)
						if way == "to the end" {
							x.through()
							return
						}
						x.goBack(2 + n%(len(stepsOn(service))-3))
					}) {
						good.Add(1)
					}
				}
			}
		}
	}
	close(work)
	wait.Wait()
	t.Logf("rotations on screen under faults: %d rotations with %d spoiled steps (%d steps with their services, %d faults; %s) in %s: %d as they must be, %d not",
		rotations.Load(), cells.Load(), len(turnRows()), len(faults()), matrixSize(len(turnRows())), time.Since(began).Round(time.Millisecond), good.Load(), rotations.Load()-good.Load())
}
