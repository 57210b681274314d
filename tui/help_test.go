package tui

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/tui/dialog"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// Wherever one is, ? shows the keys of that screen, and f1 where ? is text; what was typed and chosen is there afterwards.
func TestHelpIsOnEveryScreenAndShowsThatScreen(t *testing.T) {
	rotations := func(o *Options, _ *fakeHost) {
		turns := &walkedRotations{now: o.Now}
		o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, turns, p.Name, k, caps)
		}
		o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
	}
	for _, open := range [][]string{{"n"}, {"n", "a", "enter"}, {"d"}, {"v"}, {"p"}, {"p", "a"}, {"r"}, {"R"}, {":"}, {"A"}, {"y"}} {
		t.Run(strings.Join(open, " "), func(t *testing.T) {
			d := start(t, 120, 40, rotations)
			d.press("j")
			for _, k := range open {
				d.clock.pass(time.Second)
				d.press(k)
			}
			d.clock.pass(time.Second)
			top := d.app.top()
			if top == nil {
				t.Fatalf("%v opens nothing", open)
			}
			seconds := regexp.MustCompile(`13:00:\d\d`) // the clock goes on
			look := func() string { return seconds.ReplaceAllString(d.view(), "") }
			before, typing := look(), d.app.typing()
			if typing {
				d.sees("f1 help").press("f1")
			} else {
				d.sees("? help").press("?")
			}
			if _, is := d.app.top().(*dialog.Help); !is {
				t.Fatalf("no help on %T:\n%s", top, d.view())
			}
			for _, b := range top.Bindings() {
				d.sees(b.Help().Desc)
			}
			d.clock.pass(time.Second)
			if d.press("esc"); d.app.top() != top || look() != before {
				t.Errorf("after help %T is not what it was:\n%s\nbefore\n%s", top, d.view(), before)
			}
		})
	}
}
