package form

import (
	"errors"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

func TestCreateAsksThenSendsExactlyWhatTheReviewShows(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), prosopo(), testProfile, nil))
	d.press("payments-api", "enter").sees("[90d]", "2027-02-21 13:00:00 CET")
	d.press("left", "enter").sees("0 of 17 picked")
	d.press("space", "down", "down", "down", "down", "space", "end", "space").sees("3 of 17 picked")
	d.press("enter").sees("This will be created", "Access Rules: getRules, createRule", "Verify: verify", "2026-12-23")
	d.quiet()
	d.press("enter").sees("creating…", "payments-api")
	sent := last[ui.CreateKey](d)
	if sent.Draft.Name != "payments-api" || sent.Draft.Expiry.After != 30*24*time.Hour || len(sent.Draft.Permissions) != 3 {
		t.Errorf("sent %+v", sent.Draft)
	}
	d.send(ui.KeyCreated{Ticket: sent.Ticket, Created: apikey.Created{Key: apikey.Key{ID: "k1"}}})
	d.closed()
}

func TestCreateNeedsAName(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), prosopo(), testProfile, nil))
	d.press("enter").sees("✗ a name is required")
	d.press("  ", "enter").sees("✗ a name is required")
	d.press(strings.Repeat("x", 201), "enter").sees("at most 200")
	d.quiet()
}

func TestDuplicateNameIsWarnedAbout(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), prosopo(), testProfile, []apikey.Key{{Name: "ci"}, {Name: "ci"}}))
	d.press("ci").sees("! 2 keys of this name are there already")
}

func TestBadLifetimesAreRefusedAndNothingIsLost(t *testing.T) {
	for typed, want := range map[string]string{
		"0": "a span of zero is refused", "-1": `"-1" is not an expiry`, "1e99": `"1e99" is not an expiry`, "2027-02-30": `2027-02-30 is a date that does not exist`,
		"2020-01-01": "is in the past", "999999999999": "over 100 years",
	} {
		d := drive(t, NewCreate(plainEnvironment(), prosopo(), testProfile, nil))
		d.press("api", "enter", typed).sees(want)
		d.press("enter").sees("Expires", want, typed)
		d.press("shift+tab").sees("api", typed)
		d.press("enter", "ctrl+u", "12h").sees("2026-11-24 01:00:00 CET").press("enter").sees("0 of 17 picked")
	}
}

func TestCreateAsksOnlyWhatTheServiceTakes(t *testing.T) {
	for name, tt := range map[string]struct {
		caps    apikey.Capabilities
		has, no []string
	}{
		"prosopo":  {prosopo(), []string{"Permissions"}, []string{"Role", "Restrictions", "Environment"}},
		"vertesia": {vertesia(), []string{"Role"}, []string{"Permissions", "Restrictions", "Environment"}},
		"generic":  {generic(), []string{"Restrictions", "Environment"}, []string{"Role", "Permissions"}},
	} {
		d := drive(t, NewCreate(plainEnvironment(), tt.caps, testProfile, nil))
		d.screen.SetSize(90, 30)
		d.sees(tt.has...).seesNot(tt.no...)
		if name == "generic" {
			d.press("x", "enter").sees("▸ test").press("left").sees("LIVE", "real data and real charges")
		}
	}
}

func TestALostAnswerIsLookedForNotRetriedBlindly(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), vertesia(), testProfile, []apikey.Key{{ID: "old", Name: "api"}}))
	d.press("api", "enter", "enter", "down", "enter").sees("This will be created", "executor", "Project that of this profile's credential", "Type secret key (sk)").press("enter")
	sent := last[ui.CreateKey](d)
	lost := &client.Error{Op: "create key", Kind: client.Timeout, Outcome: client.Unknown}
	d.send(ui.KeyCreated{Ticket: sent.Ticket + 7, Err: errors.New("another screen's")})
	d.sees("creating…")
	d.send(ui.KeyCreated{Ticket: sent.Ticket, Err: lost})
	d.sees("No answer is not a no", "may have been created", "▸ Reload and look ◂", "api")
	d.press("enter")
	last[ui.Reload](d)
	d.send(ui.Listed{Keys: []apikey.Key{{ID: "old", Name: "api"}, {ID: "k9", Name: "api"}}})
	d.sees("1 new key of this name (id k9)", "nobody has")
	d.press("enter")
	d.send(ui.Listed{Keys: []apikey.Key{{ID: "old", Name: "api"}, {ID: "k9", Name: "api", CanRetrieve: true}}})
	d.sees("1 new key of this name (id k9)", "the service gives").seesNot("nobody")
	d.press("right", "right", "enter").sees("Create once more?")
	before := len(d.intents)
	d.press("enter").sees("Reload and look")
	if len(d.intents) != before {
		t.Error("the default of the question created again")
	}
}

func TestARefusedCreateKeepsEverythingThatWasTyped(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), vertesia(), testProfile, nil))
	d.press("my-key", "enter", "enter", "enter", "enter")
	sent := last[ui.CreateKey](d)
	d.send(ui.KeyCreated{Ticket: sent.Ticket, Err: &client.Error{Op: "create key", Kind: client.Forbidden, Status: 403, Outcome: client.NotDone, Hint: "Ask for developer."}})
	d.sees("forbidden (403)", "no key was created", "Ask for developer.", "my-key", "▸ Create ◂")
	d.press("enter")
	if again := last[ui.CreateKey](d); again.Draft.Name != "my-key" || again.Ticket == sent.Ticket {
		t.Errorf("second attempt %+v", again)
	}
}

func TestEscAsksBeforeDiscardingWhatWasTyped(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), prosopo(), testProfile, nil))
	d.press("a", "esc").sees("Discard this form?", "▸ Keep editing ◂").quiet()
	d.press("enter").sees("› a")
	d.press("esc", "esc").sees("› a").quiet()
	d.press("esc", "y").closed()

	empty := drive(t, NewCreate(plainEnvironment(), prosopo(), testProfile, nil))
	empty.press("esc").closed()
}

func TestCtrlCWhileCreatingTellsThatTheSecretWouldBeLost(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), vertesia(), testProfile, nil))
	d.press("k", "enter", "enter", "enter", "enter")
	if !d.screen.(ui.Leaver).HoldsKeys() {
		t.Error("a create under way lets ctrl+c drop its answer")
	}
	n := len(d.intents)
	d.press("esc", "q", "enter", "ctrl+c").sees("its secret comes with the answer")
	if len(d.intents) != n {
		t.Errorf("keys acted while creating: %+v", d.intents[n:])
	}
	d.press("ctrl+c")
	last[ui.Quit](d)
}

func TestTypedAheadLandsInTheNextField(t *testing.T) {
	// All of it without running a single command: movements are not commands.
	s := NewCreate(plainEnvironment(), generic(), testProfile, nil)
	d := drive(t, s)
	d.press("name", "enter", "enter", "45d", "enter", "10.0.0.0/8", "enter", "enter", "/v1/users", "enter")
	d.sees("name", "2027-01-07", "from 10.0.0.0/8", "endpoint /v1/users")
}

func TestRestrictionsAreChecked(t *testing.T) {
	for _, tt := range []struct{ typed, want string }{
		{"10.0.0.300", "is no IP address"}, {"10.0.0.1/8", "is 10.0.0.0/8 meant"}, {"fe80::1%eth0", "is no IP address"},
	} {
		d := drive(t, NewCreate(plainEnvironment(), generic(), testProfile, nil))
		d.press("n", "enter", "enter", "enter", tt.typed, "enter").sees(tt.want, "IP addresses")
	}
	good := func(clean func(string) (string, error), text string, want ...string) {
		t.Helper()
		got, err := each(text, clean)
		if err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	good(apikey.CleanIP, "203.0.113.7, 2001:db8::/32  10.0.0.0/8", "203.0.113.7", "2001:db8::/32", "10.0.0.0/8")
	good(apikey.CleanReferrer, "https://a.example https://b.example:8443/*,http://localhost:3000/", "https://a.example", "https://b.example:8443/*", "http://localhost:3000")
	good(apikey.CleanEndpoint, "/v1/users /v1/orders", "/v1/users", "/v1/orders")
	for _, bad := range []string{"a.example", "https://", "ftp://a", "https://a/b", "https://*.a.example", "https://u:p@a", "https://a?x"} {
		if _, err := each(bad, apikey.CleanReferrer); err == nil {
			t.Errorf("%q was taken as a referrer", bad)
		}
	}
	for _, bad := range []string{"v1", "/v1?x=1", "/v1/*"} {
		if _, err := each(bad, apikey.CleanEndpoint); err == nil {
			t.Errorf("%q was taken as an endpoint", bad)
		}
	}
}
