package kit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// MaxFile is what a declaration may have at most, in bytes.
const MaxFile = 64 << 10

// Problem is one thing wrong with a declaration: where, which field, and what is allowed.
type Problem struct {
	File  string
	Line  int
	Field string // "list.call"; empty where the file is no TOML
	Text  string

	absent bool // nothing is there, which a misspelt field elsewhere may explain
}

// Error is FILE:LINE: FIELD: TEXT.
func (p *Problem) Error() string {
	if p.Field == "" {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Field, p.Text)
}

// OneLine is the error of a file on one line: the first problem, and how all the others are had.
func OneLine(err error) string {
	first, others, more := strings.Cut(err.Error(), "\n")
	var p *Problem
	if !more || !errors.As(err, &p) {
		return first
	}
	return fmt.Sprintf("%s (and %d more: detent issuer check %s)", first, strings.Count(others, "\n")+1, p.File)
}

// Load reads a declaration that is built in, and checks it. The error joins every *Problem that it has, from the top of the file down; what
// is missing comes after what is wrong.
func Load(file string, raw []byte) (*Declaration, error) { return load(file, raw, false) }

// LoadUsers reads a user's own declaration, which may not say what only detent's own may.
func LoadUsers(file string, raw []byte) (*Declaration, error) { return load(file, raw, true) }

func load(file string, raw []byte, users bool) (*Declaration, error) {
	if len(raw) > MaxFile {
		return nil, &Problem{File: file, Line: 1, Text: fmt.Sprintf("is over %d KiB: no issuer needs as much", MaxFile>>10)}
	}
	raw = bytes.TrimPrefix(raw, byteOrderMark)
	if bad := unreadable(file, raw); bad != nil {
		return nil, bad
	}
	root := map[string]any{}
	if err := toml.Unmarshal(raw, &root); err != nil {
		return nil, noTOML(file, err)
	}
	d := &Declaration{}
	c := &checker{file: file, lines: linesOf(raw)}
	(&decoder{refuse: c.undecoded}).table("", root, reflect.ValueOf(d).Elem())
	c.abbreviated(d)
	c.bodies(d)
	derived(d)
	c.declaration(d)
	if users && d.Embedded {
		c.refuse("embedded", "is for what is built in")
	}
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b *Problem) int {
			if a.absent != b.absent {
				return map[bool]int{true: 1, false: -1}[a.absent]
			}
			return cmp.Or(a.Line-b.Line, strings.Compare(a.Field, b.Field))
		})
		all := make([]error, len(c.problems))
		for i, p := range c.problems {
			all[i] = p
		}
		return nil, errors.Join(all...)
	}
	return d, nil
}

// byteOrderMark is what some editors begin a file with.
var byteOrderMark = []byte("\ufeff")

// unreadable is why bytes are no text that a person can read as it is.
func unreadable(file string, raw []byte) error {
	if bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}) {
		return &Problem{File: file, Line: 1, Text: `is no text in UTF-8 (is it UTF-16, which an editor may call "Unicode"?): save it as UTF-8`}
	}
	for line, text := range bytes.Split(raw, []byte("\n")) {
		problem := ""
		switch {
		case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
			problem = "is no text in UTF-8"
		case bytes.IndexByte(bytes.TrimSuffix(text, []byte("\r")), '\r') >= 0:
			problem = "has a carriage return in the middle, after which an editor shows another line"
		case bytes.ContainsAny(text, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"):
			problem = "has a character that cannot be seen, and that changes how the line looks"
		}
		if problem != "" {
			return &Problem{File: file, Line: line + 1, Text: problem}
		}
	}
	return nil
}

// noTOML says what is wrong with a file that is no TOML, of which nothing more can be said.
func noTOML(file string, err error) error {
	line, text := 1, err.Error()
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, _ = at.Position()
		text = at.Error()
	}
	return &Problem{File: file, Line: line, Text: "is not TOML: " + strings.TrimPrefix(text, "toml: ")}
}

// lines are those of a file's fields: "list.call", and "probe[1].call" in the second table of a list of them.
type lines struct {
	of     map[string]int
	tables map[string]int // how many tables a list of them has so far
	p      unstable.Parser
}

func linesOf(raw []byte) map[string]int {
	l := &lines{of: map[string]int{}, tables: map[string]int{}}
	l.p.Reset(raw)
	table := ""
	for l.p.NextExpression() {
		switch e := l.p.Expression(); e.Kind {
		case unstable.Table:
			table, _ = l.key("", e.Key())
		case unstable.ArrayTable:
			name, line := l.key("", e.Key())
			table = fmt.Sprintf("%s[%d]", name, l.tables[name])
			l.tables[name]++
			l.of[table] = line
		case unstable.KeyValue:
			l.member(table, e)
		}
	}
	return l.of
}

// key notes the line of each part of a key. A list of tables stands for its last one so far, but at the end of the key.
func (l *lines) key(base string, key unstable.Iterator) (full string, line int) {
	for full = base; key.Next(); {
		if n := l.tables[full]; n > 0 && full != base {
			full = fmt.Sprintf("%s[%d]", full, n-1)
		}
		full = join(full, string(key.Node().Data))
		line = l.p.Shape(key.Node().Raw).Start.Line
		if _, seen := l.of[full]; !seen {
			l.of[full] = line
		}
	}
	return full, line
}

func (l *lines) member(base string, kv *unstable.Node) {
	full, _ := l.key(base, kv.Key())
	l.value(full, kv.Value())
}

// value notes the lines inside of a value. An element of a list has that of what it begins with.
func (l *lines) value(full string, value *unstable.Node) {
	switch value.Kind {
	case unstable.InlineTable:
		for fields := value.Children(); fields.Next(); {
			l.member(full, fields.Node())
		}
	case unstable.Array:
		n := 0
		for items := value.Children(); items.Next(); n++ {
			at := fmt.Sprintf("%s[%d]", full, n)
			if line := l.begins(items.Node()); line > 0 {
				l.of[at] = line
			}
			l.value(at, items.Node())
		}
	}
}

// begins is the line of the first thing in a value that has one; 0 for none.
func (l *lines) begins(value *unstable.Node) int {
	switch value.Kind {
	case unstable.InlineTable, unstable.Array:
		if first := value.Children(); first.Next() {
			return l.begins(first.Node())
		}
		return 0
	case unstable.KeyValue:
		key := value.Key()
		key.Next()
		return l.p.Shape(key.Node().Raw).Start.Line
	}
	if value.Raw.Length == 0 {
		return 0
	}
	return l.p.Shape(value.Raw).Start.Line
}
