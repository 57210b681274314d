package keyserver

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/keyserver/store"
)

const genericKeysPath = "/v1/api-keys"

var genericRoutes = []route{
	{http.MethodGet, genericKeysPath, apikey.Generic, need{}, genericList},
	{http.MethodPost, genericKeysPath, apikey.Generic, need{}, genericCreate},
	{http.MethodDelete, genericKeysPath + "/{id}", apikey.Generic, need{}, genericDelete},
	{http.MethodPost, "/v1/users", apikey.Generic, need{}, userCreate},
	{http.MethodGet, "/v1/users/{id}", apikey.Generic, need{}, userGet},
}

var genericCodes = map[int]string{
	http.StatusBadRequest:          "invalid_request",
	http.StatusUnauthorized:        "unauthorized",
	http.StatusForbidden:           "forbidden",
	http.StatusNotFound:            "not_found",
	http.StatusMethodNotAllowed:    "method_not_allowed",
	http.StatusConflict:            "conflict",
	http.StatusInternalServerError: "internal_error",
	http.StatusServiceUnavailable:  "service_unavailable",
}

func appendGenericError(b []byte, e *refusal) []byte {
	b = append(b, `{"success":false,"error":{"code":`...)
	b = appendText(b, genericCodes[e.status])
	b = appendField(b, "message", e.message)
	return append(b, "}}"...)
}

const noRestrictions = `{"ip_addresses":[],"referrers":[],"endpoints":[]}`

// appendGenericKey writes a key, with its secret only in the answer to a create.
func (s *Server) appendGenericKey(b []byte, k *store.Key, secret string) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, k.ID)
	b = appendField(b, "name", k.Name)
	b = appendField(b, "prefix", store.SecretPrefix(apikey.Generic, "", k.Environment))
	b = appendField(b, "environment", string(k.Environment))
	b = appendField(b, "masked", store.Mask(k))
	b = appendTime(b, "created_at", k.CreatedAt)
	b = appendTime(b, "last_used", s.usage.lastUse(k.ID, k.LastUsedAt))
	b = appendTime(b, "expires_at", k.ExpiresAt)
	if k.Restrictions == "" {
		b = appendRaw(b, "restrictions", noRestrictions)
	} else {
		b = appendRaw(b, "restrictions", k.Restrictions)
	}
	if secret != "" {
		b = appendField(b, "key", secret)
	}
	return append(b, '}')
}

const maxPage = 1000

func genericList(c *call) (int, []byte, error) {
	q := c.query
	limit := 0
	if q.Has("limit") {
		n, err := strconv.Atoi(q.Get("limit"))
		if err != nil || n < 1 {
			return 0, nil, invalid("limit must be a number from 1 to %d", maxPage)
		}
		limit = min(n, maxPage)
	}
	var after store.Position
	if q.Get("cursor") != "" {
		var ok bool
		if after, ok = parseCursor(q.Get("cursor")); !ok {
			return 0, nil, invalid("cursor is not one that this service gave")
		}
		if limit == 0 {
			limit = maxPage
		}
	}
	v := store.View{Service: apikey.Generic, Environment: c.who.Environment}
	return 0, nil, c.stream(v, after, limit, list{head: `{"success":true,"data":[`, paged: true,
		each: func(b []byte, k *store.Key) []byte { return c.appendGenericKey(b, k, "") },
		tail: func(next *store.Position) string {
			if next == nil {
				return `],"has_more":false,"next_cursor":null}`
			}
			return `],"has_more":true,"next_cursor":"` + cursorOf(next) + `"}`
		}})
}

// cursor writes a position so that a client takes it for what it is: opaque.
func cursorOf(p *store.Position) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.CreatedAt, 10) + ":" + p.ID))
}

func parseCursor(text string) (store.Position, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at, id, ok := strings.Cut(string(raw), ":")
	ms, numErr := strconv.ParseInt(at, 10, 64)
	return store.Position{CreatedAt: ms, ID: id}, err == nil && ok && numErr == nil
}

func genericCreate(c *call) (int, []byte, error) {
	o, err := c.body()
	if err != nil {
		return 0, nil, err
	}
	write := func(k *store.Key, secret string) []byte {
		return append(c.appendGenericKey([]byte(`{"success":true,"data":`), k, secret), '}')
	}
	if body, err := c.replay(o, write); err != nil || body != nil {
		return http.StatusOK, body, err
	}
	if err := o.only("a create", "name", "environment", "expires_at", "restrictions"); err != nil {
		return 0, nil, err
	}
	name, err := o.name("name")
	if err != nil {
		return 0, nil, err
	}
	text, err := o.text("environment")
	if err != nil {
		return 0, nil, err
	}
	env := apikey.Environment(text)
	if env != apikey.Live && env != apikey.Test {
		return 0, nil, invalid("environment must be live or test")
	}
	expires, err := o.instant("expires_at", c.now)
	if err != nil {
		return 0, nil, err
	}
	limits, err := o.restrictions("restrictions")
	if err != nil {
		return 0, nil, err
	}
	if own := c.who.Environment; own != "" && own != env {
		return 0, nil, forbidden("a %s key manages %s keys only", own, own)
	}
	own, err := c.who.Limits()
	if err != nil {
		return 0, nil, err
	}
	if !narrower(limits, own) {
		return 0, nil, forbidden("a restricted key makes only keys that are restricted at least as much")
	}
	k := c.newKey(name)
	k.Environment, k.ExpiresAt = env, expires
	if !limits.Empty() {
		if k.Restrictions, err = restrictionsJSON(limits); err != nil {
			return 0, nil, err
		}
	}
	return c.create(k, http.StatusCreated, write)
}

// restrictionsJSON writes all three lists, empty ones too: absent would mean "not reported".
func restrictionsJSON(r apikey.Restrictions) (string, error) {
	full := func(list []string) []string { return append([]string{}, list...) }
	text, err := json.Marshal(struct {
		IPAddresses []string `json:"ip_addresses"`
		Referrers   []string `json:"referrers"`
		Endpoints   []string `json:"endpoints"`
	}{full(r.IPAddresses), full(r.Referrers), full(r.Endpoints)})
	return string(text), err
}

// reasons are what a delete may say, for the service's own log.
var reasons = []string{"compromised", "superseded", "unused", "other"}

func genericDelete(c *call) (int, []byte, error) {
	if c.query.Has("reason") && !slices.Contains(reasons, c.query.Get("reason")) {
		return 0, nil, invalid("reason must be one of %s", strings.Join(reasons, ", "))
	}
	return http.StatusOK, []byte(`{"success":true,"message":"API key revoked successfully"}`), c.remove(c.id)
}
