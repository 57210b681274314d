package delivery

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Many .env files are read by a shell, too (set -a; . ./.env), and a shell reads more into a line than dotenv libraries do:
// what follows a ; & | or a blank is another command, a backslash joins lines, a quotation mark that dotenv takes for a
// letter swallows the lines up to the next one. A change must mean the same to both: the variable is
// where both see it, and nothing else of what a shell reads changes. What a shell cannot read at all, only dotenv
// libraries do.

// shellVar is one NAME=word where a shell sets a variable; offsets are into the file.
type shellVar struct {
	name                 string
	line                 int
	valueStart, valueEnd int
	sure                 bool // set whenever the file is read: in no condition, loop, pipe or subshell
	unset                bool // unset NAME
}

// shellFile is a file as a shell reads it.
type shellFile struct {
	src    []byte
	vars   []shellVar
	pos    int
	broken bool // a quotation mark or bracket is not closed: from there on no shell reads it
	remark bool // it ends in a comment
	closed bool // the last sign was one that closes a subshell
	joins  bool // it ends in a subshell and a backslash, behind which no variable can be set
	over   int  // where return or exit ends it, whatever follows; 0 for nowhere

	start       bool   // a command begins here
	command     string // of which this is an argument
	conditional bool   // after && || |
	depth       int    // in if, while, case, {
	parens      int    // in (
	here        []hereDoc
}

type hereDoc struct {
	end  string
	tabs bool
}

var (
	shellName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\+?=`) })
	// placeholder is what an example file has where a value is to be filled in.
	placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^<[^<>;&|()`$\\\\'\"]*>$") })
)

const (
	shellBlanks = " \t\r"
	shellEnds   = shellBlanks + "\n;&|()<>"
)

var (
	shellSetters = []string{"export", "readonly", "declare", "typeset", "local", "unset"}
	shellOpeners = []string{"if", "while", "until", "for", "case", "select", "{"}
	shellClosers = []string{"fi", "done", "esac", "}"}
	shellBetween = []string{"then", "else", "elif", "do", "!", "time"}
)

// readShell reads the file as far as a shell would.
func readShell(src []byte) *shellFile {
	f := &shellFile{src: src, start: true}
	if bytes.HasPrefix(src, byteOrderMark) {
		f.pos = len(byteOrderMark)
	}
	for f.pos < len(src) && !f.broken && f.over == 0 {
		f.next()
	}
	if len(f.here) > 0 {
		f.broken = true
	}
	return f
}

// next reads one word or sign.
func (f *shellFile) next() {
	c, closed := f.src[f.pos], f.closed
	f.closed = false
	switch {
	case c == '\n':
		f.pos++
		f.begin(f.start && f.conditional) // a line may end in && || |
		f.skipHere()
	case bytes.HasPrefix(f.src[f.pos:], []byte("\\\n")):
		f.pos += 2 // the next line belongs to this one
		f.closed = closed
		f.joins = closed && f.pos == len(f.src)
	case strings.IndexByte(shellBlanks, c) >= 0:
		f.pos++
		f.closed = closed
	case c == '#':
		f.pos += len(f.line())
		f.remark = f.pos == len(f.src)
	case bytes.HasPrefix(f.src[f.pos:], []byte("&&")):
		f.pos += 2
		f.begin(true)
	case c == '|': // twice for ||
		f.pos++
		f.begin(true)
	case c == ';' || c == '&':
		f.pos++
		f.begin(false)
	case c == '(':
		f.pos++
		f.parens++
		f.begin(f.conditional)
	case c == ')': // of a subshell, a pattern of case, a function's name: a command may follow
		f.pos++
		f.parens = max(f.parens-1, 0)
		f.closed = true
		f.begin(f.conditional)
	case c == '<' && bytes.HasPrefix(f.src[f.pos:], []byte("<<")) && !bytes.HasPrefix(f.src[f.pos:], []byte("<<<")):
		f.openHere()
	case c == '<' || c == '>':
		f.skipRedirection()
	default:
		f.word()
	}
}

func (f *shellFile) begin(conditional bool) {
	f.start, f.command, f.conditional = true, "", conditional
}

// line is the rest of the line, without its end.
func (f *shellFile) line() []byte {
	line, _, _ := bytes.Cut(f.src[f.pos:], []byte{'\n'})
	return line
}

// word reads a word and takes what it sets.
func (f *shellFile) word() {
	from := f.pos
	f.skipWord()
	text := strings.ReplaceAll(string(f.src[from:f.pos]), "\\\n", "")
	m := shellName().FindStringSubmatch(text)
	unset := f.command == "unset"
	switch {
	case m != nil && (f.start || f.command != "" && !unset):
		f.vars = append(f.vars, shellVar{m[1], lineAt(f.src, from), from + len(m[0]), f.pos, f.depth == 0 && f.parens == 0 && !f.conditional, false})
	case unset:
		f.vars = append(f.vars, shellVar{text, lineAt(f.src, from), from, f.pos, true, true})
	case !f.start:
	case slices.Contains(shellSetters, text):
		f.start, f.command = false, text
	case slices.Contains(shellOpeners, text):
		f.depth++
	case slices.Contains(shellClosers, text):
		f.depth = max(f.depth-1, 0)
	case slices.Contains(shellBetween, text):
	case (text == "return" || text == "exit") && f.depth == 0 && f.parens == 0 && !f.conditional:
		f.over = f.pos
	default:
		f.start = false
	}
}

// skipWord goes to the end of a word.
func (f *shellFile) skipWord() {
	for f.pos < len(f.src) && !f.broken {
		c := f.src[f.pos]
		if strings.IndexByte(shellEnds, c) >= 0 && (c != '\r' || f.atLineEnd()) {
			return
		}
		f.skipOne()
	}
}

// atLineEnd is about a carriage return: at the end of a line it is no part of a word for whoever reads such files.
func (f *shellFile) atLineEnd() bool { return f.pos+1 >= len(f.src) || f.src[f.pos+1] == '\n' }

// skipOne goes over one sign, or over all that it opens.
func (f *shellFile) skipOne() {
	rest := f.src[f.pos:]
	switch {
	case rest[0] == '\\':
		f.pos = min(f.pos+2, len(f.src))
	case rest[0] == '\'':
		i := bytes.IndexByte(rest[1:], '\'')
		if f.broken = i < 0; f.broken {
			f.pos = len(f.src)
			return
		}
		f.pos += i + 2
	case rest[0] == '"':
		f.skipTo('"')
	case rest[0] == '`':
		f.skipTo('`')
	case bytes.HasPrefix(rest, []byte("$(")):
		f.pos++
		f.skipTo(')')
	case bytes.HasPrefix(rest, []byte("${")):
		f.pos++
		f.skipTo('}')
	default:
		f.pos++
	}
}

// skipTo goes over the sign here and on behind the one that closes it.
func (f *shellFile) skipTo(end byte) {
	open := f.src[f.pos]
	for f.pos++; f.pos < len(f.src); {
		c := f.src[f.pos]
		switch {
		case c == end:
			f.pos++
			return
		case end == '"' && c == '\'', end == '`' && c != '\\':
			f.pos++ // no quotation mark in there
		case end == ')' && c == open:
			f.skipTo(')')
		default:
			f.skipOne()
		}
		if f.broken {
			return
		}
	}
	f.broken = true
}

// skipRedirection goes over a < or > and the file behind it; what is set may follow.
func (f *shellFile) skipRedirection() {
	for f.pos < len(f.src) && strings.IndexByte("<>&|", f.src[f.pos]) >= 0 {
		f.pos++
	}
	f.skipBlanks()
	f.skipWord()
}

func (f *shellFile) skipBlanks() {
	for f.pos < len(f.src) && (f.src[f.pos] == ' ' || f.src[f.pos] == '\t') {
		f.pos++
	}
}

// openHere reads << and the word that ends the text from the next line on.
func (f *shellFile) openHere() {
	f.pos += 2
	doc := hereDoc{}
	if f.pos < len(f.src) && f.src[f.pos] == '-' {
		doc.tabs = true
		f.pos++
	}
	f.skipBlanks()
	from := f.pos
	f.skipWord()
	doc.end = strings.NewReplacer(`'`, "", `"`, "", `\`, "").Replace(string(f.src[from:f.pos]))
	f.here = append(f.here, doc)
}

// skipHere goes over the texts that << opened on the line before.
func (f *shellFile) skipHere() {
	for len(f.here) > 0 {
		if f.pos >= len(f.src) {
			return
		}
		text := strings.TrimSuffix(string(f.line()), "\r")
		f.pos = min(f.pos+len(f.line())+1, len(f.src))
		if f.here[0].tabs {
			text = strings.TrimLeft(text, "\t")
		}
		if text == f.here[0].end {
			f.here = f.here[1:]
		}
	}
}

// shellConflict says why the variable cannot be read or changed alike by a shell and by dotenv libraries.
func (d dotenv) shellConflict(name string) error {
	a, lines := d.find(name)
	var last *shellVar
	shell := readShell(d.src)
	for _, v := range shell.vars {
		if v.name != name {
			continue
		}
		seen := slices.ContainsFunc(d.vars, func(o assignment) bool { return o.name == name && o.valueStart == v.valueStart })
		switch {
		case v.unset:
			return &dotenvError{v.line, "a shell that reads the file unsets " + name + " there: take that out first"}
		case !seen:
			return &dotenvError{v.line, "a shell that reads the file sets " + name + " there, which dotenv libraries do not see: give each variable its own line"}
		case !v.sure:
			return &dotenvError{v.line, "a shell that reads the file sets " + name + " there only under a condition, or for a part of the line: give it a line of its own"}
		}
		last = &v
	}
	if shell.over > 0 && (len(lines) == 0 || a.valueStart > shell.over) {
		return &dotenvError{lineAt(d.src, shell.over), "a shell that reads the file stops there, and dotenv libraries do not: " + name + " has to stand before it"}
	}
	backslashes := len(d.src) - len(bytes.TrimRight(d.src, "\\"))
	if last == nil && len(lines) == 0 && (shell.joins || backslashes%2 == 1 && !shell.remark) {
		return &dotenvError{lineAt(d.src, len(d.src)), "the file ends in a backslash, which joins the line that is added after it to this one for a shell: take it out, or end the line"}
	}
	if last == nil {
		return nil
	}
	if len(lines) > 0 && last.valueStart != a.valueStart {
		return &dotenvError{a.line, "a shell does not read " + name + " from there: it reads it from line " + strconv.Itoa(last.line)}
	}
	if raw := d.raw(a); a.quote == 0 && strings.ContainsAny(raw, "'\"\\") && !strings.HasPrefix(raw, "$") {
		return &dotenvError{a.line, "a shell takes quotation marks and backslashes out of the value, and dotenv libraries do not: put it in single quotation marks"}
	} else if last.valueEnd != a.valueEnd && !placeholder().MatchString(raw) && (last.valueEnd < a.valueEnd || d.src[a.valueEnd] != '#') {
		return &dotenvError{a.line, "a shell reads that line otherwise than dotenv libraries do: put the value in single quotation marks, and what else is there on a line of its own"}
	}
	return nil
}

// shellAlike reports whether a shell reads everything but the variable alike in both, and the variable wherever dotenv libraries do.
func (d dotenv) shellAlike(after dotenv, name string) bool {
	was, is := readShell(d.src), readShell(after.src)
	if was.broken != is.broken {
		return false
	}
	if _, lines := d.find(name); len(lines) == 0 && !was.broken {
		a, _ := after.find(name)
		if !slices.ContainsFunc(is.vars, func(v shellVar) bool { return v.name == name && v.valueStart == a.valueStart && v.sure }) {
			return false
		}
	}
	a, lines := d.find(name)
	from, to := a.valueStart, a.valueEnd
	if len(lines) == 0 {
		from, to = len(d.src), len(d.src)
	}
	b, _ := after.find(name)
	return was.others(name, from, to) == is.others(name, b.valueStart, b.valueEnd)
}

// others are the variables that a shell sets but the named one. What swallows the change, as behind a single quotation mark, is left
// out: no shell that reads the file so has the variable from there.
func (f *shellFile) others(name string, from, to int) string {
	var all strings.Builder
	for _, v := range f.vars {
		swallows := v.valueStart <= from && to <= v.valueEnd && (from < to || f.broken)
		if v.name != name && !swallows {
			all.WriteString(v.name + "=" + string(f.src[v.valueStart:v.valueEnd]) + "\x00")
		}
	}
	return all.String()
}
