package keylist

import (
	"slices"

	"detent/apikey"
)

// filtered is the field of the table that a term looks at, and whether it is one that may not be reported.
func (t term) filtered(profiles []Profile) (apikey.FieldInfo, bool) {
	switch {
	case t.field == fieldUnused:
		return apikey.FieldOf(apikey.FieldLastUsed), true
	case t.on || t.off:
		return apikey.FieldOf(apikey.FieldEnabled), true
	}
	if told := t.state.Info().Field; told != "" { // an open rotation, for one, is told by nothing of the key's own
		return apikey.FieldOf(told), true
	}
	says := func(p Profile) bool { return p.Setting.Word("") != "" } // "env:" means that where a key itself says nothing
	if t.field == "" || t.field == fieldEnv && slices.ContainsFunc(profiles, says) {
		return apikey.FieldInfo{}, false
	}
	return t.info()
}

// info is the field of the table that the filter calls so, or a property of the service's own.
func (t term) info() (apikey.FieldInfo, bool) {
	if t.numeric || t.property {
		return apikey.FieldOf(apikey.Field(t.field)), true
	}
	for f := range apikey.Fields() {
		if f.Filter == t.field {
			return f, true
		}
	}
	return apikey.FieldInfo{}, false
}

// unreported says which fields that the filter asks for no key of the list has: that it matches nothing says nothing of the keys then.
// Where it matches, what counts is what it leaves out: a key that does not say whether it is in use stays under "!unused".
func (q query) unreported(s *store, profiles []Profile, matches bool) []string {
	var out []string
	for _, t := range q {
		f, ok := t.filtered(profiles)
		if !ok || t.not != matches || slices.Contains(out, f.Label) {
			continue
		}
		if !s.reports(f) {
			out = append(out, f.Label)
		}
	}
	return out
}

// isReported reports whether some key of the list has the field that a condition looks at; where it is not known whether one may have
// it, it has.
func (l *List) isReported(t term) bool {
	f, may := t.filtered(l.profiles)
	if !may || l.seen.n == 0 {
		return true
	}
	if at, known := l.reported[f.Label]; known && (at.yes || at.n == l.seen.n) {
		return at.yes
	}
	yes := l.seen.reports(f)
	l.reported[f.Label] = reported{l.seen.n, yes}
	return yes
}

// reported is what was found of a field in the first keys of the list.
type reported struct {
	n   int
	yes bool
}

// reports says whether any key has a field.
func (s *store) reports(f apikey.FieldInfo) bool {
	reported := f.Reporter()
	if f.IsExtra() && f.Filter == "" {
		reported = func(k *apikey.Key) bool { return property(k, string(f.ID)) != "" }
	}
	var k apikey.Key
	for i := range s.n {
		if reported(s.key(int32(i), &k)) {
			return true
		}
	}
	return false
}
