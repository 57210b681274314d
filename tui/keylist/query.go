package keylist

import (
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

// query is a parsed filter: every term must match.
type query []term

// narrows reports whether next can only match what q matched, so that only the keys found so far need be looked at:
// words that grew, and words that were added.
func (q query) narrows(next query) bool {
	if len(q) > len(next) {
		return false
	}
	for i, t := range q {
		n := next[i]
		grew := t.field == n.field && t.op == n.op && t.field != fieldPerm && !t.not && !n.not && !t.compares() && !n.named() && !t.numeric && strings.Contains(n.value, t.value)
		if t != n && !grew {
			return false
		}
	}
	return true
}

// usesMarks reports whether findings decide.
func (q query) usesMarks() bool { return slices.ContainsFunc(q, term.named) }

// words are what to highlight in a column.
func (q query) words(column string) []string {
	var words []string
	for _, t := range q {
		if !t.not && !t.compares() && t.value != "" && (t.field == "" || fieldColumn[t.field] == column) {
			words = append(words, t.value)
		}
	}
	return words
}

// compile prepares a query for a store: each key is one call.
func (q query) compile(s *store, now time.Time) func(i int32) bool {
	tests := make([]func(i int32) bool, len(q))
	for n, t := range q {
		test := t.compile(s, now)
		if t.not {
			tests[n] = func(i int32) bool { return !test(i) }
		} else {
			tests[n] = test
		}
	}
	return func(i int32) bool {
		for _, test := range tests {
			if !test(i) {
				return false
			}
		}
		return true
	}
}

func (t term) compile(s *store, now time.Time) func(i int32) bool {
	switch {
	case t.numeric, t.property && !t.compares():
		var k apikey.Key
		return func(i int32) bool { return t.fits(s.key(i, &k), s.properties(i)) }
	case t.compares():
		var k apikey.Key
		return func(i int32) bool { return t.inTime(s.key(i, &k), now) }
	case t.field == fieldStatus:
		var k apikey.Key
		return func(i int32) bool { return t.isState(s.key(i, &k), s.mark(i), now) }
	case t.field == fieldProfile:
		hit := s.ofProfiles(func(p Profile) bool { return strings.Contains(fold(p.Name), t.value) })
		return func(i int32) bool { return hit[s.profileOf(i)] }
	case t.field == fieldPerm:
		hit := s.access.having(t.value, true)
		return func(i int32) bool { return hit[s.access.of[i]] }
	case t.field != "":
		get, whole := fieldText[t.field], fieldWhole[t.field]
		var unsaid []string // what "env:" means of a key that does not say
		if t.field == fieldEnv {
			for _, p := range s.profiles {
				unsaid = append(unsaid, fold(p.Setting.Word("")))
			}
		}
		var k apikey.Key
		return func(i int32) bool {
			text := fold(get(s.key(i, &k)))
			if of := s.profileOf(i); text == "" && of < len(unsaid) {
				text = unsaid[of]
			}
			if whole {
				return strings.HasPrefix(text, t.value)
			}
			return strings.Contains(text, t.value)
		}
	}
	hit := s.access.having(t.value, false)
	plain := func(i int32) bool { return strings.Contains(s.text(i), t.value) || hit[s.access.of[i]] }
	if len(s.profiles) > 1 { // then rows name their profile
		of := s.ofProfiles(func(p Profile) bool { return strings.Contains(fold(p.Name), t.value) })
		plain = func(i int32) bool {
			return strings.Contains(s.text(i), t.value) || hit[s.access.of[i]] || of[s.profileOf(i)]
		}
	}
	if !t.named() {
		return plain
	}
	var k apikey.Key
	return func(i int32) bool { return t.isState(s.key(i, &k), s.mark(i), now) || plain(i) }
}

// properties are what keys of a key's profile have beside.
func (s *store) properties(i int32) []apikey.Property {
	if of := s.profileOf(i); of < len(s.profiles) {
		return s.profiles[of].Properties
	}
	return nil
}

// ofProfiles tells of each profile whether it is one of those that are meant.
func (s *store) ofProfiles(is func(p Profile) bool) []bool {
	out := make([]bool, max(len(s.profiles), 1))
	for i, p := range s.profiles {
		out[i] = is(p)
	}
	return out
}

// isState reports whether the key is in the state that the word names.
func (t term) isState(k *apikey.Key, marks ui.Marks, now time.Time) bool {
	switch {
	case t.off:
		return k.IsDisabled()
	case t.on:
		return k.Enabled != nil && *k.Enabled
	case t.own:
		return k.Own
	case t.state == apikey.FindingExpired:
		at, ok := k.ExpiresAt.Time()
		return ok && !at.After(now)
	case t.state == apikey.FindingNeverExpires:
		return k.ExpiresAt.IsNever()
	}
	return marks&ui.MarkOf(t.state) != 0
}

// inTime compares a moment of the key: a span is how far away it is, a date the moment itself. What the
// service does not report matches nothing.
func (t term) inTime(k *apikey.Key, now time.Time) bool {
	var at time.Time
	ok := false
	if t.property {
		var err error
		at, err = apikey.InstantOf(k.Extra[string(property(k, t.field))])
		ok = err == nil
	} else {
		at, ok = fieldMoment[t.field](k).Time()
	}
	if !ok {
		return false
	}
	if !t.date.IsZero() {
		return t.op == '<' && at.Before(t.date) || t.op == '>' && at.After(t.date)
	}
	away := now.Sub(at)
	if t.field == fieldExpires || t.property {
		away = -away
	}
	return t.op == '<' && away < t.span || t.op == '>' && away > t.span
}
