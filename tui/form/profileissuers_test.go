package form

import (
	"reflect"
	"testing"

	"detent/tui/ui"
)

// threeIssuers are what the forms of these tests can choose from.
var threeIssuers = []ui.Issuer{{Name: "prosopo", Title: "Prosopo", URL: "https://api.prosopo.io"},
	{Name: "vertesia", Title: "Vertesia", About: "Composable Prompts, as it was called", URL: "https://api.vertesia.io", Settings: []string{"auth", "token_url"}},
	{Name: "generic", Title: "generic", About: "any service with /v1/api-keys", Settings: []string{"create"}}}

// TestTheFormAsksForWhatAnIssuersKeysBelongTo: of the issuer that is chosen, and of no other; what is edited is there.
func TestTheFormAsksForWhatAnIssuersKeysBelongTo(t *testing.T) {
	acme := ui.Issuer{Name: "acme", Title: "Acme", URL: "https://api.acme.example", Parents: []ui.Parent{{Name: "project", Title: "Project id", About: "on the page Settings"}}}
	was := ui.ProfileDraft{Name: "a", Service: "acme", URL: "https://api.acme.example", TokenEnv: "ACME_TOKEN", Parents: map[string]string{"project": "42"}}
	p := NewProfile(plainEnvironment(), ProfileOptions{Issuers: append(threeIssuers, acme), Edit: &was}).(*Profile)
	if got := p.profile(); !reflect.DeepEqual(got, was) {
		t.Errorf("%+v, want %+v", got, was)
	}
	p.parents["acme"]["project"].line.Set("")
	if err := p.parents["acme"]["project"].check(); err == nil {
		t.Error("a key of nothing is taken")
	}
	p.parents["acme"]["project"].line.Set("43")
	if got := p.profile(); got.Parents["project"] != "43" || !ui.MovesToken(was, got) {
		t.Errorf("%+v", got)
	}
	p.service.begin("prosopo")
	if got := p.profile(); got.Service != "prosopo" || got.Parents != nil {
		t.Errorf("%+v", got)
	}
}
