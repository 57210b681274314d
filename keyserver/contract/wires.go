package contract

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"detent/keyserver/wirename"
)

// parameters are what the calls take in their query.
var parameters = map[string][]string{
	http.MethodGet + " /api/v1/apikeys":                 {"level"},
	http.MethodGet + " /api/v1/apikeys/{id}":            {"withValue"},
	http.MethodGet + " /api/v1/apikeys/pk":              {"name", "projectId", "ttl"},
	http.MethodGet + " " + GenericKeysPath:              {"cursor", "limit"},
	http.MethodDelete + " " + GenericKeysPath + "/{id}": {"reason"},
}

// strict are the calls that change something and take no parameter that they do not know: a mistyped ttl must not
// make a key that lives for a day.
var strict = []string{http.MethodGet + " /api/v1/apikeys/pk", http.MethodDelete + " " + GenericKeysPath + "/{id}"}

// CheckQuery refuses a parameter in another spelling than the call takes, which would count for nothing; one that is nothing like any
// is left alone where the call changes nothing, since clients and proxies add their own.
func CheckQuery(call string, q url.Values) error {
	known, listed := parameters[call]
	if !listed {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if slices.Contains(known, name) {
			continue
		}
		like := slices.ContainsFunc(known, func(k string) bool { return plainName(k) == plainName(name) })
		if like || slices.Contains(strict, call) {
			return Invalid("unknown parameter %q: this call takes %s", Clip(name), strings.Join(known, ", "))
		}
	}
	return nil
}

// plainName is a name without what people and languages write differently.
func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}

// AppendError writes an error in the shape of a contract.
func AppendError(b []byte, service string, e *Refusal) []byte {
	switch service {
	case wirename.Prosopo:
		return appendProsopoError(b, e)
	case wirename.Vertesia:
		return appendVertesiaError(b, e)
	default:
		return appendGenericError(b, e)
	}
}
