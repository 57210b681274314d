package client_test

import (
	"reflect"
	"slices"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/client/issuers"
	"detent/client/kit"
)

// TestWhatAnIssuerClaimsIsThereAndNothingElse: of every issuer, whatever the profile says, each call that not every service has is nil where
// Capabilities, or the declaration of what these do not speak of, have nothing for it.
func TestWhatAnIssuerClaimsIsThereAndNothingElse(t *testing.T) {
	seen := map[string]map[bool]bool{}
	for _, name := range issuers.BuiltIn() {
		for i := range 4 {
			d, s := opened(t, name, func(o *client.Options) { o.CanCreate, o.ShownOnce = i&1 > 0, i&2 > 0 })
			c := s.Capabilities()
			want := map[string]bool{
				"CheckDraft": c.Create.OK, "RequestPublicKey": c.PublicKeys.OK, "Retrieve": c.Retrieve.OK, "Catalogue": c.Catalogue.Can || c.Catalogue.Beside,
				"Roll": c.Roll.OK, "EndOverlap": c.Roll.OK && c.Roll.End, "KeepFormer": c.Roll.OK && c.Roll.Keep, "DeleteBySecret": c.SelfDelete != "",
				"Identify": len(d.Row.Masked)+len(d.Row.Suffix)+len(d.Row.Secret) > 0, "OwnProject": d.OwnProject != "", "Listed": d.List.Secrets,
				"ParentChoices": slices.ContainsFunc(d.Parents, func(p kit.Parent) bool { return p.Catalogue != nil }), "ServerTime": true, "CallNames": true,
			}
			can := reflect.ValueOf(s.Abilities())
			for i := range can.NumField() {
				field := can.Type().Field(i).Name
				claimed, known := want[field]
				if there := !can.Field(i).IsNil(); !known || there != claimed {
					t.Errorf("%s: %s is there: %v, claimed: %v, known to this test: %v", name, field, there, claimed, known)
				}
				if seen[field] == nil {
					seen[field] = map[bool]bool{}
				}
				seen[field][claimed] = true
			}
		}
	}
	for field, ways := range seen {
		if len(ways) < 2 && field != "ServerTime" && field != "CallNames" {
			t.Errorf("%s: every issuer is alike, %v: is this test looking?", field, ways)
		}
	}
}

// opened is a built-in issuer, with something for each of its parents.
func opened(t *testing.T, name string, change func(*client.Options)) (*kit.Declaration, client.Service) {
	t.Helper()
	d, err := issuers.Load("", name)
	if err != nil {
		t.Fatal(err)
	}
	o := client.Options{Service: name, URL: "https://api.example.com", Token: apikey.NewSecret("aB3dE5fG7hJ9kL2mN4pQ6rS8"), Parents: map[string]string{}}
	for _, p := range d.Parents {
		o.Parents[p.Name] = "their-" + p.Name
	}
	change(&o)
	s, err := client.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return d, s
}
