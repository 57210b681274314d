package keylist

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"detent/apikey"
)

const (
	// completions is how many words are offered at once.
	completions = 8
	// sampled is how many keys are asked for the values of a field: what more of them say can still be typed.
	sampled = 20_000
)

// completion is what tab offers for the word that is being typed. It goes round while the text is what it made of it.
type completion struct {
	before string   // the text before the word
	words  []string // what may stand in its place
	at     int      // the one in the text
	text   string   // the text that it made
}

// offered are the words that may stand for the last one of the filter, and the text before it.
func (l *List) offered() (before string, words []string) {
	text := l.input.Value()
	at := lastWord(text)
	before = text[:at]
	word := text[at:]
	if bare, not := strings.CutPrefix(word, "!"); not {
		before, word = before+"!", bare
	}
	word = fold(word)
	if op := strings.IndexAny(word, ":<>"); op >= 0 {
		return before, l.values(word[:op], word[op], strings.TrimPrefix(word[op+1:], `"`))
	}
	if strings.HasPrefix(word, `"`) {
		return before, nil
	}
	return before, l.fieldsAndStates(word)
}

// lastWord is where the word begins that is being typed: behind the last space that no quotation mark holds.
func lastWord(text string) int {
	at, quoted := 0, false
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && unicode.IsSpace(r):
			at = i + len(string(r))
		}
	}
	return at
}

// fieldsAndStates are the fields that some key here reports, and the words that name a state. Before anything is typed, they are those
// that are asked for most.
func (l *List) fieldsAndStates(word string) []string {
	var all []string
	for _, f := range fieldWords {
		if l.isReported(term{field: f, op: ':'}) {
			all = append(all, f+":")
		}
	}
	for _, f := range momentWords {
		if l.isReported(term{field: f, op: '<'}) {
			op := ">"
			if f == fieldExpires {
				op = "<"
			}
			all = append(all, f+op)
		}
	}
	all = append(all, fieldStatus+":")
	for _, name := range l.properties() {
		if f := fold(name); l.isReported(term{field: f, op: ':', property: true}) && !slices.Contains(all, f+":") {
			all = append(all, f+":")
		}
	}
	if word == "" {
		return slices.DeleteFunc([]string{"env:", "expires<", "unused>", "perm:", "role:", "expired", "expiring", "old"}, func(w string) bool {
			return strings.ContainsAny(w, ":<>") && !slices.Contains(all, w)
		})
	}
	for _, w := range slices.Sorted(maps.Keys(stateWords)) {
		if t := stateWords[w]; l.isReported(t) {
			all = append(all, w)
		}
	}
	return beginning(all, word)
}

// properties are the names of what keys of the services have beside.
func (l *List) properties() (out []string) {
	for _, p := range l.profiles {
		for _, of := range p.Properties {
			out = append(out, string(of.Field))
		}
	}
	return out
}

// values are what some key says in a field, or usual spans of time.
func (l *List) values(field string, op byte, word string) []string {
	head := field + string(op)
	var all []string
	switch {
	case op != ':' && fieldMoment[field] == nil:
		return nil
	case op != ':' && field == fieldExpires:
		all = []string{"1d", "7d", "14d", "30d", "90d"}
	case op != ':':
		all = []string{"1d", "7d", "30d", "90d", "180d", "1y"}
	case field == fieldStatus:
		all = slices.Sorted(maps.Keys(stateWords))
	case field == fieldPerm:
		all = l.seen.access.all()
	default:
		all = l.said(field, word)
	}
	out := beginning(all, word)
	for i, v := range out {
		if strings.ContainsFunc(v, unicode.IsSpace) {
			v = `"` + v + `"`
		}
		out[i] = head + v
	}
	return out
}

// said are the values of a field in the list that begin with a word, as many as are offered.
func (l *List) said(field, word string) []string {
	get := fieldText[field]
	of := make([][]apikey.Property, len(l.profiles))
	for i, p := range l.profiles {
		of[i] = p.Properties
	}
	if slices.ContainsFunc(l.properties(), func(name string) bool { return fold(name) == field }) {
		get = func(k *apikey.Key) string {
			return propertyText(k, property(k, field), slices.Concat(of...))
		}
	}
	if get == nil {
		return nil
	}
	seen := map[string]bool{}
	var k apikey.Key
	for i := range min(l.seen.n, sampled) {
		for v := range strings.SplitSeq(fold(get(l.seen.key(int32(i), &k))), "\n") {
			if v != "" && strings.HasPrefix(v, word) {
				seen[v] = true
			}
		}
		if len(seen) >= 4*completions {
			break
		}
	}
	for _, p := range l.profiles {
		if says := fold(p.Setting.Word("")); field == fieldEnv && says != "" && strings.HasPrefix(says, word) {
			seen[says] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// beginning are the words that begin so and are not the whole of it: first as they come.
func beginning(all []string, word string) []string {
	var out []string
	for _, w := range all {
		if w != word && strings.HasPrefix(w, word) && len(out) < completions {
			out = append(out, w)
		}
	}
	return out
}

// complete puts the next word that is offered into the text, and reports whether there was one.
func (l *List) complete(by int) bool {
	c := &l.completion
	if c.text == "" || c.text != l.input.Value() {
		before, words := l.offered()
		if len(words) == 0 {
			return false
		}
		*c = completion{before: before, words: words, at: 0}
		if by < 0 {
			c.at = len(words) - 1
		}
		if len(words) == 1 {
			defer func() { *c = completion{} }() // the next tab is for what may follow
		}
	} else {
		c.at = (c.at + by + len(c.words)) % len(c.words)
	}
	c.text = c.before + c.words[c.at]
	l.input.Set(c.text)
	return true
}

// offer is the line of what tab would put in, in width cells.
func (l *List) offer(width int) string {
	s := l.env.Styles
	words, at := l.completion.words, l.completion.at
	if l.completion.text == "" || l.completion.text != l.input.Value() {
		_, words = l.offered()
		at = -1
	}
	if len(words) == 0 {
		return ""
	}
	head := l.env.Keys.FilterComplete.Help().Key
	line, used := s.Key.Render(head), len(head)
	for i, w := range words {
		if used+2+len([]rune(w)) > width {
			if i == 0 {
				return ""
			}
			break
		}
		style := s.Dim
		if i == at {
			style = s.Accent
		}
		line += "  " + style.Render(w)
		used += 2 + len([]rune(w))
	}
	return line
}
