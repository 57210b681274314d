package client_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/keyserver"
	"detent/keyserver/servertest"
	"detent/keyserver/wirename"
)

// embedded is the real key service on a real listener over a real store.
type embedded struct {
	*keyserver.Server
	url  string
	path string // of its store
}

func serve(t *testing.T) embedded {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.db")
	srv, url := servertest.Start(t, keyserver.Options{Path: path})
	return embedded{srv, url, path}
}

func (e embedded) open(t *testing.T, service string, token apikey.Secret, change func(*client.Options)) client.Service {
	t.Helper()
	opts := client.Options{Service: service, URL: e.url, Token: token, CanCreate: true, Timeout: 10 * time.Second}
	if change != nil {
		change(&opts)
	}
	s, err := client.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (e embedded) admin(t *testing.T, service string) apikey.Secret {
	t.Helper()
	minted, err := e.Mint(t.Context(), service, apikey.Live)
	if err != nil {
		t.Fatal(err)
	}
	return minted.Secret
}

func find(t *testing.T, s client.Service, id string) *apikey.Key {
	t.Helper()
	keys, err := client.ListAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(keys, func(k apikey.Key) bool { return k.ID == id })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

var month = apikey.Expiry{After: 30 * 24 * time.Hour}

// drafts are a key of each service with all that it can have.
var drafts = map[string]apikey.Draft{
	wirename.Prosopo: {Name: "ci", Expiry: month, Permissions: []apikey.Permission{{Name: "getRules"}, {Feature: "Sites", Name: "getSites"}, {Name: "verify"}}},
	wirename.Vertesia: {Name: "ci", Expiry: month, Role: "developer", Type: apikey.SecretKey,
		Extra: map[string]json.RawMessage{"properties": json.RawMessage(`{"team":"shop"}`), "compartments": json.RawMessage(`["a"]`)}},
	wirename.Generic: {Name: "ci", Expiry: month, Environment: apikey.Live, Restrictions: apikey.Restrictions{Endpoints: []string{"/v1/users"}}},
}

func TestEveryAdapterAgainstTheEmbeddedService(t *testing.T) {
	ways := []struct {
		name, service string
		change        func(*client.Options, string)
	}{
		{"prosopo", wirename.Prosopo, nil},
		{"vertesia direct", wirename.Vertesia, nil},
		{"vertesia exchanged", wirename.Vertesia, func(o *client.Options, url string) { o.Exchange, o.TokenURL = true, url }},
		{"generic", wirename.Generic, nil},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			e := serve(t)
			own := e.admin(t, way.service)
			s := e.open(t, way.service, own, func(o *client.Options) {
				if way.change != nil {
					way.change(o, e.url)
				}
			})
			created, err := s.Create(t.Context(), drafts[way.service])
			if err != nil {
				t.Fatal(err)
			}
			if len(created.Notes) > 0 || created.Secret.IsZero() {
				t.Errorf("created with notes %q and a secret of %d bytes", created.Notes, created.Secret.Len())
			}
			checkListed(t, s, created.Key, drafts[way.service])
			checkKnown(t, s, own, created)
			if way.service == wirename.Vertesia {
				checkUpdates(t, s, created)
			}
			checkDeleted(t, s, created)
			if _, _, ok := s.Abilities().ServerTime(); !ok {
				t.Error("the service's time was not seen")
			}
		})
	}
}

// checkListed holds that the list reports the key as it was drafted.
func checkListed(t *testing.T, s client.Service, created apikey.Key, draft apikey.Draft) {
	t.Helper()
	k := find(t, s, created.ID)
	if k == nil {
		t.Fatal("the new key is not in the list")
	}
	if k.Name != draft.Name || k.Role != draft.Role || k.Type != draft.Type || k.Environment != draft.Environment || k.Own {
		t.Errorf("listed as %+v", *k)
	}
	if at, ok := k.ExpiresAt.Time(); !ok || time.Until(at).Round(time.Hour) != month.After {
		t.Errorf("expires at %v", at)
	}
	names := func(list []apikey.Permission) []string {
		var out []string
		for _, p := range list {
			out = append(out, p.Name)
		}
		slices.Sort(out)
		return out
	}
	if got, want := names(k.Permissions), names(draft.Permissions); !slices.Equal(got, want) {
		t.Errorf("may %v, want %v", got, want)
	}
	if (k.Restrictions == nil || !slices.Equal(k.Restrictions.Endpoints, draft.Restrictions.Endpoints)) && !draft.Restrictions.Empty() {
		t.Errorf("restricted to %v", k.Restrictions)
	}
	for name, raw := range draft.Extra {
		if string(k.Extra[name]) != string(raw) {
			t.Errorf("%s is %s, want %s", name, k.Extra[name], raw)
		}
	}
}

// checkKnown holds that the new secret is proved and found, and our own key marked, alone.
func checkKnown(t *testing.T, s client.Service, own apikey.Secret, created apikey.Created) {
	t.Helper()
	if proof, err := s.Probe(t.Context(), created.Secret, ""); err != nil || !proof.Accepted() {
		t.Errorf("proof %+v, error %v", proof, err)
	}
	for secret, id := range map[apikey.Secret]string{created.Secret: created.Key.ID, own: ""} {
		k, err := s.Abilities().Identify(t.Context(), secret)
		switch {
		case err != nil || k == nil:
			t.Errorf("identified %v, error %v", k, err)
		case id != "" && (k.ID != id || k.Own || !k.Matched), id == "" && !k.Own:
			t.Errorf("identified %+v, want %q", *k, id)
		}
	}
	keys, err := client.ListAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var owned []string
	for _, k := range keys {
		if k.Own {
			owned = append(owned, k.Name)
		}
	}
	if len(owned) != 1 {
		t.Errorf("%d keys are marked as our own: %q", len(owned), owned)
	}
}

func checkUpdates(t *testing.T, s client.Service, created apikey.Created) {
	t.Helper()
	name, role, off, on := "renamed", "reader", false, true
	k, err := s.Update(t.Context(), created.Key.ID, apikey.Patch{Name: &name, Role: &role, Enabled: &off})
	if err != nil || k.Name != name || k.Role != role || !k.IsDisabled() {
		t.Errorf("updated to %+v, error %v", k, err)
	}
	if proof, err := s.Probe(t.Context(), created.Secret, ""); err != nil || !proof.Refused() {
		t.Errorf("a disabled key: proof %+v, error %v", proof, err)
	}
	if k, err = s.Update(t.Context(), created.Key.ID, apikey.Patch{Enabled: &on}); err != nil || k.IsDisabled() || k.Name != name {
		t.Errorf("enabled to %+v, error %v", k, err)
	}
	req := apikey.PublicKeyRequest{Name: "page", TTL: 3600}
	first, err := s.Abilities().RequestPublicKey(t.Context(), req)
	if err != nil || !first.Value.HasPrefix("pk-") {
		t.Fatalf("public key %+v, error %v", first, err)
	}
	if second, err := s.Abilities().RequestPublicKey(t.Context(), req); err != nil || !second.Value.Equal(first.Value) || !second.ExpiresAt.Known() {
		t.Errorf("the second request answered another key, or the error %v", err)
	}
	if proof, err := s.Probe(t.Context(), first.Value, ""); err != nil || !proof.Accepted() {
		t.Errorf("the public key: proof %+v, error %v", proof, err)
	}
	public, err := s.Abilities().Identify(t.Context(), first.Value)
	if err != nil || public == nil {
		t.Fatalf("the public key was not found: %v", err)
	}
	if value, err := s.Abilities().Retrieve(t.Context(), public.ID); err != nil || !value.Equal(first.Value) {
		t.Errorf("the public key could not be had again: %v", err)
	}
	if value, err := s.Abilities().Retrieve(t.Context(), created.Key.ID); err != nil || !value.IsZero() {
		t.Errorf("a secret key was given again, or the error %v", err)
	}
}

func checkDeleted(t *testing.T, s client.Service, created apikey.Created) {
	t.Helper()
	if gone, err := s.Delete(t.Context(), created.Key.ID); err != nil || gone.AlreadyGone {
		t.Errorf("deleted: %+v, error %v", gone, err)
	}
	if gone, err := s.Delete(t.Context(), created.Key.ID); err != nil || !gone.AlreadyGone {
		t.Errorf("deleted again: %+v, error %v", gone, err)
	}
	if proof, err := s.Probe(t.Context(), created.Secret, ""); err != nil || !proof.Refused() {
		t.Errorf("a deleted key: proof %+v, error %v", proof, err)
	}
	if k := find(t, s, created.Key.ID); k != nil {
		t.Errorf("still listed: %+v", *k)
	}
}

func TestMissingRightsAreNamedByTheEmbeddedService(t *testing.T) {
	e := serve(t)
	weak := map[string]apikey.Draft{
		wirename.Prosopo:  {Name: "weak", Permissions: []apikey.Permission{{Name: "verify"}}},
		wirename.Vertesia: {Name: "weak", Role: "reader"},
	}
	missing := map[string][2]string{wirename.Prosopo: {"createApiKey", "deleteApiKey"}, wirename.Vertesia: {"developer", "admin"}}
	for service, draft := range weak {
		admin := e.open(t, service, e.admin(t, service), nil)
		created, err := admin.Create(t.Context(), draft)
		if err != nil {
			t.Fatal(err)
		}
		s := e.open(t, service, created.Secret, nil)
		_, createErr := s.Create(t.Context(), drafts[service])
		_, deleteErr := s.Delete(t.Context(), created.Key.ID)
		for i, err := range []error{createErr, deleteErr} {
			failed, ok := err.(*client.Error)
			if !ok || failed.Kind != client.Forbidden || failed.Permission != missing[service][i] || failed.Outcome != client.NotDone || failed.Hint == "" {
				t.Errorf("%s: got %+v, want the missing %s", service, err, missing[service][i])
			}
		}
		if proof, err := s.Probe(t.Context(), created.Secret, ""); err != nil || !proof.Accepted() {
			t.Errorf("%s: a weak key proves as %+v, error %v", service, proof, err)
		}
	}
}

func TestALargeListOfTheEmbeddedServiceIsComplete(t *testing.T) {
	e := serve(t)
	if err := e.FillDemo(t.Context(), 3000); err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		s := e.open(t, service, e.SessionToken(service, ""), nil)
		keys, err := client.ListAll(t.Context(), s)
		if err != nil || len(keys) < 3000 {
			t.Errorf("%s: %d keys, error %v", service, len(keys), err)
		}
	}
}
