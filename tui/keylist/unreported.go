package keylist

import (
	"slices"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
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

// info is the field of the table that the filter calls so, or a limit of the service's own.
func (t term) info() (apikey.FieldInfo, bool) {
	if t.numeric {
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

// reports says whether any key has a field.
func (s *store) reports(f apikey.FieldInfo) bool {
	reported := f.Reporter()
	if f.IsExtra() && f.Filter == "" {
		reported = func(k *apikey.Key) bool { _, has := limit(k, string(f.ID)); return has }
	}
	var k apikey.Key
	for i := range s.n {
		if reported(s.key(int32(i), &k)) {
			return true
		}
	}
	return false
}

// filterWarning is a line above the keys; empty where nothing is to be said.
func (l *List) filterWarning() string {
	warn := l.env.Styles.Warn
	switch {
	case l.wrong != nil:
		return warn.Render("! " + ui.Clean(l.wrong.Error()))
	case len(l.missing) > 0 && len(l.idx) > 0:
		return warn.Render("? ") + l.env.Styles.Base.Render("No key here reports "+strings.Join(l.missing, ", ")+": ") + l.env.Styles.Dim.Render("the filter left none out by it")
	}
	return ""
}

// noMatch is what stands where the rows would be.
func (l *List) noMatch() string {
	dim := l.env.Styles.Dim
	said := dim.Render("No key matches.")
	if len(l.missing) > 0 {
		said = l.env.Styles.Warn.Render("? ") + l.env.Styles.Base.Render("No key here reports "+strings.Join(l.missing, ", ")+":") + "\n" +
			dim.Render("which keys the filter means is not known")
	}
	return said + "\n" + dim.Render(l.env.Keys.FilterClear.Help().Key+" clears the filter")
}
