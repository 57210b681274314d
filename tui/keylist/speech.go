package keylist

import (
	"slices"
	"strings"
	"unicode"

	"detent/apikey"
	"detent/tui/ui"
)

// Row is a key of the list in words.
type Row struct {
	ID    string
	Words string
}

// Rows are n keys in the order of the list, from a place on.
func (l *List) Rows(from, n int) []Row {
	var out []Row
	l.ctx.now = l.env.Now()
	for line := max(from, 0); line < len(l.idx) && line < from+n; line++ {
		out = append(out, l.words(l.idx[line]))
	}
	return out
}

// Has reports whether a key is among those that the filter leaves.
func (l *List) Has(id string) bool {
	i := l.seen.find(l.refOf(id))
	return i >= 0 && slices.Contains(l.idx, i)
}

// Named is the key of a name, where only one that the filter leaves has it.
func (l *List) Named(name string) (id string, ok bool) {
	for _, i := range l.idx {
		if k := l.seen.key(i, &l.scratch); k.Name == name {
			if ok {
				return "", false
			}
			id, ok = l.ref(i), true
		}
	}
	return id, ok
}

// Cursor is the place of the cursor, and whether the user or a screen chose it.
func (l *List) Cursor() (line int, chosen bool) { return l.cursor, l.moved }

// Order is what the list is sorted by, in words.
func (l *List) Order() string {
	words := strings.ToLower(l.columns[l.sortBy].title)
	if l.reverse {
		words += ", reversed"
	}
	return words
}

// Field is where the filter is typed.
func (l *List) Field() ui.Field { return l.input }

// Filter is what was typed to filter, and what is to be said about it.
func (l *List) Filter() (text, warning string) { return l.input.Value(), l.filterWarning() }

// words say of a key what the columns show that some key has.
func (l *List) words(i int32) Row {
	k, marks := l.seen.key(i, new(apikey.Key)), l.seen.mark(i)
	l.ctx.at = l.seen.profileOf(i)
	parts := []string{}
	for c := range l.columns {
		col := &l.columns[c]
		if !l.seen.shown[c] && c > 0 {
			continue
		}
		text := col.cell(&l.ctx, k, marks).text
		if sign, word, two := strings.Cut(text, " "); two && c > 0 && !unicode.In([]rune(sign)[0], unicode.L, unicode.N, unicode.Sm) && len([]rune(sign)) == 1 {
			text = word // the word says what its sign does
		}
		switch {
		case strings.Trim(text, "! ") == "" || text == ui.Unknown || c > 0 && text == ui.Clean(k.Masked):
		case c == 0:
			parts = append(parts, text)
		default:
			parts = append(parts, strings.ToLower(col.title)+" "+strings.Trim(text, "! ")) // what wants something done has a word for it
		}
	}
	if l.marked[l.named(i)] {
		parts = append(parts, "marked")
	}
	if k.Own {
		parts = append(parts, "the key that detent itself uses")
	}
	return Row{ID: l.ref(i), Words: ui.InWords(strings.Join(parts, ", "))}
}
