package keylist

import (
	"fmt"
	"strings"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

// Filter is the list's filter for whoever has no list: a command finds by the words that the screen finds by.
type Filter struct{ query query }

// ParseFilter reads the words of a filter. While one is typed, what is not understood yet is left out; here nobody sees that, so that it
// is an error. properties are the names of what keys of the services have beside.
func ParseFilter(text string, properties ...string) (Filter, error) {
	var f Filter
	for _, w := range split(text) {
		q, err := parse(w, properties...)
		switch {
		case err != nil:
			return Filter{}, err
		case len(q) == 0:
			return Filter{}, fmt.Errorf("%q is half a condition: what it is compared with is missing", strings.TrimSpace(w))
		}
		f.query = append(f.query, q...)
	}
	return f, nil
}

// Empty reports whether it leaves every key.
func (f Filter) Empty() bool { return len(f.query) == 0 }

// Find gives the places of the keys that it leaves, in their order, and the fields that it asks for and no key reports: where it leaves
// none, which keys are meant is not known then; where it leaves some, none of them was left out by those.
func (f Filter) Find(keys []apikey.Key, found []apikey.Finding, of Profile, now time.Time) (left []int, unreported []string) {
	s := newStore(nil)
	s.add(NewBatch(keys), nil, &context{})
	s.marks = marksOf(keys, found)
	s.profiles = []Profile{of}
	match := f.query.compile(s, now)
	for i := range keys {
		if match(int32(i)) {
			left = append(left, i)
		}
	}
	return left, f.query.unreported(s, s.profiles, len(left) > 0)
}

// marksOf are the findings by the place of their key.
func marksOf(keys []apikey.Key, found []apikey.Finding) []ui.Marks {
	byID := make(map[string]ui.Marks, len(found))
	for _, f := range found {
		byID[f.KeyID] |= ui.MarkOf(f.Kind)
	}
	marks := make([]ui.Marks, len(keys))
	for i := range keys {
		marks[i] = byID[keys[i].ID]
	}
	return marks
}
