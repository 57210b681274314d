package contract

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// GenericKeysPath is where keys are listed and made; a key is beneath it.
const GenericKeysPath = "/v1/api-keys"

// GenericCodes are the service's own names of its errors.
var GenericCodes = map[int]string{
	http.StatusBadRequest:          "invalid_request",
	http.StatusUnauthorized:        "unauthorized",
	http.StatusForbidden:           "forbidden",
	http.StatusNotFound:            "not_found",
	http.StatusMethodNotAllowed:    "method_not_allowed",
	http.StatusConflict:            "conflict",
	http.StatusInternalServerError: "internal_error",
	http.StatusServiceUnavailable:  "service_unavailable",
}

func appendGenericError(b []byte, e *Refusal) []byte {
	b = append(b, `{"success":false,"error":{"code":`...)
	b = AppendText(b, GenericCodes[e.Status])
	b = AppendField(b, "message", e.Message)
	return append(b, "}}"...)
}

const noRestrictions = `{"ip_addresses":[],"referrers":[],"endpoints":[]}`

// GenericUse is what is known of a key at a moment: when its secret was last used, and its former one, in milliseconds since 1970.
type GenericUse struct {
	Now         time.Time
	Own, Former int64
}

// AppendGenericKey writes a key, with its secret only in the answer to a create or a roll.
func AppendGenericKey(b []byte, k *store.Key, use GenericUse, secret string) []byte {
	b = append(b, `{"id":`...)
	b = AppendText(b, k.ID)
	b = AppendField(b, "name", k.Name)
	b = AppendField(b, "prefix", store.SecretPrefix(wirename.Generic, "", k.Environment))
	b = AppendField(b, "environment", string(k.Environment))
	b = AppendField(b, "masked", store.Mask(k))
	b = AppendTime(b, "created_at", k.CreatedAt)
	b = AppendTime(b, "last_used", use.Own)
	b = AppendTime(b, "expires_at", k.ExpiresAt)
	if k.Rolled.At > 0 {
		b = AppendTime(b, "rolled_at", k.Rolled.At)
	}
	if k.Rolled.Overlaps(use.Now) {
		b = append(b, `,"previous":{"dies_at":"`...)
		b = append(AppendWireTime(b, time.UnixMilli(k.Rolled.Former.DiesAt).UTC()), '"')
		b = append(AppendTime(b, "last_used", use.Former), '}')
	} else if k.Rolled.At > 0 {
		b = AppendRaw(b, "previous", "null")
	}
	if k.Restrictions == "" {
		b = AppendRaw(b, "restrictions", noRestrictions)
	} else {
		b = AppendRaw(b, "restrictions", k.Restrictions)
	}
	if secret != "" {
		b = AppendField(b, "key", secret)
	}
	return append(b, '}')
}

// cursor writes a position so that a client takes it for what it is: opaque.
func CursorOf(p *store.Position) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.CreatedAt, 10) + ":" + p.ID))
}

// ParseCursor reads what CursorOf wrote.
func ParseCursor(text string) (store.Position, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at, id, ok := strings.Cut(string(raw), ":")
	ms, numErr := strconv.ParseInt(at, 10, 64)
	return store.Position{CreatedAt: ms, ID: id}, err == nil && ok && numErr == nil
}
