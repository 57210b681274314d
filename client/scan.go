package client

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// A list of 100,000 keys is felt. Its elements are cut out of the stream here, and those of the usual shape are
// taken apart by hand; whatever is unusual about one is left to encoding/json, which says the same five times slower.

// errSyntax is what encoding/json says about text that is no JSON.
var errSyntax = json.Unmarshal([]byte("]"), new(any))

// A set is a set of bytes.
type set [256]bool

// What ends a run of bytes that need not be looked at one by one: in a string, and in an array or object.
var (
	inText   = set{'"': true, '\\': true}
	brackets = set{'"': true, '[': true, ']': true, '{': true, '}': true}
)

// plainRun counts the bytes before the first of a set.
func plainRun(b []byte, ends *set) int {
	for i, c := range b {
		if ends[c] {
			return i
		}
	}
	return len(b)
}

// elements are the elements of an array of the stream, whose opening bracket was read. They look to the limit of depth themselves.
type elements struct {
	r        io.Reader
	around   int // brackets that are open around an element
	buf      []byte
	pos, end int
	broken   error // why r gives no more
}

const readSize = 64 << 10

func newElements(r io.Reader, around int) *elements {
	return &elements{r: r, around: around, buf: make([]byte, readSize)}
}

// all hands over the JSON of each element, which is valid until the next one, and reads the closing bracket.
func (e *elements) all(each func(raw []byte) error) error {
	for first := true; ; first = false {
		c, err := e.peek()
		switch {
		case err != nil:
			return err
		case c == ']':
			e.pos++
			return nil
		case !first && c != ',':
			return errSyntax
		case !first:
			e.pos++
			if _, err := e.peek(); err != nil {
				return err
			}
		}
		raw, err := e.value()
		if err != nil {
			return err
		}
		if err := each(raw); err != nil {
			return err
		}
	}
}

// rest is what follows.
func (e *elements) rest() io.Reader {
	return io.MultiReader(bytes.NewReader(e.buf[e.pos:e.end]), e.r)
}

// peek skips white space and shows the byte after it.
func (e *elements) peek() (byte, error) {
	for {
		for ; e.pos < e.end; e.pos++ {
			if c := e.buf[e.pos]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				return c, nil
			}
		}
		if err := e.fill(); err != nil {
			return 0, err
		}
	}
}

// value cuts out the value that begins here. Whether it is valid is for its reader to say.
func (e *elements) value() ([]byte, error) {
	depth, inString := 0, false
	buf := e.buf[e.pos:e.end]
	for at := 0; ; at++ {
		for {
			if at < len(buf) {
				switch {
				case inString:
					at += plainRun(buf[at:], &inText)
				case depth > 0:
					at += plainRun(buf[at:], &brackets)
				}
			}
			if at < len(buf) {
				break
			}
			if err := e.fill(); err != nil {
				return nil, err
			}
			buf = e.buf[e.pos:e.end]
		}
		c := buf[at]
		switch {
		case inString:
			if c == '"' {
				inString = false
			} else if c == '\\' {
				at++ // what follows ends no string
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; e.around+depth > maxDepth {
				return nil, errTooDeep
			}
		case depth > 0:
			if c == '}' || c == ']' {
				depth--
			}
		case c == '}' || c == ']' || c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t':
			if at == 0 {
				return nil, errSyntax
			}
			e.pos += at
			return buf[:at], nil
		}
	}
}

// fill reads on, keeping what is not used yet.
func (e *elements) fill() error {
	if e.broken != nil {
		return e.broken
	}
	e.end = copy(e.buf, e.buf[e.pos:e.end])
	e.pos = 0
	if e.end == len(e.buf) {
		e.buf = append(e.buf, make([]byte, len(e.buf))...)
	}
	n, err := e.r.Read(e.buf[e.end:])
	e.end += n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	e.broken = err
	if n > 0 {
		return nil
	}
	return err
}

// row is what an element is decoded into: field is where a member goes, nil for one that is left to encoding/json.
type row interface {
	field(name []byte) json.Unmarshaler
}

// decodeRow decodes one element into a row that is empty.
func decodeRow(raw []byte, into row) error {
	w := walker{raw, 0}
	if w.row(into) {
		return nil
	}
	return json.Unmarshal(raw, into) // what was filled in is filled in again, in the same order
}

// passedOver is the place of a member that nobody reads.
type passedOver struct{}

func (passedOver) UnmarshalJSON([]byte) error { return nil }

// elsewhere is where a member without a place goes: nowhere, or to encoding/json, which takes a known name in another case too.
func elsewhere(name []byte, known []string) json.Unmarshaler {
	for _, k := range known {
		if strings.EqualFold(k, string(name)) {
			return nil
		}
	}
	return passedOver{}
}

// A walker walks over JSON as services write it: strings without escapes, and nothing that is disputed. Its methods
// report false for anything else.
type walker struct {
	raw []byte
	at  int
}

// row hands the members of an object to their fields, and reports whether it is all there is.
func (w *walker) row(into row) bool {
	return w.object(func(name, value []byte) bool {
		f := into.field(name)
		return f != nil && f.UnmarshalJSON(value) == nil
	}) && w.skip() == len(w.raw)
}

func (w *walker) object(member func(name, value []byte) bool) bool {
	if !w.take('{') {
		return false
	}
	if w.take('}') {
		return true
	}
	for {
		name, ok := w.text()
		if !ok || !w.take(':') {
			return false
		}
		from := w.skip()
		if !w.value() || member != nil && !member(name, w.raw[from:w.at]) {
			return false
		}
		if !w.take(',') {
			return w.take('}')
		}
	}
}

// value walks over a value.
func (w *walker) value() bool {
	from := w.skip()
	if from == len(w.raw) {
		return false
	}
	switch c := w.raw[from]; {
	case c == '"':
		_, ok := w.text()
		return ok
	case c == '{':
		return w.object(nil)
	case c == '[':
		w.at++
		if w.take(']') {
			return true
		}
		for {
			if !w.value() {
				return false
			}
			if !w.take(',') {
				return w.take(']')
			}
		}
	case c == '-' || c >= '0' && c <= '9':
		return w.number()
	}
	for _, word := range []string{"null", "true", "false"} {
		if bytes.HasPrefix(w.raw[from:], []byte(word)) {
			w.at += len(word)
			return true
		}
	}
	return false
}

// number walks over digits with at most one point; exponents are unusual.
func (w *walker) number() bool {
	from := w.at
	if w.raw[w.at] == '-' {
		w.at++
	}
	digits := func() int {
		n := w.at
		for w.at < len(w.raw) && w.raw[w.at] >= '0' && w.raw[w.at] <= '9' {
			w.at++
		}
		return w.at - n
	}
	first := w.at
	n := digits()
	if n == 0 || n > 1 && w.raw[first] == '0' {
		return false
	}
	if w.at < len(w.raw) && w.raw[w.at] == '.' {
		w.at++
		if digits() == 0 {
			return false
		}
	}
	return w.at > from && (w.at == len(w.raw) || w.raw[w.at] != 'e' && w.raw[w.at] != 'E')
}

// text walks over a string and returns what is between its quotes.
func (w *walker) text() ([]byte, bool) {
	if !w.take('"') {
		return nil, false
	}
	rest := w.raw[w.at:]
	n := plainRun(rest, &unusual)
	if n == len(rest) || rest[n] != '"' {
		return nil, false
	}
	w.at += n + 1
	return rest[:n], true
}

// unusual is what ends the plain text of a string: its quote, an escape, a control character that may not stand there.
var unusual = func() (s set) {
	for c := range 0x20 {
		s[c] = true
	}
	s['"'], s['\\'] = true, true
	return s
}()

// take walks over white space and one byte, if it is this one.
func (w *walker) take(c byte) bool {
	if at := w.skip(); at < len(w.raw) && w.raw[at] == c {
		w.at++
		return true
	}
	return false
}

func (w *walker) skip() int {
	for w.at < len(w.raw) && (w.raw[w.at] == ' ' || w.raw[w.at] == '\n' || w.raw[w.at] == '\r' || w.raw[w.at] == '\t') {
		w.at++
	}
	return w.at
}

// unquoted is the value of a JSON string that is printable ASCII without escapes; it is a part of what it is given.
func unquoted(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return nil, false
	}
	b = b[1 : len(b)-1]
	for _, c := range b {
		if c < 0x20 || c > 0x7e || c == '\\' || c == '"' {
			return nil, false
		}
	}
	return b, true
}

// letters are those of the texts of a list, many in one piece of memory: a text of its own for each is a third of what a list of 10,000 keys allocates.
// What is in a piece stays, so that a part of it may be kept as long as one likes.
type letters struct{ piece strings.Builder }

// The pieces: a single key takes a small one.
const (
	firstPiece = 256
	mostPiece  = 16 << 10
)

// keep is a text that is a copy of b.
func (l *letters) keep(b []byte) string {
	if len(b) > l.piece.Cap()-l.piece.Len() {
		size := min(max(2*l.piece.Cap(), firstPiece), mostPiece)
		if len(b) > size/4 {
			return string(b)
		}
		l.piece = strings.Builder{}
		l.piece.Grow(size)
	}
	from := l.piece.Len()
	l.piece.Write(b)
	return l.piece.String()[from:]
}

// textPlace is the place of a text in a row of a list.
type textPlace struct {
	text *text
	in   *letters
}

func (p *textPlace) UnmarshalJSON(b []byte) error {
	if inside, ok := unquoted(b); ok {
		*p.text = text(p.in.keep(inside))
		return nil
	}
	return p.text.UnmarshalJSON(b)
}
