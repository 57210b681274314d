package table

import (
	"cmp"
	"strings"
	"time"

	"detent/apikey"
)

// Grants are what a new key can be given, as docs/REFERENCE.md writes it.
type Grants struct {
	Groups  []grantGroup  `json:"groups"`
	More    []string      `json:"more"`  // granted in use, and in no catalogue
	Added   []grant       `json:"added"` // given to each key by the service, which nobody chooses
	Presets []grantPreset `json:"presets"`
	Roles   []grant       `json:"roles"`
	// Types and Environments are those that a new key can be of.
	Types        []string             `json:"types"`
	Environments []apikey.Environment `json:"environments"`
	// Properties are what a key can have beside, each with the words that there are.
	Properties []grantProperty `json:"properties"`
	Asked      *time.Time      `json:"asked_at"` // when the service said so; null where it is as documented
}

type grantGroup struct {
	Feature     string  `json:"feature"`
	Title       string  `json:"title"`
	Permissions []grant `json:"permissions"`
}

type grantPreset struct {
	Name        string              `json:"name"`
	Permissions []apikey.Permission `json:"permissions"`
}

type grantProperty struct {
	Name    string          `json:"name"`
	Kind    string          `json:"kind"`
	Title   string          `json:"title"`
	Choices []apikey.Choice `json:"choices"`
}

type grant struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Risk        string `json:"risk,omitempty"`
}

// riskIDs are the risks as JSON has them, and the findings that a key has by them.
var riskIDs = map[apikey.Risk]apikey.FindingKind{apikey.CanMint: apikey.FindingCanMint, apikey.NoEffect: apikey.FindingNoOpGrant}

// GrantsOf are those of an issuer.
func GrantsOf(c apikey.Capabilities) Grants {
	out := Grants{Groups: []grantGroup{}, More: NotNil(c.MorePermissions), Added: []grant{}, Presets: []grantPreset{}, Roles: []grant{}, Types: NotNil(c.Types), Environments: NotNil(c.Environments),
		Properties: []grantProperty{}}
	for _, g := range c.PermissionGroups {
		group := grantGroup{Feature: g.Feature, Title: g.Title}
		for _, p := range g.Permissions {
			group.Permissions = append(group.Permissions, grant{p.Permission.String(), p.Description, string(riskIDs[p.Risk])})
		}
		out.Groups = append(out.Groups, group)
	}
	for _, p := range c.Added {
		out.Added = append(out.Added, grant{Name: p.Permission.String(), Description: p.Description})
	}
	for _, p := range c.PermissionPresets {
		out.Presets = append(out.Presets, grantPreset{p.Name, p.Permissions})
	}
	if at := c.Catalogue.Asked.UTC(); !at.IsZero() {
		out.Asked = &at
	}
	for _, p := range c.Properties {
		out.Properties = append(out.Properties, grantProperty{string(p.Field), string(p.Kind), p.Title, NotNil(p.Choices)})
	}
	for _, r := range c.Roles {
		out.Roles = append(out.Roles, grant{r.Name, r.Description, string(riskIDs[r.Risk])})
	}
	return out
}

// Nothing reports whether there is nothing that a key could be asked to have beside where it works.
func (g Grants) Nothing() bool {
	return len(g.Groups)+len(g.More)+len(g.Presets)+len(g.Roles)+len(g.Properties) == 0
}

// Cells are a row for each that can be granted.
func (g Grants) Cells() (titles []string, rows [][]string) {
	add := func(group string, one grant) {
		risk := "-"
		if one.Risk != "" {
			risk = apikey.FindingKind(one.Risk).Words()
		}
		rows = append(rows, []string{group, one.Name, risk, one.Description})
	}
	for _, group := range g.Groups {
		for _, p := range group.Permissions {
			add(group.Title, p)
		}
	}
	for _, name := range g.More {
		add("-", grant{Name: name, Description: "granted in use, and in no catalogue"})
	}
	for _, p := range g.Added {
		add("always", grant{Name: p.Name, Description: strings.TrimPrefix(p.Description+"; the service gives it to each key by itself", "; ")})
	}
	for _, p := range g.Presets {
		add("preset", grant{Name: p.Name, Description: strings.Join(apikey.PermissionTexts(p.Permissions), " ")})
	}
	for _, r := range g.Roles {
		add("role", r)
	}
	for _, t := range g.Types {
		add("type", grant{Name: t})
	}
	for _, e := range g.Environments {
		add("environment", grant{Name: string(e)})
	}
	for _, p := range g.Properties {
		for _, c := range p.Choices {
			about := c.About
			if c.Name != "" {
				about = strings.TrimSpace(c.Value + " " + about)
			}
			add(p.Name, grant{Name: cmp.Or(c.Name, c.Value), Description: about})
		}
		if len(p.Choices) == 0 {
			add(p.Name, grant{Name: "--set " + p.Name + "=…", Description: p.Title})
		}
	}
	return []string{"GROUP", "NAME", "RISK", "DESCRIPTION"}, rows
}
