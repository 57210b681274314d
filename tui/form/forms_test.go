package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

func vertesiaKey() apikey.Key {
	on := true
	return apikey.Key{ID: "k1", Name: "web", Role: "executor", Enabled: &on}
}

func TestEditSendsOnlyWhatChanged(t *testing.T) {
	d := drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, vertesiaKey(), nil))
	d.press("2", "enter")
	sent := last[ui.UpdateKey](d)
	if sent.ID != "k1" || sent.Name != "web" || *sent.Patch.Name != "web2" || sent.Patch.Role != nil || sent.Patch.Enabled != nil {
		t.Errorf("sent %+v", sent)
	}
	d.send(ui.KeyUpdated{Ticket: sent.Ticket})
	d.closed()
}

func TestEditChangesRoleAndEnabled(t *testing.T) {
	d := drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, vertesiaKey(), nil))
	d.press("enter", "space", "enter", "j", "j", "enter").sees("executor → developer", "! ", "on → off").press("enter")
	p := last[ui.UpdateKey](d).Patch
	if *p.Role != "developer" || *p.Enabled || p.Name != nil {
		t.Errorf("patch %+v", p)
	}
}

func TestEditWithoutAChangeSendsNothing(t *testing.T) {
	d := drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, vertesiaKey(), nil))
	d.press("enter", "enter", "enter", "enter").sees("nothing was changed").quiet()
	d.press("esc").closed()
}

// withLimits is a service whose keys have limits, and an end that can be moved.
func withLimits() apikey.Capabilities {
	caps := generic()
	caps.Environments, caps.Restrictions = nil, apikey.Cannot("none")
	caps.ChangeExpiry, caps.FreePermissions = apikey.Can(), true
	caps.Properties = []apikey.Property{{Field: "limit", Title: "spend limit in dollars", Most: 500, Fraction: true, Change: true}, {Field: "rpm", Title: "requests a minute"}}
	return caps
}

func TestANewKeyIsGivenLimitsAndPermissionsOfAnyNames(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), withLimits(), testProfile, nil))
	d.press("ci", "enter", "enter").sees("Their names, separated by commas").press("docs.read, docs.write", "enter")
	d.sees("Spend limit in dollars").press("501", "enter").sees("501 is not from 0 to 500").press("ctrl+u", "20.50", "enter", "enter")
	d.sees("docs.read, docs.write", "20.5, spend limit in dollars", "none, requests a minute").press("enter")
	sent := last[ui.CreateKey](d).Draft
	if fmt.Sprint(apikey.PermissionTexts(sent.Permissions)) != "[docs.read docs.write]" || len(sent.Extra) != 1 || string(sent.Extra["limit"]) != "20.5" {
		t.Errorf("asked for %+v", sent)
	}
}

func TestAnEndIsMovedAndALimitChanged(t *testing.T) {
	k := apikey.Key{ID: "k1", Name: "web", ExpiresAt: apikey.At(noon.Add(24 * time.Hour)), Extra: map[string]json.RawMessage{"limit": json.RawMessage("100"), "rpm": json.RawMessage("5")}}
	d := drive(t, NewEdit(plainEnvironment(), withLimits(), testProfile, k, nil))
	d.sees("New end", "Spend limit in dollars", "100").seesNot("Requests a minute")
	d.press("enter", "enter").sees("none yet")
	d = drive(t, NewEdit(plainEnvironment(), withLimits(), testProfile, k, nil))
	d.press("30d", "tab", "ctrl+u", "enter").sees("100 → none", "→ 2026-12-23").press("enter")
	p := last[ui.UpdateKey](d).Patch
	if p.Expiry == nil || p.Expiry.After != 30*24*time.Hour || string(p.Properties["limit"]) != "null" || len(p.Properties) != 1 || p.Name != nil {
		t.Errorf("patch %+v", p)
	}
	d = drive(t, NewEdit(plainEnvironment(), withLimits(), testProfile, k, nil))
	d.press("soon", "enter").sees("is not an expiry").quiet()
}

func TestEditKeepsARoleThatIsNotInTheCatalogue(t *testing.T) {
	k := vertesiaKey()
	k.Role = "content_superadmin"
	d := drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, k, nil))
	d.press("x", "tab", "enter").sees("▸ content_superadmin").press("enter", "enter")
	if p := last[ui.UpdateKey](d).Patch; p.Role != nil {
		t.Errorf("the role was changed to %s", *p.Role)
	}
}

func TestEditOfDetentsOwnCredentialAsks(t *testing.T) {
	k := vertesiaKey()
	k.Own = true
	d := drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, k, nil))
	d.press("enter", "space", "enter", "enter").sees("lock detent out").press("enter").sees("Change detent's own credential?").quiet()
	d.press("y")
	last[ui.UpdateKey](d)
}

func TestEditWarnsOfANameThatAnotherKeyHas(t *testing.T) {
	k := vertesiaKey()
	d := drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, k, []apikey.Key{k, {ID: "k2", Name: "web2"}}))
	d.seesNot("of this name").press("2").sees("a key of this name is there already")
}

func TestPublicKeyIsRequestedWithWhatWasTyped(t *testing.T) {
	d := drive(t, NewPublicKey(plainEnvironment(), vertesia(), testProfile))
	d.press("web", "enter", "p-1", "enter", "enter").sees("86400 s", "returns that one").press("enter")
	sent := last[ui.RequestPublicKey](d)
	if sent.Request != (apikey.PublicKeyRequest{Name: "web", Project: "p-1", TTL: 86400}) {
		t.Errorf("sent %+v", sent.Request)
	}
	d.send(ui.PublicKeyReady{Ticket: sent.Ticket, Err: &client.Error{Op: "request", Kind: client.Forbidden, Status: 403, Outcome: client.NotDone}})
	d.sees("forbidden (403)", "no key was made", "web")
	d.press("enter")
	d.send(ui.PublicKeyReady{Ticket: last[ui.RequestPublicKey](d).Ticket})
	d.closed()
}

func TestPublicKeyTakesAnotherLifetime(t *testing.T) {
	d := drive(t, NewPublicKey(plainEnvironment(), vertesia(), testProfile))
	d.press("enter", "enter", "end", "enter", "0", "enter").sees("span of zero")
	d.press("ctrl+u", "90m", "enter", "enter")
	if sent := last[ui.RequestPublicKey](d); sent.Request.TTL != 5400 {
		t.Errorf("sent %+v", sent.Request)
	}
}

func TestProfileIsAddedWithoutItsToken(t *testing.T) {
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers}))
	d.press("prod", "enter", "right", "enter", "enter") // Vertesia at its own address
	d.press("right", "right", "enter", "pass show 'a b'", "enter")
	d.press("right", "enter", "enter", "space", "enter").sees("exchange", "LIVE", "Read-only yes").press("enter")
	sent := last[ui.SaveProfile](d)
	want := ui.ProfileDraft{Name: "prod", Service: wirename.Vertesia, URL: "https://api.vertesia.io", Environment: apikey.Live, ReadOnly: true, Auth: "exchange"}
	if !slices.Equal(sent.Profile.TokenCommand, []string{"pass", "show", "a b"}) {
		t.Errorf("command %q", sent.Profile.TokenCommand)
	}
	sent.Profile.TokenCommand = nil
	if got := sent.Profile; got.Name != want.Name || got.Service != want.Service || got.URL != want.URL || got.Environment != want.Environment ||
		!got.ReadOnly || got.Auth != want.Auth || got.TokenEnv != "" || got.TokenFile != "" || got.CanCreate {
		t.Errorf("sent %+v", got)
	}
	d.send(ui.ProfileSaved{Ticket: sent.Ticket, Name: "prod"})
	d.closed()
}

func TestGenericProfileAsksWhetherItsServiceCreates(t *testing.T) {
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers}))
	d.press("shop", "enter", "right", "right", "enter", "enter").sees("a URL is required")
	d.press("http://127.0.0.1:8420", "enter", "right", "enter", "~/.secrets/shop", "enter").sees("POST /v1/api-keys").press("space", "enter", "enter", "enter", "enter")
	if sent := last[ui.SaveProfile](d).Profile; !sent.CanCreate || sent.TokenFile != "~/.secrets/shop" || sent.URL != "http://127.0.0.1:8420" || sent.Auth != "" {
		t.Errorf("sent %+v", sent)
	}
}

func TestAFieldsErrorIsShownAtThatField(t *testing.T) {
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Existing: []ui.Profile{{Name: "taken"}}}))
	d.press("taken", "enter").sees("there is a profile taken already")
	d.press("2", "enter", "enter", "enter", "enter", "PROSOPO_TOKEN", "enter", "enter", "enter", "enter")
	sent := last[ui.SaveProfile](d)
	d.send(ui.ProfileSaved{Ticket: sent.Ticket, Err: &ui.FieldError{Field: "url", Err: errors.New("no such host")}})
	d.sees("▸ 1 Service", "✗ no such host", "taken2")
	d.press("https://x.example", "enter", "enter", "enter", "enter", "enter").sees("https://x.example").press("enter")
	d.send(ui.ProfileSaved{Ticket: last[ui.SaveProfile](d).Ticket, Err: errors.New("the file is read-only")})
	d.sees("✗ the file is read-only", "taken2")
}

func TestBadURLsAndTokensAreRefused(t *testing.T) {
	for _, bad := range []string{"api.example.com", "http://api.example.com", "ftp://x", "https://u:p@x", "https://x/?a=1", "https://x/#f", "https://"} {
		if checkURL(bad) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	for _, good := range []string{"https://api.example.com", "http://localhost:1", "http://[::1]:8420", "https://x/base"} {
		if err := checkURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers}))
	d.press("p", "enter", "enter", "enter", "enter", "pk-live-"+canary, "enter").sees("not the token")
	if strings.Count(d.view(), "canary") > 1 {
		t.Error("what may be the token is repeated in the message or the review")
	}
}

func TestVerifyChecksBeforeItSends(t *testing.T) {
	for pasted, want := range map[string]string{
		`"canary"`: "quotes", "pk_live canary": "space", "canary\ncanary": "more than one line", "pk_li…": "cut off",
		"sk_live_0123456789": "begins with pk_", "": "empty", "API_KEY=canary": "NAME=VALUE", "A=" + canary + "\nB=" + canary + "x": "2 secrets",
	} {
		d := drive(t, NewVerify(plainEnvironment(), prosopo(), testProfile))
		d.paste(pasted)
		d.press("enter").quiet()
		d.sees(want).seesNot("canary")
	}
}

func TestVerifyTellsWhatWasShown(t *testing.T) {
	d := drive(t, NewVerify(plainEnvironment(), prosopo(), testProfile))
	d.paste(canary + "\n")
	d.sees("36 characters").seesNot("canary").press("enter").sees("asking staging…")
	sent := last[ui.Verify](d)
	if !sent.Secret.Equal(apikey.NewSecret(canary)) || d.screen.(*Verify).line.Len() != 0 {
		t.Error("another secret was sent, or it was kept")
	}
	d.send(ui.Verified{Ticket: sent.Ticket, Proof: apikey.Proof{Verdict: apikey.Accepted, Key: &apikey.Key{ID: "k7", Name: "payments", Role: "developer",
		Permissions: []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}}, ExpiresAt: apikey.Never()}, Evidence: "GET /rules answered 200",
		Can: []string{"getRules"}, Cannot: []string{"getUsers"}, Unknown: []string{"createRule: only a write would show it"}}})
	d.sees("✓ valid", "payments", "id k7", "role developer", "permissions AccessRules.getRules", "expires never", "may getRules", "may not getUsers", "not shown: createRule", "GET /rules answered 200")
	for range d.screen.(*Verify).buttons.labels { // the footer says what enter does now
		b := d.screen.(*Verify).buttons
		if got := d.screen.Bindings()[0].Help(); got.Key != "enter" || !strings.EqualFold(got.Desc, b.labels[b.at]) {
			t.Errorf("%v on the button %q", got, b.labels[b.at])
		}
		d.press("right")
	}
	d.press("left", "enter").sees("Paste a secret")
	d.paste(canary)
	d.press("enter")
	d.send(ui.Verified{Ticket: last[ui.Verify](d).Ticket, Proof: apikey.Proof{Verdict: apikey.Refused}})
	d.sees("✗ not valid", "revoked", "this environment", "This profile's environment is test").press("right", "enter")
	d.paste(canary)
	d.press("enter")
	d.send(ui.Verified{Ticket: last[ui.Verify](d).Ticket, Proof: apikey.Proof{Verdict: apikey.Refused, Message: "the key is disabled", Hint: "Enable it."}})
	d.sees("✗ not valid", "It said: the key is disabled", "Enable it. This profile's").press("right", "enter")
	d.paste(canary)
	d.press("enter")
	d.send(ui.Verified{Ticket: last[ui.Verify](d).Ticket, Proof: apikey.Proof{Why: "the answer is a rate limit"}})
	d.sees("? cannot tell: the answer is a rate limit").seesNot("not valid").seesNot("revoked").press("enter").closed()
}

func TestBackGoesToThePageBeforeAndForwardsAgain(t *testing.T) {
	for name, screen := range map[string]ui.Screen{
		"create":  NewCreate(plainEnvironment(), vertesia(), testProfile, nil),
		"profile": NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Edit: &editedProfile}),
	} {
		d := drive(t, screen)
		if name == "create" {
			d.press("api")
		}
		for !strings.Contains(d.view(), "  Back  ") {
			d.press("enter")
		}
		review := d.view()
		for range 3 {
			if d.press("right", "enter"); d.view() == review || !strings.Contains(d.view(), "┃") {
				t.Fatalf("%s: Back shows\n%s", name, d.view())
			}
			d.press("enter")
			if d.view() != review {
				t.Fatalf("%s: forwards again shows\n%s\nbefore\n%s", name, d.view(), review)
			}
		}
		d.press("shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab").sees("▸ 1 ")
	}
}

// TestVerifySaysThatASecretIsOfAnotherEnvironmentThanTheProfile, whatever the service says of it.
func TestVerifySaysThatASecretIsOfAnotherEnvironmentThanTheProfile(t *testing.T) {
	for _, profile := range []apikey.Environment{apikey.Live, apikey.Test, "dev", ""} {
		for secret, env := range map[string]apikey.Environment{"sk_live_0123456789abcdef01234567": apikey.Live, "sk_test_0123456789abcdef01234567": apikey.Test} {
			for _, verdict := range []apikey.Verdict{apikey.Accepted, apikey.Refused, apikey.Silent} {
				p := ui.Profile{Name: "p", Service: wirename.Generic, Environment: profile, Setting: apikey.Setting{Environment: profile, Remote: true}}
				d := drive(t, NewVerify(plainEnvironment(), generic(), p))
				d.paste(secret)
				d.press("enter")
				d.send(ui.Verified{Ticket: last[ui.Verify](d).Ticket, Proof: apikey.Proof{Verdict: verdict}})
				says := "this is a " + environmentWord(env) + " key, and the profile says " + environmentWord(profile)
				if profile != "" && (profile == apikey.Live) != (env == apikey.Live) {
					d.sees(says)
				} else {
					d.seesNot("and the profile says")
				}
			}
		}
	}
}

// To rename is e, the text and enter; what else was changed is looked at first.
func TestANewNameAloneIsSavedByEnter(t *testing.T) {
	d := drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, vertesiaKey(), nil))
	d.press("-new", "enter")
	if sent := last[ui.UpdateKey](d); *sent.Patch.Name != "web-new" || sent.Patch.Role != nil || sent.Patch.Enabled != nil {
		t.Errorf("sent %+v", sent.Patch)
	}
	d = drive(t, NewEdit(plainEnvironment(), vertesia(), testProfile, vertesiaKey(), nil))
	d.press("tab", "space", "shift+tab", "-new", "enter").quiet()
	d.press("enter", "enter").sees("web → web-new", "on → off").quiet()
}

func TestAProofOffersTheKeyThatItNames(t *testing.T) {
	prove := func(p apikey.Proof) *driver {
		d := drive(t, NewVerify(plainEnvironment(), prosopo(), prodProfile))
		d.paste(canary)
		d.press("enter")
		d.send(ui.Verified{Ticket: last[ui.Verify](d).Ticket, Proof: p})
		return d
	}
	known := apikey.Proof{Verdict: apikey.Accepted, Key: &apikey.Key{ID: "k7", Name: "payments"}}
	if got := last[ui.GoTo](prove(known).press("enter")); got.ID != "k7" || got.Replace {
		t.Errorf("enter: %+v", got)
	}
	if got := last[ui.GoTo](prove(known).press("right", "enter")); got.ID != "k7" || !got.Replace {
		t.Errorf("right, enter: %+v", got)
	}
	for _, p := range []apikey.Proof{{Verdict: apikey.Accepted}, {Verdict: apikey.Refused, Key: known.Key}, {Why: "a rate limit"}} {
		prove(p).seesNot("Go to the key").press("enter").closed()
	}
}

// withKinds is a service whose keys have a property of each kind.
func withKinds() apikey.Capabilities {
	caps := generic()
	caps.Environments, caps.Restrictions = nil, apikey.Cannot("none")
	caps.Catalogue.Beside = true
	caps.Properties = []apikey.Property{
		{Field: "tier", Kind: apikey.ChoiceProperty, Title: "plan", Choices: []apikey.Choice{{Value: "free"}, {Value: "paid"}}, Change: true},
		{Field: "starts", Kind: apikey.InstantProperty, Title: "when it begins to work"},
		{Field: "hosts", Kind: apikey.AddressesProperty, Title: "from where", Without: "anywhere", Change: true},
		{Field: "readonly", Kind: apikey.BooleanProperty, Title: "it only reads", Change: true},
		{Field: "zones", Kind: apikey.ListProperty, Title: "zones that it is for", Without: "all zones", Asks: true, Change: true},
	}
	return caps
}

func TestANewKeyIsGivenWhatTheServiceHasBeside(t *testing.T) {
	d := drive(t, NewCreate(plainEnvironment(), withKinds(), testProfile, nil))
	d.press("ci", "enter", "enter").sees("Zones that it is for", "asking the service which there are", "None picked is: all zones.")
	told := withKinds()
	told.Catalogue.Asked = noon
	told.Properties[4].Choices = []apikey.Choice{{Value: "z1", Name: "example.com"}, {Value: "z2", Name: "example.org"}}
	d.send(ui.Catalogued{Profile: testProfile.Name, Caps: told})
	d.sees("0 of 2 picked", "example.com", "z1").press("down", " ", "enter")
	d.sees("Plan", "free", "When it begins to work").press("down", "enter", "2027-01-31", "enter", "10.0.0.1/8", "enter").sees("bits behind its mask").press("ctrl+u", "enter", "down", "enter")
	d.sees("example.org, zones that it is for", "free, plan", "2027-01-31 23:59:59 CET, when it begins to work", "! none: anywhere, from where", "yes, it only reads").press("enter")
	got, _ := json.Marshal(last[ui.CreateKey](d).Draft.Extra)
	if !strings.Contains(string(got), `"readonly":true`) || !strings.Contains(string(got), `"tier":"free"`) || !strings.Contains(string(got), `"zones":["z2"]`) || !strings.Contains(string(got), `"starts":"2027-01-31T`) || strings.Contains(string(got), "hosts") {
		t.Errorf("asked for %s", got)
	}
}

// TestANewKeyIsOfATypeThatThereIs: the first one, unless another is chosen; where the service chooses, none is said.
func TestANewKeyIsOfATypeThatThereIs(t *testing.T) {
	for _, tc := range []struct {
		types []string
		keys  []string
		want  string
	}{{[]string{"svc", "usr"}, []string{"enter", "enter", "enter"}, "svc"}, {[]string{"svc", "usr"}, []string{"enter", "down", "enter", "enter"}, "usr"}, {[]string{"svc"}, []string{"enter", "enter"}, "svc"}, {nil, []string{"enter", "enter"}, ""}} {
		caps := withLimits()
		caps.FreePermissions, caps.Properties, caps.Types = false, nil, tc.types
		caps.AccessFields = append(caps.AccessFields, apikey.FieldType)
		d := drive(t, NewCreate(plainEnvironment(), caps, testProfile, nil))
		d.press("ci").press(tc.keys...)
		if d.seesNot("(sk)"); tc.want != "" {
			d.sees("Type", tc.want)
		}
		d.press("enter")
		if got := last[ui.CreateKey](d).Draft.Type; got != tc.want {
			t.Errorf("%v: asked for a %q in place of %q", tc.types, got, tc.want)
		}
	}
}

// TestTheReviewHasWhatEachNewKeyIsAskedForBeside: it may be access.
func TestTheReviewHasWhatEachNewKeyIsAskedForBeside(t *testing.T) {
	caps := withKinds()
	caps.Sent, caps.Properties = []string{`kind = "admin"`, "params.level = 7"}, nil
	facts := fmt.Sprint(NewCreate(plainEnvironment(), caps, testProfile, nil).(*Create).facts())
	if !strings.Contains(facts, `kind = "admin", params.level = 7`) {
		t.Error(facts)
	}
}

// TestAWordThatAKeyHasStaysWhereNobodyNamesIt: of a service that was not asked yet, and beside what it named.
func TestAWordThatAKeyHasStaysWhereNobodyNamesIt(t *testing.T) {
	k := apikey.Key{ID: "k1", Name: "web", Extra: map[string]json.RawMessage{"tier": json.RawMessage(`"gold"`), "zones": json.RawMessage(`["*"]`)}}
	for _, named := range [][]apikey.Choice{nil, {{Value: "z1"}, {Value: "z2"}}} {
		caps := withKinds()
		caps.Properties[0].Choices, caps.Properties[0].Asks, caps.Properties[0].Title, caps.Properties[4].Choices = named, true, "étape", named
		e := NewEdit(plainEnvironment(), caps, testProfile, k, nil)
		drive(t, e).sees("Étape", "gold")
		if p := e.(*Edit).patch(); !p.IsZero() {
			t.Errorf("%v: nothing was changed: %+v", named, p)
		}
	}
}

// TestWhatNobodyTouchesOfAKeyStays: a service may have what nobody could type, and a new name takes nothing of it away.
func TestWhatNobodyTouchesOfAKeyStays(t *testing.T) {
	caps := withKinds()
	caps.Properties[1].Change = true
	caps.Properties = append(caps.Properties, apikey.Property{Field: "note", Kind: apikey.TextProperty, Title: "what for", Change: true}, apikey.Property{Field: "limit", Title: "dollars", Always: true, Change: true},
		apikey.Property{Field: "parts", Kind: apikey.ListProperty, Title: "parts", Choices: []apikey.Choice{{Value: "a"}, {Value: "x,y"}, {Value: "none"}}, Change: true})
	for _, has := range []map[string]json.RawMessage{
		{"zones": json.RawMessage(`["ci, cd","none"]`), "parts": json.RawMessage(`["x,y","gone, too"]`), "note": json.RawMessage(`"none"`), "limit": json.RawMessage("1e21")},
		{"readonly": json.RawMessage(`"maybe"`), "starts": json.RawMessage(`"soon"`), "hosts": json.RawMessage(`["nowhere"]`), "note": json.RawMessage(`" a "`), "tier": json.RawMessage(`{"name":"free"}`)},
	} {
		on := true
		k := apikey.Key{ID: "k1", Name: "web", Enabled: &on, Extra: has}
		e := NewEdit(plainEnvironment(), caps, testProfile, k, nil)
		d := drive(t, e)
		if p := e.(*Edit).patch(); !p.IsZero() {
			t.Errorf("%s: nothing was changed: %+v", has, p)
		}
		d.press("tab", "tab", "tab", "tab", "tab", "tab", "tab", "tab", "tab", "tab", "tab").sees("none yet")
	}
}

// TestAPickedWordMayHaveAComma, and be called none.
func TestAPickedWordMayHaveAComma(t *testing.T) {
	caps := withKinds()
	caps.Properties = caps.Properties[4:]
	caps.Properties[0].Asks, caps.Properties[0].Choices = false, []apikey.Choice{{Value: "x,y"}, {Value: "none"}, {Value: "z1", Name: "Berlin, Germany"}}
	for _, tc := range []struct {
		keys []string
		want string
	}{{[]string{" "}, `["x,y"]`}, {[]string{"down", " "}, `["none"]`}, {[]string{" ", "down", "down", " "}, `["x,y","z1"]`}} {
		d := drive(t, NewCreate(plainEnvironment(), caps, testProfile, nil))
		d.press("ci", "enter", "enter").seesNot("x,y:").press(tc.keys...)
		d.press("enter", "enter")
		if got := string(last[ui.CreateKey](d).Draft.Extra["zones"]); got != tc.want {
			t.Errorf("asked for %s in place of %s", got, tc.want)
		}
	}
}

func TestWhatAKeyHasBesideIsChanged(t *testing.T) {
	k := apikey.Key{ID: "k1", Name: "web", Extra: map[string]json.RawMessage{"tier": json.RawMessage(`"free"`), "zones": json.RawMessage(`["z1","z9"]`), "hosts": json.RawMessage(`["10.0.0.1"]`)}}
	caps := withKinds()
	caps.Properties[4].Choices = []apikey.Choice{{Value: "z1", Name: "example.com"}, {Value: "z2", Name: "example.org"}}
	edit := func() *driver { return drive(t, NewEdit(plainEnvironment(), caps, testProfile, k, nil)) }
	d := edit()
	d.sees("Plan", "▸ free", "10.0.0.1").seesNot("When it begins").press("enter", "enter", "enter", "enter").sees("none yet")
	d = edit()
	d.press("down", "tab", "ctrl+u", "10.0.0.2", "tab", "tab").sees("2 of 3 picked", "z9").press(" ", "enter")
	d.sees("free → paid", "10.0.0.1 → 10.0.0.2", "example.com, z9 → z9").press("enter")
	got, _ := json.Marshal(last[ui.UpdateKey](d).Patch.Properties)
	if string(got) != `{"hosts":["10.0.0.2"],"tier":"paid","zones":["z9"]}` {
		t.Errorf("patch %s", got)
	}
}
