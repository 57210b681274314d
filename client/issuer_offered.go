package client

import (
	"cmp"
	"slices"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// Catalogue is what an issuer said of what a new key can be given, to be remembered for the next session.
type Catalogue struct {
	Asked        time.Time            `json:"asked"`
	Permissions  []kit.Permission     `json:"permissions"`
	Roles        []kit.Role           `json:"roles,omitempty"`
	Environments []apikey.Environment `json:"environments,omitempty"`
	// Choices are the words of properties, by their fields.
	Choices map[apikey.Field][]apikey.Choice `json:"choices,omitempty"`
}

// offered are the permissions that a new key can have: what the service said, else what is declared. So are roles and environments.
func (s *issuer) offered() []kit.Permission {
	switch told := s.told.Load(); {
	case told == nil || s.d.Catalogue == nil:
		return s.d.Permissions
	case len(s.d.Added) == 0:
		return told.Permissions
	default:
		return slices.DeleteFunc(slices.Clone(told.Permissions), func(p kit.Permission) bool { return s.adds(apikey.Permission{Feature: p.Feature, Name: p.Name}) })
	}
}

// adds reports whether a permission is one that the service adds to each key by itself.
func (s *issuer) adds(p apikey.Permission) bool {
	return slices.ContainsFunc(s.d.Added, func(a kit.Permission) bool {
		return p.Name == a.Name && (p.Feature == "" || p.Feature == a.Feature) || p.String() == a.Name
	})
}

func (s *issuer) roles() []kit.Role {
	if told := s.told.Load(); told != nil && s.d.RoleCatalogue != nil && len(told.Roles) > 0 {
		return told.Roles
	}
	return s.d.Roles
}

func (s *issuer) environments() []apikey.Environment {
	if told := s.told.Load(); told != nil && s.d.EnvironmentCatalogue != nil && len(told.Environments) > 0 {
		return told.Environments
	}
	return s.d.Environments
}

// properties are those of keys, each with the words that are declared and those that the service said.
func (s *issuer) properties() []apikey.Property {
	out, told := s.d.PropertiesOfKeys(), s.told.Load()
	for i, p := range out {
		if told == nil || !p.Asks {
			continue
		}
		for _, c := range told.Choices[p.Field] {
			if !slices.ContainsFunc(p.Choices, func(has apikey.Choice) bool { return has.Value == c.Value }) {
				out[i].Choices = append(out[i].Choices, c)
			}
		}
	}
	return out
}

// catalogueKnown says how what is offered is known.
func (s *issuer) catalogueKnown() apikey.Catalogue {
	d, all := s.d.Catalogue, s.d.Catalogues()
	delete(all, "catalogue")
	return apikey.Catalogue{Can: d != nil, OfKeys: d != nil && d.Keys, Beside: len(all) > 0, Asked: s.askedAt()}
}

// askedAt is when the service said it; zero for never.
func (s *issuer) askedAt() (at time.Time) {
	if told := s.told.Load(); told != nil {
		at = told.Asked
	}
	return at
}

// seenOnKeys are the declared permissions as the account spells them, and those that keys have beside them.
func (s *issuer) seenOnKeys() (list []kit.Permission) {
	for _, p := range s.d.Permissions {
		p.Group, p.Feature = cmp.Or(p.Group, p.Feature), s.features.Spelling(p.Feature)
		list = append(list, p)
	}
	for _, p := range wire.InOrder(s.features.Others()) {
		if !slices.Contains(s.d.MorePermissions, p.Name) {
			list = append(list, kit.Permission{Feature: p.Feature, Name: p.Name, Group: cmp.Or(p.Feature, "Others"), Description: "seen on keys, and in no document"})
		}
	}
	return list
}

// learnFromKeys takes up what a list has shown of permissions.
func (s *issuer) learnFromKeys() {
	told := Catalogue{Asked: s.opts.Now().UTC(), Permissions: s.seenOnKeys()}
	if was := s.told.Load(); was != nil {
		told.Roles, told.Environments, told.Choices = was.Roles, was.Environments, was.Choices
	}
	s.told.Store(&told)
}

// permission is a declared one as a key has it.
func (s *issuer) permission(p kit.Permission) apikey.Permission {
	if p.Feature != "" {
		return apikey.Permission{Feature: s.features.Spelling(p.Feature), Name: p.Name}
	}
	return apikey.ParsePermission(p.Name)
}
