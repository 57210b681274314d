package form

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

func newSecretDriver(t *testing.T, env *ui.Env) *driver {
	return drive(t, NewSecret(env, prosopo(), prodProfile, apikey.Created{
		Key: apikey.Key{ID: "k1", Name: "payments-api"}, Secret: apikey.NewSecret(canary), Notes: []string{"the expiry differs: 30 days"}}))
}

func TestSecretIsMaskedUntilAskedForAndNotForLong(t *testing.T) {
	env := plainEnvironment()
	now := noon
	env.Now = func() time.Time { return now }
	var timer tea.Msg
	var after time.Duration
	env.After = func(d time.Duration, msg tea.Msg) tea.Cmd { after, timer = d, msg; return nil }
	d := newSecretDriver(t, env)
	d.sees("payments-api", "hidden, 36 characters", "the expiry differs").seesNot("canary")
	d.press("r").sees(canary, "API_KEY="+canary)
	if after != 30*time.Second {
		t.Errorf("hides after %s", after)
	}
	old := timer
	d.press("r").seesNot("canary").press("r").sees(canary)
	d.send(old)
	d.sees(canary) // the timer of an earlier reveal does not hide this one
	d.send(timer)
	d.seesNot("canary")

	for name, hide := range map[string]func(*driver){
		"loss of focus": func(d *driver) { d.send(tea.BlurMsg{}) },
		"resize":        func(d *driver) { d.screen.SetSize(79, 24) },
		"a late timer":  func(d *driver) { now = now.Add(31 * time.Second); d.send(tea.FocusMsg{}) },
		"a question":    func(d *driver) { d.press("esc") },
	} {
		d := newSecretDriver(t, env)
		d.press("r").sees(canary)
		if hide(d); strings.Contains(d.view(), "canary") {
			t.Errorf("%s did not hide the secret", name)
		}
	}
}

// TestASecretIsShownOnceThatIsOnRecord: not before, not where it may not be, and not where something has hidden it since.
func TestASecretIsShownOnceThatIsOnRecord(t *testing.T) {
	pending := func() (*driver, ui.RevealSecret) {
		d := newSecretDriver(t, plainEnvironment())
		d.silent = true
		d.press("r").seesNot("canary")
		asked := last[ui.RevealSecret](d)
		if asked.Key.ID != "k1" || asked.Key.Name != "payments-api" || asked.Ticket == 0 {
			t.Fatalf("%+v", asked)
		}
		return d, asked
	}
	d, asked := pending()
	d.send(ui.SecretRevealed{Ticket: asked.Ticket + 1})
	d.seesNot("canary")
	d.send(ui.SecretRevealed{Ticket: asked.Ticket})
	d.sees(canary)

	d, asked = pending()
	d.send(ui.SecretRevealed{Ticket: asked.Ticket, Err: errors.New("the audit log is full " + canary)})
	d.sees("not shown: the audit log is full").seesNot("canary")
	if k, unclaimed := d.screen.(interface{ Unclaimed() (apikey.Key, bool) }).Unclaimed(); !unclaimed || k.ID != "k1" {
		t.Error("a secret that was not shown counts as seen")
	}
	for name, hide := range map[string]func(*driver){
		"loss of focus": func(d *driver) { d.send(tea.BlurMsg{}) },
		"resize":        func(d *driver) { d.screen.SetSize(79, 24) },
		"a question":    func(d *driver) { d.press("esc") },
		"the same key":  func(d *driver) { d.press("r") },
	} {
		d, asked := pending()
		hide(d)
		d.send(ui.SecretRevealed{Ticket: asked.Ticket})
		if strings.Contains(d.view(), "canary") {
			t.Errorf("%s between the question and the answer: the secret is shown", name)
		}
	}
}

// TestACopyAndASaveSayWhoseSecretItIs, for their receipts.
func TestACopyAndASaveSayWhoseSecretItIs(t *testing.T) {
	d := newSecretDriver(t, plainEnvironment())
	d.press("c")
	if got := last[ui.CopySecret](d); got.Key.ID != "k1" || got.Secret.IsZero() {
		t.Errorf("%+v", got)
	}
	d.press("s", "/tmp/x", "enter")
	if got := last[ui.Deliver](d); got.Key.ID != "k1" || got.Destination == "" {
		t.Errorf("%+v", got)
	}
}

func TestWhoGoesBackAfterCtrlCDoesNotQuitLater(t *testing.T) {
	d := newSecretDriver(t, plainEnvironment())
	d.press("ctrl+c").sees("Leave payments-api?").press("enter", "c", "enter")
	if _, quits := d.intents[len(d.intents)-1].(ui.Quit); quits {
		t.Error("leaving the secret ends the program")
	}
	d.closed()
}

func TestSecretIsNotLeftSilently(t *testing.T) {
	for _, k := range []string{"esc", "q", "ctrl+c"} {
		d := newSecretDriver(t, plainEnvironment())
		if !d.screen.(ui.Leaver).HoldsKeys() {
			t.Fatal("the root would act on ctrl+c")
		}
		guard := d.screen.(ui.Guarded).Guard()
		d.press(k).sees("Leave payments-api?", "cannot be shown again", "▸ Go back ◂", "I have stored it", "Delete this key").quiet()
		if d.screen.(ui.Guarded).Guard() == guard {
			t.Error("the question is not guarded against an enter in flight")
		}
		d.press("enter").seesNot("Leave payments-api?")
		d.press(k, "esc").seesNot("Leave payments-api?").quiet()
		d.press(k, "right", "enter").closed()
		if _, quits := d.intents[len(d.intents)-1].(ui.Quit); quits != (k == "ctrl+c") {
			t.Errorf("%s: %+v", k, d.intents)
		}
		if d.view() != "" || d.screen.(ui.Leaver).HoldsKeys() {
			t.Error("the closed screen still has something to show")
		}
	}
}

func TestEnterLeavesOnlyWhatWasStored(t *testing.T) {
	d := newSecretDriver(t, plainEnvironment())
	d.press("enter").sees("neither copied nor saved").quiet()
	d.press("enter")
	d.press("c").sees("sent to your terminal", "nothing confirms")
	if got := last[ui.CopySecret](d); !got.Secret.Equal(apikey.NewSecret(canary)) {
		t.Error("another secret was copied")
	}
	d.press("enter").closed()
}

func TestSecretGoesToADestination(t *testing.T) {
	for _, tt := range []struct {
		keys []string
		want string
	}{
		{[]string{"s", "enter"}, "file:payments-api.key"},
		{[]string{"s", "ctrl+u", "/run/q c e", "enter"}, "file:/run/q c e"},
		{[]string{"e", "enter", "enter"}, "env-file:.env:API_KEY"},
		{[]string{"e", "ctrl+u", "/srv/a:b/.env", "tab", "ctrl+u", "PAY_KEY", "enter"}, "env-file:/srv/a:b/.env:PAY_KEY"},
		{[]string{"p", "vault kv put 'a b' key=-", "enter"}, "command:vault kv put 'a b' key=-"},
	} {
		d := newSecretDriver(t, plainEnvironment())
		d.press(tt.keys...)
		sent := last[ui.Deliver](d)
		if sent.Destination != tt.want || !sent.Secret.Equal(apikey.NewSecret(canary)) {
			t.Errorf("%v: %q", tt.keys, sent.Destination)
		}
		d.sees("writing…")
		d.send(ui.SecretDelivered{Ticket: sent.Ticket, Err: errors.New("permission denied on " + canary)})
		d.sees("✗ permission denied").seesNot("canary")
		d.press("enter").sees("neither copied nor saved").press("esc")
		d.press(tt.keys[0]).press("esc").press(tt.keys...)
		d.send(ui.SecretDelivered{Ticket: last[ui.Deliver](d).Ticket, Delivered: ui.Delivered{Summary: "API_KEY replaced", Notes: []string{"bits dropped"}}})
		d.sees("✓ API_KEY replaced", "bits dropped").press("enter").closed()
	}
}

func TestBadDestinationsAreRefusedInTheirInput(t *testing.T) {
	for _, tt := range []struct {
		keys []string
		want string
	}{
		{[]string{"s", "ctrl+u", "enter"}, "the path is empty"},
		{[]string{"e", "enter", "ctrl+u", "1A", "enter"}, "does not begin with a digit"},
		{[]string{"p", "enter"}, "the command is empty"},
		{[]string{"p", "vault 'a", "enter"}, "a quote left open"},
	} {
		d := newSecretDriver(t, plainEnvironment())
		d.press(tt.keys...).sees(tt.want).quiet()
	}
}

func TestTheNewKeyCanBeDeletedInsteadOfStored(t *testing.T) {
	d := newSecretDriver(t, plainEnvironment())
	d.press("d").sees("Delete payments-api?", "▸ Cancel ◂").press("enter").quiet()
	d.press("q", "right", "right", "enter").sees("Delete payments-api?").quiet()
	d.press("y")
	sent := last[ui.DeleteKey](d)
	if sent.ID != "k1" || sent.Name != "payments-api" {
		t.Errorf("deletes %+v", sent)
	}
	d.send(ui.KeyDeleted{Ticket: sent.Ticket, Err: &client.Error{Op: "delete", Kind: client.Unavailable, Status: 503, Outcome: client.NotDone}})
	d.sees("unavailable (503)", "the key was not deleted, and its secret is still here").seesNot("canary")
	d.press("d", "y")
	d.send(ui.KeyDeleted{Ticket: last[ui.DeleteKey](d).Ticket})
	d.closed()
}

func TestAPublicValueIsLeftFreely(t *testing.T) {
	d := drive(t, NewPublicValue(plainEnvironment(), testProfile, "web", apikey.PublicKeyValue{Value: apikey.NewSecret("pk-public0123456789"), ExpiresAt: apikey.At(noon.Add(24 * time.Hour))}))
	d.sees("public by design", "the same value again", "until 2026-11-24 13:00:00 CET").seesNot("delete this key")
	d.press("r").sees("pk-public0123456789").press("esc").closed()
}

func TestNoPrintingOfAScreenShowsASecret(t *testing.T) {
	shown := newSecretDriver(t, plainEnvironment())
	shown.press("r")
	typed := drive(t, NewVerify(plainEnvironment(), prosopo(), prodProfile))
	typed.paste(canary)
	for _, s := range []ui.Screen{newSecretDriver(t, plainEnvironment()).screen, shown.screen, typed.screen} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			text := fmt.Sprintf(verb, s)
			if strings.Contains(text, "canary") || strings.Contains(text, fmt.Sprint([]rune(canary)[:8])[1:20]) {
				t.Errorf("%s of %T shows the secret", verb, s)
			}
		}
	}
	if strings.Contains(typed.view(), "canary") {
		t.Error("a pasted secret is on the screen")
	}
}

func TestALongSecretIsShownWhole(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 40)
	s := NewSecret(plainEnvironment(), prosopo(), testProfile, apikey.Created{Key: apikey.Key{ID: "k"}, Secret: apikey.NewSecret(long)})
	d := drive(t, s)
	if !s.(ui.Wide).WantsAll() {
		t.Error("a long secret does not ask for the whole frame")
	}
	s.SetSize(76, 30)
	d.press("r")
	joined := ""
	for _, l := range strings.Split(d.view(), "\n") {
		if strings.Trim(l, "0123456789abcdef") == "" {
			joined += l
		}
	}
	if joined != long {
		t.Errorf("the lines that hold it alone make %d of %d characters:\n%s", len(joined), len(long), d.view())
	}
}

// TestWhatAPlaceHoldsIsAskedForBeforeItIsReplaced: the default leaves it, and the secret is still to be stored.
func TestWhatAPlaceHoldsIsAskedForBeforeItIsReplaced(t *testing.T) {
	for _, keys := range [][]string{{"s", "enter"}, {"e", "enter", "enter"}} {
		d := newSecretDriver(t, plainEnvironment())
		d.press(keys...)
		sent := last[ui.Deliver](d)
		held := ui.SecretDelivered{Ticket: sent.Ticket, Err: &ui.HeldError{Place: "API_KEY in /srv/.env"}}
		d.send(held)
		d.sees("Replace what is there?", "API_KEY in /srv/.env holds a value already", "Cancel", "Replace it")
		sending := len(d.intents)
		d.press("enter").sees("nothing was written")
		if len(d.intents) != sending || sent.Replace {
			t.Fatalf("%v: enter replaced it", keys)
		}
		d.press("enter").sees("neither copied nor saved").press("esc")
		d.press(keys...)
		held.Ticket = last[ui.Deliver](d).Ticket
		d.send(held)
		d.press("right", "enter")
		again := last[ui.Deliver](d)
		if !again.Replace || again.Destination != sent.Destination || !again.Secret.Equal(sent.Secret) {
			t.Errorf("%v: %+v", keys, again)
		}
	}
}

func TestAPublicKeyThatEndsSoonerThanAskedIsSaidWithItsValue(t *testing.T) {
	d := drive(t, NewPublicValue(plainEnvironment(), testProfile, "web", apikey.PublicKeyValue{Value: apikey.NewSecret("pk-value"),
		ExpiresAt: apikey.At(noon.Add(10 * time.Second)), Notes: []string{"it is valid for 10s more, not for the 2h asked for"}}))
	d.sees("! it is valid for 10s more, not for the 2h asked for")
}

// Once a delivery said that the secret is there, nothing is lost by leaving, whichever way.
func TestADeliveredSecretIsLeftWithoutAQuestion(t *testing.T) {
	for _, way := range []string{"esc", "q", "enter", "ctrl+c"} {
		d := drive(t, newSecretScene(plainEnvironment()))
		d.press("e", "enter", "enter")
		sent := last[ui.Deliver](d)
		if d.press(way); len(d.intents) > 0 && strings.Contains(fmt.Sprintf("%T", d.intents[len(d.intents)-1]), "Pop") {
			t.Fatalf("%s left before the delivery was done", way)
		}
		d = drive(t, newSecretScene(plainEnvironment()))
		d.press("e", "enter", "enter")
		sent = last[ui.Deliver](d)
		d.send(ui.SecretDelivered{Ticket: sent.Ticket, Delivered: ui.Delivered{Summary: "API_KEY replaced"}})
		d.press(way).closed()
	}
}

// TestWhatWasReplacedComesBackWithTheDeletionOfTheKey: until the screen is left, what was there is kept.
func TestWhatWasReplacedComesBackWithTheDeletionOfTheKey(t *testing.T) {
	const place = "API_KEY in /srv/.env"
	delivered := func(kept ...string) *driver {
		d := newSecretDriver(t, plainEnvironment())
		d.press("e", "enter", "enter")
		d.send(ui.SecretDelivered{Ticket: last[ui.Deliver](d).Ticket, Delivered: ui.Delivered{Summary: "API_KEY replaced", Kept: kept}})
		return d
	}
	settled := func(d *driver) (n int) {
		for _, msg := range d.intents {
			if s, ok := msg.(ui.Settle); ok && s.Key.ID == "k1" {
				n++
			}
		}
		return n
	}
	d := delivered(place)
	d.press("d").sees("what was there is put back", place).press("y")
	sent := last[ui.DeleteKey](d)
	if !sent.TakeBack || settled(d) > 0 {
		t.Errorf("%+v, settled %d times", sent, settled(d))
	}
	// It is back, and the key is not gone: its secret is in no place any more, and still here.
	d.send(ui.KeyDeleted{Ticket: sent.Ticket, Back: []string{"API_KEY in /srv/.env put back"}, Err: &client.Error{Op: "delete", Kind: client.Unavailable, Status: 503, Outcome: client.NotDone}})
	d.sees("API_KEY in /srv/.env put back", "the key was not deleted").press("enter").sees("neither copied nor saved").press("esc")
	d.press("d").seesNot("what was there is put back").press("y")
	if sent = last[ui.DeleteKey](d); sent.TakeBack {
		t.Errorf("%+v", sent)
	}
	for _, way := range []string{"enter", "esc", "q", "ctrl+c"} {
		d := delivered(place)
		if d.press(way).closed(); settled(d) != 1 {
			t.Errorf("%s: settled %d times", way, settled(d))
		}
	}
	d = delivered() // a new file's folder keeps nothing of a command
	d.press("d").seesNot("put back").press("y")
	if sent = last[ui.DeleteKey](d); sent.TakeBack {
		t.Errorf("%+v", sent)
	}
}

// The profile's own places are picked from, over SSH too, where nothing else may be named; where it has none, none are offered.
func TestASecretGoesToANamedPlace(t *testing.T) {
	for _, remote := range []bool{false, true} {
		env := plainEnvironment()
		env.Remote = remote
		profile := prodProfile
		profile.Destinations = []string{"payments", "the-other"}
		d := drive(t, NewSecret(env, prosopo(), profile, apikey.Created{Key: apikey.Key{ID: "k1", Name: "payments-api"}, Secret: apikey.NewSecret(canary)}))
		d.press("r").sees(canary).press("n").sees("Where does it go?", "▸ Cancel ◂", "payments", "the-other").seesNot("canary")
		d.press("tab", "tab", "enter")
		if got := last[ui.Deliver](d); got.Destination != "the-other" || got.Replace || got.Key.ID != "k1" {
			t.Errorf("SSH %v: %+v", remote, got)
		}
	}
	newSecretDriver(t, plainEnvironment()).seesNot("named place").press("n").seesNot("Where does it go?")
}
