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

	"detent/tomlfile"
)

// MaxFile is what a declaration may have at most, in bytes.
const MaxFile = 64 << 10

// maxProblems are said of one file: of more, how many there are.
const maxProblems = 100

// Problem is one thing wrong with a declaration: where, which field, and what is allowed.
type Problem = tomlfile.Problem

// OneLine is the error of a file on one line: the first problem, and how all the others are had.
func OneLine(err error) string {
	first, others, more := strings.Cut(err.Error(), "\n")
	var p *Problem
	if !more || !errors.As(err, &p) {
		return first
	}
	return fmt.Sprintf("%s (and %d more: detent issuer check %s)", first, strings.Count(others, "\n")+1, p.File)
}

// Load reads a declaration of detent's own, and checks it. The error joins every *Problem that it has, from the top of the file down; what
// is missing comes after what is wrong.
func Load(file string, raw []byte) (*Declaration, error) {
	return load(file, raw, (*checker).declaration)
}

// BuiltIn is Load without the checks that a test makes of each file that is built in: they are a third of what reading one costs, and a
// command waits for that before it does anything.
func BuiltIn(file string, raw []byte) (*Declaration, error) {
	return load(file, raw, func(*checker, *Declaration) {})
}

// LoadUsers reads a user's own declaration, which may not say what only detent's own may.
func LoadUsers(file string, raw []byte) (*Declaration, error) {
	d, err := load(file, raw, func(c *checker, d *Declaration) {
		c.declaration(d)
		if d.Embedded {
			c.refuse("embedded", "is for what is built in")
		}
	})
	if err == nil {
		d.File = file
	}
	return d, err
}

func load(file string, raw []byte, check func(*checker, *Declaration)) (*Declaration, error) {
	if len(raw) > MaxFile {
		return nil, &Problem{File: file, Line: 1, Text: fmt.Sprintf("is over %d KiB: no issuer needs as much", MaxFile>>10)}
	}
	raw = bytes.TrimPrefix(raw, tomlfile.ByteOrderMark)
	if bad := unreadable(file, raw); bad != nil {
		return nil, bad
	}
	root, lines, err := tomlfile.Read(file, raw, func(name string) string { return name })
	if err != nil {
		return nil, err
	}
	d := &Declaration{}
	c := &checker{file: file, lines: lines}
	(&decoder{refuse: c.undecoded}).table("", root, reflect.ValueOf(d).Elem())
	c.abbreviated(d)
	c.bodies(d)
	sentProperties(d)
	derived(d)
	check(c, d)
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b *Problem) int { return cmp.Or(tomlfile.Compare(a, b), strings.Compare(a.Field, b.Field)) })
		if more := len(c.problems) - maxProblems; more > 0 {
			c.problems = append(c.problems[:maxProblems], &Problem{File: file, Line: c.problems[maxProblems-1].Line, Text: fmt.Sprintf("is wrong in %d places more", more)})
		}
		all := make([]error, len(c.problems))
		for i, p := range c.problems {
			all[i] = p
		}
		return nil, errors.Join(all...)
	}
	added := func(p Permission) bool { return p.Always }
	d.Added = slices.DeleteFunc(slices.Clone(d.Permissions), func(p Permission) bool { return !added(p) })
	d.Permissions = slices.DeleteFunc(d.Permissions, added)
	return d, nil
}

// unreadable is why bytes are no text that a person can read as it is.
func unreadable(file string, raw []byte) error {
	if tomlfile.MarkedUTF16(raw) {
		return &Problem{File: file, Line: 1, Text: tomlfile.IsUTF16}
	}
	for line, text := range bytes.Split(raw, []byte("\n")) {
		problem := ""
		switch {
		case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
			problem = "is no text in UTF-8"
		case bytes.IndexByte(bytes.TrimSuffix(text, []byte("\r")), '\r') >= 0:
			problem = "has a carriage return in the middle, after which an editor shows another line"
		case bytes.ContainsFunc(bytes.TrimSuffix(text, []byte("\r")), invisible):
			problem = "has a character that cannot be seen, and that changes how the line looks"
		}
		if problem != "" {
			return &Problem{File: file, Line: line + 1, Text: problem}
		}
	}
	return nil
}

// bodies reads what each call sends.
func (c *checker) bodies(d *Declaration) {
	for field, call := range d.Requests() {
		call.Body = c.readBody(field+".send", call.Send)
		c.fields(field, call, d)
	}
	for i := range d.Probes {
		d.Probes[i].Body = c.readBody(fmt.Sprintf("probe[%d].send", i), d.Probes[i].Send)
	}
}
