package keyserver

import (
	"net/http"

	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// prosopoRoutes are the calls on keys, and one read call for each permission that lets a
// client prove a key. This service keeps no rules, sites or team members: those lists are empty.
var prosopoRoutes = []route{
	{http.MethodPost, "/api-keys/get", wirename.Prosopo, need{permission: permListKeys}, prosopoList},
	{http.MethodPost, "/api-keys/create", wirename.Prosopo, need{permission: permCreateKey}, prosopoCreate},
	{http.MethodPost, "/api-keys/delete", wirename.Prosopo, need{permission: permDeleteKey}, prosopoDelete},
	{http.MethodGet, "/v1/prosopo/provider/admin/rules", wirename.Prosopo, need{permission: permRules}, emptyList},
	{http.MethodPost, "/access-control/get", wirename.Prosopo, need{permission: permRules}, emptyList},
	{http.MethodPost, "/sites/get", wirename.Prosopo, need{permission: permSites}, emptyList},
	{http.MethodGet, "/users/get", wirename.Prosopo, need{permission: permUsers}, emptyList},
}

func prosopoList(c *call) (int, []byte, error) {
	return 0, nil, c.stream(store.View{Service: wirename.Prosopo}, store.Position{}, 0, list{head: "[",
		each: func(b []byte, k *store.Key) []byte { return contract.AppendProsopoKey(b, k, "") },
		tail: func(*store.Position) string { return "]" }})
}

func prosopoCreate(c *call) (int, []byte, error) {
	write := func(k *store.Key, token string) []byte { return contract.AppendProsopoKey(nil, k, token) }
	return c.create(creation{[]string{"permissions", "expiresIn"}, c.askedProsopo, http.StatusOK, write})
}

func (c *call) askedProsopo(k *store.Key) error {
	granted, err := contract.ProsopoPermissions(c.body)
	if err != nil {
		return err
	}
	seconds, err := c.body.Seconds("expiresIn")
	if err != nil {
		return err
	}
	holder := *c.who
	holder.ReadOnce()
	for _, p := range granted {
		if !holder.Has(p.String()) {
			return contract.Forbidden("the key lacks the permission %s and so cannot grant it", p)
		}
	}
	k.Permissions = contract.GrantsJSON(granted)
	if seconds > 0 {
		k.ExpiresAt = k.CreatedAt + seconds*1000
	}
	return nil
}

func prosopoDelete(c *call) (int, []byte, error) {
	if err := c.body.Only("a delete", "apiKeyId"); err != nil {
		return 0, nil, err
	}
	id, err := c.body.Text("apiKeyId")
	if err == nil {
		err = contract.CheckName("apiKeyId", id)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, []byte(`{"success":true}`), c.remove(id)
}

func emptyList(*call) (int, []byte, error) { return http.StatusOK, []byte("[]"), nil }
