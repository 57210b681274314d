package keylist

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"detent/apikey"
)

// The fields that are not only looked up in a table.
const (
	fieldPerm    = "perm"
	fieldEnv     = "env"
	fieldStatus  = "status"
	fieldExpires = "expires"
	fieldUnused  = "unused"
	fieldProfile = "profile"
)

// fieldText, fieldWhole, fieldColumn and fieldMoment are the table of fields by the words of a filter: what is compared with ":"
// as text; which of those are one of few words, of which the filter gives the beginning; where a match is to be seen; and what is
// compared with "<" and ">", how long ago or until when.
var (
	fieldText   = map[string]func(k *apikey.Key) string{}
	fieldWhole  = map[string]bool{}
	fieldColumn = map[string]string{}
	fieldMoment = map[string]func(k *apikey.Key) apikey.Moment{}
)

// fieldWords are the words that take a ":", and momentWords those that take "<" and ">", in the order of the table.
var fieldWords, momentWords []string

func init() {
	for f := range apikey.Fields() {
		if f.Filter == "" {
			continue
		}
		fieldColumn[f.Filter] = f.Column.Title
		if f.Kind == apikey.KindTime || f.Kind == apikey.KindLife {
			fieldMoment[f.Filter] = func(k *apikey.Key) apikey.Moment { m, _ := f.Moment(k); return m }
			momentWords = append(momentWords, f.Filter)
			continue
		}
		fieldWhole[f.Filter] = f.Whole
		fieldWords = append(fieldWords, f.Filter)
		switch f.ID {
		case apikey.FieldPermissions: // looked up by sets of them
			fieldColumn[f.Filter] = apikey.FieldOf(apikey.FieldRole).Column.Title
		case apikey.FieldType:
			fieldText[f.Filter] = func(k *apikey.Key) string { return typeWord(k.Type) }
		case apikey.FieldProject:
			fieldText[f.Filter] = func(k *apikey.Key) string { return k.ProjectName + "\n" + k.Project }
		default:
			fieldText[f.Filter] = f.Text
		}
	}
	fieldColumn[fieldProfile] = profileColumn
	fieldColumn[fieldStatus] = apikey.FieldOf(apikey.FieldEnabled).Column.Title
	momentWords = append(momentWords, fieldUnused)
	// A key that was never used is unused since it was made.
	fieldMoment[fieldUnused] = func(k *apikey.Key) apikey.Moment {
		if k.LastUsedAt.IsNever() {
			return k.SecretSince()
		}
		return k.LastUsedAt
	}
}

// stateWords are the words that name a state, and those of the table of findings.
var stateWords = map[string]term{"disabled": {off: true}, "enabled": {on: true}, "own": {own: true}}

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

	number   float64 // what a limit is held against, where it is numeric
	numeric  bool
	property bool // it is of the service's own, and no table has it
}

func (t term) compares() bool { return t.op == '<' || t.op == '>' }

// named reports whether the word names a state.
func (t term) named() bool { return t.state != "" || t.on || t.off || t.own }

func init() {
	for f := range apikey.Findings() {
		for _, word := range f.Filter {
			stateWords[word] = term{state: f.Kind}
		}
	}
}

// parse reads a filter, with the names of properties of the services' own. What it does not understand is left out, and err says what that is.
func parse(text string, properties ...string) (q query, err error) {
	for _, w := range split(fold(text)) {
		t, bad := parseTerm(w, properties)
		if bad != nil {
			err = cmp.Or(err, bad)
			continue
		}
		if t.value != "" || t.compares() {
			q = append(q, t)
		}
	}
	return q, err
}

// split cuts at blanks, but not within quotation marks.
func split(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && unicode.IsSpace(r)
	})
}

func parseTerm(w string, properties []string) (term, error) {
	bare, not := strings.CutPrefix(w, "!")
	t := term{not: not}
	if strings.HasPrefix(bare, `"`) {
		t.value = strings.Trim(bare, `"`)
		return t, nil
	}
	at := strings.IndexAny(bare, ":<>")
	if at < 0 {
		t = stateWords[bare]
		t.value, t.not = bare, not
		return t, nil
	}
	t.field, t.op, t.value = bare[:at], bare[at], strings.Trim(bare[at+1:], `"`)
	t.property = slices.ContainsFunc(properties, func(name string) bool { return fold(name) == t.field })
	if t.isNumber() {
		return t, nil
	}
	if t.op != ':' {
		return t.comparison()
	}
	if t.property {
		return t, nil
	}
	switch {
	case t.field == fieldStatus:
		known, ok := stateWords[t.value]
		if !ok && t.value != "" && !begins(t.value) {
			return t, fmt.Errorf("status: no status %q%s There are expired, expiring, disabled, enabled, unused, old, rotating, own, never-expires, can-mint", t.value, meant(t.value, slices.Sorted(maps.Keys(stateWords))))
		}
		known.field, known.op, known.value, known.not = t.field, t.op, t.value, t.not
		if !ok {
			known.value = "" // not yet a word
		}
		return known, nil
	case t.field == fieldPerm || t.field == fieldProfile || fieldText[t.field] != nil:
		if t.field == "type" {
			t.value = typeWord(t.value) // as it stands on the wire, too
		}
		return t, nil
	case fieldMoment[t.field] != nil:
		return t, fmt.Errorf("%s: compare it with < or >: %s<14d", t.field, t.field)
	}
	return t, fmt.Errorf(`no field %q%s Fields: %s status profile; "…" for plain text`, t.field, meant(t.field, append([]string{fieldStatus, fieldProfile}, fieldWords...)), strings.Join(fieldWords, " "))
}

// meant ends a sentence about a word that is none of those by the one that may have been meant.
func meant(word string, words []string) string {
	near := apikey.Nearest(word, words)
	if len(near) == 0 {
		return "."
	}
	return ", did you mean " + near[0] + "?"
}

// begins reports whether a state word is on its way to be typed.
func begins(word string) bool {
	for known := range stateWords {
		if strings.HasPrefix(known, word) {
			return true
		}
	}
	return false
}

// isNumber takes what may be a limit of the service's own, which no table has: a word that is no other, held against a number.
func (t *term) isNumber() bool {
	words := slices.Concat([]string{fieldStatus, fieldProfile}, fieldWords, momentWords)
	raw, err := apikey.Property{Fraction: true}.Parse(t.value, time.Time{}, time.UTC)
	if t.field == "" || err != nil || !t.property && (slices.Contains(words, t.field) || len(apikey.Nearest(t.field, words)) > 0) {
		return false
	}
	t.number, err = strconv.ParseFloat(string(raw), 64)
	t.numeric = err == nil
	return t.numeric
}

// property is that of a key whose name is a word in small letters; empty for none.
func property(k *apikey.Key, word string) apikey.Field {
	for name := range k.Extra {
		if strings.EqualFold(name, word) {
			return apikey.Field(name)
		}
	}
	return ""
}

// propertyText is what a key has of a property, a line each: as the service writes it, and as people read it.
func propertyText(k *apikey.Key, name apikey.Field, of []apikey.Property) string {
	raw := k.Extra[string(name)]
	words := apikey.PropertyWords(raw)
	if at := slices.IndexFunc(of, func(p apikey.Property) bool { return p.Field == name }); at >= 0 && raw != nil {
		words = append(words, of[at].Called(raw)...)
	}
	return strings.Join(words, "\n")
}

// fits reports whether a key's property is as the term asks: any part of a text, and of a number its value.
func (t term) fits(k *apikey.Key, of []apikey.Property) bool {
	name := property(k, t.field)
	if !t.numeric {
		return strings.Contains(fold(propertyText(k, name, of)), t.value)
	}
	value, has := apikey.NumberOf(k, name)
	return has && (t.op == ':' && value == t.number || t.op == '<' && value < t.number || t.op == '>' && value > t.number)
}

var spanUnits = map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 365 * 24 * time.Hour}

func (t term) comparison() (term, error) {
	if fieldMoment[t.field] == nil && !t.property {
		return t, fmt.Errorf("no field %q to compare%s Those are %s", t.field, meant(t.field, momentWords), strings.Join(momentWords, " "))
	}
	if at, err := time.Parse(time.DateOnly, t.value); err == nil {
		t.date = at
		return t, nil
	}
	bad := fmt.Errorf("%s%c needs a time such as 14d, 12h, 2w, 1y or 2027-01-31", t.field, t.op)
	if len(t.value) < 2 {
		return t, bad
	}
	unit, ok := spanUnits[t.value[len(t.value)-1]]
	n, err := strconv.ParseUint(t.value[:len(t.value)-1], 10, 16)
	if !ok || err != nil {
		return t, bad
	}
	t.span = time.Duration(n) * unit
	return t, nil
}
