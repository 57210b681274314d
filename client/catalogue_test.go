package client

import (
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// prosopoDocument is the permission tables of the vendor's document, a heading and its rows.
const prosopoDocument = `Access Rules
getRules | List access control rules
getSuggestion | Get a single rule suggestion
getSuggestions | List rule suggestions
applySuggestions | Apply suggested rules
createRule | Create a new access control rule
deleteRule | Delete an access control rule
deleteRuleGroup | Delete an access control rule group
Sites
getSite | Get a single site’s details
getSites | List all sites
createSite | Create a new site
deleteSite | Delete a site
updateSite | Update site settings
API Keys
getApiKeys | List API keys
createApiKey | Create a new API key
updateApiKey | Update an existing API key
deleteApiKey | Delete an API key
Users
getUsers | List team members
createUser | Invite a new team member
updateUser | Update a team member’s role
deleteUser | Remove a team member
Traffic
getTraffic | Query traffic analytics data
Verify
verify | Verify CAPTCHA solutions
Search Captcha Records
searchCaptchaRecords | Search and retrieve CAPTCHA audit records`

func TestProsopoOffersTheDocumentsPermissions(t *testing.T) {
	caps := mustOpen(t, options(wirename.Prosopo, "https://api.prosopo.io")).Capabilities()
	var lines, features, idle []string
	count := 0
	for _, g := range caps.PermissionGroups {
		lines = append(lines, g.Title)
		features = append(features, g.Feature)
		for _, p := range g.Permissions {
			count++
			lines = append(lines, p.Permission.Name+" | "+p.Description)
			if p.Risk == apikey.NoEffect {
				idle = append(idle, p.Permission.Name)
			}
		}
	}
	if got := strings.Join(lines, "\n"); got != prosopoDocument || count != 23 || len(features) != 7 {
		t.Errorf("%d permissions in %d groups:\n%s", count, len(features), got)
	}
	if got := strings.Join(features, " "); got != "AccessRules Sites ApiKeys Users Traffic Verify SearchCaptchaRecords" {
		t.Errorf("features on the wire: %s", got)
	}
	if got := strings.Join(idle, " "); got != "getSuggestion getSuggestions applySuggestions updateApiKey" {
		t.Errorf("grants that do nothing: %s", got)
	}
	if !strings.Contains(caps.UsagePage, "Audit page") || !strings.Contains(caps.UsagePage, "traffic analytics") || caps.LastUsed.OK {
		t.Errorf("usage: %+v, look at %q", caps.LastUsed, caps.UsagePage)
	}
	if !strings.Contains(caps.PublicKeys.Why, "site key") || caps.PublicKeys.OK {
		t.Errorf("public keys: %+v", caps.PublicKeys)
	}
}

func TestProsopoOffersItsPresetsInTheSpellingOfTheAccount(t *testing.T) {
	caps := mustOpen(t, options(wirename.Prosopo, "https://api.prosopo.io")).Capabilities()
	var shown []string
	for _, p := range caps.PermissionPresets {
		var names []string
		for _, perm := range p.Permissions {
			if found, ok := caps.FindPermission(perm.String()); !ok || found.Permission != perm {
				t.Errorf("%s: %s is in no catalogue", p.Name, perm)
			}
			names = append(names, perm.Name)
		}
		shown = append(shown, p.Name+": "+strings.Join(names, " "))
	}
	const want = `verify only: verify
read only: getRules getSite getSites getUsers getTraffic searchCaptchaRecords
access rules: getRules createRule deleteRule deleteRuleGroup
monitoring: getTraffic searchCaptchaRecords
key management: getApiKeys createApiKey deleteApiKey`
	if got := strings.Join(shown, "\n"); got != want {
		t.Errorf("presets:\n%s", got)
	}
}

func TestProsopoLearnsHowTheAccountSpellsAFeature(t *testing.T) {
	srv := play(t, prosopoGet.with(200, `[{"id":"k1","permissions":{"sites":["getSites"],"Puzzle":["solve"]}}]`),
		prosopoCreate(`{"name":"ci","permissions":{"sites":["createSite"],"Verify":["verify"],"Puzzle":["solve"]},"expiresIn":0}`).
			with(200, `{"id":"k9","token":"`+prosopoSecret+`","expiresAt":null}`))
	s := mustOpen(t, options(wirename.Prosopo, srv.URL))
	if _, err := ListAll(bg, s); err != nil {
		t.Fatal(err)
	}
	if g := s.Capabilities().PermissionGroups[1]; g.Feature != "sites" {
		t.Errorf("the form offers %q", g.Feature)
	}
	if _, err := s.Create(bg, apikey.Draft{Name: "ci", Permissions: perms("Sites.createSite", "verify", "Puzzle.solve")}); err != nil {
		t.Fatal(err)
	}
}

func TestVertesiaOffersTheDocumentsRolesFirst(t *testing.T) {
	var names []string
	for _, r := range mustOpen(t, options(wirename.Vertesia, "https://api.vertesia.io")).Capabilities().Roles {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); !strings.HasPrefix(got, "reader executor application developer admin ") || len(names) != 16 {
		t.Errorf("%d roles: %s", len(names), got)
	}
}
