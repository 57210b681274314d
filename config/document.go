package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"detent/apikey"
)

// Error is one thing wrong with the file, on one line: where, which field, and what is allowed.
type Error struct {
	File    string
	Line    int
	Field   string // profiles.prod.url; empty where the file is no TOML
	Problem string

	missing bool // something is not there, which a misspelt field elsewhere may explain
}

// Error is FILE:LINE: FIELD: PROBLEM.
func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Field, e.Problem)
}

// document is a parsed file that knows the line of each field.
type document struct {
	path  string
	lines map[string]int // by joined path
	errs  []*Error
}

const pathSep = "\x00"

// section is one table of the file. Its fields are read by name; a field that
// nobody asked for is unknown.
type section struct {
	doc    *document
	path   []string
	fields map[string]any
	known  []string
}

// parseDocument reads TOML; values come from the decoder, lines from the parser.
func parseDocument(path string, data []byte) (*document, *section, error) {
	doc := &document{path: path, lines: map[string]int{}}
	root := &section{doc: doc, fields: map[string]any{}}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) || bytes.IndexByte(data, 0) >= 0 {
		return nil, nil, &Error{File: path, Line: 1, Problem: `is no text in UTF-8 (is it UTF-16, which an editor may call "Unicode"?): save it as UTF-8`}
	}
	if err := toml.Unmarshal(data, &root.fields); err != nil {
		line := 1
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ = at.Position()
		}
		return nil, nil, &Error{File: path, Line: line, Problem: "is not TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
	}
	var p unstable.Parser
	p.Reset(data)
	var table []string
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = doc.noteKey(&p, nil, e.Key())
		case unstable.KeyValue:
			doc.noteValue(&p, table, e)
		}
	}
	return doc, root, nil
}

// noteKey remembers the first line of each part of a dotted key.
func (d *document) noteKey(p *unstable.Parser, base []string, key unstable.Iterator) []string {
	full := slices.Clone(base)
	for key.Next() {
		full = append(full, string(key.Node().Data))
		at := strings.Join(full, pathSep)
		if _, seen := d.lines[at]; !seen {
			d.lines[at] = p.Shape(key.Node().Raw).Start.Line
		}
	}
	return full
}

func (d *document) noteValue(p *unstable.Parser, base []string, kv *unstable.Node) {
	full := d.noteKey(p, base, kv.Key())
	if value := kv.Value(); value.Kind == unstable.InlineTable {
		for fields := value.Children(); fields.Next(); {
			d.noteValue(p, full, fields.Node())
		}
	}
}

// line is where a path is written, or the nearest table around it.
func (d *document) line(path []string) int {
	for ; len(path) > 0; path = path[:len(path)-1] {
		if line, ok := d.lines[strings.Join(path, pathSep)]; ok {
			return line
		}
	}
	return 1
}

func (d *document) refuse(path []string, format string, args ...any) {
	d.errs = append(d.errs, &Error{File: d.path, Line: d.line(path), Field: quoteKeys(path), Problem: fmt.Sprintf(format, args...)})
}

// first is the error nearest to the top of the file; what is missing comes after what is wrong.
func (d *document) first() error {
	if len(d.errs) == 0 {
		return nil
	}
	return slices.MinFunc(d.errs, func(a, b *Error) int {
		if a.missing != b.missing {
			if b.missing {
				return -1
			}
			return 1
		}
		return a.Line - b.Line
	})
}

// isASCIIName reports whether a text is letters, digits and the others named, at least one.
func isASCIIName(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return s != ""
}

// quoteKey writes a part of a key as TOML does.
func quoteKey(part string) string {
	if isASCIIName(part, "_-") {
		return part
	}
	return strconv.Quote(part)
}

// quoteKeys writes a whole key.
func quoteKeys(path []string) string {
	quoted := make([]string, len(path))
	for i, part := range path {
		quoted[i] = quoteKey(part)
	}
	return strings.Join(quoted, ".")
}

func (s *section) at(field string) []string { return append(slices.Clone(s.path), field) }

// refuse reports a problem of one field.
func (s *section) refuse(field, format string, args ...any) {
	s.doc.refuse(s.at(field), format, args...)
}

// lacks reports a field that has to be there.
func (s *section) lacks(field, format string, args ...any) {
	s.refuse(field, "is missing: "+format, args...)
	s.doc.errs[len(s.doc.errs)-1].missing = true
}

// needs is lacks where the field is not there.
func (s *section) needs(field, format string, args ...any) {
	if !s.has(field) {
		s.lacks(field, format, args...)
	}
}

// exactlyOne refuses a table that has not one of the fields. With none, one may be misspelt: that is said first, whatever line
// it is on.
func (s *section) exactlyOne(problem string, fields ...string) {
	n := 0
	for _, f := range fields {
		if s.has(f) {
			n++
		}
	}
	if n != 1 {
		s.doc.refuse(s.path, "%s", problem)
		s.doc.errs[len(s.doc.errs)-1].missing = n == 0
	}
}

// take marks a field as known and returns its value.
func (s *section) take(field string) (any, bool) {
	s.known = append(s.known, field)
	v, ok := s.fields[field]
	return v, ok
}

// has reports whether the field is there.
func (s *section) has(field string) bool { _, ok := s.fields[field]; return ok }

// text reads a string; example shows what is allowed.
func (s *section) text(field, allowed string) (string, bool) {
	v, ok := s.take(field)
	if !ok {
		return "", false
	}
	text, isText := v.(string)
	if !isText {
		s.refuse(field, "must be text: %s", allowed)
	}
	return text, isText
}

// choice reads one of the named strings.
func (s *section) choice(field string, options ...string) string {
	allowed := alternatives(options)
	text, ok := s.text(field, allowed)
	if ok && !slices.Contains(options, text) {
		s.refuse(field, "must be %s", allowed)
	}
	return text
}

// flag reads true or false.
func (s *section) flag(field string) bool {
	v, ok := s.take(field)
	if !ok {
		return false
	}
	b, isBool := v.(bool)
	if !isBool {
		s.refuse(field, "must be true or false, without quotes")
	}
	return b
}

// words reads a list of strings, none of them empty at the front.
func (s *section) words(field, example string) []string {
	v, ok := s.take(field)
	if !ok {
		return nil
	}
	list, isList := v.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		word, isText := item.(string)
		if !isText || strings.ContainsRune(word, 0) {
			isList = false
			break
		}
		out = append(out, word)
	}
	if !isList || len(out) == 0 || out[0] == "" {
		s.refuse(field, "must be a list of words: %s", example)
		return nil
	}
	return out
}

// sub reads a table; nil where it is not there or is none.
func (s *section) sub(field, allowed string) *section {
	v, ok := s.take(field)
	if !ok {
		return nil
	}
	fields, isTable := v.(map[string]any)
	if !isTable {
		s.refuse(field, "must be %s", allowed)
		return nil
	}
	return &section{doc: s.doc, path: s.at(field), fields: fields}
}

// names lists the fields in the order of the file.
func (s *section) names() []string {
	names := make([]string, 0, len(s.fields))
	for name := range s.fields {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := s.doc.line(s.at(a)) - s.doc.line(s.at(b)); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return names
}

// finish refuses every field that nobody asked for.
func (s *section) finish() {
	for _, name := range s.names() {
		if !slices.Contains(s.known, name) {
			s.refuse(name, "is no field here; allowed: %s", strings.Join(s.known, ", "))
		}
	}
}

// alternatives writes options as "a, b or c".
func alternatives(options []string) string {
	quoted := make([]string, len(options))
	for i, o := range options {
		quoted[i] = strconv.Quote(o)
	}
	return apikey.Alternatives(quoted)
}
