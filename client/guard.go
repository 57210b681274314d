package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// What an answer may be at most.
const (
	maxList  = 128 << 20 // bytes of a list
	maxOther = 1 << 20   // bytes of every other answer
	maxDepth = 64        // nesting of JSON
)

var (
	errTooLarge = errors.New("the answer is over the limit")
	errTooDeep  = fmt.Errorf("the answer is nested over %d deep", maxDepth)
	errWebPage  = errors.New("a web page instead of the service's JSON")
	errCut      = errors.New("the answer breaks off")
)

// badAnswer is an answer that is JSON, but not what the service promises. Its text is ours.
type badAnswer string

func (e badAnswer) Error() string { return string(e) }

// guard passes a body on while it stays within its limits: bytes and depth of nesting.
type guard struct {
	limited
	nesting
}

func newGuard(r io.Reader, left int64) *guard { return &guard{limited: limited{r: r, left: left}} }

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.limited.Read(p)
	if !g.nest(p[:n]) {
		return 0, errTooDeep
	}
	return n, err
}

// limited passes a body on while it has no more bytes than it may.
type limited struct {
	r      io.Reader
	left   int64
	failed error // how the body broke; nil where it came to its end
}

func (g *limited) Read(p []byte) (int, error) {
	if g.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > g.left+1 {
		p = p[:g.left+1]
	}
	if g.failed != nil { // net/http tells only once that time ran out; what is asked again hears of a closed connection
		return 0, g.failed
	}
	n, err := g.r.Read(p)
	if err != nil && err != io.EOF {
		g.failed = err
	}
	if g.left -= int64(n); g.left < 0 {
		return 0, errTooLarge
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
