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
	return c.create(creation{[]string{"environment", "expires_at", "restrictions"}, c.askedGeneric, http.StatusCreated, c.oneGeneric})
}

func (c *call) askedGeneric(k *store.Key) error {
	text, err := c.body.Text("environment")
	if err != nil {
		return err
	}
	if k.Environment = apikey.Environment(text); k.Environment != apikey.Live && k.Environment != apikey.Test {
		return contract.Invalid("environment must be live or test")
	}
	if k.ExpiresAt, err = c.body.Instant("expires_at", c.now); err != nil {
		return err
	}
	limits, err := c.body.Restrictions("restrictions")
	if err != nil {
		return err
	}
	if own := c.who.Environment; own != "" && own != k.Environment {
		return contract.Forbidden("a %s key manages %s keys only", own, own)
	}
	if err := c.mayGive("makes", limits); err != nil || limits.Empty() {
		return err
	}
	k.Restrictions, err = contract.RestrictionsJSON(limits)
	return err
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
