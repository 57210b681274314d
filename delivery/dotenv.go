package delivery

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
)

// A dotenv file is kept byte for byte but for one value. The two libraries that
// applications use most, joho/godotenv and npm's dotenv, agree on ordinary files
// and differ at the edges (escapes, a # inside a value, what follows a closing
// quotation mark). An edge that would make them disagree about where a value
// ends is refused with its line, and a value is only ever written in a form that
// both read back as the same bytes.

var (
	byteOrderMark  = []byte("\xef\xbb\xbf")
	assignmentHead = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[ \t]*(?:export[ \t]+)?([A-Za-z0-9_.-]+)([ \t]*)([=:])([ \t]*)`)
	})
	plainValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.+/=:@%,-]+$`) })
)

// dotenvError is a line that cannot be edited around safely. It never quotes the line.
type dotenvError struct {
	line int
	why  string
}

func (e *dotenvError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.why) }

// assignment is one NAME=value of a dotenv file; offsets are into the file.
type assignment struct {
	name       string
	line       int // of the name, from 1
	start, end int // all its lines, the last line's ending included
	valueStart int
	valueEnd   int  // the value with its quotation marks
	quote      byte // ' " ` or 0
	tail       string
	junk       bool // something other than a comment follows the closing mark
}

// dotenv is a parsed file.
type dotenv struct {
	src    []byte
	vars   []assignment
	unread []assignment // lines that are neither that nor a comment, which both libraries pass over
}

// checkVariable refuses what a shell or a dotenv library would not take as a name.
func checkVariable(name string) error {
	if !apikey.IsVariableName(name) || name == "export" {
		return fmt.Errorf("%s is no name for a variable: use letters, digits and _, not beginning with a digit", display(name))
	}
	return nil
}

// parseDotenv finds every assignment, or says which line stands in the way.
func parseDotenv(src []byte) (dotenv, error) {
	d := dotenv{src: src}
	if i := bytes.IndexByte(src, 0); i >= 0 {
		return d, &dotenvError{lineAt(src, i), "a zero byte: this is no text in UTF-8"}
	}
	if i := bytes.IndexAny(src, "\u2028\u2029"); i >= 0 {
		return d, &dotenvError{lineAt(src, i), "a line separator (U+2028 or U+2029), which dotenv libraries read differently"}
	}
	pos := 0
	if bytes.HasPrefix(src, byteOrderMark) {
		pos = len(byteOrderMark)
	}
	for i, c := range src {
		if c == '\r' && (i+1 == len(src) || src[i+1] != '\n') {
			return d, &dotenvError{lineAt(src, i), "a carriage return without a line feed, which dotenv libraries read differently"}
		}
	}
	line := 1
	for pos < len(src) {
		text, next := lineFrom(src, pos)
		lead := bytes.TrimLeft(text, " \t")
		if len(lead) == 0 || lead[0] == '#' {
			pos, line = next, line+1
			continue
		}
		m := assignmentHead().FindSubmatchIndex(text)
		if m == nil {
			if bytes.ContainsAny(text, "'\"`=:") {
				return d, &dotenvError{line, "no NAME=value that every dotenv library reads alike"}
			}
			d.unread = append(d.unread, assignment{line: line, start: pos, end: next})
			pos, line = next, line+1
			continue
		}
		a, err := readAssignment(src, pos, line, text, m)
		if err != nil {
			return d, err
		}
		d.vars = append(d.vars, a)
		line += bytes.Count(src[pos:a.end], []byte("\n"))
		pos = a.end
	}
	return d, nil
}

// readAssignment reads the value whose head m matched in the line text at pos.
func readAssignment(src []byte, pos, line int, text []byte, m []int) (assignment, error) {
	a := assignment{name: string(text[m[2]:m[3]]), line: line, start: pos}
	rest := text[m[1]:]
	if text[m[6]] == ':' && (m[4] != m[5] || m[8] == m[9] || len(rest) == 0 || rest[0] == '#') {
		return a, &dotenvError{a.line, "a : that dotenv libraries read differently: write = instead"}
	}
	if r, _ := utf8.DecodeRune(rest); unicode.IsSpace(r) || r == '\ufeff' {
		return a, &dotenvError{a.line, "an unusual blank before the value, which dotenv libraries read differently"}
	}
	a.valueStart = pos + m[1]
	switch {
	case len(rest) == 0 || rest[0] == '#' && m[8] != m[9]:
		a.valueStart = pos + m[7]
		a.valueEnd = a.valueStart
	case rest[0] == '\'' || rest[0] == '"':
		a.quote = rest[0]
		a.valueEnd = closingQuote(src, a.valueStart)
		if a.valueEnd < 0 {
			return a, &dotenvError{a.line, "a quotation mark is not closed"}
		}
	case rest[0] == '`':
		if err := readBacktick(src, pos, text, &a); err != nil {
			return a, err
		}
	default:
		value := rest
		for i := 1; i < len(rest); i++ {
			if rest[i] == '#' && (rest[i-1] == ' ' || rest[i-1] == '\t') {
				value = rest[:i]
				break
			}
		}
		a.valueEnd = a.valueStart + len(bytes.TrimRight(value, " \t"))
	}
	tail, next := lineFrom(src, a.valueEnd)
	a.tail, a.end = string(tail), next
	after := strings.TrimLeft(a.tail, " \t")
	if a.quote != 0 && after != "" && after[0] != '#' {
		spread := bytes.IndexByte(src[a.valueStart:a.valueEnd], '\n') >= 0
		if spread || a.quote == '`' || strings.ContainsAny(after, "'\"`=:") {
			return a, &dotenvError{lineAt(src, a.valueEnd), "something follows a closing quotation mark, and dotenv libraries read that differently"}
		}
		a.junk = true
	}
	return a, nil
}

// readBacktick ends a value in backticks, a form that only npm's dotenv knows.
// Over several lines the two libraries would see different variables.
func readBacktick(src []byte, pos int, text []byte, a *assignment) error {
	inLine := closingQuote(src[:pos+len(text)], a.valueStart)
	switch {
	case inLine >= 0:
		a.quote, a.valueEnd = '`', inLine
	case bytes.IndexByte(src[a.valueStart+1:], '`') >= 0:
		return &dotenvError{a.line, "a value in backticks over several lines, which dotenv libraries read differently"}
	default:
		a.valueEnd = pos + len(bytes.TrimRight(text, " \t"))
	}
	return nil
}

// closingQuote returns the offset after the mark that closes the one at start, or -1.
// A mark after a backslash does not close, in both libraries.
func closingQuote(src []byte, start int) int {
	for i := start + 1; i < len(src); i++ {
		if src[i] == src[start] && src[i-1] != '\\' {
			return i + 1
		}
	}
	return -1
}

// lineFrom returns the text from pos to the end of its line, without the line
// ending, and the offset of the next line.
func lineFrom(src []byte, pos int) (text []byte, next int) {
	end := bytes.IndexByte(src[pos:], '\n')
	if end < 0 {
		return src[pos:], len(src)
	}
	return bytes.TrimSuffix(src[pos:pos+end], []byte("\r")), pos + end + 1
}

func lineAt(src []byte, pos int) int { return 1 + bytes.Count(src[:pos], []byte("\n")) }

// find returns the assignment that counts, which is the last one in both
// libraries and in a shell, and the lines of all of them.
func (d dotenv) find(name string) (a assignment, lines []int) {
	for _, v := range d.vars {
		if v.name == name {
			a, lines = v, append(lines, v.line)
		}
	}
	return a, lines
}

// raw is the value as it is written, with its quotation marks.
func (d dotenv) raw(a assignment) string { return string(d.src[a.valueStart:a.valueEnd]) }

// value is what both libraries read; ok is false where they could differ.
func (d dotenv) value(a assignment) (value string, ok bool) {
	raw := d.raw(a)
	switch a.quote {
	case 0:
		clear := !strings.ContainsAny(raw, "#$`'\"\\") && strings.Count(a.tail, "#") <= 1 && strings.TrimSpace(raw) == raw
		return raw, clear && raw != ""
	case '\'':
		inner := raw[1 : len(raw)-1]
		return inner, !a.junk && !strings.Contains(inner, "'")
	case '"':
		inner := raw[1 : len(raw)-1]
		return inner, !a.junk && !strings.ContainsAny(inner, "\"\\$`")
	}
	return raw, false
}
