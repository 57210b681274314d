package contract

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

func appendProsopoError(b []byte, e *Refusal) []byte {
	b = append(b, `{"error":{"code":`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	b = AppendField(b, "message", e.Message)
	b = AppendField(b, "key", prosopoCodes[e.Status])
	return append(b, "}}"...)
}

// AppendProsopoKey writes a key, with its token only in the answer to a create.
func AppendProsopoKey(b []byte, k *store.Key, token string) []byte {
	b = append(b, `{"id":`...)
	b = AppendText(b, k.ID)
	b = AppendField(b, "name", k.Name)
	b = AppendRaw(b, "permissions", k.Permissions)
	b = AppendTime(b, "createdAt", k.CreatedAt)
	b = AppendTime(b, "expiresAt", k.ExpiresAt)
	b = AppendField(b, "masked", store.Mask(k))
	if token != "" {
		b = AppendField(b, "token", token)
	}
	return append(b, '}')
}

// FeatureGroup is a heading of Prosopo's catalogue.
type FeatureGroup struct {
	Name        string
	Permissions []string
}

// Features is Prosopo's catalogue: its 23 permissions in 7 groups, and after them those that its clients are
// also seen to grant. Features are spelled as on the wire.
var Features = []FeatureGroup{
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
	for _, f := range Features {
		if slices.Contains(f.Permissions, permission) {
			return f.Name, true
		}
	}
	return "", false
}

// maxPermissions is how many a create may name, each as often as it likes.
const maxPermissions = 200

// ProsopoPermissions reads {"Feature":["name"]}, or an array of names or Feature.names.
func ProsopoPermissions(o Object) ([]apikey.Permission, error) {
	const kind = `an object such as {"Verify":["verify"]} or an array of permission names`
	var asked []apikey.Permission
	var flat []string
	tooMany := Invalid("permissions has over %d entries", maxPermissions)
	raw, ok := o["permissions"]
	switch {
	case !ok:
		return nil, Invalid("permissions is missing")
	case string(raw) == "null":
		return nil, Invalid("permissions must be %s", kind)
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
			if byFeature.Into(feature, &names, "") != nil {
				return nil, Invalid("permissions must be %s", kind)
			}
			if len(asked)+len(names) > maxPermissions {
				return nil, tooMany
			}
			for _, name := range names {
				asked = append(asked, apikey.Permission{Feature: feature, Name: name})
			}
			if len(names) == 0 && !slices.ContainsFunc(Features, func(f FeatureGroup) bool { return f.Name == feature }) {
				return nil, Invalid("unknown feature %q", Clip(feature))
			}
		}
	default:
		return nil, Invalid("permissions must be %s", kind)
	}
	for _, p := range asked {
		if feature, ok := featureOf(p.Name); !ok || feature != p.Feature {
			return nil, Invalid("unknown permission %q", Clip(p.String()))
		}
	}
	if len(asked) == 0 {
		return nil, Invalid("permissions is empty: at least one is required")
	}
	return asked, nil
}

// GrantsJSON writes permissions as they go over the wire, in the order of the catalogue, each once.
func GrantsJSON(granted []apikey.Permission) string {
	b := []byte{'{'}
	for _, f := range Features {
		first := true
		for _, name := range f.Permissions {
			if !slices.Contains(granted, apikey.Permission{Feature: f.Name, Name: name}) {
				continue
			}
			if first {
				if len(b) > 1 {
					b = append(b, ',')
				}
				b = append(AppendText(b, f.Name), ':', '[')
			} else {
				b = append(b, ',')
			}
			b = AppendText(b, name)
			first = false
		}
		if !first {
			b = append(b, ']')
		}
	}
	return string(append(b, '}'))
}
