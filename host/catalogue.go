package host

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/client/issuers"
	"detent/config"
)

// CatalogueAge is how long what a service said of its permissions, roles and environments is believed before it is asked again.
const CatalogueAge = 24 * time.Hour

// remembered is what the service of a profile said of its permissions, and which service that was.
type remembered struct {
	Service string            `json:"service"`
	URL     string            `json:"url"`
	Parents map[string]string `json:"parents,omitempty"`
	client.Catalogue
}

func catalogueFile(p config.Profile) string { return "catalogue-" + url.PathEscape(p.Name) + ".json" }

// catalogue is what the service of a profile said in an earlier session; nil for nothing. A profile that is another's now knows nothing.
func (h *Host) catalogue(p config.Profile) *client.Catalogue {
	dir, err := h.StateDir()
	if err != nil || !h.remembers() {
		return nil
	}
	var was remembered
	raw := config.Recall(dir, catalogueFile(p))
	if json.Unmarshal(raw, &was) != nil || was.Service != p.Service || was.URL != p.Address() || !maps.Equal(was.Parents, p.Parents) {
		return nil
	}
	return &was.Catalogue
}

// rememberCatalogue keeps it for the next session. Where that fails nothing is lost but a question.
func (h *Host) rememberCatalogue(p config.Profile, told client.Catalogue) {
	dir, err := h.StateDir()
	if err != nil || !h.remembers() {
		return
	}
	if raw, err := json.Marshal(remembered{p.Service, p.Address(), p.Parents, told}); err == nil {
		_ = config.Remember(dir, catalogueFile(p), raw)
	}
}

// AskCatalogue asks the service what a new key can be given, unless it said so within an age, or cannot be asked. Where it
// fails, what was known before holds.
func (s *Session) AskCatalogue(ctx context.Context, within time.Duration) error {
	catalogue := s.Service.Abilities().Catalogue
	known := s.Service.Capabilities().Catalogue
	if catalogue == nil || !known.Asked.IsZero() && s.now().Sub(known.Asked) < within {
		return nil
	}
	told, err := catalogue(ctx)
	if err == nil {
		s.remember(told)
	}
	return err
}

// NothingToGrant says why there is nothing that a new key could be asked to have.
func (s *Session) NothingToGrant() string {
	if slices.Contains(s.Caps.AccessFields, apikey.FieldExtra) {
		return "what keys of " + s.Profile.Name + " may do is copied from key to key as it stands: detent show KEY shows it"
	}
	return "keys of " + s.Profile.Name + " have neither permissions nor a role"
}

// Offered are the capabilities with the permissions, roles, environments and words of properties as they are known now.
func (s *Session) Offered() apikey.Capabilities {
	c, now := s.Caps, s.Service.Capabilities()
	c.PermissionGroups, c.PermissionPresets, c.MorePermissions, c.Catalogue = now.PermissionGroups, now.PermissionPresets, now.MorePermissions, now.Catalogue
	c.Roles, c.Environments, c.Properties = now.Roles, now.Environments, now.Properties
	return c
}

// PropertyNames are the names of what keys of the profiles' services have beside.
func (h *Host) PropertyNames() (out []string) {
	cfg, err := h.Config()
	if err != nil {
		return nil
	}
	for _, p := range cfg.Profiles {
		if d, err := issuers.Load(cfg.IssuerFolder(), p.Service); err == nil {
			for _, of := range d.PropertiesOfKeys() {
				out = append(out, string(of.Field))
			}
		}
	}
	return out
}

// ParseProperties reads what a new or a changed key is to have of the service's own, as NAME=VALUE. Where the service tells which words there
// are, and they are not known, or one is none of them, it is asked. has are those of the key that is changed; nil for a new one.
func (s *Session) ParseProperties(ctx context.Context, texts []string, has map[string]json.RawMessage, zone *time.Location) (map[string]json.RawMessage, error) {
	parse := func() (map[string]json.RawMessage, error) {
		return apikey.ParseProperties(texts, s.Offered().Properties, has, s.now(), zone)
	}
	untold := func(p apikey.Property) bool { return p.Asks && s.Offered().Catalogue.Asked.IsZero() }
	if len(texts) > 0 && slices.ContainsFunc(s.Caps.Properties, untold) {
		_ = s.AskCatalogue(ctx, CatalogueAge) // where it does not tell, words go as they are typed
	}
	out, err := parse()
	if err != nil && s.AskCatalogue(ctx, time.Minute) == nil {
		out, err = parse()
	}
	return out, err
}
