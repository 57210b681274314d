package rotate

import (
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// leakedSetup is the setup of a key that leaked, as v opens it.
func leakedSetup(t *testing.T, h Host, remote bool, caps apikey.Capabilities) *driver {
	t.Helper()
	d := &driver{t: t, clock: &clockwork{noon}}
	env := newEnv(d.clock, termenv.Ascii)
	env.Remote = remote
	caps.Create = apikey.Can()
	s := NewSetup(env, h, "prod", apikey.Key{ID: "k1", Name: "payments-api ~rznjoqz5tye"}, caps)
	s.Compromised()
	d.screen = s
	d.screen.SetSize(100, 40)
	d.run(ui.Begin(d.screen))
	return d
}

// TestALeakedKeyIsNeverReplacedAsPlanned: wherever the cursor goes, with and without destinations, here and over SSH, what begins is compromised.
func TestALeakedKeyIsNeverReplacedAsPlanned(t *testing.T) {
	for name, named := range map[string][]Named{"none": nil, "one that does not match": {{Name: "other", Describe: "file /x"}}, "one that matches": {{Name: "payments", Describe: "file /x", Suggested: true}}} {
		for _, remote := range []bool{false, true} {
			for tabs := range 12 {
				h := &keepingHost{fakeHost: &fakeHost{rotation: newScript()}, embedded: true}
				h.named = named
				d := leakedSetup(t, h, remote, apikey.Capabilities{Disable: apikey.Can()})
				s, asks := d.screen.(*Setup)
				if !asks { // the places are known: it began by itself
					if h.plan.Mode != rotation.Compromised || len(h.plan.Destinations) == 0 || name != "one that matches" {
						t.Errorf("%s, remote %v: it began %+v", name, remote, h.plan)
					}
					continue
				}
				for range tabs {
					d.press("tab")
				}
				if s.Place().Alarm != "COMPROMISED" || strings.Contains(d.screen.View(), "planned") {
					t.Fatalf("%s, remote %v, after %d tabs:\n%s", name, remote, tabs, d.screen.View())
				}
				if plan, _, _ := s.plan(); plan.Mode != rotation.Compromised && len(plan.Destinations) > 0 {
					t.Fatalf("%s, remote %v, after %d tabs it would begin %v", name, remote, tabs, plan.Mode)
				}
				d.press("enter", "enter")
				if h.plan.Mode != rotation.Compromised && len(h.plan.Destinations) > 0 {
					t.Errorf("%s, remote %v, after %d tabs it began %v", name, remote, tabs, h.plan.Mode)
				}
			}
		}
	}
}

// TestWhoComesOverSSHIsLeftWithNoDeadEnd: their own terminal is a place, and where the profile names none, the line that names one is
// there, with what can be done without a new key, or why not.
func TestWhoComesOverSSHIsLeftWithNoDeadEnd(t *testing.T) {
	h := &keepingHost{fakeHost: &fakeHost{rotation: newScript()}}
	d := leakedSetup(t, h, true, apikey.Capabilities{Disable: apikey.Can(), Delete: apikey.Cannot("deleting is for admins")})
	d.sees("your own terminal's clipboard")
	for _, text := range []string{"detent config destination add 'prod' payments-api", "--key 'payments-api'", "x on the key switches it off", "Nobody deletes it from here: deleting is for admins"} {
		if !strings.Contains(strings.Join(strings.Fields(d.screen.View()), " "), text) {
			t.Errorf("%q is not there:\n%s", text, d.screen.View())
		}
	}
	d.press("space", "enter")
	if strings.Join(h.plan.Destinations, " ") != "clipboard" || h.plan.Mode != rotation.Compromised {
		t.Errorf("%+v", h.plan)
	}
	h = &keepingHost{fakeHost: &fakeHost{rotation: newScript()}}
	h.named = []Named{{Name: "payments", Describe: "file /x"}}
	d = leakedSetup(t, h, true, apikey.Capabilities{})
	if strings.Contains(d.screen.View(), "config destination add") {
		t.Error("the profile names one")
	}
}

// TestTheUndoOfALeakedKeysRotationSaysWhatItBringsBack: that the leaked secret works again, where it was off or taken out of a place.
func TestTheUndoOfALeakedKeysRotationSaysWhatItBringsBack(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*rotation.View)
		says   string
	}{
		"planned":             {func(*rotation.View) {}, "Undo? This is"},
		"nothing was touched": {func(v *rotation.View) { v.Mode = rotation.Compromised }, "The leaked key stays"},
		"the old key is off":  {func(v *rotation.View) { v.Mode, v.OldOff = rotation.Compromised, true }, "The LEAKED secret goes back to work"},
		"a place was written to": {func(v *rotation.View) {
			v.Mode = rotation.Compromised
			v.Destinations = []rotation.DestinationView{{Begun: true}}
		}, "The LEAKED secret goes back to work"},
	} {
		v := openView(rotation.Create)
		v.Destinations = nil
		c.change(&v)
		if q := undoQuestion(v); !strings.Contains(q.Text, c.says) {
			t.Errorf("%s: %q", name, q.Text)
		}
	}
}

// TestTheListOfRotationsMarksTheLeaked, under the cursor and elsewhere, at every width; one that is over is not marked.
func TestTheListOfRotationsMarksTheLeaked(t *testing.T) {
	for _, width := range []int{56, 76, 116} {
		views := []rotation.View{openView(rotation.Verify), openView(rotation.Verify), openView(rotation.Verify)}
		views[1].Mode, views[2].Mode = rotation.Compromised, rotation.Compromised
		views[0].Old.Name, views[1].Old.Name, views[2].Old.Name = "plain", "spilled", "ended"
		views[2].State = rotation.Over
		d := &driver{t: t, clock: &clockwork{noon}}
		d.screen = NewList(newEnv(d.clock, termenv.Ascii), &fakeHost{views: views})
		d.screen.SetSize(width, 20)
		d.run(ui.Begin(d.screen))
		for range 3 {
			for _, line := range strings.Split(d.screen.View(), "\n") {
				for _, name := range []string{"plain", "spilled", "ended"} {
					if strings.Contains(line, " "+name+" ") && strings.Contains(line, "LEAKED ") != (name == "spilled") {
						t.Errorf("%d cells: %q", width, line)
					}
				}
			}
			d.press("down")
		}
		d.press("up")
		d.sees("COMPROMISED: somebody else")
	}
}

// TestTheEndOfARotationSaysWhichKeyStays: the new one of one that is done, the old one of one that is undone.
func TestTheEndOfARotationSaysWhichKeyStays(t *testing.T) {
	for state, want := range map[rotation.State]Changed{
		rotation.Over:    {Reload: true, Profile: "prod", On: "k2"},
		rotation.Aborted: {Reload: true, Profile: "prod", On: "k1"},
		rotation.Open:    {},
	} {
		s := &Screen{view: rotation.View{Profile: "prod", State: state, Old: apikey.Key{ID: "k1"}, New: &apikey.Key{ID: "k2"}}}
		if got := s.left(); got != want {
			t.Errorf("%s: %+v", state, got)
		}
	}
}
