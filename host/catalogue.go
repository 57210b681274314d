package host

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"time"

	"detent/apikey"
	"detent/client"
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
	asker, ok := client.As[client.Cataloguer](s.Service)
	known := s.Service.Capabilities().Catalogue
	if !ok || !known.Asked.IsZero() && s.now().Sub(known.Asked) < within {
		return nil
	}
	told, err := asker.Catalogue(ctx)
	if err == nil {
		s.remember(told)
	}
	return err
}

// Offered are the capabilities with the permissions, roles and environments as they are known now.
func (s *Session) Offered() apikey.Capabilities {
	c, now := s.Caps, s.Service.Capabilities()
	c.PermissionGroups, c.PermissionPresets, c.MorePermissions, c.Catalogue = now.PermissionGroups, now.PermissionPresets, now.MorePermissions, now.Catalogue
	c.Roles, c.Environments = now.Roles, now.Environments
	return c
}
