package tui

import (
	"context"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/desk"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// secretService accepts one secret, and says whose it is.
type secretService struct {
	*fakeService
	secret string
	key    apikey.Key
	sent   int
}

func (s *secretService) Probe(_ context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if call == "" {
		s.sent++
	}
	if s.secret != "" && secret.HasPrefix(s.secret) && secret.HasSuffix(s.secret) {
		k := s.key
		return apikey.Proof{Verdict: apikey.Accepted, Call: "GET /v1", Status: 200, Key: &k}, nil
	}
	return apikey.Proof{Verdict: apikey.Refused, Call: "GET /v1", Status: 401}, nil
}

// Open and Hear give the services that tell secrets apart.
type leakHost struct {
	*fleetHost
	secrets map[string]*secretService
}

func (h *leakHost) Open(ctx context.Context, name string) (ui.Connection, error) {
	c, err := h.fleetHost.Open(ctx, name)
	if err == nil {
		c.Service = h.secrets[name]
	}
	return c, err
}

func (h *leakHost) Hear(ctx context.Context, profiles []string, each func(ui.Heard)) {
	h.fleetHost.Hear(ctx, profiles, func(said ui.Heard) {
		if said.Connection != nil {
			// A copy: the screen has the one that came with an earlier part already, and reads it.
			own := *said.Connection
			own.Service = h.secrets[said.Profile]
			said.Connection = &own
		}
		each(said)
	})
}

const leakedSecret = "psk_9f3c71aa02bd44e0a1c5e7"

// startLeak has a key in shop whose secret leaked, and begins on prod.
func startLeak(t *testing.T, masked bool) (*driver, *leakHost, *string) {
	t.Helper()
	var host *leakHost
	begun := new(string)
	d := start(t, 120, 40, func(o *Options, h *fakeHost) {
		probe, fleet := startFleet(t, 120, 40)
		_ = probe
		fleet.fakeHost = h
		h.profiles = fleet.profiles
		if len(h.profiles) != 3 || h.profiles[1].Name != "shop" {
			h.profiles = []ui.Profile{
				{Name: "prod", Service: "prosopo", URL: "https://prod.example", Setting: apikey.Setting{Environment: apikey.Live, Remote: true}},
				{Name: "shop", Service: "prosopo", URL: "https://shop.example", Setting: apikey.Setting{Environment: apikey.Test, Remote: true}},
				{Name: "gen", Service: "prosopo", URL: "https://gen.example", Setting: apikey.Setting{Remote: true}},
			}
		}
		host = &leakHost{fleet, map[string]*secretService{}}
		for name, s := range fleet.services {
			host.secrets[name] = &secretService{fakeService: s}
		}
		if masked {
			fleet.services["shop"].keys[1].Masked = "psk_9f3c…"
		}
		host.secrets["shop"].secret, host.secrets["shop"].key = leakedSecret, fleet.services["shop"].keys[1]
		o.Host = host
		o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return &leakSetup{begun: begun, of: p.Name + " " + k.Name}
		}
		o.Rotations = func(*ui.Env) ui.Screen { return &holder{} }
	})
	return d, host, begun
}

// leakSetup notes for which key a rotation is set up, and that it is compromised.
type leakSetup struct {
	holder
	begun *string
	of    string
}

func (s *leakSetup) Compromised() { *s.begun = "compromised " + s.of }

func (s *leakSetup) Update(tea.Msg) tea.Cmd { return nil }

func pasted(d *driver, text string) *driver {
	d.t.Helper()
	d.clock.pass(1e9)
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
	d.settle()
	return d
}

// TestALeakedKeyOfAnyProfileIsReplaced: v, paste, enter, r, whichever profile is in use, and nothing is sent before enter names who is asked.
func TestALeakedKeyOfAnyProfileIsReplaced(t *testing.T) {
	for _, all := range []bool{false, true} {
		d, host, begun := startLeak(t, true)
		if all {
			d.press("0")
		}
		pasted(d.press("v"), leakedSecret).sees("shop-ci-deploy", "its mask shows this secret", "enter asks shop (shop.example)")
		for name, s := range host.secrets {
			if s.sent > 0 {
				t.Fatalf("the secret was sent to %s before enter", name)
			}
		}
		d.press("enter").sees("valid: the service accepts it, in the profile shop", "shop-ci-deploy")
		if host.secrets["prod"].sent+host.secrets["gen"].sent > 0 || host.secrets["shop"].sent != 1 {
			t.Errorf("all %v: it was sent to others than shop", all)
		}
		d.press("r")
		if *begun != "compromised shop shop-ci-deploy" {
			t.Errorf("all %v: begun is %q\n%s", all, *begun, d.view())
		}
	}
}

// TestWhatIsToBeDoneAboutALeakedKeyIsAKeyAway.
func TestWhatIsToBeDoneAboutALeakedKeyIsAKeyAway(t *testing.T) {
	for key, says := range map[string][]string{"enter": {"shop · prosopo"}, "x": {"Disable a key", "Its secret leaked. Off"}, "d": {"Delete a key", "credential of shop", "esc and r replace it first"}} {
		d, _, _ := startLeak(t, true)
		pasted(d.press("v"), leakedSecret).press("enter").press(key).sees(append(says, "shop")...).isOn("shop-ci-deploy")
	}
	d, _, _ := startLeak(t, true)
	d.press("2", "d").sees("Delete a key").seesNot("leaked") // what is not known to have leaked
}

// TestALeakedSecretDeletesItsOwnKeyWhereTheServiceHasThat.
func TestALeakedSecretDeletesItsOwnKeyWhereTheServiceHasThat(t *testing.T) {
	d, host, _ := startLeak(t, true)
	host.services["shop"].caps.SelfDelete = "DELETE /keys/self"
	pasted(d.press("v"), leakedSecret).press("enter", "d").sees("it deletes its own key, by DELETE /keys/self").seesNot("credential of shop").seesNot(leakedSecret)
	d.press("right", "enter")
	if s := host.services["shop"]; s.called("delete k1 by its secret") != 1 || s.called("delete k1") != 0 {
		t.Errorf("called %q\n%s", s.calls, d.view())
	}
}

// TestALeakedKeyIsKilledBehindTheGuardOfItsProfile: by a name of a live one, by the button of another.
func TestALeakedKeyIsKilledBehindTheGuardOfItsProfile(t *testing.T) {
	for _, live := range []bool{false, true} {
		d, host, _ := startLeak(t, true)
		if live {
			host.fakeHost.profiles[1].Setting.Environment, host.fakeHost.profiles[1].Environment = apikey.Live, apikey.Live
		}
		pasted(d.press("v"), leakedSecret).press("enter", "d")
		if live {
			d.press("enter").sees("type").typing("shop-ci-deploy").press("enter")
		} else {
			d.press("right")
		}
		d.press("enter")
		if n := host.services["shop"].called("delete k1"); n != 1 {
			t.Errorf("live %v: %d deletions\n%s", live, n, d.view())
		}
	}
}

// TestWhatARoleMayNotDoAboutALeakedKeyIsSaid, and the rest of it is done: over SSH an operator replaces and switches off, and a viewer only looks.
func TestWhatARoleMayNotDoAboutALeakedKeyIsSaid(t *testing.T) {
	for _, c := range []struct {
		role map[string]string // by the key: why not
	}{{map[string]string{"d": desk.DeleteIsAdmins}}, {map[string]string{"d": desk.ViewerOnly, "x": desk.ViewerOnly, "r": desk.ViewerOnly}}} {
		for key, done := range map[string]string{"r": "compromised shop shop-ci-deploy", "x": "Disable a key", "d": "Delete a key"} {
			d, host, begun := startLeak(t, true)
			d.app.env.Remote = true
			caps := &host.services["shop"].caps
			for press, a := range map[string]*apikey.Ability{"d": &caps.Delete, "x": &caps.Disable} {
				if why := c.role[press]; why != "" {
					*a = apikey.Cannot(why)
				}
			}
			if c.role["r"] != "" {
				d.app.env.NoWrites = c.role["r"]
			}
			pasted(d.press("v"), leakedSecret).press("enter", key)
			if why := c.role[key]; why != "" {
				if d.sees(why); *begun != "" || strings.Contains(d.view(), "Delete a key") || strings.Contains(d.view(), "Disable a key") {
					t.Errorf("%s went on: %q\n%s", key, *begun, d.view())
				}
				continue
			}
			if key != "r" {
				d.sees(done)
			} else if *begun != done {
				t.Errorf("begun is %q", *begun)
			}
		}
	}
}

// TestWithoutAMaskAllWhoseShapeFitsAreAsked, and named.
func TestWithoutAMaskAllWhoseShapeFitsAreAsked(t *testing.T) {
	d, host, _ := startLeak(t, false)
	for _, s := range host.services {
		for i := range s.keys {
			s.keys[i].Masked = ""
		}
	}
	d.press("ctrl+r") // what is listed counts too
	pasted(d.press("v"), leakedSecret).sees("no key's mask shows this secret", "prod (prod.example)", "shop (shop.example)", "gen (gen.example)")
	d.press("enter").sees("valid: the service accepts it, in the profile shop")
	d.press("esc")
	host.secrets["shop"].secret = ""
	pasted(d.press("v"), leakedSecret).press("enter").sees("not valid")
}

// TestASecretIsSentToNobodyWhereNoShapeFits.
func TestASecretIsSentToNobodyWhereNoShapeFits(t *testing.T) {
	d, host, _ := startLeak(t, true)
	pasted(d.press("v"), "ghp_16C7e42F292c6912E7710c838347Ae178B4a").sees("it is sent to nobody").press("enter").sees("It was not sent")
	for name, s := range host.secrets {
		if s.sent > 0 {
			t.Errorf("it was sent to %s", name)
		}
	}
	if strings.Contains(d.view(), "ghp_16C7") {
		t.Error("the secret is on the screen")
	}
}

// TestACutSecretOfALivingKeyIsNotToldAsDead: what is refused and fits a mask names the key, says that it is on, and keeps all acts.
func TestACutSecretOfALivingKeyIsNotToldAsDead(t *testing.T) {
	for _, pastedText := range []string{leakedSecret[:20], leakedSecret[:len(leakedSecret)-1] + "x"} {
		for key, does := range map[string]string{"enter": "shop · prosopo", "r": "", "x": "Disable a key", "d": "Delete a key"} {
			d, _, begun := startLeak(t, true)
			pasted(d.press("v"), pastedText).sees("shop-ci-deploy", "its mask shows this secret").press("enter").
				sees("not valid", "shop-ci-deploy", "has this mask and is ON", "pasted is cut or")
			if d.press(key); key == "r" {
				if *begun != "compromised shop shop-ci-deploy" {
					t.Errorf("begun is %q", *begun)
				}
				continue
			}
			d.sees(does, "shop").isOn("shop-ci-deploy")
		}
	}
}

// TestASecretOfNobodysIsToldApart: refused, and no key's mask shows it.
func TestASecretOfNobodysIsToldApart(t *testing.T) {
	d, _, _ := startLeak(t, true)
	pasted(d.press("v"), "psk_0a71c3aa02bd44e0a1c5e7").press("enter").sees("not valid").seesNot("has this mask").seesNot("replace it")
}

// TestASecretIsFoundInWhatWasPastedAndAPersonChooses: nothing is sent before enter, and then the one that is meant.
func TestASecretIsFoundInWhatWasPastedAndAPersonChooses(t *testing.T) {
	for _, leak := range []string{"API_KEY=" + leakedSecret, "look: " + leakedSecret + ", it is out!", `{"key": "` + leakedSecret + `"}`, "Authorization: Bearer " + leakedSecret,
		"PORT=1\nexport KEY='" + leakedSecret + "'\nHOST=x\n"} {
		d, host, _ := startLeak(t, true)
		pasted(d.press("v"), leak).sees("taken: ", "psk_…, 26 characters", "its mask shows this secret").press("enter").sees("valid: the service accepts it, in the profile shop")
		if host.secrets["shop"].sent != 1 || strings.Contains(d.view(), leakedSecret[:12]) {
			t.Errorf("%q: sent %d times\n%s", leak, host.secrets["shop"].sent, d.view())
		}
	}
	d, host, _ := startLeak(t, true)
	pasted(d.press("v"), "A=psk_0a71c3aa02bd44e0a1c5\nB="+leakedSecret+"\n").sees("2 secrets in this text", "A in line 1", "B in line 2", "no key's mask")
	d.press("down").sees("its mask shows this secret").press("enter").sees("valid: the service accepts it, in the profile shop")
	if host.secrets["prod"].sent+host.secrets["gen"].sent > 0 {
		t.Error("the one that was not meant was sent")
	}
}

// TestOnlyWhatCanBeDoneAboutALeakedKeyIsOffered: what the role or the service refuses is gone from the keys, and why stands there.
func TestOnlyWhatCanBeDoneAboutALeakedKeyIsOffered(t *testing.T) {
	for name, take := range map[string]func(d *driver, h *leakHost){
		"a viewer": func(d *driver, _ *leakHost) {
			d.app.env.NoWrites = desk.ViewerOnly
		},
		"a service without an off switch": func(_ *driver, h *leakHost) {
			h.services["shop"].caps.Disable = apikey.Cannot("keys here have no off switch")
		},
		"an operator": func(_ *driver, h *leakHost) { h.services["shop"].caps.Delete = apikey.Cannot(desk.DeleteIsAdmins) },
	} {
		d, h, _ := startLeak(t, true)
		take(d, h)
		pasted(d.press("v"), leakedSecret).press("enter").sees("valid: the service accepts it", "cannot be ")
		gone := map[string][]string{"a viewer": {"r", "x", "d"}, "an operator": {"d"}, "a service without an off switch": {"x"}}[name]
		for _, key := range []string{"r", "x", "d"} {
			offered := false
			for _, b := range d.app.top().Bindings() {
				offered = offered || b.Help().Key == key
			}
			if is := slices.Contains(gone, key); is == offered {
				t.Errorf("%s: %s is offered: %v", name, key, offered)
			}
		}
		for _, key := range gone {
			d.press(key).sees("valid: the service accepts it")
		}
	}
}

// TestTheCursorIsOnTheKeyThatARotationLeaves when its screen is closed, in one profile and in all, wherever it was.
func TestTheCursorIsOnTheKeyThatARotationLeaves(t *testing.T) {
	for _, all := range []bool{false, true} {
		d, host, _ := startLeak(t, true)
		if all {
			d.press("0")
		}
		d.press("g")
		k := host.services["prod"].keys[2]
		d.send(rotate.Changed{Reload: true, Profile: "prod", On: k.ID})
		d.settle()
		d.isOn(k.Name)
	}
}
