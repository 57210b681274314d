package form

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/client"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

var refused = &client.Error{Op: "create key", Kind: client.Forbidden, Status: 403, Outcome: client.NotDone, Message: "Insufficient permissions",
	Hint: "The credential lacks createApiKey."}

var lost = &client.Error{Op: "create key", Kind: client.Timeout, Outcome: client.Unknown, Message: "no answer within 15s"}

// scenes are the states that a user sees, each made by the keys that lead there.
var scenes = []struct {
	name string
	make func(*ui.Env) ui.Screen
	keys []string
	then func(*driver)
}{
	{name: "create-basics", make: func(e *ui.Env) ui.Screen {
		return NewCreate(e, prosopo(), prodProfile, []apikey.Key{{Name: "payments-api"}})
	}, keys: []string{"payments-api", "enter"}},
	{name: "create-permissions", make: newProsopoScene, keys: []string{"api", "enter", "enter", "g", "down"}},
	{name: "create-filter", make: newProsopoScene, keys: []string{"api", "enter", "enter", "/", "key"}},
	{name: "create-review", make: newProsopoScene, keys: []string{"api", "enter", "never", "enter", "a", "enter"}},
	{name: "create-refused", make: newProsopoScene, keys: []string{"api", "enter", "enter", "p", "enter", "enter"}, then: func(d *driver) {
		d.send(ui.KeyCreated{Ticket: last[ui.CreateKey](d).Ticket, Err: refused})
	}},
	{name: "create-lost", make: newProsopoScene, keys: []string{"api", "enter", "enter", "p", "enter", "enter"}, then: func(d *driver) {
		d.send(ui.KeyCreated{Ticket: last[ui.CreateKey](d).Ticket, Err: lost})
	}},
	{name: "create-discard", make: newProsopoScene, keys: []string{"api", "esc"}},
	{name: "create-role", make: func(e *ui.Env) ui.Screen { return NewCreate(e, vertesia(), testProfile, nil) }, keys: []string{"api", "enter", "enter", "j", "j", "j"}},
	{name: "create-live", make: func(e *ui.Env) ui.Screen { return NewCreate(e, generic(), prodProfile, nil) }, keys: []string{"api", "enter"}},
	{name: "create-restrictions", make: func(e *ui.Env) ui.Screen { return NewCreate(e, generic(), testProfile, nil) },
		keys: []string{"api", "enter", "enter", "enter", "10.0.0.0/8 203.0.113.7", "enter", "example.com", "enter"}},
	{name: "create-advice", make: func(e *ui.Env) ui.Screen { return NewCreate(e, advising(), testProfile, nil) }, keys: []string{"api"}},
	{name: "permissions-advice", make: func(e *ui.Env) ui.Screen { return NewCreate(e, advising(), testProfile, nil) }, keys: []string{"api", "enter", "enter"}},
	{name: "secret-advice", make: func(e *ui.Env) ui.Screen {
		return NewSecret(e, advising(), prodProfile, apikey.Created{Key: apikey.Key{ID: "k1", Name: "payments-api"}, Secret: apikey.NewSecret(canary)})
	}},
	{name: "delete", make: func(e *ui.Env) ui.Screen { return NewDelete(e, prosopo(), testProfile, ci, false) }},
	{name: "delete-own-live", make: func(e *ui.Env) ui.Screen {
		own := ci
		own.Own = true
		return NewDelete(e, prosopo(), prodProfile, own, false)
	}, keys: []string{"ci-dep"}},
	{name: "disable", make: func(e *ui.Env) ui.Screen { return NewToggle(e, vertesia(), prodProfile, vertesiaKey()) }},
	{name: "secret-hidden", make: newSecretScene},
	{name: "secret-sink", make: newSecretScene, keys: []string{"e", "tab"}},
	{name: "secret-leave", make: newSecretScene, keys: []string{"q"}},
	{name: "secret-copied", make: newSecretScene, keys: []string{"c"}},
	{name: "public-value", make: func(e *ui.Env) ui.Screen {
		return NewPublicValue(e, testProfile, "web", apikey.PublicKeyValue{Value: apikey.NewSecret("pk-value"), ExpiresAt: apikey.At(noon.Add(24 * time.Hour))})
	}},
	{name: "public-request", make: func(e *ui.Env) ui.Screen { return NewPublicKey(e, vertesia(), testProfile) }, keys: []string{"web", "enter", "enter"}},
	{name: "edit-review", make: func(e *ui.Env) ui.Screen { return NewEdit(e, vertesia(), testProfile, vertesiaKey(), nil) },
		keys: []string{"2", "tab", "space", "enter", "j", "j", "enter"}},
	{name: "profile-token", make: func(e *ui.Env) ui.Screen { return NewProfile(e, ProfileOptions{Issuers: threeIssuers}) }, keys: []string{"prod", "enter", "enter", "enter", "enter", "1x", "enter"}},
	{name: "profile-edit", make: func(e *ui.Env) ui.Screen {
		return NewProfile(e, ProfileOptions{Issuers: threeIssuers, Edit: &editedProfile})
	},
		keys: []string{"enter", "ctrl+u", "https://api.new.example", "enter", "enter", "enter", "enter", "enter", "space", "enter"}},
	{name: "profile-edit-remote", make: func(e *ui.Env) ui.Screen {
		return NewProfile(e, ProfileOptions{Issuers: threeIssuers, Edit: &editedProfile, Remote: true})
	},
		keys: []string{"enter", "enter", "right", "enter"}, then: func(d *driver) { d.paste(canary) }},
	{name: "profile-add-remote", make: func(e *ui.Env) ui.Screen { return NewProfile(e, ProfileOptions{Issuers: threeIssuers, Remote: true}) },
		keys: []string{"prod", "enter", "enter", "enter", "enter", "enter"}},
	{name: "verify", make: func(e *ui.Env) ui.Screen { return NewVerify(e, prosopo(), prodProfile) }, then: func(d *driver) { d.paste("sk_wrong_0123456789"); d.press("enter") }},
	{name: "verify-proof", make: func(e *ui.Env) ui.Screen { return NewVerify(e, prosopo(), prodProfile) }, then: func(d *driver) {
		d.paste(canary)
		d.press("enter")
		d.send(ui.Verified{Ticket: last[ui.Verify](d).Ticket, Proof: apikey.Proof{Verdict: apikey.Accepted, Key: &apikey.Key{ID: "k7", Name: "payments"},
			Evidence: "GET /v1/prosopo/provider/admin/rules answered 200", Can: []string{"getRules"}, Cannot: []string{"getUsers"}, Unknown: []string{"createRule: only a write would show it"}}})
	}},
}

var editedProfile = ui.ProfileDraft{Name: "prod", Service: wirename.Vertesia, URL: "https://api.vertesia.io", TokenEnv: "VERTESIA_TOKEN", Environment: apikey.Live, Auth: "exchange"}

func newProsopoScene(e *ui.Env) ui.Screen { return NewCreate(e, prosopo(), testProfile, nil) }

func newSecretScene(e *ui.Env) ui.Screen {
	return NewSecret(e, prosopo(), prodProfile, apikey.Created{Key: apikey.Key{ID: "k1", Name: "payments-api"}, Secret: apikey.NewSecret(canary), Notes: []string{"the service gave it 30 days instead of 90"}})
}

// place is what the root gives a screen in a terminal of this size.
func place(s ui.Screen, size [2]int) (width, height int) {
	if w, ok := s.(ui.Wide); ok && w.WantsAll() {
		return size[0] - 4, size[1] - 2
	}
	return size[0] - 8, size[1] - 4
}

func TestEveryStateLooksAsItDidAndFits(t *testing.T) {
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			for _, l := range looks {
				var all strings.Builder
				for _, size := range sizes {
					d := drive(t, scene.make(newEnv(l)))
					d.screen.SetSize(place(d.screen, size))
					d.press(scene.keys...)
					if scene.then != nil {
						scene.then(d)
					}
					width, height := place(d.screen, size)
					view := d.screen.View()
					fits(t, view, width, height)
					if strings.Contains(view, "canary") {
						t.Error("the secret is on the screen")
					}
					// Colours do not depend on the size: one size of them is enough.
					if l.profile == termenv.Ascii || size[0] == 80 {
						fmt.Fprintf(&all, "%dx%d\n%s\n\n", size[0], size[1], view)
					}
				}
				golden(t, scene.name+"-"+l.name, all.String())
			}
		})
	}
}

func TestResizeToSmallAndBackGrowsAgain(t *testing.T) {
	for _, scene := range scenes {
		d := drive(t, scene.make(plainEnvironment()))
		width, height := place(d.screen, sizes[0])
		d.screen.SetSize(width, height)
		d.press(scene.keys...)
		if scene.then != nil {
			scene.then(d)
		}
		before := d.screen.View()
		for _, small := range [][2]int{{52, 16}, {36, 8}, {30, 5}} {
			d.screen.SetSize(small[0], small[1])
			fits(t, d.screen.View(), small[0], small[1])
		}
		d.screen.SetSize(width, height)
		if after := d.screen.View(); after != before {
			t.Errorf("%s: after small and back\n%s\nbefore\n%s", scene.name, after, before)
		}
	}
}

// inputs are all text inputs: the keys that lead to each, and its value.
var inputs = []struct {
	name  string
	make  func(*ui.Env) ui.Screen
	keys  []string
	value func(ui.Screen) string
}{
	{"create name", newProsopoScene, nil, func(s ui.Screen) string { return s.(*Create).name.value() }},
	{"create expiry", newProsopoScene, []string{"n", "enter"}, func(s ui.Screen) string { return s.(*Create).expiry.line.Value() }},
	{"permission filter", newProsopoScene, []string{"n", "enter", "enter", "/"}, func(s ui.Screen) string { return s.(*Create).permissions.filter.Value() }},
	{"addresses", newGenericScene, []string{"n", "enter", "enter", "enter"}, func(s ui.Screen) string { return s.(*Create).ips.value() }},
	{"referrers", newGenericScene, []string{"n", "enter", "enter", "enter", "enter"}, func(s ui.Screen) string { return s.(*Create).referrers.value() }},
	{"endpoints", newGenericScene, []string{"n", "enter", "enter", "enter", "enter", "enter"}, func(s ui.Screen) string { return s.(*Create).endpoints.value() }},
	{"edit name", func(e *ui.Env) ui.Screen { return NewEdit(e, vertesia(), testProfile, vertesiaKey(), nil) }, []string{"ctrl+u"},
		func(s ui.Screen) string { return s.(*Edit).name.value() }},
	{"public name", newPublicScene, nil, func(s ui.Screen) string { return s.(*Public).name.value() }},
	{"public project", newPublicScene, []string{"enter"}, func(s ui.Screen) string { return s.(*Public).project.value() }},
	{"public lifetime", newPublicScene, []string{"enter", "enter", "end", "enter"}, func(s ui.Screen) string { return s.(*Public).other.value() }},
	{"profile name", func(e *ui.Env) ui.Screen { return NewProfile(e, ProfileOptions{Issuers: threeIssuers}) }, nil, func(s ui.Screen) string { return s.(*Profile).name.value() }},
	{"profile url", func(e *ui.Env) ui.Screen { return NewProfile(e, ProfileOptions{Issuers: threeIssuers}) }, []string{"p", "enter", "enter"}, func(s ui.Screen) string { return s.(*Profile).url.value() }},
	{"profile token typed", func(e *ui.Env) ui.Screen { return NewProfile(e, ProfileOptions{Issuers: threeIssuers, Remote: true}) }, []string{"p", "enter", "enter", "enter", "enter"},
		func(s ui.Screen) string { return s.(*Profile).token.hidden.Value() }},
	{"profile token", func(e *ui.Env) ui.Screen { return NewProfile(e, ProfileOptions{Issuers: threeIssuers}) }, []string{"p", "enter", "enter", "enter", "enter"},
		func(s ui.Screen) string { return s.(*Profile).token.value() }},
	{"name of a live key", func(e *ui.Env) ui.Screen { return NewDelete(e, prosopo(), prodProfile, ci, false) }, nil,
		func(s ui.Screen) string { return s.(*Confirm).gate.line.Value() }},
	{"file", newSecretScene, []string{"s", "ctrl+u"}, func(s ui.Screen) string { return s.(*Secret).sink.inputs[0].Value() }},
	{"env file", newSecretScene, []string{"e", "ctrl+u"}, func(s ui.Screen) string { return s.(*Secret).sink.inputs[0].Value() }},
	{"variable", newSecretScene, []string{"e", "enter", "ctrl+u"}, func(s ui.Screen) string { return s.(*Secret).sink.inputs[1].Value() }},
	{"command", newSecretScene, []string{"p"}, func(s ui.Screen) string { return s.(*Secret).sink.inputs[0].Value() }},
	{"verify", func(e *ui.Env) ui.Screen { return NewVerify(e, prosopo(), testProfile) }, nil, func(s ui.Screen) string { return s.(*Verify).line.Value() }},
}

func newGenericScene(e *ui.Env) ui.Screen { return NewCreate(e, generic(), testProfile, nil) }
func newPublicScene(e *ui.Env) ui.Screen  { return NewPublicKey(e, vertesia(), testProfile) }

func TestEveryPrintableKeyIsTextInEveryInput(t *testing.T) {
	var printable []rune
	for r := rune(0x20); r < 0x7f; r++ {
		printable = append(printable, r)
	}
	printable = append(printable, []rune("äßçñ€→漢字שלום")...)
	for _, in := range inputs {
		t.Run(in.name, func(t *testing.T) {
			d := drive(t, in.make(plainEnvironment()))
			d.press(in.keys...)
			if !d.screen.(ui.Typist).Typing() {
				t.Fatalf("letters are not text here:\n%s", d.view())
			}
			for _, r := range printable {
				d.send(runeKey(r))
			}
			if got := in.value(d.screen); got != string(printable) {
				t.Errorf("typed %q, has %q", string(printable), got)
			}
			d.quiet()
			// Letters of one read are one message, and may spell the name of a key.
			for _, word := range []string{"up", "tab", "left", "esc", "enter", "home", "backspace"} {
				d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(word)})
			}
			if got, want := in.value(d.screen), string(printable)+"uptablefteschomebackspace"; got != strings.Replace(want, "escho", "escenterho", 1) {
				t.Errorf("words typed at once came out as %q", strings.TrimPrefix(got, string(printable)))
			}
			if len(d.intents) != 0 {
				t.Errorf("typing handed out %+v", d.intents)
			}
		})
	}
}

func TestHostileTextNeverReachesTheTerminal(t *testing.T) {
	nasty := "\x1b[31mred\x1b]52;c;AAAA\a\u202Egnp.\u2066x\n\ty"
	key := apikey.Key{ID: nasty, Name: nasty, Masked: nasty, Role: nasty}
	caps := prosopo()
	caps.Title, caps.UsagePage = nasty, nasty
	for i := range caps.PermissionGroups {
		caps.PermissionGroups[i].Title = nasty
		caps.PermissionGroups[i].Permissions[0].Description = nasty
	}
	screens := []ui.Screen{
		NewDelete(plainEnvironment(), caps, prodProfile, key, false), NewToggle(plainEnvironment(), caps, prodProfile, key),
		NewEdit(plainEnvironment(), vertesia(), ui.Profile{Name: nasty}, key, nil),
		NewSecret(plainEnvironment(), caps, prodProfile, apikey.Created{Key: key, Secret: apikey.NewSecret(nasty), Notes: []string{nasty}}),
		NewCreate(plainEnvironment(), caps, ui.Profile{Name: nasty}, []apikey.Key{key}),
		NewVerify(plainEnvironment(), caps, prodProfile),
	}
	for _, s := range screens {
		d := drive(t, s)
		d.paste(nasty)
		for _, k := range []string{"", "r", "enter", "enter", "down", "enter"} {
			d.press(k)
			if view := s.View(); strings.ContainsAny(view, "\x1b\a\t\u202e\u2066") {
				t.Errorf("%T after %q shows %q", s, k, view)
			}
		}
	}
}

func TestRandomKeysNeverBreakAScreen(t *testing.T) {
	names := []string{"enter", "esc", "tab", "shift+tab", "up", "down", "left", "right", "space", "backspace", "pgdn", "pgup", "end", "home", "ctrl+u"}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, scene := range scenes {
		d := drive(t, scene.make(plainEnvironment()))
		for range 300 {
			switch n := rng.IntN(10); {
			case n < 6:
				d.press(names[rng.IntN(len(names))])
			case n < 9:
				d.send(runeKey(rune(' ' + rng.IntN(95))))
			default:
				d.screen.SetSize(20+rng.IntN(110), 4+rng.IntN(40))
			}
		}
		d.screen.SetSize(60, 14)
		fits(t, d.screen.View(), 60, 14)
	}
}

func FuzzPermissionField(f *testing.F) {
	f.Add("/zz", []byte{3, 1, 4}, 12)
	f.Add("a g p", []byte{0, 2, 5, 6}, 3)
	f.Fuzz(func(t *testing.T, typed string, moves []byte, height int) {
		p := newPermissions(plainEnvironment(), prosopo())
		p.Focus()
		p.WithWidth(60)
		p.room(height % 50)
		types := []tea.KeyType{tea.KeyUp, tea.KeyDown, tea.KeyEnter, tea.KeyEsc, tea.KeyHome, tea.KeyEnd, tea.KeyPgUp, tea.KeyPgDown, tea.KeyBackspace}
		for i, r := range typed {
			p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
			if i < len(moves) {
				p.Update(tea.KeyMsg{Type: types[int(moves[i])%len(types)]})
			}
			_ = p.View()
			if n := len(p.value()); n > len(p.infos) {
				t.Fatalf("%d of %d picked", n, len(p.infos))
			}
		}
	})
}

// TestNoReplacementIsOfferedThatThePreflightRefuses: of a key of which nothing would show that a new secret works.
func TestNoReplacementIsOfferedThatThePreflightRefuses(t *testing.T) {
	for needs, offered := range map[string]bool{"getRules": true, "getSites": false} {
		caps := prosopo()
		caps.ProvenBy = []string{needs}
		d := drive(t, NewVerifyAmong(plainEnvironment()))
		d.send(ui.Known{Targets: []ui.Target{{Profile: prodProfile, Caps: caps, Keys: []apikey.Key{{ID: "k7", Name: "payments", Masked: canary[:12] + "****", Permissions: []apikey.Permission{{Name: "getRules"}}}}}}})
		d.paste(canary)
		d.press("enter")
		d.send(ui.Verified{Ticket: last[ui.Verify](d).Ticket, Proof: apikey.Proof{Why: "a living key is answered so too"}})
		if got := strings.Contains(d.view(), verifyReplace); got != offered || got == strings.Contains(d.view(), "cannot be replaced: the key has none of the permissions getSites") {
			t.Errorf("%s: offered %v\n%s", needs, got, d.view())
		}
	}
}
