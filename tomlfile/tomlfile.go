// Package tomlfile reads the files of TOML that people write: the values, and on which line each field is, for what is said of it.
package tomlfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Problem is one thing wrong with a file, on one line: where, which field, and what is allowed.
type Problem struct {
	File  string
	Line  int
	Field string // "profiles.prod.url"; empty where the file is no TOML
	Text  string
	// Missing says that something is not there, which a misspelt field elsewhere may explain.
	Missing bool
}

// Error is FILE:LINE: FIELD: TEXT.
func (p *Problem) Error() string {
	if p.Field == "" {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Field, p.Text)
}

// Compare orders problems from the top of the file down; what is missing comes after what is wrong.
func Compare(a, b *Problem) int {
	switch {
	case a.Missing && !b.Missing:
		return 1
	case b.Missing && !a.Missing:
		return -1
	}
	return a.Line - b.Line
}

// ByteOrderMark is what some editors put before a text. It says nothing.
var ByteOrderMark = []byte("\ufeff")

// IsUTF16 is what is said of a file that is.
const IsUTF16 = `is no text in UTF-8 (is it UTF-16, which an editor may call "Unicode"?): save it as UTF-8`

// MarkedUTF16 reports whether a text says that it is UTF-16.
func MarkedUTF16(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff})
}

// Read takes a file apart, into its values and the lines of its fields: "list.call", and "probe[1].call" in the second table of a list of
// them, each name as quote writes it. Of one that is no TOML the error is a *Problem. The lines are looked for when one is to be told: most
// files are right, and finding them takes as long as all the rest.
func Read(file string, raw []byte, quote func(name string) string) (root map[string]any, lines func() map[string]int, err error) {
	root = map[string]any{}
	if err := toml.Unmarshal(raw, &root); err != nil {
		line := 1
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ = at.Position()
		}
		return nil, nil, &Problem{File: file, Line: line, Text: "is not TOML: " + strings.TrimPrefix(err.Error(), "toml: ") + once(err.Error())}
	}
	return root, sync.OnceValue(func() map[string]int { return linesOf(raw, quote) }), nil
}

// once is what to do about a table that is written twice, in two ways.
func once(said string) string {
	said, how, exists := strings.Cut(strings.TrimPrefix(said, "toml: "), " already exists")
	kind, name, _ := strings.Cut(said, " ")
	switch {
	case !exists:
		return ""
	case kind == "key" && strings.Contains(how, "as a value"):
		return fmt.Sprintf(": a table in braces is whole; add what is missing inside of them, or write [%s] in their place", name)
	}
	return fmt.Sprintf(": a table is written in one way and once; either lines %s.NAME = … or one header [%s] with lines NAME = … below it", name, name)
}

// lines finds the lines of a file's fields.
type lines struct {
	of     map[string]int
	tables map[string]int // how many tables a list of them has so far
	quote  func(name string) string
	p      unstable.Parser
}

func linesOf(raw []byte, quote func(name string) string) map[string]int {
	l := &lines{of: map[string]int{}, tables: map[string]int{}, quote: quote}
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
		if full != "" {
			full += "."
		}
		full += l.quote(string(key.Node().Data))
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
