package tui

import (
	"context"
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

// everyHost has all that a host may have.
type everyHost struct {
	*keepingHost
	past recordingHost
}

func (h *everyHost) Past(ctx context.Context, profile, id string) (ui.Past, error) {
	return h.past.Past(ctx, profile, id)
}

// withAll is the app with every screen there is: rotations that always go on, a queue, a history, profiles that are kept.
func withAll(t testing.TB, width, height int) (*driver, *everyHost) {
	w := &everyHost{keepingHost: &keepingHost{}}
	d := start(t, width, height, func(o *Options, h *fakeHost) {
		w.fakeHost, w.past.fakeHost = h, h
		for i := range 40 {
			k := h.service.keys[i%5]
			w.past.acts = append(w.past.acts, ui.Act{At: o.Now(), Who: "ada", Profile: "prod", Action: "update", KeyID: k.ID, KeyName: k.Name, Outcome: "done", Good: true})
		}
		o.Host = w
		turns, q := &walkedRotations{now: o.Now}, &fakeQueue{now: o.Now}
		o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, turns, p.Name, k, caps)
		}
		o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
		o.RotateAll = func(env *ui.Env, items []rotate.Item) ui.Screen {
			return rotate.NewQueue(env, q, func(string) apikey.Setting { return apikey.Setting{Environment: apikey.Live, Remote: true} }, items)
		}
	})
	return d, w
}

// TestTheMouseDoesNothingThatAKeyCouldNot: ten thousand events over whatever is open. Where a profile is live every write is guarded:
// none comes of the mouse.
func TestTheMouseDoesNothingThatAKeyCouldNot(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 8))
	opens := []string{"n", "e", "d", "x", "v", "r", "R", "p", "m", "A", ":", "y", "?", "/", "tab", "down", "a", "space", "esc", "s", "q"}
	buttons := []tea.MouseButton{tea.MouseButtonLeft, tea.MouseButtonLeft, tea.MouseButtonLeft, tea.MouseButtonWheelUp, tea.MouseButtonWheelDown, tea.MouseButtonRight, tea.MouseButtonMiddle, tea.MouseButtonNone, tea.MouseButtonWheelLeft}
	actions := []tea.MouseAction{tea.MouseActionPress, tea.MouseActionPress, tea.MouseActionRelease, tea.MouseActionMotion}
	begins := [][]string{{"p"}, {"p", "m"}, {"A", "A"}, {":"}, {"R"}, {"space", "space", "r"}, {"y"}, {"n"}, {"v"}, {"space", "space", "r", "2", "tab"}, {"*", "d"}}
	events, tops, enough := 0, map[string]bool{}, 10_000
	if testing.Short() {
		enough = 1_000
	}
	for events < enough {
		width, height := 60+r.IntN(120), 16+r.IntN(30)
		d, host := withAll(t, width, height)
		d.press(begins[events/100%len(begins)]...)
		for range 100 {
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
		for _, what := range host.did {
			if strings.HasPrefix(what, "remove") || strings.HasPrefix(what, "rename") {
				t.Fatalf("the mouse did %q\n%s", what, d.view())
			}
		}
	}
	for _, of := range []string{"*dialog.Profiles", "*dialog.Choice", "*history.Screen", "*palette.Palette", "*rotate.List", "*rotate.QueueScreen", "*form.Verify", "*form.Confirm"} {
		if !tops[of] {
			t.Errorf("not over %s: only over %v", of, tops)
		}
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

// TestAClickChoosesARowOfEveryList: profiles, the palette, history, rotations, and what is asked under m. A second one goes in.
func TestAClickChoosesARowOfEveryList(t *testing.T) {
	keeps := func(t *testing.T, w, h int) *driver { d, _ := keeping(t, w, h); return d }
	past := func(t *testing.T, w, h int) *driver { d, _ := recorded(t, w, h, nil); return d }
	turns := func(t *testing.T, w, h int) *driver { return rotating(t, w, h) }
	for _, c := range []struct {
		name, row, then string
		make            func(t *testing.T, w, h int) *driver
		keys            []string
	}{
		{"profiles", "audit ", "audit", keeps, []string{"p"}},
		{"more of a profile", "rename ", "Rename the profile", keeps, []string{"p", "j", "j", "m"}},
		{"destinations", "payments ", "look", keeps, []string{"p", "m", "down", "enter"}},
		{"palette", "rotations ", "Rotations", turns, []string{":", "r", "o", "t"}},
		{"history", "", "", past, []string{"A", "A"}},
	} {
		for _, size := range [][2]int{{120, 40}, {80, 24}} {
			d := c.make(t, size[0], size[1]).press(c.keys...)
			top := d.app.top()
			rows, ok := top.(ui.Rows)
			if !ok {
				t.Errorf("%s: %T has no rows", c.name, top)
				continue
			}
			lines := 0
			for y := range size[1] {
				in := d.app.read.mouse.box
				if wantsAll(top) {
					in = area{0, 0, size[0], size[1]}
				}
				want, isRow := rows.RowAt(y - in.y - 1)
				if !isRow || !in.has(in.x+3, y) {
					continue
				}
				lines++
				d.clock.pass(time.Second)
				d.click(in.x+3, y)
				d.view()
				if d.app.top() != top {
					t.Fatalf("%s: one click on line %d leaves it", c.name, y)
				}
				if at := cursorLine(d); at < 0 {
					t.Errorf("%s: the cursor is on no row after a click on row %d:\n%s", c.name, want, d.view())
				}
			}
			if lines == 0 {
				t.Errorf("%s: no row can be clicked\n%s", c.name, d.view())
			}
			if c.row == "" {
				continue
			}
			x, y := d.find(c.row)
			d.clock.pass(time.Second)
			d.click(x, y).mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, y).sees(c.then)
			if d.app.top() == top {
				t.Errorf("%s: a second click does not go in:\n%s", c.name, d.view())
			}
		}
	}
}

// cursorLine is the line with the sign of the cursor; -1 where there is none.
func cursorLine(d *driver) int {
	return slices.IndexFunc(strings.Split(d.view(), "\n"), func(l string) bool { return strings.Contains(l, "▸") })
}

// TestASecondClickRemovesNoProfile: what loses something is answered by a key.
func TestASecondClickRemovesNoProfile(t *testing.T) {
	d, h := keeping(t, 120, 40)
	d.press("p", "j", "j", "m", "down", "down", "enter").sees("remove it")
	x, y := d.find("remove it")
	d.click(x, y).mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, y).mouse(tea.MouseButtonLeft, tea.MouseActionPress, x, y).sees("remove it")
	if len(h.did) > 0 {
		t.Errorf("the mouse did %q", h.did)
	}
}
