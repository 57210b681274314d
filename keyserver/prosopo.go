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
	o := c.body
	write := func(k *store.Key, token string) []byte { return contract.AppendProsopoKey(nil, k, token) }
	if body, err := c.replay(write); err != nil || body != nil {
		return http.StatusOK, body, err
	}
	if err := o.Only("a create", "name", "permissions", "expiresIn"); err != nil {
		return 0, nil, err
	}
	name, err := o.Name("name")
	if err != nil {
		return 0, nil, err
	}
	granted, err := contract.ProsopoPermissions(o)
	if err != nil {
		return 0, nil, err
	}
	seconds, err := o.Seconds("expiresIn")
	if err != nil {
		return 0, nil, err
	}
	holder := *c.who
	holder.ReadOnce()
	for _, p := range granted {
		if !holder.Has(p.String()) {
			return 0, nil, contract.Forbidden("the key lacks the permission %s and so cannot grant it", p)
		}
	}
	k := c.newKey(name)
	k.Permissions = contract.GrantsJSON(granted)
	if seconds > 0 {
		k.ExpiresAt = k.CreatedAt + seconds*1000
	}
	return c.create(k, http.StatusOK, write)
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
