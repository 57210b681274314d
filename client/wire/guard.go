package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// What an answer may be at most.
const (
	MaxList  = 128 << 20 // bytes of a list
	MaxOther = 1 << 20   // bytes of every other answer
	maxDepth = 64        // nesting of JSON
)

var (
	ErrTooLarge = errors.New("the answer is over the limit")
	ErrTooDeep  = fmt.Errorf("the answer is nested over %d deep", maxDepth)
	ErrWebPage  = errors.New("a web page instead of the service's JSON")
	ErrCut      = errors.New("the answer breaks off")
)

// BadAnswer is an answer that is JSON, but not what the service promises. Its text is ours.
type BadAnswer string

func (e BadAnswer) Error() string { return string(e) }

// Guard passes a body on while it stays within its limits: bytes and depth of nesting.
type Guard struct {
	limited
	nesting
}

// NewGuard bounds a body: left is how many bytes it may have.
func NewGuard(r io.Reader, left int64) *Guard { return &Guard{limited: limited{r: r, Left: left}} }

func (g *Guard) Read(p []byte) (int, error) {
	n, err := g.limited.Read(p)
	if !g.nest(p[:n]) {
		return 0, ErrTooDeep
	}
	return n, err
}

// limited passes a body on while it has no more bytes than it may.
type limited struct {
	r      io.Reader
	Left   int64
	Failed error // how the body broke; nil where it came to its end
}

func (g *limited) Read(p []byte) (int, error) {
	if g.Left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > g.Left+1 {
		p = p[:g.Left+1]
	}
	if g.Failed != nil { // net/http tells only once that time ran out; what is asked again hears of a closed connection
		return 0, g.Failed
	}
	n, err := g.r.Read(p)
	if err != nil && err != io.EOF {
		g.Failed = err
	}
	if g.Left -= int64(n); g.Left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// nesting is where a text of JSON has come to.
type nesting struct {
	depth    int
	inString bool
	escaped  bool
}

// nest follows the nesting and reports whether it is within the limit.
func (g *nesting) nest(p []byte) bool {
	for _, c := range p {
		switch {
		case g.escaped:
			g.escaped = false
		case g.inString && c == '\\':
			g.escaped = true
		case c == '"':
			g.inString = !g.inString
		case g.inString:
		case c == '[' || c == '{':
			if g.depth++; g.depth > maxDepth {
				return false
			}
		case c == ']' || c == '}':
			g.depth--
		}
	}
	return true
}

// tooDeep reports whether a value is nested deeper than it may be within so many brackets. What is too short for that, or has too few brackets,
// is not looked at any closer.
func tooDeep(raw []byte, around int) bool {
	if around+len(raw)/2 <= maxDepth || around+bytes.Count(raw, []byte("["))+bytes.Count(raw, []byte("{")) <= maxDepth {
		return false
	}
	n := nesting{depth: around}
	return !n.nest(raw)
}
