package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"detent/keyserver/store"
)

func appendVertesiaError(b []byte, e *Refusal) []byte {
	b = append(b, `{"error":`...)
	b = AppendText(b, e.Message)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	return append(b, '}')
}

// AppendVertesiaKey writes an ApiKey as today's client declares it; value only where it is asked for.
func AppendVertesiaKey(b []byte, k *store.Key, account, value string) []byte {
	b = append(b, `{"id":`...)
	b = AppendText(b, k.ID)
	b = AppendField(b, "name", k.Name)
	b = AppendField(b, "type", k.Type)
	b = AppendField(b, "role", k.Role)
	b = AppendField(b, "maskedValue", store.Mask(k))
	b = AppendRaw(b, "can_retrieve_value", strconv.FormatBool(k.Value != ""))
	b = AppendField(b, "account", account)
	b = append(b, `,"project":{"id":`...)
	b = AppendText(b, k.Project)
	b = AppendField(b, "name", k.ProjectName)
	b = AppendField(b, "account", account)
	b = append(b, '}')
	b = AppendRaw(b, "enabled", strconv.FormatBool(k.Enabled))
	b = AppendTime(b, "created_at", k.CreatedAt)
	b = AppendTime(b, "updated_at", k.UpdatedAt)
	b = AppendField(b, "created_by", k.CreatedBy)
	b = AppendField(b, "updated_by", k.UpdatedBy)
	if k.ExpiresAt > 0 {
		b = AppendTime(b, "expires_at", k.ExpiresAt)
	}
	if len(k.Extra) > 2 {
		b = append(b, ',')
		b = append(b, k.Extra[1:len(k.Extra)-1]...)
	}
	if value != "" {
		b = AppendField(b, "value", value)
	}
	return append(b, '}')
}

// Extras are the fields that this service keeps and hands back without acting on them, what they are, and how many bytes they may have.
var Extras = map[string]struct {
	Kind  string
	Valid func(json.RawMessage) bool
	Most  int
}{
	"properties":                       {"an object", isJSON[map[string]any], 16 << 10},
	"clearance":                        {"a number", isJSON[float64], maxNumber},
	"compartments":                     {fmt.Sprintf("an array of at most %d strings", MaxEntries), isShortList, 64 << 10},
	"scim_provisioning":                {"true or false", isJSON[bool], maxNumber},
	"can_delegate_security_attributes": {"true or false", isJSON[bool], maxNumber},
}

// ExtraNames are the names of Extras, in order.
var ExtraNames = slices.Sorted(maps.Keys(Extras))

func isJSON[T any](raw json.RawMessage) bool {
	var v T
	return string(raw) != "null" && json.Unmarshal(raw, &v) == nil
}

func isShortList(raw json.RawMessage) bool {
	var list []string
	return string(raw) != "null" && json.Unmarshal(raw, &list) == nil && len(list) <= MaxEntries &&
		!slices.ContainsFunc(list, func(s string) bool { return len(s) > MaxEntry })
}

// WithoutEcho drops the fields that only the service sets where they repeat what the key
// has: a client may send back the whole key that it read. A different value is refused, but for
// the note of the last change, which is another one after each.
func WithoutEcho(k *store.Key, account string, o Object) (Object, error) {
	current := Object{}
	if err := json.Unmarshal(AppendVertesiaKey(nil, k, account, ""), &current); err != nil {
		return nil, err
	}
	rest := Object{}
	for name, raw := range o {
		now, known := current[name]
		switch {
		case !known || slices.Contains([]string{"name", "role", "enabled"}, name) || slices.Contains(ExtraNames, name):
			if name == "expires_at" {
				return nil, Invalid("expires_at cannot be changed: create another key")
			}
			rest[name] = raw
		case (name == "updated_at" || name == "updated_by") && isJSON[string](raw):
		case !sameJSON(now, raw):
			return nil, Invalid("%s cannot be changed", name)
		}
	}
	return rest, nil
}

// sameJSON compares by value: a client may write an object's fields in any order.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
