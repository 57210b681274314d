package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"github.com/charmbracelet/bubbles/key"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/tui/dialog"
	"detent/tui/keylist"
	"detent/tui/rotate"
	"detent/tui/ui"
)

func TestTheFirstFrameIsThereBeforeTheServiceAnswers(t *testing.T) {
	c := newClock()
	app := New(Options{Host: newFakeHost(c, nil), Profile: "prod", Now: c.Now, Renderer: renderer(termenv.Ascii, true)})
	app.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	for _, want := range []string{"detent", "prod", "opening"} {
		if !strings.Contains(app.View(), want) {
			t.Errorf("%q is not in the first frame:\n%s", want, app.View())
		}
	}
}

func TestMovementKeysThatArriveInOneReadAllAct(t *testing.T) {
	d := start(t, 120, 40)
	d.burst(strings.Repeat("j", 30))
	if d.app.list.Shown() != 40 || d.on() != "search-indexer-3" && d.on() == "billing-sync" {
		t.Fatalf("after 30 j in one read the cursor is on %q", d.on())
	}
	want := d.on()
	d.press("g")
	for range 30 {
		d.press("j")
	}
	d.isOn(want)
}

func TestOfOtherKeysInOneReadOneActsAndTheRestIsTextForItsInput(t *testing.T) {
	d := start(t, 120, 40)
	d.burst("/payq?dx").sees("/ payq?dx▏")
	if d.quit || len(d.app.overlays) > 0 {
		t.Fatal("letters behind / acted")
	}
	d.press("esc")
	d.burst("jjpq?nxd") // profiles opens; the rest does nothing
	if d.quit || len(d.app.overlays) != 1 {
		t.Fatalf("%d overlays, quit %v", len(d.app.overlays), d.quit)
	}
	d.sees("Profiles").press("esc")
	// The same letters as several messages of one read, as spaces and enters make them.
	d.burst("p", "space", "q", "enter", "x", "enter", "y", "enter")
	if d.quit || len(d.app.overlays) != 1 || len(d.host.openings) != 1 {
		t.Fatalf("an unbracketed paste drove the program: %d overlays, opened %v", len(d.app.overlays), d.host.openings)
	}
}

func TestAPasteOutsideAnInputDoesNothing(t *testing.T) {
	d := start(t, 120, 40)
	before := d.app.View()
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jq"), Paste: true})
	if d.app.View() != before || d.quit {
		t.Fatal("a paste acted")
	}
	d.press("/")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("pay\nq"), Paste: true})
	d.sees("/ pay q▏")
}

// printable are all letters that a keyboard gives.
func printable() []string {
	var out []string
	for r := '!'; r <= '~'; r++ {
		out = append(out, string(r))
	}
	return append(out, "é", "ß", "中")
}

func TestNoPrintableKeyActsWhileTextIsTyped(t *testing.T) {
	for _, r := range printable() {
		d := start(t, 120, 40)
		d.press("/", r)
		if d.quit || len(d.app.overlays) > 0 || !d.app.list.Typing() {
			t.Fatalf("%q acted in the filter", r)
		}
		d.sees("/ " + r + "▏")
		d.host.service.mu.Lock()
		if n := len(d.host.service.calls); n != 1 {
			t.Fatalf("%q called the service: %v", r, d.host.service.calls)
		}
		d.host.service.mu.Unlock()
	}
}

func TestTheFilterTakesWordsInAnyOrderAndEscClearsIt(t *testing.T) {
	d := start(t, 120, 40)
	d.press("/").typing("API pay").sees("4 of 40").isOn("payments-api")
	d.press("enter", "j").isOn("payments-api-2").sees("4 of 40")
	d.press("esc").seesNot("4 of 40").isOn("payments-api-2")
	d.press("/").typing("zzz").sees("No key matches", "0 of 40").press("esc").isOn("web-frontend")
}

func TestTheCursorStaysOnItsKeyThroughAReload(t *testing.T) {
	d := start(t, 120, 40)
	d.to("ci-deploy")
	d.host.service.keys = append([]apikey.Key{{ID: "first", Name: "aaa-first"}}, d.host.service.keys...)
	d.press("ctrl+r").sees("aaa-first").isOn("ci-deploy")
	d.host.service.keys = slices.DeleteFunc(d.host.service.keys, func(k apikey.Key) bool { return k.Name == "ci-deploy" })
	d.press("ctrl+r").isOn("fraud-model-1")
}

func TestAReloadThatFailsKeepsTheLastGoodList(t *testing.T) {
	d := start(t, 120, 40)
	d.host.service.listErr = &client.Error{Op: "list keys", Kind: client.Timeout, Outcome: client.NotDone}
	d.press("ctrl+r").sees("payments-api", "offline", "this is the last list", "40 keys")
	d.host.service.listErr = nil
	d.press("ctrl+r").seesNot("offline")
}

func TestStaleAnswersAreDropped(t *testing.T) {
	d := start(t, 120, 40)
	stale := d.app.load.gen
	d.press("ctrl+r")
	d.send(loadMsg{gen: stale, batches: []keylist.Batch{keylist.NewBatch([]apikey.Key{{ID: "ghost", Name: "ghost"}})}, done: true, err: errors.New("old news")})
	d.send(examined{gen: stale, nr: d.app.load.asked, counts: counts{rotating: 999}})
	d.settle()
	d.send(examined{gen: d.app.load.gen, nr: d.app.load.asked - 1, counts: counts{rotating: 999}})
	d.send(opened{gen: d.app.profile.gen - 1, err: errors.New("old profile")})
	d.seesNot("ghost").seesNot("old news").seesNot("old profile").seesNot("999").sees("40 keys")
}

func TestReadOnlyHidesWhatWritesAndSaysWhy(t *testing.T) {
	for name, change := range map[string]func(*Options, *fakeHost){
		"the profile": withProfile("audit"),
		"the flag":    func(o *Options, _ *fakeHost) { o.ReadOnly = true },
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, 120, 40, change)
			d.sees("read-only")
			for _, k := range []string{"n", "e", "r", "x", "d"} {
				d.press(k).sees("read-only")
				if len(d.app.overlays) > 0 || len(d.host.service.calls) != 1 {
					t.Fatalf("%s opened something or called the service", k)
				}
				d.pass(time.Hour)
				d.sees("read-only").press("j").seesNot("is read-only").seesNot("was started read-only")
			}
			d.press("?").sees("Keys", "filter")
			for _, gone := range []string{"new", "edit", "rotate", "enable/disable", "delete"} {
				for _, s := range d.app.helpSections() {
					for _, b := range s.Keys {
						if b.Help().Desc == gone {
							t.Errorf("help shows %q", gone)
						}
					}
				}
			}
		})
	}
}

func TestAWriteThatSlipsThroughIsRefusedBeforeItIsSent(t *testing.T) {
	d := start(t, 120, 40, withProfile("audit"))
	d.send(ui.DeleteKey{Ticket: 1, ID: "x", Name: "x"})
	d.settle()
	d.sees("Nothing was changed", "is read-only")
	if d.host.service.called("delete x") != 0 {
		t.Fatal("the service was called")
	}
}

func TestQuitIsAtOnceUnlessAChangeIsOnItsWay(t *testing.T) {
	if d := start(t, 120, 40).press("q"); !d.quit {
		t.Fatal("q does not quit")
	}
	d := start(t, 120, 40)
	d.host.service.hold = make(chan struct{})
	d.held = 1
	d.send(ui.DeleteKey{ID: d.host.service.keys[0].ID, Name: "payments-api"})
	d.press("q").sees("Quit now?")
	if d.quit {
		t.Fatal("q quits although a change is on its way")
	}
	d.press("esc").seesNot("Quit now?")
	close(d.host.service.hold)
	d.held = 0
	d.settle()
	d.sees("payments-api deleted", "39 keys")
	if d.press("q"); !d.quit {
		t.Fatal("q does not quit when the change is done")
	}
}

func TestAConfirmationDoesNotTakeAKeyThatWasMeantForSomethingElse(t *testing.T) {
	d := start(t, 120, 40)
	question := func() *driver {
		d.send(ui.Push{Screen: dialog.NewQuit(d.app.env, 1)})
		return d
	}
	question()
	for _, early := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond, 150 * time.Millisecond} {
		d.clock.pass(early)
		d.send(keyMsg("y"))
		d.settle()
		if d.quit {
			t.Fatal("y was taken at once")
		}
	}
	d.press("y")
	if !d.quit {
		t.Fatal("y is never taken")
	}
}

func TestCtrlCQuitsButForAScreenThatHoldsIt(t *testing.T) {
	d := start(t, 120, 40)
	d.press("p", "ctrl+c")
	if !d.quit {
		t.Fatal("ctrl+c does not quit out of a dialog")
	}
	d = start(t, 120, 40)
	h := &holder{}
	d.send(ui.Push{Screen: h})
	d.send(ui.Push{Screen: dialog.NewHelp(d.app.env, d.app.helpSections)})
	d.press("ctrl+c")
	if d.quit || h.keys != 1 {
		t.Fatalf("ctrl+c left a screen that holds it: quit %v, the screen got %d keys", d.quit, h.keys)
	}
	d.send(ui.UseProfile{Name: "audit"})
	d.settle()
	if len(d.host.openings) != 1 {
		t.Fatal("the profile was switched under a secret that waits")
	}
}

// holder is a screen that must be left by an answer.
type holder struct{ keys int }

func (h *holder) Init() tea.Cmd { return nil }
func (h *holder) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tea.KeyMsg); ok {
		h.keys++
	}
	return nil
}
func (h *holder) View() string            { return "held" }
func (h *holder) SetSize(int, int)        {}
func (h *holder) Bindings() []key.Binding { return nil }
func (h *holder) HoldsKeys() bool         { return true }

func TestCopyGoesToTheTerminal(t *testing.T) {
	d := start(t, 120, 40)
	d.press("y", "enter").sees("sent to your terminal")
	want := "copied " + d.app.list.Keys().At(2).ID
	if got := d.out.String(); got != want {
		t.Fatalf("written %q, want %q", got, want)
	}
	d.pass(toastTime).seesNot("sent to your terminal")
}

func TestAnErrorStaysUntilItIsDismissedAndCanBeCopied(t *testing.T) {
	d := start(t, 120, 40)
	d.send(ui.Fail{Title: "Could not create", Err: &client.Error{Op: "create key", Kind: client.Timeout, Outcome: client.Unknown}})
	d.pass(time.Hour)
	d.sees("Could not create", "it is not known whether this happened")
	d.press("y")
	if copied := d.out.String(); !strings.Contains(copied, "not known") {
		t.Fatalf("copied %q", copied)
	}
	d.press("esc").seesNot("Could not create")
}

func TestAFailedWriteWhoseScreenIsGoneOpensTheErrorBox(t *testing.T) {
	d := start(t, 120, 40)
	d.host.service.writeErr = &client.Error{Op: "delete key", Kind: client.Unavailable, Status: 503, Outcome: client.Unknown}
	lists := d.host.service.called("list")
	d.send(ui.DeleteKey{Ticket: 7, ID: "x", Name: "ci"})
	d.settle()
	d.sees("Could not delete ci", "503", "not known whether this happened")
	if d.host.service.called("list") != lists+1 {
		t.Fatal("after a write without an answer the list was not asked")
	}
}

func TestToggleActsAtOnceOnATestKeyAndAsksForALiveOne(t *testing.T) {
	on := true
	keys := []apikey.Key{{ID: "1", Name: "a", Environment: apikey.Test, Enabled: &on}, {ID: "2", Name: "b", Environment: apikey.Live, Enabled: &on}}
	d := start(t, 120, 40, withKeys(keys), func(_ *Options, h *fakeHost) {
		h.profiles[0].Setting = apikey.Setting{Environment: apikey.Test, Remote: true}
	})
	d.press("x").sees("a disabled")
	if d.host.service.called("update 1") != 1 {
		t.Fatal("the test key was not disabled")
	}
	d.press("k", "x") // what is off comes last
	if d.host.service.called("update 2") != 0 || len(d.app.overlays) != 1 {
		t.Fatal("a live key was disabled without a question")
	}
}

// What is not said to be a test is asked about: by the profile, and by the key where the profile is on this machine.
func TestToggleAsksByTheStricterOfProfileAndKey(t *testing.T) {
	on := true
	for _, c := range []struct {
		setting apikey.Setting
		key     apikey.Environment
		asks    bool
	}{
		{apikey.Setting{Remote: true}, "", true}, {apikey.Setting{Remote: true}, apikey.Test, true}, {apikey.Setting{Environment: apikey.Live, Remote: true}, apikey.Test, true},
		{apikey.Setting{Environment: apikey.Dev, Remote: true}, "", false}, {apikey.Setting{}, "", false}, {apikey.Setting{}, apikey.Live, true},
		{apikey.Setting{Embedded: true}, "", false}, {apikey.Setting{Embedded: true}, apikey.Live, true}, {apikey.Setting{Embedded: true, Demo: true}, apikey.Test, false},
	} {
		d := start(t, 120, 40, withKeys([]apikey.Key{{ID: "1", Name: "a", Environment: c.key, Enabled: &on}}), func(_ *Options, h *fakeHost) { h.profiles[0].Setting = c.setting })
		d.press("x")
		if asked := d.host.service.called("update 1") == 0; asked != c.asks {
			t.Errorf("%+v, a key of %q: asked %v", c.setting, c.key, asked)
		}
	}
}

func TestANarrowTerminalShowsTheDetailInPlaceOfTheList(t *testing.T) {
	d := start(t, 80, 24)
	d.seesNot("PERMISSIONS").press("enter").sees("PERMISSIONS").press("esc").seesNot("PERMISSIONS")
}

func TestLiveAndReadOnlyAreNeverCutOffTheHeader(t *testing.T) {
	for width := minWidth; width < 130; width++ {
		d := start(t, width, 12, func(o *Options, h *fakeHost) {
			o.ReadOnly = true
			h.profiles[0].Name, o.Profile = "a-profile-with-a-long-name", "a-profile-with-a-long-name"
		})
		if head := strings.Split(d.view(), "\n")[0]; !strings.Contains(head, "LIVE") || !strings.Contains(head, "read-only") {
			t.Fatalf("%d cells: %s", width, head)
		}
	}
}

func TestOneSpaceStandsAroundTheEnvironmentsBadge(t *testing.T) {
	for name, words := range map[string]string{"prod": "┌ detent ─ prod · prosopo · LIVE ─", "audit": "┌ detent ─ audit · prosopo · test · read-only ─"} {
		d := start(t, 120, 40, withProfile(name))
		if head := strings.Split(d.view(), "\n")[0]; !strings.HasPrefix(head, words) {
			t.Errorf("%s: %s", name, head)
		}
	}
	d := start(t, 120, 40, withProfile("audit"), func(o *Options, _ *fakeHost) { o.Renderer = renderer(termenv.ANSI, true) })
	if head := strings.Split(d.view(), "\n")[0]; !strings.Contains(head, " · test · read-only ─") {
		t.Errorf("in colours: %s", head)
	}
}

func TestProfilesSwitchAndTest(t *testing.T) {
	d := start(t, 120, 40)
	d.press("p", "j", "j").sees("file ~/.secrets/audit").press("t").sees("✓ works", "40 keys")
	d.press("enter").sees("detent ─ audit", "read-only", "40 keys").seesNot("Profiles")
}

// TestHelpThatIsOpenLearnsWhatTheProfileCan: it was asked for before the profile was there.
func TestHelpThatIsOpenLearnsWhatTheProfileCan(t *testing.T) {
	d := start(t, 120, 40)
	conn, caps := d.app.profile.conn, d.app.profile.caps
	d.app.profile.conn, d.app.profile.caps = nil, apikey.Capabilities{}
	d.press("?").sees("suspend")
	if strings.Contains(d.view(), "x  enable/disable") {
		t.Fatal("help offers what no profile can yet")
	}
	d.app.profile.conn, d.app.profile.caps = conn, caps
	d.sees("x  enable/disable")
}

func TestAProfileThatCannotBeOpenedSaysWhyAndLeadsOut(t *testing.T) {
	d := start(t, 120, 40, func(_ *Options, h *fakeHost) { h.openErr = errors.New("config.toml:3: token: not set") })
	d.sees("could not be opened", "config.toml:3").press("n").sees("the profile is not open yet")
	d.host.openErr = nil
	d.press("ctrl+r").sees("40 keys")
}

func TestSizesAndKeysAtRandomNeverBreakTheFrame(t *testing.T) {
	d := start(t, 120, 40, func(_ *Options, h *fakeHost) {
		for i, name := range hostileNames() {
			h.service.keys[i].Name, h.service.keys[i].Masked = name, name
		}
	})
	keys := []string{"j", "k", "G", "g", "enter", "esc", "s", "S", "/", "a", "p", "?", "ctrl+d", "pgup", "y", "ctrl+r", "backspace", "d", "t", "down"}
	seed := uint32(1)
	for i := range 600 {
		seed = seed*1664525 + 1013904223
		if i%7 == 0 {
			d.send(tea.WindowSizeMsg{Width: 1 + int(seed>>8)%150, Height: 1 + int(seed>>20)%50})
		}
		d.press(keys[int(seed>>16)%len(keys)])
		for _, r := range d.view() {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Fatalf("%U reached the screen", r)
			}
		}
	}
}

func TestNothingTicksWhileNothingHappens(t *testing.T) {
	d := start(t, 120, 40)
	d.pass(10 * time.Second)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.timers) != 1 {
		t.Fatalf("%d timers run while the program is idle: %v", len(d.timers), d.timers)
	}
}

func TestRelativeTimesMoveWithTheMinute(t *testing.T) {
	c := newClock()
	d := start(t, 120, 40, withKeys([]apikey.Key{{ID: "1", Name: "a", CreatedAt: apikey.At(c.Now().Add(-5 * time.Minute))}}))
	d.sees("5m").pass(2 * time.Minute)
	d.sees("7m")
}

func TestAnOpenRotationIsMarkedAndCounted(t *testing.T) {
	d := start(t, 120, 40, func(_ *Options, h *fakeHost) {
		h.rotates(rotation.View{Profile: "prod", State: rotation.Open, Old: h.service.keys[0], New: &h.service.keys[1]})
	})
	d.sees("1 waits for you · R", "↻ waits for you", "↻ new")
	d.press("/", "retiring", "enter", "d").sees("A rotation of this key is open").press("esc", "esc")
	d.host.rotates()
	d.send(rotate.Changed{})
	d.settle()
	d.seesNot("for you").seesNot("retiring")
	lists := d.host.service.called("list")
	d.send(rotate.Changed{Reload: true})
	d.settle()
	if d.host.service.called("list") != lists+1 {
		t.Fatal("a rotation made or deleted keys, and the list was not asked")
	}
}

func TestRotationsAreNotOfferedWhereThereAreNone(t *testing.T) {
	d := start(t, 120, 40)
	d.press("r").sees("rotate: there are no rotations here").press("?").seesNot("rotate")
}

func TestRotationScreensOpenWithTheKeyUnderTheCursor(t *testing.T) {
	var of string
	d := start(t, 120, 40, func(o *Options, _ *fakeHost) {
		o.Rotate = func(_ *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			of = p.Name + " " + caps.Service + " " + k.Name
			return &holder{}
		}
		o.Rotations = func(*ui.Env) ui.Screen { return &holder{} }
	})
	d.sees("r rotate").press("r").sees("held")
	if of != "prod prosopo web-frontend" {
		t.Fatalf("the screen was made for %q", of)
	}
}

func TestRotatingAKeyOfAnOpenRotationBringsThatBack(t *testing.T) {
	made := ""
	d := start(t, 120, 40, func(o *Options, h *fakeHost) {
		o.Rotate = func(*ui.Env, ui.Profile, apikey.Capabilities, apikey.Key) ui.Screen { made += "new "; return &holder{} }
		o.Rotations = func(*ui.Env) ui.Screen { made += "open "; return &holder{} }
		h.rotates(rotation.View{Profile: "prod", State: rotation.Open, Old: h.service.keys[0], New: &h.service.keys[1]})
	})
	d.press("/", "retiring", "enter", "r").sees("held")
	if made != "open " {
		t.Errorf("r made %q", made)
	}
}

func TestAFormThatTakesTheFrameHidesTheBoxesBeneathIt(t *testing.T) {
	d := start(t, 120, 40)
	d.press("p", "a").seesNot("PROSOPO_TOKEN").sees("detent ─ prod")
	d.send(ui.Fail{Title: "Could not add the profile", Err: errors.New("disk full")})
	d.sees("disk full").press("esc").seesNot("disk full").seesNot("PROSOPO_TOKEN")
}

func TestDeletingShowsInTheList(t *testing.T) {
	d := start(t, 120, 40, withProfile("local/prosopo"))
	d.to("billing-sync").press("d")
	if len(d.app.overlays) != 1 {
		t.Fatal("d opens no question")
	}
	d.sees("billing-sync")
	d.send(ui.DeleteKey{Ticket: 99, ID: d.host.service.keys[6].ID, Name: "billing-sync"})
	d.settle()
	d.sees("39 keys", "billing-sync deleted")
}

func TestACreatedKeyIsShownOnceAndIsUnderTheCursor(t *testing.T) {
	d := start(t, 120, 40)
	d.send(ui.CreateKey{Ticket: 1, Draft: apikey.Draft{Name: "zz-new", Permissions: []apikey.Permission{{Feature: "Verify", Name: "verify"}}}})
	d.settle()
	if d.app.held() == nil {
		t.Fatal("the secret is not shown")
	}
	d.seesNot("canary")
	d.app.overlays = nil
	d.isOn("zz-new").sees("41 keys")
}

// TestTheHostHearsOfEverySecretThatLeaves, whose it is, before it is shown; and shows none that may not be.
func TestTheHostHearsOfEverySecretThatLeaves(t *testing.T) {
	for _, may := range []bool{true, false} {
		d := start(t, 120, 40)
		if !may {
			d.host.unshown = errors.New("no audit log")
		}
		d.send(ui.CreateKey{Ticket: 1, Draft: apikey.Draft{Name: "zz-new", Permissions: []apikey.Permission{{Feature: "Verify", Name: "verify"}}}})
		d.settle()
		id := d.host.service.keys[40].ID
		d.press("r")
		if shown := strings.Contains(d.app.View(), "canary"); shown != may || !may && !strings.Contains(d.app.View(), "not shown: no audit log") {
			t.Errorf("it may be shown %v:\n%s", may, d.app.View())
		}
		d.press("c", "s").press("enter")
		want := []string{"shown prod " + id, "to clipboard prod " + id, "to file:zz-new.key prod " + id}
		if got := d.host.secrets; !slices.Equal(got, want) {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
}

// TestAKeyIsDeletedOnlyOnceWhatItsSecretReplacedIsBack.
func TestAKeyIsDeletedOnlyOnceWhatItsSecretReplacedIsBack(t *testing.T) {
	for _, stuck := range []error{nil, errors.New("the volume is not mounted")} {
		d := start(t, 120, 40)
		d.host.stuck = stuck
		k := d.host.service.keys[3]
		d.send(ui.DeleteKey{Ticket: 1, ID: k.ID, Name: k.Name, TakeBack: true})
		d.settle()
		there := slices.ContainsFunc(d.host.service.keys, func(o apikey.Key) bool { return o.ID == k.ID })
		if there != (stuck != nil) || !slices.Equal(d.host.secrets, []string{"back prod " + k.ID}) {
			t.Errorf("stuck %v: the key is there %v, heard %q", stuck, there, d.host.secrets)
		}
		if want := map[bool]string{true: "not mounted", false: "API_KEY put back"}[stuck != nil]; !strings.Contains(d.app.View(), want) {
			t.Errorf("not shown: %s\n%s", want, d.app.View())
		}
	}
}

func TestManyKeysComeInBatchesAndAreAllThere(t *testing.T) {
	c := newClock()
	d := start(t, 120, 40, withKeys(fakeKeys(20_000, c.Now())))
	d.sees("20000 keys")
	d.press("G", "/").typing("payments 19")
	want := 0
	for _, k := range d.host.service.keys {
		if strings.Contains(k.Name, "payments") && (strings.Contains(k.Name, "19") || strings.Contains(k.ID, "19") || strings.Contains(k.Masked, "19")) {
			want++
		}
	}
	d.sees(fmt.Sprintf("%d of 20000", want))
}

// The chips say all that wants something done, the most urgent first; where there is no row for them, the header does.
func TestEveryStateThatWantsSomethingDoneIsCounted(t *testing.T) {
	d := start(t, 200, 40)
	for i, u := range ui.Urgent {
		shown := d.app.load.counts.of[i]
		if has := strings.Contains(d.view(), fmt.Sprintf(" %s %d]", u.Word, shown)); has != (shown > 0) {
			t.Errorf("%d %s, and a chip says so: %v\n%s", shown, u.Word, has, d.view())
		}
		d.press("/").typing("status:" + u.Word).press("enter")
		if d.app.list.Shown() != shown {
			t.Errorf("%s: the header counts %d, the filter finds %d", u.Word, shown, d.app.list.Shown())
		}
		d.press("esc")
	}
	if d.app.load.counts.of[0] == 0 {
		t.Error("no key has expired: does the test see it?")
	}
}

// A filter that is kept says how it goes away, with matches and without.
func TestAKeptFilterSaysHowItGoesAway(t *testing.T) {
	for _, text := range []string{"api", "zzz"} {
		d := start(t, 80, 24)
		d.seesNot("clear the filter")
		d.press("/").typing(text).press("enter").sees("esc clear the filter")
		d.press("esc").seesNot("clear the filter")
		if d.app.list.Shown() != d.app.list.Len() {
			t.Errorf("esc left a filter %q", text)
		}
	}
}
