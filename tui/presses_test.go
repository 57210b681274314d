package tui

import (
	"strings"
	"testing"
)

// TestHowManyKeysThingsTake counts the keys of what is done every day. A text that is typed or pasted is told apart: "…". What asks for
// more keys than here is a step back.
func TestHowManyKeysThingsTake(t *testing.T) {
	old := func(t *testing.T) *driver { d, _ := queueing(t, 120, 40); return d }
	fleet := func(t *testing.T) *driver { d, _ := startFleet(t, 120, 40); return d }
	leak := func(t *testing.T) *driver { d, _, _ := startLeak(t, true); return d }
	for _, c := range []struct {
		what string
		make func(t *testing.T) *driver
		keys string // by spaces; a word in quotes is typed, one in brackets pasted
		then string
		most int
	}{
		{"the worst key is first", func(t *testing.T) *driver { return start(t, 120, 40) }, "", "▸ web-frontend      ca2_…  3 permissions ▲  ✗ expired", 0},
		{"another profile", fleet, "2", "shop · prosopo", 1},
		{"a name is changed", func(t *testing.T) *driver { return start(t, 120, 40) }, "e '-2' enter", "web-frontend changed", 2},
		{"old keys are rotated together", old, "/ 'old' enter * r '28' enter", "28 of 28 keys rotated", 5},
		{"a leaked key is gone to, and its replacement begun", leak, "v [secret] enter", "r replace it", 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			d, pressed := c.make(t), 0
			for _, k := range strings.Fields(c.keys) {
				switch {
				case strings.HasPrefix(k, "'"):
					d.typing(strings.Trim(k, "'"))
				case strings.HasPrefix(k, "["):
					pasted(d, leakedSecret)
				default:
					d.press(k)
					pressed++
				}
			}
			d.sees(c.then)
			if pressed != c.most {
				t.Errorf("%d keys, want %d", pressed, c.most)
			}
		})
	}
}

// TestTheSecondRotationOfAKeyIsREnterAndItsGates: where the place is known, nothing but enter is pressed from r to the end.
func TestTheSecondRotationOfAKeyIsREnterAndItsGates(t *testing.T) {
	d := rotating(t, 120, 40)
	d.press("j", "r")
	enters := 0
	for ; enters < 12 && !strings.Contains(d.view(), "Done"); enters++ {
		d.press("enter")
		d.pass(20 * 60e9)
	}
	if !strings.Contains(d.view(), "Done") || enters > 6 {
		t.Errorf("after %d times enter:\n%s", enters, d.view())
	}

}
