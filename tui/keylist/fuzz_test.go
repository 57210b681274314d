package keylist

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// FuzzFilter: whatever is typed into the filter finds what a slow and obvious reading finds, narrowing loses nothing,
// and neither the query nor a key's name gets a control or a line break past its row.
func FuzzFilter(f *testing.F) {
	for _, seed := range [][3]string{
		{"pay", "payments-api", "reader"}, {"API pay", "Payments API", "admin"}, {"über", "ÜBER", ""}, {"  ", "x", ""}, {"İ", "i̇stanbul", ""},
		{"ß ss", "STRASSE ß", ""}, {"a\nb", "a b", ""}, {"expires<30d", "k", "r"}, {"-x", "-x", ""}, {"\x1b[2J", "e\x1b[31mvil", ""}, {"\"", "\"q\"", ""},
		{"日本", "日本語キー", ""}, {"\u202e", "a\u202eb", ""}, {"\xff", "\xff\xfe", ""}, {":", "role:", "a:b"}, {strings.Repeat("a ", 400), "a", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, typed, name, role string) {
		if len(typed)+len(name)+len(role) > 4000 {
			return
		}
		keys := []apikey.Key{{ID: "1", Name: name, Role: role}, {ID: "2", Name: role, Masked: name}, {ID: "3", Name: "payments-api", Role: "admin"}}
		l := newList(keys...)
		q, wrong := parse(typed)
		matches := func(q query, i int) bool { return q.compile(l.seen, l.env.Now())(int32(i)) }
		for i := range keys {
			if wrong == nil && plain(q, typed) && matches(q, i) != contains(l.seen.text(int32(i)), typed) {
				t.Fatalf("%q on %q: %v", typed, l.seen.text(int32(i)), matches(q, i))
			}
		}
		for cut := range typed { // every prefix: what narrows may not refuse what the longer one matches
			shorter, _ := parse(typed[:cut])
			for i := range keys {
				if shorter.narrows(q) && matches(q, i) && !matches(shorter, i) {
					t.Fatalf("%q narrows %q and yet refuses key %d", typed[:cut], typed, i)
				}
			}
		}
		press(l, "/", typed)
		for row := range strings.SplitSeq(l.View(), "\n") {
			if ansi.StringWidth(row) > 110 || strings.ContainsFunc(ansi.Strip(row), unicode.IsControl) {
				t.Fatalf("a row of %d cells: %q", ansi.StringWidth(row), row)
			}
		}
		if n := strings.Count(l.View(), "\n"); n >= 20 {
			t.Fatalf("%d rows", n+1)
		}
	})
}

// plain reports whether the query has only words to look for.
func plain(q query, typed string) bool {
	for _, t := range q {
		if t.field != "" || t.not || t.named() {
			return false
		}
	}
	return !strings.Contains(typed, `"`) && !strings.HasSuffix(typed, "!") && !strings.Contains(typed, "! ")
}

func contains(search, typed string) bool {
	for _, w := range strings.Fields(fold(typed)) {
		if !strings.Contains(search, w) {
			return false
		}
	}
	return true
}
