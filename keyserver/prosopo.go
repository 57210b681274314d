package keyserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"detent/apikey"
	"detent/keyserver/store"
)

// prosopoRoutes are the calls on keys, and one read call for each permission that lets a
// client prove a key. This service keeps no rules, sites or team members: those lists are empty.
var prosopoRoutes = []route{
	{http.MethodPost, "/api-keys/get", apikey.Prosopo, need{permission: permListKeys}, prosopoList},
	{http.MethodPost, "/api-keys/create", apikey.Prosopo, need{permission: permCreateKey}, prosopoCreate},
	{http.MethodPost, "/api-keys/delete", apikey.Prosopo, need{permission: permDeleteKey}, prosopoDelete},
	{http.MethodGet, "/v1/prosopo/provider/admin/rules", apikey.Prosopo, need{permission: permRules}, emptyList},
	{http.MethodPost, "/access-control/get", apikey.Prosopo, need{permission: permRules}, emptyListAfterBody},
	{http.MethodPost, "/sites/get", apikey.Prosopo, need{permission: permSites}, emptyListAfterBody},
	{http.MethodGet, "/users/get", apikey.Prosopo, need{permission: permUsers}, emptyList},
}

// prosopoCodes are the service's own names of its errors.
var prosopoCodes = map[int]string{
	http.StatusBadRequest:          "API.INVALID_REQUEST",
	http.StatusUnauthorized:        "API.UNAUTHORIZED",
	http.StatusForbidden:           "API.INSUFFICIENT_PERMISSIONS",
	http.StatusNotFound:            "API.NOT_FOUND",
	http.StatusMethodNotAllowed:    "API.METHOD_NOT_ALLOWED",
	http.StatusConflict:            "API.CONFLICT",
	http.StatusInternalServerError: "API.INTERNAL_ERROR",
	http.StatusServiceUnavailable:  "API.SERVICE_UNAVAILABLE",
}

func appendProsopoError(b []byte, e *refusal) []byte {
	b = append(b, `{"error":{"code":`...)
	b = strconv.AppendInt(b, int64(e.status), 10)
	b = appendField(b, "message", e.message)
	b = appendField(b, "key", prosopoCodes[e.status])
	return append(b, "}}"...)
}

// appendProsopoKey writes a key, with its token only in the answer to a create.
func appendProsopoKey(b []byte, k *store.Key, token string) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, k.ID)
	b = appendField(b, "name", k.Name)
	b = appendRaw(b, "permissions", k.Permissions)
	b = appendTime(b, "createdAt", k.CreatedAt)
	b = appendTime(b, "expiresAt", k.ExpiresAt)
	b = appendField(b, "masked", store.Mask(k))
	if token != "" {
		b = appendField(b, "token", token)
	}
	return append(b, '}')
}

func prosopoList(c *call) (int, []byte, error) {
	if _, err := c.body(); err != nil {
		return 0, nil, err
	}
	return 0, nil, c.stream(store.View{Service: apikey.Prosopo}, store.Position{}, 0, list{head: "[",
		each: func(b []byte, k *store.Key) []byte { return appendProsopoKey(b, k, "") },
		tail: func(*store.Position) string { return "]" }})
}

func prosopoCreate(c *call) (int, []byte, error) {
	o, err := c.body()
	if err != nil {
		return 0, nil, err
	}
	write := func(k *store.Key, token string) []byte { return appendProsopoKey(nil, k, token) }
	if body, err := c.replay(o, write); err != nil || body != nil {
		return http.StatusOK, body, err
	}
	if err := o.only("a create", "name", "permissions", "expiresIn"); err != nil {
		return 0, nil, err
	}
	name, err := o.name("name")
	if err != nil {
		return 0, nil, err
	}
	granted, err := prosopoPermissions(o)
	if err != nil {
		return 0, nil, err
	}
	seconds, err := o.seconds("expiresIn")
	if err != nil {
		return 0, nil, err
	}
	holder := *c.who
	holder.ReadOnce()
	for _, p := range granted {
		if !holder.Has(p.String()) {
			return 0, nil, forbidden("the key lacks the permission %s and so cannot grant it", p)
		}
	}
	k := c.newKey(name)
	k.Permissions = grantsJSON(granted)
	if seconds > 0 {
		k.ExpiresAt = k.CreatedAt + seconds*1000
	}
	return c.create(k, http.StatusOK, write)
}

// maxPermissions is how many a create may name, each as often as it likes.
const maxPermissions = 200

// prosopoPermissions reads {"Feature":["name"]}, or an array of names or Feature.names.
func prosopoPermissions(o object) ([]apikey.Permission, error) {
	const kind = `an object such as {"Verify":["verify"]} or an array of permission names`
	var asked []apikey.Permission
	var flat []string
	tooMany := invalid("permissions has over %d entries", maxPermissions)
	raw, ok := o["permissions"]
	switch {
	case !ok:
		return nil, invalid("permissions is missing")
	case string(raw) == "null":
		return nil, invalid("permissions must be %s", kind)
	case json.Unmarshal(raw, &flat) == nil:
		if len(flat) > maxPermissions {
			return nil, tooMany
		}
		for _, text := range flat {
			p := apikey.ParsePermission(text)
			if p.Feature == "" {
				p.Feature, _ = featureOf(p.Name)
			}
			asked = append(asked, p)
		}
	case raw[0] == '{':
		byFeature, err := parseObject(raw, "permissions")
		if err != nil {
			return nil, err
		}
		if len(byFeature) > maxPermissions {
			return nil, tooMany
		}
		for feature := range byFeature {
			var names []string
			if byFeature.into(feature, &names, "") != nil {
				return nil, invalid("permissions must be %s", kind)
			}
			if len(asked)+len(names) > maxPermissions {
				return nil, tooMany
			}
			for _, name := range names {
				asked = append(asked, apikey.Permission{Feature: feature, Name: name})
			}
			if len(names) == 0 && !slices.ContainsFunc(features, func(f featureGroup) bool { return f.name == feature }) {
				return nil, invalid("unknown feature %q", clip(feature))
			}
		}
	default:
		return nil, invalid("permissions must be %s", kind)
	}
	for _, p := range asked {
		if feature, ok := featureOf(p.Name); !ok || feature != p.Feature {
			return nil, invalid("unknown permission %q", clip(p.String()))
		}
	}
	if len(asked) == 0 {
		return nil, invalid("permissions is empty: at least one is required")
	}
	return asked, nil
}

// grantsJSON writes permissions as they go over the wire, in the order of the catalogue, each once.
func grantsJSON(granted []apikey.Permission) string {
	b := []byte{'{'}
	for _, f := range features {
		first := true
		for _, name := range f.permissions {
			if !slices.Contains(granted, apikey.Permission{Feature: f.name, Name: name}) {
				continue
			}
			if first {
				if len(b) > 1 {
					b = append(b, ',')
				}
				b = append(appendText(b, f.name), ':', '[')
			} else {
				b = append(b, ',')
			}
			b = appendText(b, name)
			first = false
		}
		if !first {
			b = append(b, ']')
		}
	}
	return string(append(b, '}'))
}

func prosopoDelete(c *call) (int, []byte, error) {
	o, err := c.body()
	if err != nil {
		return 0, nil, err
	}
	if err := o.only("a delete", "apiKeyId"); err != nil {
		return 0, nil, err
	}
	id, err := o.text("apiKeyId")
	if err == nil {
		err = checkName("apiKeyId", id)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, []byte(`{"success":true}`), c.remove(id)
}

func emptyList(*call) (int, []byte, error) { return http.StatusOK, []byte("[]"), nil }

func emptyListAfterBody(c *call) (int, []byte, error) {
	if _, err := c.body(); err != nil {
		return 0, nil, err
	}
	return emptyList(c)
}
