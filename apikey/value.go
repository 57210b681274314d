package apikey

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// Fields are the rows of the table, in its order.
func Fields() iter.Seq[FieldInfo] { return slices.Values(fields) }

// FieldOf is the row of an id. A member of Key.Extra that has no row of its own has one made of its name.
func FieldOf(id Field) FieldInfo {
	for _, f := range fields {
		if f.ID == id {
			return f
		}
	}
	label := strings.ReplaceAll(string(id), "_", " ")
	if name, apart := strings.CutPrefix(label, apartFromFields); apart {
		label = name + " copied"
	}
	return FieldInfo{ID: id, Label: label, Kind: KindJSON, Access: true, Usual: wordNone, Absent: true}
}

// apartFromFields begins the ids of the members of Extra that a service calls as a field of the table is called.
const apartFromFields = string(FieldExtra) + "."

// FieldOfMember is the row of a member of Key.Extra.
func FieldOfMember(name string) FieldInfo {
	if f := FieldOf(Field(name)); f.IsExtra() && !strings.HasPrefix(name, apartFromFields) {
		return f
	}
	return FieldOf(Field(apartFromFields + name))
}

// Member is the name in Key.Extra of a field that is a member of it.
func (f FieldInfo) Member() string { return strings.TrimPrefix(string(f.ID), apartFromFields) }

// FieldsOf are the rows of the table, and then those of the members of Extra that no row names.
func FieldsOf(k *Key) iter.Seq[FieldInfo] {
	return func(yield func(FieldInfo) bool) {
		for _, f := range fields {
			if !yield(f) {
				return
			}
		}
		for _, name := range slices.Sorted(maps.Keys(k.Extra)) {
			if f := FieldOfMember(name); !hasRow(f.ID) && !yield(f) {
				return
			}
		}
	}
}

func hasRow(id Field) bool {
	return slices.ContainsFunc(fields, func(f FieldInfo) bool { return f.ID == id })
}

// raw is a member of Extra; nil where there is none, or one that is as good as absent.
func (f FieldInfo) raw(k *Key) json.RawMessage {
	raw := k.Extra[f.Member()]
	switch canonicalJSON(raw, false) {
	case "", "null", "{}", "[]":
		return nil
	}
	return raw
}

// Reported says whether the service says anything about the field of this key.
func (f FieldInfo) Reported(k *Key) bool {
	if f.IsExtra() {
		return k.Extra[f.Member()] != nil
	}
	return isReported(f.at(k))
}

// Reporter is Reported for many keys.
func (f FieldInfo) Reporter() func(k *Key) bool {
	at := f.at
	if at == nil {
		return f.Reported
	}
	return func(k *Key) bool { return isReported(at(k)) }
}

// isReported reports whether a value of a key is there.
func isReported(value any) bool {
	switch v := value.(type) {
	case *string:
		return *v != ""
	case *Environment:
		return *v != ""
	case *[]Permission:
		return *v != nil
	case *Moment:
		return v.Known()
	case **bool:
		return *v != nil
	case **Restrictions:
		return *v != nil
	}
	return false
}

// Text is the value as a table shows it; empty where the service does not say.
func (f FieldInfo) Text(k *Key) string {
	if f.IsExtra() {
		return string(k.Extra[f.Member()])
	}
	if !f.Reported(k) {
		return ""
	}
	switch v := f.at(k).(type) {
	case *string:
		return *v
	case *Environment:
		return string(*v)
	case *[]Permission:
		return orNone(strings.Join(PermissionTexts(*v), " "))
	case *Moment:
		if at, ok := v.Time(); ok {
			return at.Format(time.RFC3339)
		}
		return "never"
	case **bool:
		return f.state(**v)
	case **Restrictions:
		r := *v
		return orNone(strings.Join(slices.Concat(r.IPAddresses, r.Referrers, r.Endpoints), " "))
	}
	return ""
}

// Moment is the value of a field that is a time.
func (f FieldInfo) Moment(k *Key) (Moment, bool) {
	if f.IsExtra() {
		return Moment{}, false
	}
	m, ok := f.at(k).(*Moment)
	if !ok {
		return Moment{}, false
	}
	return *m, true
}

// JSON is the value as a key's JSON has it; false where it is absent, because the service does not say.
func (f FieldInfo) JSON(k *Key) (any, bool) {
	if !f.Reported(k) {
		return nil, false
	}
	if f.IsExtra() {
		raw := k.Extra[f.Member()]
		return raw, json.Valid(raw)
	}
	switch v := f.at(k).(type) {
	case *[]Permission:
		return PermissionTexts(*v), true
	case **Restrictions:
		return (*v).Whole(), true
	default:
		return v, true
	}
}

// PermissionTexts are permissions as texts.
func PermissionTexts(permissions []Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = p.String()
	}
	return out
}

func orNone(s string) string { return cmp.Or(s, wordNone) }

func (f FieldInfo) state(on bool) string {
	switch {
	case f.Switch == [2]string{} && on:
		return wordYes
	case f.Switch == [2]string{}:
		return wordNo
	case on:
		return f.Switch[0]
	}
	return f.Switch[1]
}

// DraftOf is a draft of a key with the same access as k, called name. Its lifetime is that of k, never a longer one.
func DraftOf(k Key, name string) Draft {
	d := Draft{Name: name, Expiry: LifetimeOf(k), Extra: maps.Clone(k.Extra)}
	for _, f := range fields {
		if f.draft == nil {
			continue
		}
		switch to := f.draft(&d).(type) {
		case *string:
			*to = *f.at(&k).(*string)
		case *Environment:
			*to = *f.at(&k).(*Environment)
		case *[]Permission:
			*to = slices.Clone(*f.at(&k).(*[]Permission))
		case *Restrictions:
			if from := *f.at(&k).(**Restrictions); from != nil {
				*to = Restrictions{slices.Clone(from.IPAddresses), slices.Clone(from.Referrers), slices.Clone(from.Endpoints)}
			}
		}
	}
	return d
}

// Asked is the key that a draft asks for, were it created now.
func (d Draft) Asked(now time.Time) Key {
	enabled := true
	k := Key{Name: d.Name, Enabled: &enabled, ExpiresAt: Never(), Extra: d.Extra}
	if !d.Expiry.IsNever() {
		k.ExpiresAt = At(d.Expiry.Instant(now))
	}
	if d.Expiry.After != 0 && d.Expiry.At.IsZero() {
		k.CreatedAt = At(now) // asked for as a span: how long it lives counts, not when it ends
	}
	for _, f := range fields {
		if f.draft == nil {
			continue
		}
		switch from := f.draft(&d).(type) {
		case *string:
			*f.at(&k).(*string) = *from
		case *Environment:
			*f.at(&k).(*Environment) = *from
		case *[]Permission:
			if *f.at(&k).(*[]Permission) = *from; *from == nil {
				*f.at(&k).(*[]Permission) = []Permission{}
			}
		case *Restrictions:
			*f.at(&k).(**Restrictions) = from
		}
	}
	return k
}
