package tui

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/paint"
	"detent/tui/form"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// listen opens the app for somebody who hears the screen.
func listen(t testing.TB, change ...func(*Options, *fakeHost)) *driver {
	t.Helper()
	all := append([]func(*Options, *fakeHost){func(o *Options, _ *fakeHost) {
		turns := &walkedRotations{now: o.Now}
		o.Spoken = true
		o.Copy = func(string) error { return nil } // what is copied is not heard
		o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, turns, p.Name, k, caps)
		}
		o.Rotations = func(env *ui.Env) ui.Screen { return rotate.NewList(env, turns) }
	}}, change...)
	d := start(t, 80, 24, all...)
	d.pass(time.Second)
	return d
}

// enter types lines, each after what came of the one before, and gives what was said since.
func (d *driver) enter(lines ...string) string {
	d.t.Helper()
	from := d.out.Len()
	for _, line := range lines {
		d.send(paint.ReadBegin{})
		if line != "" {
			d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(line)})
		}
		d.send(keyMsg("enter"))
		d.settle()
		d.pass(time.Second) // guards, and what is asked again
	}
	return d.out.String()[from:]
}

func (d *driver) heard(said string, texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(said, text) {
			d.t.Fatalf("%q was not said in\n%s", text, said)
		}
	}
}

func TestAKeyIsMadeByEar(t *testing.T) {
	d := listen(t)
	d.heard(d.out.String(), "Profile prod, prosopo, LIVE", "40 keys", "1 web-frontend", "Letters: n new")
	d.heard(d.enter("n", "payments-new", "30d", "1 g2", ""), "1 getRules: List the access rules", "picked: getRules, createApiKey, updateApiKey",
		"Name: payments-new", "in 30d", "1 Create")
	d.heard(d.enter("1"), "Key created", "This is the only time that its secret is shown")
	if strings.Contains(d.out.String(), "pk7_canary") {
		t.Fatal("a secret was said that nobody asked for")
	}
	d.heard(d.enter("reveal"), "pk7_canary_secret_of_the_test")
	d.heard(d.enter("write", "", "API_KEY"), "stored")
	d.heard(d.enter("I have"), "41 keys", "payments-new")
	if d.host.service.called("create payments-new") != 1 {
		t.Errorf("%v", d.host.service.calls)
	}
}

func TestALiveKeyIsDeletedByTypingItsName(t *testing.T) {
	d := listen(t)
	d.enter("payments-api", "delete")
	said := d.enter("", "payments")
	d.heard(said, "type the name exactly as it is shown")
	if n := d.host.service.called("delete 65f000000000"); n != 0 {
		t.Fatal("deleted without its name")
	}
	d.heard(d.enter("payments-api"), "payments-api deleted")
}

func TestANameIsChangedAndAKeySwitchedByEar(t *testing.T) {
	d := listen(t)
	d.enter("search-indexer", "edit", "search-new")
	if d.host.service.called("update "+idOf(d, "search-new")) != 1 {
		t.Errorf("%v", d.host.service.calls)
	}
	d.heard(d.enter("0", "/mobile", "mobile-app", "enable"), "filter mobile: 4 keys", "Disable a key", "Type mobile-app to confirm")
}

func idOf(d *driver, name string) string {
	for _, k := range d.host.service.keys {
		if k.Name == name {
			return k.ID
		}
	}
	return "none"
}

func TestAWholeRotationByEar(t *testing.T) {
	d := listen(t)
	d.enter("fraud-model")
	d.heard(d.enter("rotate"), "Where does the application read this key?", "ticked: payments", "begin, planned")
	d.heard(d.enter("begin"), "Stage 2 of 8, create", "would do: put everything back", "1 create")
	d.heard(d.enter("1", "1", "1"), "drain of fraud-model", "look again now")
	for range 3 {
		d.pass(20 * time.Second)
	}
	said := d.enter("1")
	for range 20 {
		if strings.Contains(said, "Done.") {
			break
		}
		said += d.enter("1")
	}
	d.heard(said, "Done.", "1 close")
	d.heard(d.enter("1", "0", "R"), "profile prod, done, at", "chosen fraud-model")
}

// TestProgressIsSeldomSaid: a wait is told when it begins, and at most once in ten seconds then, with what is asked meanwhile.
func TestProgressIsSeldomSaid(t *testing.T) {
	d := listen(t, func(o *Options, _ *fakeHost) {
		turns := &walkedRotations{now: o.Now, look: 2 * time.Minute}
		o.Rotate = func(env *ui.Env, p ui.Profile, caps apikey.Capabilities, k apikey.Key) ui.Screen {
			return rotate.NewSetup(env, turns, p.Name, k, caps)
		}
	})
	d.enter("fraud-model", "rotate", "begin", "1", "1", "1")
	from := d.out.Len()
	for range 240 {
		d.pass(500 * time.Millisecond)
	}
	said := d.out.String()[from:]
	if n := strings.Count(said, " left"); n < 2 || n > 12 {
		t.Errorf("%d times in two minutes:\n%s", n, said)
	}
	if asked := strings.Count(said, "Rotate fraud-model: "); asked > strings.Count(said, " left")+2 { // and at its end
		t.Errorf("asked %d times:\n%s", asked, said)
	}
}

// acts are all that can be done on the list and on a key: each has a choice by ear.
func TestEveryActOfTheScreensHasAChoice(t *testing.T) {
	d := listen(t)
	said := map[string]bool{}
	note := func() {
		_, s := d.app.Speak()
		for _, c := range s.Ask.Choices {
			for _, k := range c.Keys {
				said[k.String()] = true
			}
		}
	}
	note()
	d.enter("1")
	note()
	k := d.app.env.Keys
	for _, s := range k.Sections()[1:3] {
		for _, b := range s.Keys {
			if b.Keys()[0] != k.Suspend.Keys()[0] && !said[ui.Press(b.Keys()[0]).String()] {
				t.Errorf("%s %s cannot be reached by ear", b.Help().Key, b.Help().Desc)
			}
		}
	}
}

// TestEveryScreenSpeaksForItself: what each of them can do at a time are its choices, but for the keys that only choose among others.
func TestEveryScreenSpeaksForItself(t *testing.T) {
	d := listen(t)
	k, _, _ := d.app.list.Selected()
	a := d.app
	caps, p := a.profile.caps, a.profile.conn.Profile
	for _, s := range []ui.Screen{a.screens.create(), a.screens.requestPublic(), a.screens.edit(*k), a.screens.toggle(*k), a.screens.remove(*k), a.screens.verify(),
		a.screens.secret(apikey.Created{Key: *k, Secret: apikey.NewSecret("abcdefgh")}), a.screens.publicKey("x", apikey.PublicKeyValue{Value: apikey.NewSecret("abc")}),
		a.screens.addProfile(), a.screens.editProfile(p), a.history(), a.palette(), a.copyable(k), a.screens.rotate(*k), a.screens.rotations(), form.NewVerify(a.env, caps, p)} {
		words, ok := s.(ui.Spoken)
		if !ok {
			t.Errorf("%T does not speak", s)
			continue
		}
		s.SetSize(ui.Unbroken, ui.Unbroken)
		speech := words.Speak()
		if speech.Ask == nil && speech.Progress == "" {
			t.Errorf("%T asks nothing", s)
		}
	}
}

// TestAnUnknownScreenIsReadFromItsView: nothing is out of reach because it has no words of its own.
func TestAnUnknownScreenIsReadFromItsView(t *testing.T) {
	d := listen(t)
	s := &plainScreen{}
	d.send(ui.Push{Screen: s})
	d.settle()
	d.pass(time.Second)
	d.heard(d.out.String(), "left, right", "1 shout")
	d.enter("1")
	if s.shouted != 1 {
		t.Errorf("shouted %d times", s.shouted)
	}
}

type plainScreen struct{ shouted int }

func (*plainScreen) Init() tea.Cmd    { return nil }
func (*plainScreen) SetSize(int, int) {}
func (*plainScreen) View() string     { return "╭────╮\n│ left     right │" }
func (*plainScreen) Bindings() []key.Binding {
	return []key.Binding{key.NewBinding(key.WithKeys("!"), key.WithHelp("!", "shout"))}
}
func (s *plainScreen) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok && k.String() == "!" {
		s.shouted++
	}
	return nil
}

// TestEmptyLinesAndTheEndOfInputDoNothing: from wherever answers by chance lead, neither changes anything at the service, and
// neither is a secret.
func TestEmptyLinesAndTheEndOfInputDoNothing(t *testing.T) {
	reached := map[string]bool{}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		d := listen(t)
		for range 12 {
			who, s := d.app.Speak()
			switch kind := regexp.MustCompile(`^\*?\w+\.\w+`).FindString(fmt.Sprintf("%T", who)); {
			case s.Ask == nil:
				d.pass(5 * time.Second)
			case s.Ask.Text != nil && len(s.Ask.Choices) == 0:
				d.enter([]string{"1", "name", "45d", "payments-api"}[r.IntN(4)])
			case len(s.Ask.Choices) > 0:
				reached[kind] = true
				c := s.Ask.Choices[r.IntN(len(s.Ask.Choices))]
				if c.Key == "q" {
					continue
				}
				d.enter(wayTo(s.Ask, c))
			}
			if s.Ask != nil && s.Ask.Brief {
				d.enter(fmt.Sprint(1 + r.IntN(20)))
			}
		}
		before := did(d)
		for range 6 {
			d.enter("")
			d.pass(time.Second)
		}
		d.send(keyMsg("ctrl+d"))
		d.settle()
		d.pass(time.Second)
		if after := did(d); !slices.Equal(before, after) {
			t.Fatalf("seed %d: empty lines did %v\n%s", seed, after[len(before):], d.out)
		}
		hears(t, d.out.String())
	}
	if len(reached) < 6 {
		t.Errorf("only %v was reached", reached)
	}
}

// did is what was changed at the service, and where a secret went.
func did(d *driver) []string {
	d.host.mu.Lock()
	defer d.host.mu.Unlock()
	var out []string
	d.host.service.mu.Lock()
	defer d.host.service.mu.Unlock()
	for _, c := range d.host.service.calls {
		if c != "list" {
			out = append(out, c)
		}
	}
	return append(out, d.host.secrets...)
}

// wayTo is what is typed for a choice.
func wayTo(ask *ui.Ask, c ui.Choice) string {
	if ask.Brief {
		return c.Key
	}
	n := 0
	for _, other := range ask.Choices {
		if other.Key != "esc" {
			n++
		}
		if other.Words == c.Words {
			break
		}
	}
	if c.Key == "esc" {
		n = 0
	}
	return fmt.Sprint(n)
}

// hears reads what was written as a line printer would.
func hears(t *testing.T, said string) {
	t.Helper()
	if i := strings.IndexByte(said, '\x1b'); i >= 0 {
		t.Errorf("an escape sequence: %q", said[max(i-40, 0):min(i+20, len(said))])
	}
	for _, box := range "│─╭╮╰╯┌┐└┘█░▸●○◐✓✗…•" {
		if strings.ContainsRune(said, box) {
			at := strings.Index(said, string(box))
			t.Fatalf("%q was said: %q", box, said[max(at-60, 0):at+20])
		}
	}
}

func TestAnActThatCannotActSaysWhy(t *testing.T) {
	d := listen(t, func(_ *Options, h *fakeHost) {
		h.service.caps.Delete = apikey.Cannot("keys are deleted in the dashboard")
	})
	d.heard(d.enter("ci-deploy", "delete"), "delete: keys are deleted in the dashboard")
	d.heard(d.enter("0", "again"), "40 keys, 1 expired", "1 web-frontend", "Letters: ")
}

// TestWhatChangesByItselfIsNotToldAgain: ages, and what counts down.
func TestWhatChangesByItselfIsNotToldAgain(t *testing.T) {
	for _, two := range [][2]string{{"created 3d, expires in 90d", "created 4d, expires in 89d"}, {"status drain 12:40", "status drain 1:02:03"}, {"created <1m", "created 59m"}, {"expires 5d ago", "expires 12h ago"}} {
		if a, b := age().ReplaceAllString(two[0], ""), age().ReplaceAllString(two[1], ""); a != b {
			t.Errorf("%q and %q are two facts: %q, %q", two[0], two[1], a, b)
		}
	}
	if a, b := age().ReplaceAllString("key-3, 4 permissions", ""), age().ReplaceAllString("key-4, 4 permissions", ""); a == b {
		t.Error("two keys are one fact")
	}
	d := listen(t)
	from := d.out.Len()
	d.pass(2 * time.Hour)
	if said := d.out.String()[from:]; said != "" {
		t.Errorf("two idle hours say\n%s", said)
	}
}

func TestKeysAreMarkedByEar(t *testing.T) {
	d := listen(t)
	d.heard(d.enter("mark ci-deploy"), "1 marked", "rotate the 1 marked key")
	d.heard(d.enter("mark search-indexer"), "2 marked", "d delete the 2 marked keys")
	d.heard(d.enter("d"), "ci-deploy", "search-indexer")
	if d.topName() == "" || len(did(d)) > 0 {
		t.Errorf("%q is asked, %v was done", d.topName(), did(d))
	}
}

func TestWhatWasTypedBeforeAGuardedQuestionDoesNotAnswerIt(t *testing.T) {
	d := listen(t)
	d.enter("ci-deploy")
	id := idOf(d, "ci-deploy")
	d.send(paint.ReadBegin{})
	// One read: the answer to the question that delete opens comes with the delete.
	for _, r := range "delete\rci-deploy\r" {
		m := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
		if r == '\r' {
			m = keyMsg("enter")
		}
		d.send(m)
	}
	d.settle()
	d.pass(time.Second)
	if n := d.host.service.called("delete " + id); n != 0 {
		t.Fatalf("deleted by what was typed ahead:\n%s", d.out)
	}
	d.heard(d.enter("ci-deploy"), "ci-deploy deleted")
}

func TestALineIsTypedAndTakenBack(t *testing.T) {
	d := listen(t)
	d.enter("n")
	from := d.out.Len()
	for _, k := range []string{"a", "b", "中", "backspace", "c"} {
		d.send(keyMsg(k))
	}
	if got := d.out.String()[from:]; got != "ab中\b \b\b \bc" {
		t.Errorf("%q", got)
	}
	d.send(keyMsg("ctrl+u"))
	d.heard(d.enter(""), "a name is required")
}

func TestASecretHasNoEchoAndAnEmptyOneIsNone(t *testing.T) {
	d := listen(t)
	d.heard(d.enter("v"), "Paste a secret")
	from := d.out.Len()
	d.heard(d.enter(""), "Secret, it is not shown: ")
	said := d.out.String()[from:] + d.enter("aa0_secret_that_was_pasted")
	if strings.Contains(said, "aa0") {
		t.Errorf("it was said:\n%s", said)
	}
	d.heard(said, "valid: the service accepts it")
}

// TestQuitIsTakenWhileAListLoads: it waits for no answer of a service.
func TestQuitIsTakenWhileAListLoads(t *testing.T) {
	d := listen(t)
	slow := make(chan struct{})
	d.host.service.slow = slow
	d.send(ui.Reload{})
	d.send(paint.ReadBegin{})
	d.send(keyMsg("q"))
	d.send(keyMsg("enter"))
	d.until(func() bool { return d.quit })
	if !d.app.load.running {
		t.Error("the list had answered")
	}
	close(slow)
	d.settle()
}
