package keyserver

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/keyserver/store"
)

const genericKeysPath = "/v1/api-keys"

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
func appendGenericKey(b []byte, k *store.Key, lastUse int64, secret string) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, k.ID)
	b = appendField(b, "name", k.Name)
	b = appendField(b, "prefix", store.SecretPrefix(apikey.Generic, "", k.Environment))
	b = appendField(b, "environment", string(k.Environment))
	b = appendField(b, "masked", store.Mask(k))
	b = appendTime(b, "created_at", k.CreatedAt)
	b = appendTime(b, "last_used", lastUse)
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
