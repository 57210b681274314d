package keyserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"detent/apikey"
	"detent/keyserver/store"
)

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

// featureGroup is a heading of Prosopo's catalogue.
type featureGroup struct {
	name        string
	permissions []string
}

// features is Prosopo's catalogue: its 23 permissions in 7 groups, and after them those that its clients are
// also seen to grant. Features are spelled as on the wire.
var features = []featureGroup{
	{"AccessRules", []string{"getRules", "getSuggestion", "getSuggestions", "applySuggestions", "createRule", "deleteRule", "deleteRuleGroup"}},
	{"Sites", []string{"getSite", "getSites", "createSite", "deleteSite", "updateSite", "updateProtectSettings", "updatePuzzleCaptchaSettings"}},
	{"ApiKeys", []string{"getApiKeys", "createApiKey", "updateApiKey", "deleteApiKey"}},
	{"Users", []string{"getUsers", "createUser", "updateUser", "deleteUser"}},
	{"Traffic", []string{"getTraffic", "createReport", "ingestClientEvents"}},
	{"Verify", []string{"verify"}},
	{"SearchCaptchaRecords", []string{"searchCaptchaRecords"}},
}

// featureOf finds the feature of a permission by its bare name.
func featureOf(permission string) (string, bool) {
	for _, f := range features {
		if slices.Contains(f.permissions, permission) {
			return f.name, true
		}
	}
	return "", false
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
