package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/table"
)

func (a *app) permissionsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "permissions", Short: "Say what a new key can be granted: permissions, roles, which of them are dangerous, and which do nothing", Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error { return a.permissions(ctx, format) }),
	}
	outputFlag(cmd, &format)
	return cmd
}

// grantsJSON is what can be granted, as docs/REFERENCE.md writes it.
type grantsJSON struct {
	Groups  []groupJSON  `json:"groups"`
	More    []string     `json:"more"` // granted in use, and in no catalogue
	Presets []presetJSON `json:"presets"`
	Roles   []grantJSON  `json:"roles"`
}

type groupJSON struct {
	Feature     string      `json:"feature"`
	Title       string      `json:"title"`
	Permissions []grantJSON `json:"permissions"`
}

type presetJSON struct {
	Name        string              `json:"name"`
	Permissions []apikey.Permission `json:"permissions"`
}

type grantJSON struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Risk        string `json:"risk,omitempty"`
}

// riskIDs are the risks as JSON has them, and the findings that a key has by them.
var riskIDs = map[apikey.Risk]apikey.FindingKind{apikey.CanMint: apikey.FindingCanMint, apikey.NoEffect: apikey.FindingNoOpGrant}

func grantsOf(c apikey.Capabilities) grantsJSON {
	out := grantsJSON{Groups: []groupJSON{}, More: table.NotNil(c.MorePermissions), Presets: []presetJSON{}, Roles: []grantJSON{}}
	for _, g := range c.PermissionGroups {
		group := groupJSON{Feature: g.Feature, Title: g.Title}
		for _, p := range g.Permissions {
			group.Permissions = append(group.Permissions, grantJSON{p.Permission.String(), p.Description, string(riskIDs[p.Risk])})
		}
		out.Groups = append(out.Groups, group)
	}
	for _, p := range c.PermissionPresets {
		out.Presets = append(out.Presets, presetJSON{p.Name, p.Permissions})
	}
	for _, r := range c.Roles {
		out.Roles = append(out.Roles, grantJSON{r.Name, r.Description, string(riskIDs[r.Risk])})
	}
	return out
}

func (a *app) permissions(ctx context.Context, format string) error {
	s, asJSON, err := a.openFor(ctx, format)
	if err != nil {
		return err
	}
	grants := grantsOf(s.Caps)
	if asJSON {
		return table.JSON(a.out, grants)
	}
	var rows [][]string
	add := func(group string, g grantJSON) {
		risk := "-"
		if g.Risk != "" {
			risk = apikey.FindingKind(g.Risk).Words()
		}
		rows = append(rows, []string{group, g.Name, risk, g.Description})
	}
	for _, g := range grants.Groups {
		for _, p := range g.Permissions {
			add(g.Title, p)
		}
	}
	for _, name := range grants.More {
		add("-", grantJSON{Name: name, Description: "granted in use, and in no catalogue"})
	}
	for _, p := range grants.Presets {
		add("preset", grantJSON{Name: p.Name, Description: strings.Join(textsOf(p.Permissions), " ")})
	}
	for _, r := range grants.Roles {
		add("role", r)
	}
	if len(rows) == 0 {
		a.say("keys of %s have neither permissions nor a role", s.Profile.Name)
		return nil
	}
	return table.Write(a.out, []string{"GROUP", "NAME", "RISK", "DESCRIPTION"}, rows)
}

func textsOf(permissions []apikey.Permission) (out []string) {
	for _, p := range permissions {
		out = append(out, p.String())
	}
	return out
}
