package kit

import (
	"bytes"
	"errors"
	"fmt"
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

// Load reads a declaration that is built in, and checks it. The error joins every *Problem that it has, from the top of the file down.
func Load(file string, raw []byte) (*Declaration, error) { return load(file, raw, false) }

// LoadUsers reads a user's own declaration, which may not say what only detent's own may.
func LoadUsers(file string, raw []byte) (*Declaration, error) { return load(file, raw, true) }

func load(file string, raw []byte, users bool) (*Declaration, error) {
	if len(raw) > MaxFile {
		return nil, &Problem{File: file, Line: 1, Text: fmt.Sprintf("is over %d KiB: no issuer needs as much", MaxFile>>10)}
	}
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return nil, &Problem{File: file, Line: 1, Text: "is no text in UTF-8"}
	}
	d := &Declaration{}
	if err := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(d); err != nil {
		return nil, undecoded(file, err)
	}
	c := &checker{file: file, lines: linesOf(raw)}
	c.bodies(d)
	c.declaration(d)
	if users && (d.Embedded || d.Go != "") {
		c.refuse(map[bool]string{true: "embedded", false: "go"}[d.Embedded], "is for what is built in")
	}
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b *Problem) int { return a.Line - b.Line })
		all := make([]error, len(c.problems))
		for i, p := range c.problems {
			all[i] = p
		}
		return nil, errors.Join(all...)
	}
	return d, nil
}

// undecoded says what is wrong with a file that is no TOML, or has fields that there are not.
func undecoded(file string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var all []error
		for _, e := range strict.Errors {
			line, _ := e.Position()
			all = append(all, &Problem{file, line, strings.Join(e.Key(), "."), "there is no such field"})
		}
		return errors.Join(all...)
	}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, _ := at.Position()
		return &Problem{file, line, strings.Join(at.Key(), "."), "is not TOML: " + strings.TrimPrefix(at.Error(), "toml: ")}
	}
	return &Problem{File: file, Line: 1, Text: strings.TrimPrefix(err.Error(), "toml: ")}
}

// linesOf are the lines of a file's fields: "list.call", and "probe[1].call" in the second table of a list of them.
func linesOf(raw []byte) map[string]int {
	lines, tables := map[string]int{}, map[string]int{}
	var p unstable.Parser
	p.Reset(raw)
	table := ""
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			table = noteKey(lines, &p, "", e.Key())
		case unstable.ArrayTable:
			name := noteKey(lines, &p, "", e.Key())
			table = fmt.Sprintf("%s[%d]", name, tables[name])
			tables[name]++
			key := e.Key()
			for key.Next() {
				lines[table] = p.Shape(key.Node().Raw).Start.Line
			}
		case unstable.KeyValue:
			noteValue(lines, &p, table, e)
		}
	}
	return lines
}

func noteKey(lines map[string]int, p *unstable.Parser, base string, key unstable.Iterator) string {
	full := base
	for key.Next() {
		if full != "" {
			full += "."
		}
		full += string(key.Node().Data)
		if _, seen := lines[full]; !seen {
			lines[full] = p.Shape(key.Node().Raw).Start.Line
		}
	}
	return full
}

func noteValue(lines map[string]int, p *unstable.Parser, base string, kv *unstable.Node) {
	full := noteKey(lines, p, base, kv.Key())
	if value := kv.Value(); value.Kind == unstable.InlineTable {
		for fields := value.Children(); fields.Next(); {
			noteValue(lines, p, full, fields.Node())
		}
	}
}
