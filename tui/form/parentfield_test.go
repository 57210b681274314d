package form

import (
	"errors"
	"strings"
	"testing"

	"detent/client"
	"detent/tui/ui"
)

// keysOfATeam is an issuer whose keys belong to a team in an organization, which the service tells.
var keysOfATeam = ui.Issuer{Name: "crew", Title: "Crew", URL: "https://api.crew.example", Parents: []ui.Parent{{Name: "org", Title: "Organization", About: "on the page Settings", Told: true},
	{Name: "team", Title: "Team id", Told: true, Needs: []string{"org"}}}}

// atOrg is a new profile's form that has come to the first parent, by a token from source.
func atOrg(t *testing.T, remote bool, source ...string) *driver {
	t.Helper()
	d := drive(t, NewProfile(plainEnvironment(), ProfileOptions{Issuers: []ui.Issuer{keysOfATeam}, Remote: remote}))
	d.press("prod", "enter", "enter", "enter") // name, service, address
	return d.press(source...).sees("Organization")
}

func asks(d *driver) (out []ui.AskParents) {
	for _, msg := range d.intents {
		if ask, is := msg.(ui.AskParents); is {
			out = append(out, ask)
		}
	}
	return out
}

// TestAParentIsOfferedAsTheServiceTells: it is asked for in the background, with what was said before; what was typed meanwhile stays.
func TestAParentIsOfferedAsTheServiceTells(t *testing.T) {
	d := atOrg(t, false, "enter", "CREW_TOKEN", "enter").sees("asking the service")
	ask := last[ui.AskParents](d)
	if len(asks(d)) != 1 || ask.Parent != "org" || ask.Profile.Service != "crew" || ask.Profile.URL != "https://api.crew.example" || ask.Profile.TokenEnv != "CREW_TOKEN" {
		t.Fatalf("%+v", asks(d))
	}
	d.press("sh")
	d.send(ui.ParentsTold{Ticket: ask.Ticket + 1, Choices: client.Choices{All: []client.Choice{{ID: "9", Name: "late"}}}})
	d.seesNot("late")
	d.send(ui.ParentsTold{Ticket: ask.Ticket, Choices: client.Choices{All: []client.Choice{{ID: "7", Name: "Ops"}, {ID: "8", Name: "Shop", Description: "sells\x1b[2J"}}, More: true}})
	p := d.screen.(*Profile)
	f := p.parents["crew"]["org"]
	if f.value() != "sh" {
		t.Errorf("typed was sh, and is %q", f.value())
	}
	d.sees("The service names 2 choices, and has more", "8 Shop sells").seesNot("7 Ops")
	d.press("ctrl+u", "op").sees("8 Shop", "7 Ops").press("down", "down").sees("▸ 8 Shop").press("down")
	if f.value() != "8" && f.focused {
		t.Errorf("%q", f.value())
	}
	d.sees("Team id")
	second := last[ui.AskParents](d)
	if second.Parent != "team" || second.Profile.Parents["org"] != "8" {
		t.Errorf("%+v", second)
	}
	d.send(ui.ParentsTold{Ticket: second.Ticket, Err: errors.New("forbidden (403): no scope")})
	d.sees("could not be asked which there are: forbidden (403): no scope", "It can be typed").press("t1", "enter")
	if got := p.profile().Parents; got["org"] != "8" || got["team"] != "t1" {
		t.Errorf("%v", got)
	}
}

// TestAParentsNameStandsForItsID, where it was typed whole.
func TestAParentsNameStandsForItsID(t *testing.T) {
	d := atOrg(t, false, "enter", "CREW_TOKEN", "enter")
	d.send(ui.ParentsTold{Ticket: last[ui.AskParents](d).Ticket, Choices: client.Choices{All: []client.Choice{{ID: "7", Name: "group/Ops"}}}})
	d.press("group/ops", "enter")
	if got := d.screen.(*Profile).profile().Parents["org"]; got != "7" {
		t.Errorf("%q", got)
	}
}

// TestNobodyIsAskedBehindTheForm where a command gives the token, where somebody is at another machine, or where the parent before is not said.
func TestNobodyIsAskedBehindTheForm(t *testing.T) {
	d := atOrg(t, false, "right", "right", "enter", "pass show crew", "enter").sees("detent issuer parents")
	if got := asks(d); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	d = atOrg(t, true, "enter", "crew-token-0123456789", "enter").seesNot("asking")
	if got := asks(d); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

// TestAParentIsHeard with what the service names.
func TestAParentIsHeard(t *testing.T) {
	d := atOrg(t, false, "enter", "CREW_TOKEN", "enter")
	d.send(ui.ParentsTold{Ticket: last[ui.AskParents](d).Ticket, Choices: client.Choices{All: []client.Choice{{ID: "7", Name: "Ops"}}}})
	var said []string
	for _, f := range d.screen.(*Profile).Speak().Facts {
		said = append(said, f.Text)
	}
	if got := strings.Join(said, "\n"); !strings.Contains(got, "The service names 1 choice") || !strings.Contains(got, "7, Ops") {
		t.Errorf("%s", got)
	}
}
