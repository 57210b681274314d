package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/key"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/dialog"
	"detent/tui/form"
	"detent/tui/history"
	"detent/tui/rotate"
	"detent/tui/ui"

	tea "github.com/charmbracelet/bubbletea"
)

// screensOf are all screens there are, as the program makes them.
func screensOf(d *driver) map[string]ui.Screen {
	a := d.app
	k, _, _ := a.list.Selected()
	caps, p := a.profile.caps, a.profile.conn.Profile
	queue := rotate.NewQueue(a.env, &fakeQueue{}, func(string) apikey.Setting { return apikey.Setting{} }, []rotate.Item{{Profile: p.Name, Key: *k}})
	holes := rotate.NewQueue(a.env, &fakeQueue{holes: []string{k.Name}}, func(string) apikey.Setting { return apikey.Setting{} }, []rotate.Item{{Profile: p.Name, Key: *k}})
	for _, q := range []*rotate.QueueScreen{queue, holes} {
		q.Update(q.Init()())
	}
	return map[string]ui.Screen{
		"create": a.screens.create(), "public key": a.screens.requestPublic(), "edit": a.screens.edit(*k), "toggle": a.screens.toggle(*k), "delete": a.screens.remove(*k),
		"verify": a.screens.verify(), "verify one": form.NewVerify(a.env, caps, p), "secret": a.screens.secret(apikey.Created{Key: *k, Secret: apikey.NewSecret("abcdefgh")}),
		"public value": a.screens.publicKey("x", apikey.PublicKeyValue{Value: apikey.NewSecret("abc")}), "add a profile": a.screens.addProfile(), "edit a profile": a.screens.editProfile(p),
		"history": a.history(), "palette": a.palette(), "copy": a.copyable(k), "rotate": a.screens.rotate(*k), "rotations": a.screens.rotations(),
		"disable several": form.NewBulk(a.env, "disable", false, []form.BulkItem{{Profile: p.Name, Key: *k}}), "delete several": form.NewBulk(a.env, "delete", true, []form.BulkItem{{Profile: p.Name, Key: *k}}),
		"queue": queue, "queue with a hole": holes, "profiles": dialog.NewProfiles(a.env, a.host.Profiles, p.Name, dialog.ProfileForms{Add: a.screens.addProfile, Edit: a.screens.editProfile}),
		"help": dialog.NewHelp(a.env, a.helpSections), "error": dialog.NewError(a.env, "It went wrong", errNotThere), "quit": dialog.NewQuit(a.env, 1),
		"line": dialog.NewLine(a.env, "Rename", "x", func(string) tea.Msg { return nil }), "evidence": rotate.NewEvidence(a.env, ui.Place{}, func() rotation.View { return rotation.View{} }),
	}
}

var errNotThere = apikeyError("it is not there")

type apikeyError string

func (e apikeyError) Error() string { return string(e) }

// TestEveryActOfEveryScreenCanBeReachedByEar: each key that a screen says it takes is one of its choices, or is what a line that is typed
// ends with, unless it only moves among others.
func TestEveryActOfEveryScreenCanBeReachedByEar(t *testing.T) {
	d := listen(t)
	k := d.app.env.Keys
	// A line that says "esc" or "back" is taken everywhere; yes and no are the keys of two buttons, which are choices.
	moves := []key.Binding{k.Cancel, k.Yes, k.No, k.Up, k.Down, k.Top, k.Bottom, k.HalfUp, k.HalfDown, k.PageUp, k.PageDown, k.Next, k.Prev, k.Suspend}
	for name, s := range screensOf(d) {
		words, ok := s.(ui.Spoken)
		if !ok {
			t.Errorf("%s does not speak", name)
			continue
		}
		s.SetSize(ui.Unbroken, ui.Unbroken)
		speech := words.Speak()
		if speech.Ask == nil {
			if speech.Progress == "" {
				t.Errorf("%s asks nothing", name)
			}
			continue
		}
		said := map[string]bool{}
		for _, c := range speech.Ask.Choices {
			if c.Words == "" {
				t.Errorf("%s has a choice without words: %v", name, c.Keys)
			}
			for _, press := range c.Keys {
				said[press.String()] = true
			}
		}
		if speech.Ask.Text != nil {
			if keys, err := speech.Ask.Text("x"); err == nil {
				for _, press := range keys {
					said[press.String()] = true
				}
			}
		}
		for _, press := range speech.Ask.Keep {
			said[press.String()] = true
		}
		for _, b := range s.Bindings() {
			reached := slices.ContainsFunc(b.Keys(), func(name string) bool { return said[ui.Press(name).String()] })
			moving := slices.ContainsFunc(moves, func(m key.Binding) bool { return m.Keys()[0] == b.Keys()[0] })
			if b.Enabled() && !reached && !moving {
				t.Errorf("%s: %s %s cannot be reached by ear; there are %v", name, b.Help().Key, b.Help().Desc, said)
			}
		}
	}
}

// TestKeysAreRotatedTogetherByEar: neither an empty line nor another number begins anything, and each key is told once.
func TestKeysAreRotatedTogetherByEar(t *testing.T) {
	q := &fakeQueue{holes: []string{"search-indexer"}}
	d := listen(t, func(o *Options, h *fakeHost) {
		q.now = h.service.clock.Now
		o.RotateAll = func(env *ui.Env, items []rotate.Item) ui.Screen {
			return rotate.NewQueue(env, q, func(string) apikey.Setting { return apikey.Setting{Environment: apikey.Live, Remote: true} }, items)
		}
	})
	d.enter("mark ci-deploy", "mark search-indexer")
	said := d.enter("r")
	d.heard(said, "ci-deploy", "API_KEY in /srv/ci-deploy/.env", "Where does the secret of search-indexer go")
	if d.enter(""); q.run || len(q.filled) > 0 {
		t.Fatal("an empty line did something")
	}
	said = d.enter("prod-one")
	d.heard(said, "Type 2 to rotate 2 keys")
	if d.enter("", "3"); q.run {
		t.Fatal("it began without their number")
	}
	said = d.enter("2")
	d.heard(said, "2 of 2 keys rotated")
	if !q.run || len(q.filled) != 1 || q.filled[0] != "prod-one" {
		t.Errorf("run %v, filled %q", q.run, q.filled)
	}
	lines := map[string]int{}
	for _, l := range strings.Split(said, "\n") {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "ci-deploy") {
			if lines[l]++; lines[l] > 1 {
				t.Errorf("told again: %s", l)
			}
		}
	}
}

// TestSeveralKeysAreDeletedByEarByTheirNumber.
func TestSeveralKeysAreDeletedByEarByTheirNumber(t *testing.T) {
	d := listen(t)
	d.enter("mark ci-deploy", "mark search-indexer")
	d.heard(d.enter("d"), "ci-deploy", "search-indexer", "Type 2 to confirm")
	for _, line := range []string{"", "y", "3", "yes"} {
		if d.enter(line); len(did(d)) > 0 {
			t.Fatalf("%q deleted: %v", line, did(d))
		}
	}
	d.enter("2")
	said := d.enter("Delete")
	if n := len(did(d)); n != 2 {
		t.Errorf("%d were deleted:\n%s", n, said)
	}
}

// TestEveryKindOfScreenIsListened: a screen that is added is added to screensOf.
func TestEveryKindOfScreenIsListened(t *testing.T) {
	d := listen(t)
	of := map[string]bool{}
	for _, s := range screensOf(d) {
		of[strings.TrimPrefix(typeName(s), "*")] = true
	}
	for _, s := range []ui.Screen{(*history.Screen)(nil), (*rotate.QueueScreen)(nil), (*rotate.Evidence)(nil), (*rotate.Setup)(nil), (*rotate.List)(nil), (*form.Verify)(nil), (*form.Secret)(nil), (*dialog.Line)(nil)} {
		if !of[strings.TrimPrefix(typeName(s), "*")] {
			t.Errorf("%T is in no row", s)
		}
	}
}

// TestHowManyAreUnderWayAndWhatIsRememberedIsSaidByEar, before the number; an empty line keeps all.
func TestHowManyAreUnderWayAndWhatIsRememberedIsSaidByEar(t *testing.T) {
	for typed, want := range map[string]int{"1": 1, "": 2} {
		q := &fakeQueue{holes: []string{"search-indexer"}}
		d := listen(t, func(o *Options, h *fakeHost) {
			q.now = h.service.clock.Now
			o.RotateAll = func(env *ui.Env, items []rotate.Item) ui.Screen {
				return rotate.NewQueue(env, q, func(string) apikey.Setting { return apikey.Setting{} }, items)
			}
		})
		d.enter("mark ci-deploy", "mark search-indexer", "r", "/srv/s/.env:KEY")
		d.heard(d.enter("w"), "How many may be under way at once, an empty line for all")
		d.heard(d.enter(typed), "Type 2 to rotate 2 keys")
		d.heard(d.enter("m"), "Type 2 to rotate 2 keys")
		if d.enter(""); q.run || len(q.kept) > 0 {
			t.Fatal("an empty line did something")
		}
		d.heard(d.enter("2"), "2 of 2 keys rotated")
		if q.wave != want || len(q.kept) != 1 {
			t.Errorf("%q: at most %d, kept %q", typed, q.wave, q.kept)
		}
	}
}

// TestTheNumberOfTheKeysIsNoChoiceByEar, whatever else there is to choose.
func TestTheNumberOfTheKeysIsNoChoiceByEar(t *testing.T) {
	q := &fakeQueue{holes: []string{"search-indexer"}}
	d := listen(t, func(o *Options, h *fakeHost) {
		q.now = h.service.clock.Now
		o.RotateAll = func(env *ui.Env, items []rotate.Item) ui.Screen {
			return rotate.NewQueue(env, q, func(string) apikey.Setting { return apikey.Setting{} }, items)
		}
	})
	d.enter("mark ci-deploy", "mark search-indexer", "r")
	d.heard(d.enter("leave it out"), "Type 1 to rotate 1 key")
	d.heard(d.enter("b"), "Where does the secret of search-indexer go")
	d.enter("leave it out")
	if d.heard(d.enter("1"), "1 of 1 key rotated"); !q.run {
		t.Error("it did not begin")
	}
}

// TestHowManyProfilesHaveAnsweredIsToldOnce, when all have.
func TestHowManyProfilesHaveAnsweredIsToldOnce(t *testing.T) {
	d, _ := startFleet(t, 120, 40)
	d.press("0")
	d.app.spoken.on = true
	facts := map[string]bool{}
	for n := range d.app.fleet.members {
		d.app.fleet.members[n].hearing = &hearing{}
		for i := range d.app.fleet.members {
			d.app.fleet.members[i].answered = i <= n
		}
		_, said := d.app.Speak()
		for _, f := range said.Facts {
			facts[f.Text] = true
		}
		if said.Progress == "" {
			t.Error("no progress is told")
		}
	}
	if len(facts) > 0 {
		t.Errorf("told as facts while they answer: %v", facts)
	}
	for i := range d.app.fleet.members {
		d.app.fleet.members[i].hearing = nil
	}
	if _, said := d.app.Speak(); len(said.Facts) == 0 || !strings.Contains(said.Facts[0].Text, "answered") {
		t.Errorf("%+v", said.Facts)
	}
}
