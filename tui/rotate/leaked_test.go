package rotate

import (
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/rotation"
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
	d.run(d.screen.Init())
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
				s := d.screen.(*Setup)
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
