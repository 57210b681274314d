package keylist

import (
	"strings"
	"unicode"

	"detent/apikey"
)

// fold is how search text and query meet: rune by rune, so that a match in the
// folded text is a match at the same rune of the shown text.
func fold(s string) string { return strings.Map(unicode.ToLower, s) }

// searchText is what the words of a filter are looked for in. It begins with the
// name, so that it is also the sort key of the name column.
func searchText(b *strings.Builder, k *apikey.Key) {
	part := func(s string) {
		if s == "" {
			return
		}
		for _, r := range s {
			b.WriteRune(unicode.ToLower(r))
		}
		b.WriteByte('\n')
	}
	part(k.Name)
	part(k.ID)
	part(k.Masked)
	part(k.Role)
	part(TypeWord(k.Type))
	part(string(k.Environment))
	part(k.ProjectName)
	part(k.Project)
	for _, p := range k.Permissions {
		part(p.Name)
	}
}

// term is one condition of a filter.
type term interface {
	// match tells for key i of the store.
	match(s *store, i int32) bool
	// narrows reports whether a key that this term refuses is also refused by next,
	// so that only the keys found so far need be looked at.
	narrows(next term) bool
	// word is what to highlight, folded; empty for nothing.
	word() string
}

// substring is the plain term: the word occurs somewhere.
type substring string

func (w substring) match(s *store, i int32) bool { return strings.Contains(s.search[i], string(w)) }

func (w substring) narrows(next term) bool {
	n, ok := next.(substring)
	return ok && strings.Contains(string(n), string(w))
}

func (w substring) word() string { return string(w) }

// query is a parsed filter: every term must match.
type query []term

func parse(text string) query {
	var q query
	for _, w := range strings.Fields(fold(text)) {
		q = append(q, substring(w))
	}
	return q
}

func (q query) match(s *store, i int32) bool {
	for _, t := range q {
		if !t.match(s, i) {
			return false
		}
	}
	return true
}

// narrows reports whether next can only match what q matched.
func (q query) narrows(next query) bool {
	if len(q) > len(next) {
		return false
	}
	for i, t := range q {
		if !t.narrows(next[i]) {
			return false
		}
	}
	return true
}

func (q query) words() []string {
	var words []string
	for _, t := range q {
		if w := t.word(); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// same reports whether both ask for the same.
func (q query) same(o query) bool { return q.narrows(o) && o.narrows(q) }
