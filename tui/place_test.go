package tui

import (
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

// elsewhere is a screen that takes the frame for another profile than the list's.
type elsewhere struct {
	question
	env   *ui.Env
	place ui.Place
}

func (e *elsewhere) WantsAll() bool  { return true }
func (e *elsewhere) Title() string   { return "Rotate k" }
func (e *elsewhere) Place() ui.Place { return e.place }
func (e *elsewhere) View() string {
	if e.env.Early {
		return "not yet"
	}
	return "now"
}

// A screen of another profile is not shown in the list's frame: its name, service, badge and alarm are its own, and what is
// counted is not the list's.
func TestTheFrameNamesThePlaceOfTheScreenInIt(t *testing.T) {
	for _, c := range []struct {
		place ui.Place
		sees  string
		not   []string
	}{
		{ui.Place{Profile: "gentest", Service: "generic", Setting: apikey.Setting{Environment: apikey.Test, Remote: true}}, "gentest · generic · test ─ Rotate k", []string{"LIVE", "prod", "keys"}},
		{ui.Place{Profile: "other", Service: "vertesia", Setting: apikey.Setting{Environment: apikey.Live, Remote: true}}, "other · vertesia · LIVE ─ Rotate k", []string{"prod", "prosopo", "keys"}},
		{ui.Place{Profile: "other", Setting: apikey.Setting{Environment: apikey.Dev, Remote: true}, Alarm: "COMPROMISED"}, "other · dev · COMPROMISED ─ Rotate k", []string{"LIVE", "prosopo"}},
		{ui.Place{Profile: "other", Service: "generic", Setting: apikey.Setting{Remote: true}}, "other · generic · env? ─ Rotate k", []string{"LIVE", "prod", "keys"}},
		{ui.Place{Profile: "local/generic", Service: "generic", Setting: apikey.Setting{Embedded: true}.ForKey(apikey.Live)}, "local/generic · generic · LOCAL ─ Rotate k", []string{"LIVE", "prod", "keys"}},
		{ui.Place{Profile: "local/generic", Service: "generic", Setting: apikey.Setting{Embedded: true, Demo: true}}, "local/generic · generic · DEMO ─ Rotate k", []string{"LIVE", "prod", "keys"}},
		{ui.Place{Profile: "all profiles"}, "all profiles ─ Rotate k", []string{"LIVE", "prod", "keys"}},
		{ui.Place{Profile: "prod", Service: "prosopo", Setting: apikey.Setting{Environment: apikey.Live, Remote: true}}, "prod · prosopo · LIVE ─ Rotate k", nil},
	} {
		d := start(t, 120, 40)
		d.app.overlays = append(d.app.overlays, &elsewhere{env: d.app.env, place: c.place})
		top, _, _ := strings.Cut(d.view(), "\n")
		if !strings.Contains(top, c.sees) {
			t.Errorf("the frame of %+v is %q", c.place, top)
		}
		for _, not := range c.not {
			if strings.Contains(top, not) {
				t.Errorf("the frame of %+v says %q: %q", c.place, not, top)
			}
		}
		if live := d.app.line().GetForeground() == d.app.env.Styles.Bad.GetForeground(); live != c.place.Setting.LooksLive() {
			t.Errorf("the colour of the frame of %+v is not its own", c.place)
		}
	}
}

// A token of another environment than the profile says is shown as what it can do, and said.
func TestATokenOfAnotherEnvironmentStandsInTheHeader(t *testing.T) {
	for _, c := range []struct {
		said, token apikey.Environment
		sees        string
		loud        bool
	}{
		{apikey.Test, apikey.Live, "LIVE · the profile says test", true}, {apikey.Live, apikey.Test, "LIVE · the token is test", true},
		{apikey.Test, apikey.Test, "prosopo · test ─", false}, {"", apikey.Test, "prosopo · env? ─", false},
	} {
		d := start(t, 120, 40, func(_ *Options, h *fakeHost) {
			h.profiles[0].Setting = apikey.Setting{Environment: c.said, Remote: true}
			h.service.caps.Credential = c.token
		})
		if top, _, _ := strings.Cut(d.view(), "\n"); !strings.Contains(top, c.sees) || d.app.whose().Setting.LooksLive() != c.loud {
			t.Errorf("the profile says %q, the token %q: %q", c.said, c.token, top)
		}
	}
}

// What confirms is drawn dim for as long as it is not taken, and no longer: a key within the guard does not vanish without a sign.
func TestAConfirmationLooksTakenOnlyWhereItIs(t *testing.T) {
	d := start(t, 120, 40)
	e := &elsewhere{env: d.app.env, place: ui.Place{Profile: "prod"}}
	d.run(d.app.push(e))
	d.send(minuteMsg{}) // the root sees what is on top
	d.sees("not yet")
	d.send(keyMsg("enter"))
	if len(e.taken) > 0 {
		t.Fatal("a key that the screen shows as not taken was")
	}
	d.clock.pass(guardTime - time.Millisecond)
	d.send(minuteMsg{})
	d.sees("not yet")
	d.clock.pass(time.Millisecond)
	d.send(guardOver{})
	d.sees("now")
	d.send(keyMsg("enter"))
	if len(e.taken) != 1 {
		t.Errorf("what is shown as taken was not: %q", e.taken)
	}
}
