package config

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/tomlfile"
)

// Error is one thing wrong with the file, on one line.
type Error = tomlfile.Problem

// document is a parsed file that knows the line of each field.
type document struct {
	path  string
	lines func() map[string]int // by what quoteKeys makes of a path
	errs  []*Error
}

// section is one table of the file. Its fields are read by name; a field that
// nobody asked for is unknown.
type section struct {
	doc    *document
	path   []string
	fields map[string]any
	known  []string
}

// parseDocument reads TOML.
func parseDocument(path string, data []byte) (*document, *section, error) {
	if tomlfile.MarkedUTF16(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, nil, &Error{File: path, Line: 1, Text: tomlfile.IsUTF16}
	}
	fields, lines, err := tomlfile.Read(path, data, quoteKey)
	if err != nil {
		return nil, nil, err
	}
	doc := &document{path: path, lines: lines}
	return doc, &section{doc: doc, fields: fields}, nil
}

// line is where a path is written, or the nearest table around it.
func (d *document) line(path []string) int {
	for ; len(path) > 0; path = path[:len(path)-1] {
		if line, ok := d.lines()[quoteKeys(path)]; ok {
			return line
		}
	}
	return 1
}

func (d *document) refuse(path []string, format string, args ...any) {
	d.errs = append(d.errs, &Error{File: d.path, Line: d.line(path), Field: quoteKeys(path), Text: fmt.Sprintf(format, args...)})
}

// first is the error nearest to the top of the file; what is missing comes after what is wrong.
func (d *document) first() error {
	if len(d.errs) == 0 {
		return nil
	}
	return slices.MinFunc(d.errs, tomlfile.Compare)
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
	s.doc.errs[len(s.doc.errs)-1].Missing = true
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
		s.doc.errs[len(s.doc.errs)-1].Missing = n == 0
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
