package client

import (
	"slices"
	"strings"

	"detent/apikey"
)

// prosopoGroups is the catalogue of Prosopo's document: 23 permissions in 7 groups. AccessRules
// and Traffic are public spellings of a feature on the wire; the others are the headings in the
// same style, until a key of the account shows another spelling.
var prosopoGroups = []apikey.PermissionGroup{
	prosopoGroup("AccessRules", "Access Rules",
		"getRules", "List access control rules",
		"getSuggestion", "Get a single rule suggestion",
		"getSuggestions", "List rule suggestions",
		"applySuggestions", "Apply suggested rules",
		"createRule", "Create a new access control rule",
		"deleteRule", "Delete an access control rule",
		"deleteRuleGroup", "Delete an access control rule group"),
	prosopoGroup("Sites", "Sites",
		"getSite", "Get a single site’s details",
		"getSites", "List all sites",
		"createSite", "Create a new site",
		"deleteSite", "Delete a site",
		"updateSite", "Update site settings"),
	prosopoGroup("ApiKeys", "API Keys",
		"getApiKeys", "List API keys",
		"createApiKey", "Create a new API key",
		"updateApiKey", "Update an existing API key",
		"deleteApiKey", "Delete an API key"),
	prosopoGroup("Users", "Users",
		"getUsers", "List team members",
		"createUser", "Invite a new team member",
		"updateUser", "Update a team member’s role",
		"deleteUser", "Remove a team member"),
	prosopoGroup("Traffic", "Traffic",
		"getTraffic", "Query traffic analytics data"),
	prosopoGroup("Verify", "Verify",
		"verify", "Verify CAPTCHA solutions"),
	prosopoGroup("SearchCaptchaRecords", "Search Captcha Records",
		"searchCaptchaRecords", "Search and retrieve CAPTCHA audit records"),
}

// prosopoRisks are the rights that a form warns of. updateApiKey can be granted, but no call needs it.
var prosopoRisks = map[string]apikey.Risk{
	"createApiKey":     apikey.CanMint,
	"deleteApiKey":     apikey.CanMint,
	"updateApiKey":     apikey.NoEffect,
	"getSuggestion":    apikey.NoEffect,
	"getSuggestions":   apikey.NoEffect,
	"applySuggestions": apikey.NoEffect,
}

// prosopoMore are seen on keys; the document does not have them, nor says under which feature they are.
var prosopoMore = []string{"createReport", "updateProtectSettings", "updatePuzzleCaptchaSettings", "ingestClientEvents"}

// prosopoPresets leave getApiKeys out of "read only": its answer holds the token of every key.
var prosopoPresets = []struct{ name, permissions string }{
	{"verify only", "verify"},
	{"read only", "getRules getSite getSites getUsers getTraffic searchCaptchaRecords"},
	{"access rules", "getRules createRule deleteRule deleteRuleGroup"},
	{"monitoring", "getTraffic searchCaptchaRecords"},
	{"key management", "getApiKeys createApiKey deleteApiKey"},
}

func prosopoGroup(feature, title string, pairs ...string) apikey.PermissionGroup {
	g := apikey.PermissionGroup{Feature: feature, Title: title}
	for i := 0; i < len(pairs); i += 2 {
		g.Permissions = append(g.Permissions, apikey.PermissionInfo{
			Permission: apikey.Permission{Feature: feature, Name: pairs[i]}, Description: pairs[i+1], Risk: prosopoRisks[pairs[i]]})
	}
	return g
}

// prosopoCapabilities is what the service can do, with features as this account spells them.
func prosopoCapabilities(spelling map[string]string) apikey.Capabilities {
	const portal = "the Audit page and the traffic analytics of the Prosopo portal"
	immutable := apikey.Cannot("the service changes no key: create a replacement and delete the old one")
	caps := apikey.Capabilities{
		Service: apikey.Prosopo, Title: "Prosopo",
		Create: apikey.Can(), Delete: apikey.Can(),
		Rename: immutable, ChangeRole: apikey.Cannot("keys have permissions, no role"),
		Disable:      apikey.Cannot("the service has no off switch for a key: it can only be deleted"),
		PublicKeys:   apikey.Cannot("the service has no public keys; in a browser use a site key"),
		Retrieve:     apikey.Ability{OK: true, Why: "only where the service's list holds the secret"},
		LastUsed:     apikey.Cannot("the service does not report it; usage shows on " + portal),
		Expiry:       apikey.Can(),
		Restrictions: apikey.Cannot("keys have permissions, no restrictions"),
		AccessFields: []apikey.Field{apikey.FieldPermissions, apikey.FieldExpiry},
		MaxName:      maxName, MorePermissions: slices.Clone(prosopoMore),
		UsagePage: portal, Advice: advice[apikey.Prosopo],
	}
	for _, g := range prosopoGroups {
		own := apikey.PermissionGroup{Feature: spelled(spelling, g.Feature), Title: g.Title}
		for _, p := range g.Permissions {
			p.Permission.Feature = own.Feature
			own.Permissions = append(own.Permissions, p)
		}
		caps.PermissionGroups = append(caps.PermissionGroups, own)
	}
	for _, preset := range prosopoPresets {
		p := apikey.PermissionPreset{Name: preset.name}
		for _, name := range strings.Fields(preset.permissions) {
			p.Permissions = append(p.Permissions, apikey.Permission{Feature: spelled(spelling, prosopoFeature[name]), Name: name})
		}
		caps.PermissionPresets = append(caps.PermissionPresets, p)
	}
	return caps
}

func spelled(spelling map[string]string, feature string) string {
	if s, ok := spelling[feature]; ok {
		return s
	}
	return feature
}

// prosopoFeature is the catalogue's feature of each permission; no two features share a name.
var prosopoFeature = func() map[string]string {
	m := map[string]string{}
	for _, g := range prosopoGroups {
		for _, p := range g.Permissions {
			m[p.Permission.Name] = g.Feature
		}
	}
	return m
}()
