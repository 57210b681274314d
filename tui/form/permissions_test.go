package form

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
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
