package form

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

func TestAProfileThatIsEditedBeginsAsItIs(t *testing.T) {
	for _, was := range []ui.ProfileDraft{
		editedProfile,
		{Name: "own", Service: wirename.Vertesia, URL: "https://studio.example", TokenEnv: "T", Auth: "exchange", TokenURL: "https://sts.example"},
		{Name: "eu/p", Service: wirename.Prosopo, URL: "https://api.prosopo.io", TokenFile: "/t", Environment: apikey.Test, ReadOnly: true},
		{Name: "shop", Service: wirename.Generic, URL: "http://127.0.0.1:1/base", TokenCommand: []string{"pass", "a b"}, CanCreate: true},
	} {
		for _, remote := range []bool{false, true} {
			d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Edit: &was, Remote: remote}))
			p := d.screen.(*Profile)
			if got := p.profile(); !reflect.DeepEqual(got, was) {
				t.Errorf("%+v became %+v", was, got)
			}
			d.press("enter", "enter", "enter", "enter", "enter", "enter")
			if was.Service != wirename.Prosopo {
				d.press("enter")
			}
			if was.TokenURL != "" {
				d.press("enter")
			}
			d.sees("Save").press("enter").closed()
			if toast := last[ui.Toast](d); toast.Text != "nothing was changed" {
				t.Errorf("%+v", toast)
			}
		}
	}
}

// TestATokenServerThatIsMissingIsAskedForWhereItIsTyped: no other field can mend it.
func TestATokenServerThatIsMissingIsAskedForWhereItIsTyped(t *testing.T) {
	was := editedProfile
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Edit: &was}))
	d.press("enter", "ctrl+u", "https://studio.example", "enter", "enter", "enter", "enter", "enter", "enter").seesNot("Token server").press("enter")
	sent := last[ui.SaveProfile](d)
	d.send(ui.ProfileSaved{Ticket: sent.Ticket, Err: &ui.FieldError{Field: "token_url", Err: errors.New("is missing")}})
	d.sees("▸ 4 Token server", "is missing").press("https://sts.example", "enter", "enter", "enter", "enter")
	if sent = last[ui.SaveProfile](d); sent.Profile.TokenURL != "https://sts.example" || sent.Profile.Auth != "exchange" {
		t.Errorf("sent %+v", sent.Profile)
	}
}

func TestAnEditedProfileIsSavedWithWhatItWas(t *testing.T) {
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Edit: &editedProfile}))
	d.press("enter", "ctrl+u", "https://api.new.example", "enter").sees("VERTESIA_TOKEN").press("right")
	if got := d.screen.(*Profile).token.value(); got != "" {
		t.Errorf("the variable's name %q stands as a path", got)
	}
	d.press("left").sees("VERTESIA_TOKEN")
	d.press("enter", "ctrl+u", "OTHER", "enter", "left", "enter", "enter", "space", "enter")
	d.sees("https://api.new.example (was https://api.vertesia.io)", "env: OTHER (was env: VERTESIA_TOKEN)", "direct (was exchange)", "yes (was no)", "LIVE").press("enter")
	sent := last[ui.SaveProfile](d)
	want := ui.ProfileDraft{Name: "prod", Service: wirename.Vertesia, URL: "https://api.new.example", TokenEnv: "OTHER", Environment: apikey.Live, ReadOnly: true, Auth: "direct"}
	if !reflect.DeepEqual(sent.Profile, want) || sent.Before == nil || !reflect.DeepEqual(*sent.Before, editedProfile) {
		t.Errorf("sent %+v, before %+v", sent.Profile, sent.Before)
	}
	d.send(ui.ProfileSaved{Ticket: sent.Ticket, Name: "prod"})
	d.closed()
}

func TestATypedTokenIsHiddenSentOnceAndWiped(t *testing.T) {
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers}))
	d.press("prod", "enter", "enter", "enter", "right", "right", "right", "enter", "enter").sees("✗ ")
	d.paste(canary)
	d.press("enter", "enter", "enter").sees("typed, kept in a private file of detent").press("enter")
	p := d.screen.(*Profile)
	sent := last[ui.SaveProfile](d)
	if n := sent.Profile; !n.NewToken.Equal(apikey.NewSecret(canary)) || n.TokenEnv != "" || n.TokenFile != "" || n.TokenCommand != nil {
		t.Errorf("sent %+v", n)
	}
	for _, text := range []string{d.view(), fmt.Sprintf("%+v %#v", p, sent), fmt.Sprintf("%v", sent.Profile)} {
		if strings.Contains(text, canary) {
			t.Error("the token is shown")
		}
	}
	d.send(ui.ProfileSaved{Ticket: sent.Ticket, Err: errors.New("disk full")})
	d.sees("disk full")
	if p.token.hidden.Len() == 0 {
		t.Error("a save that failed has lost the token")
	}
	d.press("enter")
	d.send(ui.ProfileSaved{Ticket: last[ui.SaveProfile](d).Ticket, Name: "prod"})
	d.closed()
	if p.token.hidden.Len() != 0 {
		t.Error("the token is still there")
	}
}

func TestSomebodyAtAnotherMachineNamesNoPlaceOnThisOneAndMovesNoToken(t *testing.T) {
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Remote: true}))
	d.press("p", "enter", "enter", "enter", "right", "left", "space", "enter")
	p := d.screen.(*Profile)
	if p.source.value() != sourceTyped {
		t.Errorf("the source is %s", p.source.value())
	}
	change := map[string][]string{
		"service": {"left", "enter", "enter", "enter"},
		"address": {"enter", "2", "enter", "enter"},
	}
	for what, keys := range change {
		d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Edit: &editedProfile, Remote: true}))
		d.press(keys...).press("enter").sees("the token that is here is for https://api.vertesia.io", "type it anew")
		d.press("shift+tab", "right", "enter")
		d.paste(canary)
		d.press("enter", "enter", "enter", "enter")
		if what == "address" {
			d.press("enter")
		}
		d.sees("typed, kept in a private file of detent").press("enter")
		if sent := last[ui.SaveProfile](d).Profile; sent.NewToken.IsZero() || sent.TokenEnv != "" {
			t.Errorf("%s: sent %+v", what, sent)
		}
	}
	// What is chosen after the token is looked at again.
	d = drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Edit: &editedProfile, Remote: true}))
	d.press("enter", "enter", "enter", "enter", "left", "enter", "enter", "enter", "enter").sees("▸ 2 Token", "type it anew")
}

// A new profile's environment begins with what guards most, and follows the address until it is picked; one that is changed
// begins as it is.
func TestTheEnvironmentOfANewProfileBeginsWithWhatGuardsMost(t *testing.T) {
	for address, want := range map[string]apikey.Environment{
		"": apikey.Live, "https://api.example.com": apikey.Live, "https://10.0.0.1": apikey.Live, "https://localhost.example": apikey.Live,
		"http://localhost:8420": "", "http://127.0.0.9:1": "", "http://[::1]:8420": "", "https://LOCALHOST": "",
	} {
		for picks, picked := range map[int]apikey.Environment{0: want, 1: apikey.Test} {
			d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers}))
			d.press("p", "enter", "enter")
			if address != "" {
				d.press(address)
			}
			d.press("enter", "enter", "T", "enter")
			for range picks {
				d.press("home", "right", "right")
			}
			d.press("enter", "enter", "enter")
			if got := last[ui.SaveProfile](d).Profile.Environment; got != picked {
				t.Errorf("%q, picked %d times: %q, want %q", address, picks, got, picked)
			}
		}
	}
	was := ui.ProfileDraft{Name: "p", Service: wirename.Prosopo, URL: "https://api.prosopo.io", TokenEnv: "T"}
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: threeIssuers, Edit: &was}))
	d.press("enter", "enter", "enter", "enter", "enter", "space", "enter", "enter")
	if got := last[ui.SaveProfile](d).Profile; got.Environment != "" || !got.ReadOnly {
		t.Errorf("an edit of something else changed the environment: %+v", got)
	}
}
