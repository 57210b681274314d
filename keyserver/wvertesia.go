package keyserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"detent/keyserver/store"
)

func appendVertesiaError(b []byte, e *refusal) []byte {
	b = append(b, `{"error":`...)
	b = appendText(b, e.message)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(e.status), 10)
	return append(b, '}')
}

// appendVertesiaKey writes an ApiKey as today's client declares it; value only where it is asked for.
func appendVertesiaKey(b []byte, k *store.Key, account, value string) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, k.ID)
	b = appendField(b, "name", k.Name)
	b = appendField(b, "type", k.Type)
	b = appendField(b, "role", k.Role)
	b = appendField(b, "maskedValue", store.Mask(k))
	b = appendRaw(b, "can_retrieve_value", strconv.FormatBool(k.Value != ""))
	b = appendField(b, "account", account)
	b = append(b, `,"project":{"id":`...)
	b = appendText(b, k.Project)
	b = appendField(b, "name", k.ProjectName)
	b = appendField(b, "account", account)
	b = append(b, '}')
	b = appendRaw(b, "enabled", strconv.FormatBool(k.Enabled))
	b = appendTime(b, "created_at", k.CreatedAt)
	b = appendTime(b, "updated_at", k.UpdatedAt)
	b = appendField(b, "created_by", k.CreatedBy)
	b = appendField(b, "updated_by", k.UpdatedBy)
	if k.ExpiresAt > 0 {
		b = appendTime(b, "expires_at", k.ExpiresAt)
	}
	if len(k.Extra) > 2 {
		b = append(b, ',')
		b = append(b, k.Extra[1:len(k.Extra)-1]...)
	}
	if value != "" {
		b = appendField(b, "value", value)
	}
	return append(b, '}')
}

// extras are the fields that this service keeps and hands back without acting on them, what they are, and how many bytes they may have.
var extras = map[string]struct {
	kind  string
	valid func(json.RawMessage) bool
	most  int
}{
	"properties":                       {"an object", isJSON[map[string]any], 16 << 10},
	"clearance":                        {"a number", isJSON[float64], maxNumber},
	"compartments":                     {fmt.Sprintf("an array of at most %d strings", maxEntries), isShortList, 64 << 10},
	"scim_provisioning":                {"true or false", isJSON[bool], maxNumber},
	"can_delegate_security_attributes": {"true or false", isJSON[bool], maxNumber},
}

var extraNames = slices.Sorted(maps.Keys(extras))

func isJSON[T any](raw json.RawMessage) bool {
	var v T
	return string(raw) != "null" && json.Unmarshal(raw, &v) == nil
}

func isShortList(raw json.RawMessage) bool {
	var list []string
	return string(raw) != "null" && json.Unmarshal(raw, &list) == nil && len(list) <= maxEntries &&
		!slices.ContainsFunc(list, func(s string) bool { return len(s) > maxEntry })
}

// withoutEcho drops the fields that only the service sets where they repeat what the key
// has: a client may send back the whole key that it read. A different value is refused, but for
// the note of the last change, which is another one after each.
func withoutEcho(k *store.Key, account string, o object) (object, error) {
	current := object{}
	if err := json.Unmarshal(appendVertesiaKey(nil, k, account, ""), &current); err != nil {
		return nil, err
	}
	rest := object{}
	for name, raw := range o {
		now, known := current[name]
		switch {
		case !known || slices.Contains([]string{"name", "role", "enabled"}, name) || slices.Contains(extraNames, name):
			if name == "expires_at" {
				return nil, invalid("expires_at cannot be changed: create another key")
			}
			rest[name] = raw
		case (name == "updated_at" || name == "updated_by") && isJSON[string](raw):
		case !sameJSON(now, raw):
			return nil, invalid("%s cannot be changed", name)
		}
	}
	return rest, nil
}

// sameJSON compares by value: a client may write an object's fields in any order.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
