package tui

import (
	"regexp"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/tui/rotate"
	"detent/tui/ui"
)

var refusedToken = &client.Error{Op: "list keys", Kind: client.Unauthorized, Status: 401, Outcome: client.NotDone, Message: "invalid api key"}

// A profile's token that a service refuses can be mended in one place only.
func TestWhateverSaysThatATokenIsRefusedSaysWhereItComesFrom(t *testing.T) {
	for name, make := range map[string]func(t *testing.T) *driver{
		"no list yet": func(t *testing.T) *driver {
			return start(t, 120, 40, withKeys(nil), func(_ *Options, h *fakeHost) { h.service.listErr = refusedToken })
		},
		"a reload": func(t *testing.T) *driver {
			d := start(t, 220, 40)
			d.host.service.listErr = refusedToken
			return d.press("ctrl+r")
		},
		"a profile that does not open": func(t *testing.T) *driver {
			return start(t, 120, 40, func(_ *Options, h *fakeHost) { h.openErr = refusedToken })
		},
		"a change": func(t *testing.T) *driver {
			d := start(t, 120, 40)
			d.send(ui.Fail{Title: "Could not delete ci", Err: refusedToken})
			return d
		},
	} {
		t.Run(name, func(t *testing.T) { make(t).sees("env PROSOPO_TOKEN", "p and e change that") })
	}
	other := *refusedToken
	other.Kind, other.Status = client.Forbidden, 403
	d := start(t, 120, 40)
	d.send(ui.Fail{Title: "Could not delete ci", Err: &other})
	d.seesNot("PROSOPO_TOKEN")
}

// What cannot work while the service is away is not offered, and says so when it is pressed.
// TestARefusedTokenOffersNoChange; a secret that somebody has can still be asked about.
func TestARefusedTokenOffersNoChange(t *testing.T) {
	d := start(t, 160, 40)
	d.host.service.listErr = &client.Error{Op: "list keys", Kind: client.Unauthorized, Status: 401, Message: "invalid api key", Outcome: client.NotDone}
	d.press("ctrl+r").sees("v verify").seesNot("n new").seesNot("d delete").seesNot("e edit")
	if d.press("n").sees("the token was refused: ctrl+r tries it again"); d.app.top() != nil {
		t.Fatalf("n opens %T", d.app.top())
	}
	d.host.service.listErr = nil
	d.press("ctrl+r").sees("n new", "d delete")
}

func TestOfflineOffersNothingThatNeedsTheService(t *testing.T) {
	d := start(t, 160, 40)
	d.sees("n new", "d delete")
	d.host.service.listErr = &client.Error{Op: "list keys", Kind: client.Unreachable, Message: "connection refused", Outcome: client.NotDone}
	d.press("ctrl+r")
	for _, gone := range []string{"n new", "r rotate", "e edit", "d delete", "v verify"} {
		d.seesNot(gone)
	}
	for _, k := range []string{"n", "d", "v"} {
		if d.press(k).sees("offline: ctrl+r looks again"); d.app.top() != nil {
			t.Fatalf("%s opens %T", k, d.app.top())
		}
	}
	d.host.service.listErr = nil
	d.press("ctrl+r").sees("n new", "d delete")
}

func TestAPublicKeyHasTheCursorOnceItIsMade(t *testing.T) {
	d := start(t, 120, 40)
	now := d.clock.Now()
	d.host.service.keys = append(d.host.service.keys, []apikey.Key{{ID: "older", Name: "web", Type: apikey.PublicKey, CreatedAt: apikey.At(now.AddDate(0, 0, -1))},
		{ID: "secret", Name: "web", Type: apikey.SecretKey, CreatedAt: apikey.At(now)}, {ID: "newer", Name: "web", Type: apikey.PublicKey, CreatedAt: apikey.At(now)}}...)
	for _, name := range []string{"web", ""} {
		d.press("g")
		d.app.load.made = madeAs(name)
		d.press("ctrl+r")
		if k, _, ok := d.app.list.Selected(); !ok || k.ID != "newer" {
			t.Errorf("asked for %q: the cursor is on %+v", name, k)
		}
	}
}

// A good answer is a beginning: the key is one press away, and its replacement two.
func TestAProvenSecretLeadsToItsKey(t *testing.T) {
	for _, replace := range []bool{false, true} {
		d := start(t, 120, 40, func(o *Options, _ *fakeHost) {
			turns := &walkedRotations{now: o.Now}
			o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
				return rotate.NewSetup(env, turns, p.Name, k, caps)
			}
			o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
		})
		d.press("/").typing("zzz").press("enter")
		target := d.host.service.keys[7]
		d.send(ui.GoTo{ID: target.ID, Replace: replace})
		d.settle()
		if k, _, ok := d.app.list.Selected(); !ok || k.ID != target.ID {
			t.Fatalf("the cursor is not on the key:\n%s", d.view())
		}
		if replace {
			d.sees("Rotate "+target.Name, "COMPROMISED")
		} else if d.app.top() != nil {
			t.Errorf("%T is open", d.app.top())
		}
	}
	d := start(t, 120, 40)
	d.send(ui.GoTo{ID: "not there"})
	d.sees("not in this list")
}

// Whatever a service can or cannot do is said as a sentence.
func TestWhatAProfileCanDoReadsAsWords(t *testing.T) {
	no := apikey.Cannot("because")
	all := apikey.Capabilities{Create: no, Delete: no, Rename: no, ChangeRole: no, Disable: no, PublicKeys: no}
	form := regexp.MustCompile(`^· cannot (create|delete|rename|change the role|enable and disable|make public keys): because$`)
	for _, note := range abilities(all) {
		if !form.MatchString(note) {
			t.Errorf("%q", note)
		}
	}
	if n := len(abilities(all)); n != 6 || strings.Contains(strings.Join(abilities(apikey.Capabilities{Create: apikey.Can()}), ""), "cannot") {
		t.Errorf("%d notes", n)
	}
}
