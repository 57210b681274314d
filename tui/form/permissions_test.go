package form

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

func permissionDriver(t *testing.T) (*driver, *permissions) {
	c := NewCreate(plainEnvironment(), prosopo(), testProfile, nil)
	d := drive(t, c)
	d.press("n", "enter", "enter").sees("0 of 17 picked")
	return d, c.(*Create).permissions
}

func names(p *permissions) string {
	var out []string
	for _, perm := range p.value() {
		out = append(out, perm.Name)
	}
	return strings.Join(out, " ")
}

func TestPermissionKeys(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
		want string
	}{
		{"space picks", []string{"space", "j", "j", "space"}, "getRules getSuggestions"},
		{"space again takes back", []string{"space", "space"}, ""},
		{"g picks a group", []string{"end", "k", "g"}, "getApiKeys createApiKey updateApiKey deleteApiKey"},
		{"g on a full group empties it", []string{"end", "g", "g"}, ""},
		{"g fills a half group", []string{"end", "k", "space", "g"}, "getApiKeys createApiKey updateApiKey deleteApiKey"},
		{"a then a", []string{"a", "a"}, ""},
		{"preset", []string{"p"}, "verify"},
		{"next preset", []string{"p", "p"}, "getRules getSites"},
		{"round the presets to the own choice", []string{"space", "p", "p", "p"}, "getRules"},
		{"a preset may be changed", []string{"p", "space"}, "getRules verify"},
		{"filter, then all that is shown", []string{"/", "key", "enter", "a"}, "getApiKeys createApiKey updateApiKey deleteApiKey"},
		{"all under a filter leaves the rest alone", []string{"space", "/", "delete site", "enter", "a"}, "getRules deleteSite"},
		{"g under a filter picks what is shown", []string{"/", "rule delete", "enter", "g"}, "deleteRule deleteRuleGroup"},
		{"nothing matches", []string{"/", "zz", "down", "enter", "space", "g", "a", "esc", "space"}, "getRules"},
		{"esc clears the filter, not the form", []string{"/", "verify", "enter", "space", "esc", "home", "space"}, "getRules verify"},
		{"up at the top stays", []string{"up", "up", "space"}, "getRules"},
		{"letters of a filter pick nothing", []string{"/", "gap ", "esc"}, ""},
	} {
		d, p := permissionDriver(t)
		d.press(tt.keys...)
		if got := names(p); got != tt.want {
			t.Errorf("%s: %q, want %q\n%s", tt.name, got, tt.want, d.view())
		}
		d.quiet()
	}
}

func TestCursorStaysOnItsPermissionWhenTheFilterChanges(t *testing.T) {
	d, p := permissionDriver(t)
	d.press("/", "site", "down", "down")
	before, _ := p.atCursor()
	d.press("esc")
	if after, _ := p.atCursor(); after.Permission != before.Permission {
		t.Errorf("was on %s, is on %s", before.Permission, after.Permission)
	}
}

func TestRisksAreWarnedAboutInWords(t *testing.T) {
	d, _ := permissionDriver(t)
	d.press("/", "apikey", "enter", "a").sees("createApiKey, deleteApiKey: who holds this key can make, change or delete", "updateApiKey does nothing today")
	d.press("enter").sees("createApiKey, deleteApiKey: who holds this key can make", "updateApiKey does nothing today")
}

func TestNoPermissionIsRefusedOnlyWhenMovingOn(t *testing.T) {
	d, _ := permissionDriver(t)
	d.seesNot("✗").press("enter").sees("✗ pick at least one permission").press("shift+tab").sees("Name").press("enter").press("space").seesNot("✗")
}

func TestACatalogueOfThousandsDrawsOnlyItsWindow(t *testing.T) {
	caps := prosopo()
	for i := range 2000 {
		caps.PermissionGroups[0].Permissions = append(caps.PermissionGroups[0].Permissions,
			perm("AccessRules", "extra"+strings.Repeat("x", i%40), "about", apikey.NoRisk))
	}
	p := newPermissions(plainEnvironment(), caps)
	p.Focus()
	p.WithWidth(60)
	p.room(20)
	for range 300 {
		p.Update(tea.KeyMsg{Type: tea.KeyDown})
	}
	if n := strings.Count(p.View(), "\n") + 1; n > 20 {
		t.Errorf("%d lines", n)
	}
	if info, _ := p.atCursor(); !strings.Contains(p.View(), "▸ [ ] "+info.Permission.Name[:8]) {
		t.Errorf("the cursor is out of sight:\n%s", p.View())
	}
}

// TestWhatTheServiceSaysReachesTheFormThatIsOpen: it is asked when the form opens, and what is picked by then stays picked.
func TestWhatTheServiceSaysReachesTheFormThatIsOpen(t *testing.T) {
	open := func(asked time.Time) (*driver, *permissions, apikey.Capabilities) {
		caps := prosopo()
		caps.Catalogue = apikey.Catalogue{Can: true, Asked: asked}
		c := NewCreate(plainEnvironment(), caps, testProfile, nil)
		d := drive(t, c)
		if len(d.intents) != 1 || d.intents[0] != (ui.AskCatalogue{Profile: testProfile.Name}) {
			t.Fatalf("asked for: %v", d.intents)
		}
		d.press("n", "enter", "enter", "space", "j", "space").sees("2 of 17 picked", "asking the service which there are…")
		return d, c.(*Create).permissions, caps
	}
	told := func(caps apikey.Capabilities) apikey.Capabilities {
		caps.Catalogue.Asked = noon
		caps.PermissionGroups = []apikey.PermissionGroup{
			{Feature: "puzzle", Title: "Puzzle", Permissions: []apikey.PermissionInfo{perm("puzzle", "solve", "Solve a puzzle", apikey.NoRisk)}},
			{Feature: "rules", Title: "Access Rules", Permissions: []apikey.PermissionInfo{perm("rules", "getRules", "List access control rules", apikey.NoRisk)}},
		}
		caps.PermissionPresets = nil
		return caps
	}

	d, p, caps := open(time.Time{})
	d.send(ui.Catalogued{Profile: "another", Caps: told(caps)})
	d.sees("2 of 17 picked", "asking the service")
	d.send(ui.Catalogued{Profile: testProfile.Name, Caps: told(caps)})
	d.sees("1 of 2 picked", "the service does not have getSuggestion", "solve", "[x] getRules")
	if got := p.value(); len(got) != 1 || got[0] != (apikey.Permission{Feature: "rules", Name: "getRules"}) {
		t.Errorf("picked are %v", got)
	}
	d.press("home", "space", "enter").sees("Puzzle: solve", "Access Rules: getRules")
	if draft := d.screen.(*Create).draft(); len(draft.Permissions) != 2 {
		t.Errorf("%v", draft.Permissions)
	}

	d, _, caps = open(time.Time{})
	d.send(ui.Catalogued{Profile: testProfile.Name, Caps: caps, Err: errors.New("no network")})
	d.sees("2 of 17 picked", "the service could not be asked: as documented")

	d, _, caps = open(noon.Add(-3 * time.Hour))
	caps.Catalogue.Asked = noon.Add(-3 * time.Hour)
	d.send(ui.Catalogued{Profile: testProfile.Name, Caps: caps, Err: errors.New("no network")})
	d.sees("2 of 17 picked", "not asked again: as the service said 3h ago")
}

// TestAFormWithoutADocumentedPermissionWaitsForTheService.
func TestAFormWithoutADocumentedPermissionWaitsForTheService(t *testing.T) {
	caps := prosopo()
	groups := caps.PermissionGroups
	caps.PermissionGroups, caps.PermissionPresets, caps.Catalogue = nil, nil, apikey.Catalogue{Can: true}
	d := drive(t, NewCreate(plainEnvironment(), caps, testProfile, nil))
	d.press("n", "enter", "enter").sees("0 of 0 picked", "asking the service", "nothing is known yet")
	d.press("space", "a", "g", "down", "p", "enter").sees("pick at least one permission")
	caps.PermissionGroups, caps.Catalogue.Asked = groups, noon
	d.send(ui.Catalogued{Profile: testProfile.Name, Caps: caps})
	d.sees("0 of 17 picked", "as the service said just now").press("space").sees("1 of 17 picked", "[x] getRules")
}

// The title stands above the list once: no group is called as all of them are.
func TestNoGroupIsCalledAsAllOfThemAre(t *testing.T) {
	for name, titles := range map[string][]string{"All": {"Permissions"}, "Other": {"Zones", "Permissions"}} {
		caps := prosopo()
		caps.PermissionGroups = nil
		for _, title := range titles {
			caps.PermissionGroups = append(caps.PermissionGroups, apikey.PermissionGroup{Title: title, Permissions: []apikey.PermissionInfo{perm(title, "read", "", apikey.NoRisk)}})
		}
		p := newPermissions(plainEnvironment(), caps)
		if got := strings.Join(p.list(60), "\n"); !strings.Contains(got, name+"  0/1") || strings.Contains(got, "Permissions") {
			t.Errorf("%v:\n%s", titles, got)
		}
	}
}

// TestRolesAndEnvironmentsThatTheServiceNamesReachTheForm: with how old that is, and what was chosen by then stays chosen.
func TestRolesAndEnvironmentsThatTheServiceNamesReachTheForm(t *testing.T) {
	caps := vertesia()
	caps.PermissionGroups, caps.PermissionPresets = nil, nil
	caps.Roles = []apikey.RoleInfo{{Name: "reader", Description: "reads"}, {Name: "writer", Description: "writes"}}
	caps.Environments, caps.Catalogue = []apikey.Environment{apikey.Live, apikey.Dev}, apikey.Catalogue{Beside: true}
	told := caps
	told.Roles = []apikey.RoleInfo{{Name: "auditor"}, {Name: "writer", Description: "writes"}, {Name: "owner", Risk: apikey.CanMint}}
	told.Environments, told.Catalogue.Asked = []apikey.Environment{"staging", apikey.Dev, apikey.Live}, noon.Add(-3*time.Hour)

	c := NewCreate(plainEnvironment(), caps, testProfile, nil).(*Create)
	d := drive(t, c)
	if len(d.intents) != 1 || d.intents[0] != (ui.AskCatalogue{Profile: testProfile.Name}) {
		t.Fatalf("asked for: %v", d.intents)
	}
	c.role.in.Set("writer")
	c.environment.in.Set(string(apikey.Dev))
	d.send(ui.Catalogued{Profile: "another", Caps: told})
	if c.role.value() != "writer" || len(c.caps.Roles) != 2 {
		t.Error("another profile's service was heard")
	}
	d.send(ui.Catalogued{Profile: testProfile.Name, Caps: told})
	if c.role.value() != "writer" || c.environment.value() != string(apikey.Dev) {
		t.Errorf("chosen are %s and %s", c.role.value(), c.environment.value())
	}
	d.sees("staging").press("n", "enter").sees("as the service said 3h ago").press("enter", "enter").sees("auditor", "owner", "as the service said 3h ago")

	told.Roles, told.Environments = told.Roles[:1], told.Environments[:1]
	d.send(ui.Catalogued{Profile: testProfile.Name, Caps: told})
	if c.role.value() != "writer" || c.environment.value() != string(apikey.Dev) {
		t.Errorf("what the service does not name gave way to %s and %s", c.role.value(), c.environment.value())
	}
	d.sees("not among those that the service names")
}
