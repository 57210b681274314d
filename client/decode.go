package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"detent/apikey"
)

// What an answer may be at most.
const (
	maxList  = 128 << 20 // bytes of a list
	maxOther = 1 << 20   // bytes of every other answer
	maxDepth = 64        // nesting of JSON
	batch    = 500       // keys handed over at once
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
	for i := 0; i < len(p); i++ {
		if g.escaped {
			g.escaped = false
			continue
		}
		if g.inString {
			if i += plainRun(p[i:], &inText); i == len(p) {
				break
			}
			switch p[i] {
			case '\\':
				g.escaped = true
			case '"':
				g.inString = false
			}
			continue
		}
		if i += plainRun(p[i:], &brackets); i == len(p) {
			break
		}
		switch p[i] {
		case '"':
			g.inString = true
		case '[', '{':
			if g.depth++; g.depth > maxDepth {
				return false
			}
		default:
			g.depth--
		}
	}
	return true
}

// decodeOne reads a body that is one JSON value and nothing more.
func decodeOne(r io.Reader, into any) error {
	dec := json.NewDecoder(r)
	if err := dec.Decode(into); err != nil {
		return err
	}
	return atEnd(dec)
}

func atEnd(dec *json.Decoder) error {
	switch _, err := dec.Token(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	}
	return badAnswer("the answer goes on after its end")
}

// decodeList reads a list as a stream: a bare array, or an object that has the array under one of
// names. each decodes one element, whose JSON is gone when it returns. The object's other members are returned.
func decodeList(g *guard, names []string, each func(raw []byte) error) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(g)
	first, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch first {
	case nil: // an empty list of a service that is written in Go
		return nil, atEnd(dec)
	case json.Delim('['):
		list := newElements(io.MultiReader(dec.Buffered(), &g.limited), 1)
		if err := list.all(each); err != nil {
			return nil, err
		}
		return nil, atEnd(json.NewDecoder(list.rest()))
	case json.Delim('{'):
		rest, err := decodeEnvelope(dec, g, names, each)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return rest, err
	}
	return nil, badAnswer("the answer is no list")
}

func decodeEnvelope(dec *json.Decoder, g *guard, names []string, each func(raw []byte) error) (map[string]json.RawMessage, error) {
	rest, found := map[string]json.RawMessage{}, false
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return rest, err
		}
		member := name.(string)
		if !slices.Contains(names, member) {
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return rest, err
			}
			rest[member] = raw
			continue
		}
		switch open, err := dec.Token(); {
		case err != nil:
			return rest, err
		case found:
			return rest, badAnswer("the answer has its list twice")
		case open == json.Delim('['):
			found = true
			list := newElements(io.MultiReader(dec.Buffered(), &g.limited), 2)
			if err := list.all(each); err != nil {
				return rest, err
			}
			if dec, g, err = resumeAfter(list); err != nil {
				return rest, err
			}
		case open == nil:
			found = true
		case open == json.Delim('{') && !dec.More(): // an empty list of a service that keeps it by name
			found = true
			if _, err := dec.Token(); err != nil {
				return rest, err
			}
		default:
			return rest, badAnswer(fmt.Sprintf("the answer's %q is no list", member))
		}
	}
	if _, err := dec.Token(); err != nil {
		return rest, err
	}
	if err := refusal(rest); err != nil {
		return rest, err
	}
	if !found && !saysEmpty(rest) {
		return rest, badAnswer("the answer has no list")
	}
	return rest, atEnd(dec)
}

// saysEmpty reports whether an object without a list says that there is none: it holds nothing, or counts none.
func saysEmpty(members map[string]json.RawMessage) bool {
	for _, name := range []string{"total", "count", "totalCount", "total_count", "totalDocs"} {
		if raw := string(members[name]); raw == "0" || raw == `"0"` {
			return true
		}
	}
	return len(members) == 0
}

// resumeAfter decodes what follows a list in its object, as if that began there.
func resumeAfter(list *elements) (*json.Decoder, *guard, error) {
	c, err := list.peek()
	switch {
	case err != nil || c == '}':
	case c != ',':
		err = errSyntax
	default:
		list.pos++
		if c, err = list.peek(); err == nil && c != '"' {
			err = errSyntax
		}
	}
	if err != nil {
		return nil, nil, err
	}
	g := newGuard(io.MultiReader(strings.NewReader("{"), list.rest()), maxList)
	dec := json.NewDecoder(g)
	_, err = dec.Token()
	return dec, g, err
}

// refused is an answer with a status of success that says no.
type refused struct{ fault fault }

func (e *refused) Error() string { return e.fault.message }

// refusal recognises {"success":false,…}, a lone {"error":…} and {"errors":[…]} in an answer of status 200.
func refusal(members map[string]json.RawMessage) error {
	failed := !isNothing(members["error"]) || !isNothing(members["errors"])
	if says(members["success"], false) {
		failed = true
	} else if says(members["success"], true) {
		failed = false
	}
	if !failed {
		return nil
	}
	cause := faultOf(members)
	if cause.message == "" {
		cause.message = "the service says no, without a reason"
	}
	return &refused{cause}
}

// isNothing reports whether a member is not there, or is there and empty.
func isNothing(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "[]", "{}", `""`, "false", "0":
		return true
	}
	return false
}

// decodeObject reads an answer that is one object; where it is only an envelope, the object under
// one of names is taken.
func decodeObject(r io.Reader, names ...string) (members map[string]json.RawMessage, raw json.RawMessage, err error) {
	if err := decodeOne(r, &raw); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return nil, raw, badAnswer("the answer is no object")
	}
	if err := refusal(members); err != nil {
		return members, raw, err
	}
	for _, name := range names {
		var inner map[string]json.RawMessage
		if found := dig(members, name); json.Unmarshal(found, &inner) == nil && inner != nil {
			return inner, found, nil
		}
		var list []json.RawMessage // of the one
		if json.Unmarshal(members[name], &list) == nil && len(list) == 1 && json.Unmarshal(list[0], &inner) == nil && inner != nil {
			return inner, list[0], nil
		}
	}
	return members, raw, nil
}

// text is a string of the wire, taken tolerantly: a number is its digits, anything else absent.
// It is raw: scrub it, or pass it through verbatim.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	inside, ok := unquoted(b)
	switch {
	case ok:
		*t = text(inside)
	case len(b) > 0 && b[0] == '"':
		return json.Unmarshal(b, (*string)(t))
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		*t = text(b)
	}
	return nil
}

// flag is a boolean of the wire; nil is absent, or no boolean.
type flag struct{ value *bool }

func (f *flag) UnmarshalJSON(b []byte) error {
	if v, err := strconv.ParseBool(string(bytes.Trim(b, `"`))); err == nil && len(b) > 1 {
		f.value = &v
	}
	return nil
}

// token is a secret of the wire: it never exists as anything but an apikey.Secret. What a terminal
// cannot show or a header cannot carry is none.
type token struct{ apikey.Secret }

func (t *token) UnmarshalJSON(b []byte) error {
	var s string
	if inside, ok := unquoted(b); ok {
		s = string(inside)
	} else if json.Unmarshal(b, &s) != nil {
		return nil
	}
	if isPrintable(s) {
		t.Secret = apikey.NewSecret(s)
	}
	return nil
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= 0x20 || r > 0x7e })
}

// firstOf is the first that is not empty.
func firstOf[T ~string](values ...T) string {
	for _, v := range values {
		if v != "" {
			return string(v)
		}
	}
	return ""
}

func firstToken(values ...token) apikey.Secret {
	for _, v := range values {
		if !v.IsZero() {
			return v.Secret
		}
	}
	return apikey.Secret{}
}

// field scrubs a text of a key.
func field[T ~string](t T) string { return scrub(string(t), maxField) }

// looksLikeWebPage reports whether a body begins as HTML or XML does.
func looksLikeWebPage(head []byte) bool {
	return strings.HasPrefix(string(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n")), "<")
}
