package client

import (
	"cmp"
	"slices"

	"detent/apikey"
	"detent/client/issuers"
)

// Capabilities implements Service.
func (s *issuer) Capabilities() apikey.Capabilities {
	can := func(name string) apikey.Ability { return s.ability(name, s.d.Can(name)) }
	create := s.ability("create", s.d.Create != nil && s.setting(s.d.Create.Setting))
	c := apikey.Capabilities{
		Service: s.d.Name, Title: s.d.Title, File: s.d.File, Credential: s.environmentSaid(s.opts.Token),
		Create: create, Delete: can("delete"), Rename: can("rename"), ChangeRole: can("role"), Disable: can("disable"), PublicKeys: can("public_key"),
		Retrieve: can("retrieve"), LastUsed: can("last_used"), Expiry: s.sent("expiry", create), Restrictions: s.sent("restrictions", create),
		Lifetimes: s.lifetimes(), ChangeExpiry: apikey.Cannot("the service has no call that moves the end of a key"), Properties: s.properties(),
		Environments: slices.Clone(s.environments()), AccessFields: slices.Clone(s.d.Access), Unsent: s.d.Unsent(), Unreported: s.d.Unreported(),
		MorePermissions: slices.Clone(s.d.MorePermissions), MaxName: s.d.Longest, UsagePage: s.d.Usage, Advice: s.d.Advice,
		RevokeLag: s.d.Truth.RevokeLag.Duration, ListLag: s.d.Truth.ListLag.Duration, UseResolution: s.d.Truth.UseResolution.Duration,
		ProvenBy: s.d.ProvenBy(), NoTryDead: s.d.Truth.NeverTryDead, NamedAfter: s.d.Create != nil && s.d.Create.Named != nil, SelfDelete: s.selfDelete(), Roll: s.rolls(), Catalogue: s.catalogueKnown(),
	}
	if s.d.Update != nil && s.d.Update.Sends(apikey.FieldExpiry) {
		c.ChangeExpiry = apikey.Can()
	}
	if s.d.Create != nil {
		c.Sent = s.d.Create.Constants()
	}
	if s.d.Create != nil && s.d.Create.Sends(apikey.FieldType) {
		c.Types = slices.Clone(s.d.Types)
	}
	for _, p := range s.d.Added {
		c.Added = append(c.Added, apikey.PermissionInfo{Permission: s.permission(p), Description: p.Description})
	}
	c.Whole = s.whole
	c.Whose = func(secret apikey.Secret) (title, prefix string) { return issuers.Whose(s.d.Name, secret) }
	if s.opts.ShownOnce {
		c.Retrieve = apikey.Cannot("the service shows a secret once")
	}
	c.FreePermissions = len(s.d.Permissions) == 0 && s.d.Create != nil && s.d.Create.Sends(apikey.FieldPermissions)
	s.declaredPermissions(&c)
	for _, r := range s.roles() {
		role := apikey.RoleInfo{Name: r.Name, Description: r.Description, Manages: r.Manages}
		if r.Mints {
			role.Risk = apikey.CanMint
		}
		c.Roles = append(c.Roles, role)
	}
	c.Pair = s.d.Row.Pair
	for _, p := range s.d.Secret.Prefixes {
		c.SecretPrefixes = append(c.SecretPrefixes, p.Text)
	}
	if s.opts.SecretPrefix != "" {
		c.SecretPrefixes = append(c.SecretPrefixes, s.opts.SecretPrefix)
	}
	return c
}

// ability is that there is such a call, or the reason why there is none.
func (s *issuer) ability(name string, has bool) apikey.Ability {
	if has {
		return apikey.Ability{OK: true, Why: s.d.Note[name]}
	}
	return apikey.Cannot(s.d.Why(name))
}

// sent is that a create says something; where there is no create, why not.
func (s *issuer) sent(name string, create apikey.Ability) apikey.Ability {
	if !s.d.Can(name) {
		return s.ability(name, false)
	}
	return create
}

// rolls says how the issuer gives a key a new secret.
func (s *issuer) rolls() apikey.Roll {
	d := s.d.Roll
	can := s.ability("roll", d != nil && s.setting(d.Setting))
	if !can.OK {
		return apikey.Roll{Ability: can}
	}
	return apikey.Roll{Ability: can, NewID: d.NewID, AtOnce: true, Overlap: d.Longest.Duration, Again: d.Again, End: d.End != nil, Keep: d.Keep != nil}
}

// setting reports whether a setting of the profile is on; none is always on.
func (s *issuer) setting(name string) bool { return name == "" || name == "create" && s.opts.CanCreate }

// selfDelete is the call by which a secret deletes its own key; empty where there is none.
func (s *issuer) selfDelete() string {
	if s.d.Delete == nil {
		return ""
	}
	return s.d.Delete.BySecret
}

// lifetimes are those that a new key can be given. Where an end is sent as a day, a key ends with one.
func (s *issuer) lifetimes() apikey.Lifetimes {
	out := s.d.Expiry.Lifetimes()
	byDay := func(as string) bool { return as == "date" || as == "days" }
	out.Days = s.d.Create != nil && byDay(s.d.Create.As(apikey.FieldExpiry)) || s.d.Roll != nil && byDay(s.d.Roll.As(apikey.FieldExpiry))
	return out
}

// declaredPermissions are the catalogue, by headings in the order of the declaration.
func (s *issuer) declaredPermissions(c *apikey.Capabilities) {
	offered := s.offered()
	for _, p := range offered {
		title, feature := cmp.Or(p.Group, p.Feature, "Permissions"), s.features.Spelling(p.Feature)
		at := slices.IndexFunc(c.PermissionGroups, func(g apikey.PermissionGroup) bool { return g.Title == title && g.Feature == feature })
		if at < 0 {
			at = len(c.PermissionGroups)
			c.PermissionGroups = append(c.PermissionGroups, apikey.PermissionGroup{Feature: feature, Title: title})
		}
		info := apikey.PermissionInfo{Permission: s.permission(p), Description: p.Description}
		switch {
		case p.Mints:
			info.Risk = apikey.CanMint
		case p.Useless:
			info.Risk = apikey.NoEffect
		}
		c.PermissionGroups[at].Permissions = append(c.PermissionGroups[at].Permissions, info)
	}
	for _, preset := range s.d.Presets {
		out := apikey.PermissionPreset{Name: preset.Name}
		for _, p := range offered {
			if slices.Contains(preset.Permissions, p.Name) {
				out.Permissions = append(out.Permissions, s.permission(p))
			}
		}
		if len(out.Permissions) > 0 { // else the service has none of them
			c.PermissionPresets = append(c.PermissionPresets, out)
		}
	}
}

// environmentSaid is the environment that a secret says it is of by how it begins.
func (s *issuer) environmentSaid(secret apikey.Secret) apikey.Environment {
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && secret.HasPrefix(p.Text) {
			return p.Environment
		}
	}
	return ""
}
