package tui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/paint"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// mouse does something with the mouse, in a read of its own.
func (d *driver) mouse(button tea.MouseButton, action tea.MouseAction, x, y int) *driver {
	d.t.Helper()
	d.app.Update(paint.ReadBegin{})
	_, cmd := d.app.Update(tea.MouseMsg{X: x, Y: y, Button: button, Action: action})
	d.run(cmd)
	d.settle()
	_ = d.app.View() // what is clicked on next is what was drawn
	return d
}

func (d *driver) click(x, y int) *driver {
	d.t.Helper()
	d.clock.pass(time.Second)
	return d.mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, y).mouse(tea.MouseButtonLeft, tea.MouseActionRelease, x, y)
}

// find is where a text stands on the screen.
func (d *driver) find(text string) (x, y int) {
	d.t.Helper()
	for y, line := range strings.Split(d.view(), "\n") {
		if before, _, found := strings.Cut(line, text); found {
			return ui.Width(before), y
		}
	}
	d.t.Fatalf("%q is not on the screen:\n%s", text, d.view())
	return 0, 0
}

func TestTheMouseSelectsOpensSortsAndScrolls(t *testing.T) {
	for _, width := range []int{80, 140} {
		d := start(t, width, 24)
		x, y := d.find("ci-deploy-1")
		d.click(x, y).isOn("ci-deploy-1")
		if d.app.focus != onList {
			t.Fatal("one click opens")
		}
		d.click(x, y)
		d.mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, y)
		if d.app.focus != onDetail {
			t.Fatalf("%d: two clicks do not open", width)
		}
		d.press("esc")
		before := d.on()
		d.mouse(tea.MouseButtonWheelDown, tea.MouseActionPress, 5, 10)
		if d.on() == before {
			t.Error("the wheel does not scroll")
		}
		d.mouse(tea.MouseButtonWheelUp, tea.MouseActionPress, 5, 10).isOn(before)

		x, y = d.find("EXPIRES")
		d.click(x+1, y).sees("EXPIRES ▲")
		d.click(x+1, y).sees("EXPIRES ▼")
		if d.on() == "" {
			t.Error("nothing is selected any more")
		}
	}
}

func TestAClickOnACountShowsThoseKeys(t *testing.T) {
	d := start(t, 120, 30)
	x, y := d.find("expiring 1]")
	d.click(x, y).sees("payments-api", "1 of 40")
	x, y = d.find("expiring 1]")
	d.click(x, y).seesNot("1 of 40")
}

func TestAClickOnAHintIsItsKey(t *testing.T) {
	d := start(t, 120, 30)
	for text, opens := range map[string]string{"? help": "*dialog.Help", "p profiles": "*dialog.Profiles", "n new": "*form.Create", "/ filter": ""} {
		x, y := d.find(text)
		d.click(x+1, y)
		if got := d.topName(); got != opens {
			t.Errorf("%s opens %q", text, got)
		}
		if opens == "*dialog.Profiles" { // a hint of a box stands on the box
			x, y = d.find("esc close")
			d.click(x, y)
			if d.app.top() != nil {
				t.Errorf("the box is still there:\n%s", d.view())
			}
			continue
		}
		d.press("esc")
	}
	x, y := d.find("n new")
	d.click(x-2, y).click(x, y-1)
	if d.app.top() != nil {
		t.Errorf("%s was opened by a click beside its hint", d.topName())
	}
}

func (d *driver) topName() string {
	if d.app.top() == nil {
		return ""
	}
	return strings.ReplaceAll(typeName(d.app.top()), "*form.sheet", "")
}

func TestTheDividerIsDragged(t *testing.T) {
	d := start(t, 140, 24)
	was := d.app.shared
	x := was.list + 1
	d.mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, 10)
	for to := x; to > x-20; to-- {
		d.mouse(tea.MouseButtonLeft, tea.MouseActionMotion, to, 10)
	}
	d.mouse(tea.MouseButtonLeft, tea.MouseActionRelease, x-19, 10)
	if now := d.app.shared; now.list != was.list-19 || now.detail != was.detail+19 {
		t.Errorf("%+v, it was %+v", now, was)
	}
	d.mouse(tea.MouseButtonLeft, tea.MouseActionMotion, 50, 10)
	if now := d.app.shared; now.list != was.list-19 {
		t.Error("it is dragged on after it was let go")
	}
	d.mouse(tea.MouseButtonLeft, tea.MouseActionPress, d.app.shared.list+1, 10).mouse(tea.MouseButtonLeft, tea.MouseActionMotion, -7, 99)
	if now := d.app.shared; now.list < leastPane || now.detail < leastPane-2 {
		t.Errorf("a side is of no use: %+v", now)
	}
}

// TestNoClickConfirmsAGuardedBox: every cell of each is clicked, twice.
func TestNoClickConfirmsAGuardedBox(t *testing.T) {
	for _, keys := range [][]string{{"d"}, {"x"}, {"n", "a", "enter", "enter", "space", "enter"}, {"r"}, {"r", "enter"}, {"n", "b", "enter", "enter", "space", "enter", "enter"}} {
		d := rotating(t, 80, 24)
		d.press(keys...)
		before := did(d)
		top := d.topName()
		if !d.app.guardedHere() {
			t.Fatalf("%v: %s guards nothing", keys, top)
		}
		step := 3 // no hint is shorter
		if testing.Short() {
			step = 11
		}
		for y := range 24 {
			for x := y % step; x < 80; x += step {
				d.clock.pass(time.Second) // a guard of time is over
				d.mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, y).mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, y)
				if d.topName() != top { // a hint that goes back or looks
					if after := did(d); !slices.Equal(before, after) {
						t.Fatalf("%v: a click at %d, %d did %v", keys, x, y, after)
					}
					d = rotating(t, 80, 24)
					d.press(keys...)
					before = did(d)
				}
			}
		}
		if after := did(d); !slices.Equal(before, after) {
			t.Errorf("%v: clicks did %v", keys, after)
		}
	}
}

// rotating opens the app with rotations that always go on.
func rotating(t testing.TB, width, height int) *driver {
	return start(t, width, height, func(o *Options, _ *fakeHost) {
		turns := &walkedRotations{now: o.Now}
		o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, turns, p.Name, k, caps)
		}
		o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
	})
}

// TestTheMouseDoesNothingThatAKeyCouldNot: ten thousand events over whatever is open. Where a profile is live every write is guarded:
// none comes of the mouse.
func TestTheMouseDoesNothingThatAKeyCouldNot(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 8))
	opens := []string{"n", "e", "d", "x", "v", "r", "R", "p", "?", "/", "tab", "down", "a", "space", "esc", "s", "q"}
	buttons := []tea.MouseButton{tea.MouseButtonLeft, tea.MouseButtonLeft, tea.MouseButtonLeft, tea.MouseButtonWheelUp, tea.MouseButtonWheelDown, tea.MouseButtonRight, tea.MouseButtonMiddle, tea.MouseButtonNone, tea.MouseButtonWheelLeft}
	actions := []tea.MouseAction{tea.MouseActionPress, tea.MouseActionPress, tea.MouseActionRelease, tea.MouseActionMotion}
	events, tops, enough := 0, map[string]bool{}, 10_000
	if testing.Short() {
		enough = 1_000
	}
	for events < enough {
		width, height := 60+r.IntN(120), 16+r.IntN(30)
		d := rotating(t, width, height)
		for range 200 {
			if r.IntN(8) == 0 {
				if k := opens[r.IntN(len(opens))]; k != "q" || d.app.top() != nil {
					d.press(k)
				}
			}
			tops[d.topName()] = true
			d.clock.pass(time.Duration(r.IntN(500)) * time.Millisecond)
			d.mouse(buttons[r.IntN(len(buttons))], actions[r.IntN(len(actions))], r.IntN(width+6)-3, r.IntN(height+6)-3)
			if events++; d.quit { // the hint of q
				break
			}
		}
		if did := did(d); len(did) > 0 {
			t.Fatalf("the mouse did %v\n%s", did, d.view())
		}
	}
	if len(tops) < 8 {
		t.Errorf("only over %v", tops)
	}
}

// TestAMouseThatIsNotUsedCostsNothing: what is kept of a frame is its lines, which it has anyway.
func TestAMouseThatIsNotUsedCostsNothing(t *testing.T) {
	d := start(t, 120, 40)
	if n := len(d.timers); n > 1 { // the minute's
		t.Errorf("%d timers are set", n)
	}
	frame := d.app.View()
	d.mouse(tea.MouseButtonNone, tea.MouseActionMotion, 20, 10)
	if d.app.View() != frame || len(d.timers) > 1 {
		t.Error("a mouse that only moves does something")
	}
}

func typeName(v any) string { return fmt.Sprintf("%T", v) }
