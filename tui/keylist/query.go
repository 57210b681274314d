package keylist

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
	"detent/tui/ui"
)

// fold is how search text and query meet: rune by rune, so that a match in the
// folded text is a match at the same rune of the shown text.
func fold(s string) string { return strings.Map(unicode.ToLower, s) }

// searchText is what the words of a filter are looked for in, but for permissions, which many keys share. It begins
// with the name, so that it is also the sort key of the name column.
func searchText(b *strings.Builder, k *apikey.Key) {
	part := func(s string) {
		if s == "" {
			return
		}
		small := 0 // most names have nothing to fold
		for small < len(s) && s[small] < utf8.RuneSelf && (s[small] < 'A' || s[small] > 'Z') {
			small++
		}
		b.WriteString(s[:small])
		for _, r := range s[small:] {
			switch {
			case r >= 'A' && r <= 'Z':
				b.WriteByte(byte(r) + 'a' - 'A')
			case r < utf8.RuneSelf:
				b.WriteByte(byte(r))
			default:
				b.WriteRune(unicode.ToLower(r))
			}
		}
		b.WriteByte('\n')
	}
	// In this order: a packed key takes its own texts from here.
	part(k.Name)
	part(k.ID)
	part(k.Masked)
	if isPlain(k) {
		return
	}
	for _, f := range searched {
		switch text := f.Text(k); f.ID {
		case apikey.FieldType:
			part(TypeWord(text))
		default:
			part(text)
		}
	}
}

// searched are the other fields of the table that plain words are looked for in.
var searched = slices.DeleteFunc(slices.Collect(apikey.Fields()), func(f apikey.FieldInfo) bool {
	return !f.Search || slices.Contains([]apikey.Field{apikey.FieldName, apikey.FieldID, apikey.FieldMasked, apikey.FieldPermissions}, f.ID)
})

// term is one condition of a filter: a field, how it is compared, and with what. The plain word has no field.
type term struct {
	field string
	op    byte // ':', '<' or '>'
	value string
	not   bool
	state apikey.FindingKind // the state or finding that a word names
	off   bool               // the word "disabled"; on for "enabled", own for "own"
	on    bool
	own   bool
	span  time.Duration // what is compared with < and >, or
	date  time.Time     // the instant

	number  float64 // what a limit is held against, where it is numeric
	numeric bool
}

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

// same reports whether both ask for the same.
func (q query) same(o query) bool {
	return slices.Equal(q, o)
}

// usesMarks reports whether findings decide.
func (q query) usesMarks() bool { return slices.ContainsFunc(q, term.named) }

func (t term) compares() bool { return t.op == '<' || t.op == '>' }

// named reports whether the word names a state.
func (t term) named() bool { return t.state != "" || t.on || t.off || t.own }

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
	case t.numeric:
		var k apikey.Key
		return func(i int32) bool { return t.fits(s.key(i, &k)) }
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
	m := fieldMoment[t.field](k)
	at, ok := m.Time()
	if !ok {
		return false
	}
	if !t.date.IsZero() {
		return t.op == '<' && at.Before(t.date) || t.op == '>' && at.After(t.date)
	}
	away := now.Sub(at)
	if t.field == fieldExpires {
		away = -away
	}
	return t.op == '<' && away < t.span || t.op == '>' && away > t.span
}
