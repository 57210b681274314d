package keyserver

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

var genericRoutes = []route{
	{http.MethodGet, contract.GenericKeysPath, wirename.Generic, need{}, genericList},
	{http.MethodPost, contract.GenericKeysPath, wirename.Generic, need{}, genericCreate},
	{http.MethodDelete, contract.GenericKeysPath + "/{id}", wirename.Generic, need{}, genericDelete},
	{http.MethodPost, "/v1/users", wirename.Generic, need{}, userCreate},
	{http.MethodGet, "/v1/users/{id}", wirename.Generic, need{}, userGet},
}

const maxPage = 1000

func genericList(c *call) (int, []byte, error) {
	q := c.query
	limit := 0
	if q.Has("limit") {
		n, err := strconv.Atoi(q.Get("limit"))
		if err != nil || n < 1 {
			return 0, nil, contract.Invalid("limit must be a number from 1 to %d", maxPage)
		}
		limit = min(n, maxPage)
	}
	var after store.Position
	if q.Get("cursor") != "" {
		var ok bool
		if after, ok = contract.ParseCursor(q.Get("cursor")); !ok {
			return 0, nil, contract.Invalid("cursor is not one that this service gave")
		}
		if limit == 0 {
			limit = maxPage
		}
	}
	v := store.View{Service: wirename.Generic, Environment: c.who.Environment}
	return 0, nil, c.stream(v, after, limit, list{head: `{"success":true,"data":[`, paged: true,
		each: func(b []byte, k *store.Key) []byte {
			return c.appendGeneric(b, k, "")
		},
		tail: func(next *store.Position) string {
			if next == nil {
				return `],"has_more":false,"next_cursor":null}`
			}
			return `],"has_more":true,"next_cursor":"` + contract.CursorOf(next) + `"}`
		}})
}

func genericCreate(c *call) (int, []byte, error) {
	o := c.body
	if body, err := c.replay(c.oneGeneric); err != nil || body != nil {
		return http.StatusOK, body, err
	}
	if err := o.Only("a create", "name", "environment", "expires_at", "restrictions"); err != nil {
		return 0, nil, err
	}
	name, err := o.Name("name")
	if err != nil {
		return 0, nil, err
	}
	text, err := o.Text("environment")
	if err != nil {
		return 0, nil, err
	}
	env := apikey.Environment(text)
	if env != apikey.Live && env != apikey.Test {
		return 0, nil, contract.Invalid("environment must be live or test")
	}
	expires, err := o.Instant("expires_at", c.now)
	if err != nil {
		return 0, nil, err
	}
	limits, err := o.Restrictions("restrictions")
	if err != nil {
		return 0, nil, err
	}
	if own := c.who.Environment; own != "" && own != env {
		return 0, nil, contract.Forbidden("a %s key manages %s keys only", own, own)
	}
	if err := c.mayGive("makes", limits); err != nil {
		return 0, nil, err
	}
	k := c.newKey(name)
	k.Environment, k.ExpiresAt = env, expires
	if !limits.Empty() {
		if k.Restrictions, err = contract.RestrictionsJSON(limits); err != nil {
			return 0, nil, err
		}
	}
	return c.create(k, http.StatusCreated, c.oneGeneric)
}

func (c *call) appendGeneric(b []byte, k *store.Key, secret string) []byte {
	own, former := c.usage.lastUses(k)
	return contract.AppendGenericKey(b, k, contract.GenericUse{Now: c.now, Own: own, Former: former}, secret)
}

// oneGeneric is the answer that has a key in it.
func (c *call) oneGeneric(k *store.Key, secret string) []byte {
	return append(c.appendGeneric([]byte(`{"success":true,"data":`), k, secret), '}')
}

// reasons are what a delete may say, for the service's own log.
var reasons = []string{"compromised", "superseded", "unused", "other"}

func genericDelete(c *call) (int, []byte, error) {
	if c.query.Has("reason") && !slices.Contains(reasons, c.query.Get("reason")) {
		return 0, nil, contract.Invalid("reason must be one of %s", strings.Join(reasons, ", "))
	}
	return http.StatusOK, []byte(`{"success":true,"message":"API key revoked successfully"}`), c.remove(c.id)
}
