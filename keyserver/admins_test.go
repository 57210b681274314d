package keyserver

import (
	"context"
	"slices"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// TestTheLastAdministratorIsOneThatStays: a key that ends soon, is off, or is let in from elsewhere alone is no reason to let the
// last real administrator go.
func TestTheLastAdministratorIsOneThatStays(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		for name, c := range map[string]struct {
			other store.Key
			goes  bool // the administrator may go, since other stays
		}{
			"prosopo, for three seconds":    {store.Key{Service: wirename.Prosopo, Permissions: allPermissions(), Enabled: true, ExpiresAt: 3000}, false},
			"prosopo, for a day":            {store.Key{Service: wirename.Prosopo, Permissions: allPermissions(), Enabled: true, ExpiresAt: lastingAdmin.Milliseconds()}, false},
			"prosopo, for longer":           {store.Key{Service: wirename.Prosopo, Permissions: allPermissions(), Enabled: true, ExpiresAt: lastingAdmin.Milliseconds() + 1}, true},
			"prosopo, for ever":             {store.Key{Service: wirename.Prosopo, Permissions: allPermissions(), Enabled: true}, true},
			"prosopo, creates nothing":      {store.Key{Service: wirename.Prosopo, Permissions: `{"ApiKeys":["deleteApiKey"]}`, Enabled: true}, false},
			"vertesia, off":                 {store.Key{Service: wirename.Vertesia, Role: "admin"}, false},
			"vertesia, for an hour":         {store.Key{Service: wirename.Vertesia, Role: "admin", Enabled: true, ExpiresAt: 3600_000}, false},
			"vertesia, a developer":         {store.Key{Service: wirename.Vertesia, Role: "developer", Enabled: true}, false},
			"vertesia, an owner":            {store.Key{Service: wirename.Vertesia, Role: "owner", Enabled: true}, true},
			"generic, elsewhere alone":      {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true, Restrictions: `{"ip_addresses":["203.0.113.1"],"referrers":[],"endpoints":[]}`}, false},
			"generic, from a page alone":    {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true, Restrictions: `{"ip_addresses":[],"referrers":["https://a.example"],"endpoints":[]}`}, false},
			"generic, at its endpoint":      {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true, Restrictions: `{"ip_addresses":[],"referrers":[],"endpoints":["/v1/api-keys"]}`}, false},
			"generic, of tests":             {store.Key{Service: wirename.Generic, Environment: apikey.Test, Enabled: true}, false},
			"generic, without restrictions": {store.Key{Service: wirename.Generic, Environment: apikey.Live, Enabled: true}, true},
		} {
			t.Run(name, func(t *testing.T) {
				b := open(t)
				service := c.other.Service
				minted, err := b.MintAdmin(t.Context(), service, apikey.Live)
				if err != nil {
					t.Fatal(err)
				}
				admin := minted.Reveal()
				id, _ := store.IDOf(service, admin)
				if c.other.ExpiresAt > 0 {
					c.other.ExpiresAt += b.clock.now().UnixMilli()
				}
				b.put(c.other)
				want := 409
				if c.goes {
					want = 200
				}
				switch service {
				case wirename.Prosopo:
					b.want(want, admin, "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
				case wirename.Vertesia:
					session := b.session(wirename.Vertesia, "")
					b.want(want, session, "PUT", "/api/v1/apikeys/"+id, `{"enabled":false}`)
					if c.goes {
						b.want(200, session, "PUT", "/api/v1/apikeys/"+id, `{"enabled":true}`)
					}
					b.want(want, session, "PUT", "/api/v1/apikeys/"+id, `{"role":"developer"}`)
					if c.goes {
						b.want(200, session, "PUT", "/api/v1/apikeys/"+id, `{"role":"admin"}`)
					}
					b.want(want, session, "DELETE", "/api/v1/apikeys/"+id, nil)
				default:
					b.want(want, admin, "DELETE", "/v1/api-keys/"+id, nil)
				}
			})
		}
	})
}

func TestAStartGivesAnAdministratorOnlyToAContractThatNeverHadOne(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		first := func(b *bench) (services []string) {
			t.Helper()
			never, err := b.NeverHadAdmins(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			minted, err := b.MintFirstAdmins(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range minted {
				services = append(services, m.Service)
			}
			if !slices.Equal(never, slices.Compact(slices.Clone(services))) {
				t.Errorf("%q never had one, and %q were given one", never, services)
			}
			return services
		}
		// One contract has a key that can create keys, made in this process.
		b.prosopo(b.session(wirename.Prosopo, ""), "terraform", map[string]any{"ApiKeys": []string{"createApiKey"}}, "expiresIn", 60)
		if got := first(b); !slices.Equal(got, []string{wirename.Vertesia, wirename.Generic, wirename.Generic}) {
			t.Errorf("the first start minted %q", got)
		}
		if got := first(b.beside(t)); len(got) != 0 {
			t.Errorf("the second start minted %q", got)
		}
		// Whatever becomes of them, no start makes others.
		b.clock.advance(time.Hour)
		err := b.store.Change(t.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM keys`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := first(b.beside(t)); len(got) != 0 {
			t.Errorf("after all administrators were ended a start minted %q", got)
		}
		if has, err := b.HasAdmins(t.Context()); err != nil || has {
			t.Errorf("it has administrators: %v (%v)", has, err)
		}
	})
}
