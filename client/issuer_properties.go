package client

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// askedLimits are the end, the restrictions and the properties of a draft, as they are sent: each held against what the service gives.
func (s *issuer) askedLimits(draft apikey.Draft, values map[apikey.Field]any) *Error {
	for _, p := range s.d.PropertiesOfKeys() {
		raw := draft.Extra[string(p.Field)]
		if err := p.Check(raw); err != nil {
			return invalidDraft(string(p.Field) + " " + err.Error())
		}
		if raw != nil && string(raw) != "null" {
			values[p.Field] = s.valueOf(p, raw)
		}
	}
	if err := s.d.Expiry.Lifetimes().Check(draft.Expiry, s.now()); err != nil {
		return invalidDraft(err.Error())
	}
	if !draft.Expiry.IsNever() {
		end := s.newEnd(draft.Expiry)
		if bad := end.check(s.d.Create.As(apikey.FieldExpiry)); bad != nil {
			return bad
		}
		values[apikey.FieldExpiry] = end
	}
	if !draft.Restrictions.Empty() {
		values[apikey.FieldRestrictions] = draft.Restrictions
	}
	return nil
}

// limits adds the end and the properties of a change to what is sent.
func (s *issuer) limits(declared *kit.Call, patch apikey.Patch, values map[apikey.Field]any) *Error {
	taken := func(f apikey.Field) bool {
		v, sends := declared.Value(f)
		return sends && (v.Else != nil || v.Null)
	}
	if patch.Expiry != nil {
		end := s.newEnd(*patch.Expiry)
		switch err := s.d.Expiry.Lifetimes().Check(*patch.Expiry, end.now); {
		case !declared.Sends(apikey.FieldExpiry):
			return unsupported(opUpdate, s.Capabilities().ChangeExpiry)
		case err != nil:
			return invalid(opUpdate, err.Error())
		case end.IsNever() && !taken(apikey.FieldExpiry):
			return invalid(opUpdate, "the end of a key can be moved, and not taken away")
		case end.IsNever():
			values[apikey.FieldExpiry] = none{}
		default:
			if err := end.Check(end.now.Add(end.ahead)); err != nil {
				return invalid(opUpdate, err.Error())
			}
			values[apikey.FieldExpiry] = end
		}
	}
	for _, p := range s.d.PropertiesOfKeys() {
		raw, asked := patch.Properties[string(p.Field)]
		switch {
		case !asked:
			continue
		case !p.Change:
			return unsupported(opUpdate, apikey.Cannot("the service has no call that changes "+string(p.Field)))
		case p.Check(raw) != nil:
			return invalid(opUpdate, string(p.Field)+" "+p.Check(raw).Error())
		}
		if values[p.Field] = s.valueOf(p, raw); string(raw) == "null" && taken(p.Field) {
			values[p.Field] = none{}
		}
	}
	return nil
}

// valueOf is what a call sends for a property.
func (s *issuer) valueOf(p apikey.Property, raw json.RawMessage) any {
	words := apikey.PropertyWords(raw)
	if p.Listed() {
		out := wireWords{}
		for _, word := range words {
			out = append(out, s.spelling.Raw(word))
		}
		return out
	}
	if at, err := apikey.InstantOf(raw); err == nil && p.Kind == apikey.InstantProperty {
		return end{Expiry: apikey.Expiry{At: at}, now: s.now()}
	}
	if len(words) == 1 && (p.Kind == apikey.TextProperty || p.Kind == apikey.ChoiceProperty) {
		return s.spelling.Raw(words[0])
	}
	return raw
}

// propertyOf is what a row has of a property: its texts scrubbed, a list in order. What cannot be read as what it is declared to be is a text,
// as it stands on the wire. What is no declared property is JSON that is copied.
func (s *issuer) propertyOf(declared *kit.Property, raw json.RawMessage) json.RawMessage {
	if declared == nil || declared.Kind == apikey.NumberProperty {
		return wire.ASCII(raw)
	}
	var value any = s.spelling.Show(wire.Literal(raw))
	var at wire.Time
	var is wire.Flag
	switch declared.Kind {
	case apikey.InstantProperty:
		if _ = at.UnmarshalJSON(raw); !at.At.IsZero() {
			value = at.At.UTC().Format(time.RFC3339)
		} else if at.Absent {
			value = nil
		}
	case apikey.BooleanProperty:
		if _ = is.UnmarshalJSON(raw); is.Value != nil {
			value = *is.Value
		}
	case apikey.ListProperty, apikey.AddressesProperty:
		words := []string{}
		for _, word := range namesOf(raw, s.d.SentAs(apikey.Field(declared.Name))) {
			if word = s.spelling.Show(word); declared.Kind == apikey.AddressesProperty {
				word = apikey.CanonicalAddress(word)
			}
			words = append(words, word)
		}
		slices.Sort(words)
		value = slices.Compact(words)
	}
	if string(raw) == "null" {
		value = nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value)
	return wire.ASCII(bytes.TrimSpace(b.Bytes()))
}

// isNone reports whether a row has of a property what it has in place of none; of a list as its only word.
func (s *issuer) isNone(declared *kit.Property, raw json.RawMessage) bool {
	f := apikey.Field(declared.Name)
	none := s.d.Row.None[f]
	if len(none) == 0 || len(raw) == 0 {
		return false
	}
	if declared.Kind == apikey.ListProperty || declared.Kind == apikey.AddressesProperty {
		words := namesOf(raw, s.d.SentAs(f))
		return len(words) == 1 && slices.Contains(none, words[0])
	}
	return slices.Contains(none, wire.Literal(raw))
}

// showsLimits reports whether a row has the end and the properties of a change, as far as it tells. A service may round an end.
func (s *issuer) showsLimits(row apikey.Key, patch apikey.Patch, declared *kit.Call) bool {
	rounding := func(f apikey.Field) time.Duration {
		if as := declared.As(f); as == "date" || as == "days" {
			return 25 * time.Hour
		}
		return time.Hour
	}
	for _, p := range s.d.PropertiesOfKeys() {
		raw, asked := patch.Properties[string(p.Field)]
		if asked && !s.d.Property(p.Field).Unshown && !p.Same(row.Extra[string(p.Field)], raw, rounding(p.Field)) {
			return false
		}
	}
	if patch.Expiry == nil || !row.ExpiresAt.Known() {
		return true
	}
	at, ends := row.ExpiresAt.Time()
	return ends != patch.Expiry.IsNever() && (!ends || at.Sub(patch.Expiry.Instant(s.now())).Abs() <= rounding(apikey.FieldExpiry))
}

// namesOf are the texts of a list, of objects with a name, of an object of flags or of levels, or of members that are called as they are sent.
func namesOf(raw json.RawMessage, sent kit.Value) []string {
	var list []json.RawMessage
	var flags map[string]bool
	var levels map[string]string
	var names []string
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case json.Unmarshal(raw, &list) == nil:
		for _, item := range list {
			names = append(names, nameIn(item, sent))
		}
	case sent.As == "members" && wire.Object(raw) != nil:
		before, after, _ := strings.Cut(cmp.Or(sent.Each, "{}"), "{}")
		for name := range wire.Object(raw) {
			if word := strings.TrimSuffix(strings.TrimPrefix(name, before), after); len(word) == len(name)-len(before)-len(after) {
				name = word
			}
			names = append(names, name)
		}
	case json.Unmarshal(raw, &flags) == nil:
		for name, granted := range flags {
			if granted {
				names = append(names, name)
			}
		}
	case json.Unmarshal(raw, &levels) == nil: // {"members":"read"}
		for name, level := range levels {
			names = append(names, name+":"+level)
		}
	default:
		names = append(names, wire.Literal(raw))
	}
	return names
}

// nameIn is an item of a list: itself, or what an object calls itself.
func nameIn(item json.RawMessage, sent kit.Value) string {
	if members := wire.Object(item); members != nil {
		if name := cmp.Or(wire.TextAt(members, sent.Member), wire.TextAt(members, "name"), wire.TextAt(members, "id")); name != "" {
			return name
		}
	}
	return wire.Literal(item)
}
