// Package wire reads what services answer: a body opened and held to its bounds, the JSON in it, read tolerantly, and its texts made harmless.
// It knows no call and no service; the rows of a list it reads by the members that a declaration names.
//
// Its files from the bottom up: texts made harmless (scrub.go, secretlike.go); bodies (unpack.go, guard.go) and the JSON in them (stream.go);
// values (wire.go, when.go), and what must go back as it came (verbatim.go, features.go); how a service says yes (yes.go) or no (fault.go), in which words (wordlists.go, lacking.go), or to wait (wait.go); lists and objects (decode.go, shape.go), and which page comes next, and whether all rows came (pages.go, further.go, tally.go); a row (record.go), and where its values go (place.go).
package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
)

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

// Text is a string of the wire, taken tolerantly: a number is its digits, anything else absent.
// It is raw: scrub it, or pass it through verbatim.
type Text string

func (t *Text) UnmarshalJSON(b []byte) error {
	inside, ok := unquoted(b)
	switch {
	case ok:
		*t = Text(inside)
	case len(b) > 0 && b[0] == '"':
		return json.Unmarshal(b, (*string)(t))
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		*t = Text(b)
	}
	return nil
}

// Flag is a boolean of the wire; nil is absent, or no boolean.
type Flag struct{ Value *bool }

func (f *Flag) UnmarshalJSON(b []byte) error {
	if v, err := strconv.ParseBool(string(bytes.Trim(b, `"`))); err == nil && len(b) > 1 {
		f.Value = &v
	}
	return nil
}

// Token is a secret of the wire: it never exists as anything but an apikey.Secret. What a terminal
// cannot show or a header cannot carry is none.
type Token struct {
	apikey.Secret
	standsIn bool // for a secret that is not shown
}

func (t *Token) UnmarshalJSON(b []byte) error {
	if inside, ok := unquoted(b); ok {
		t.take(string(inside))
		return nil
	}
	var s string // what json.Unmarshal is given is on the heap
	if json.Unmarshal(b, &s) == nil {
		t.take(s)
	}
	return nil
}

func (t *Token) take(s string) {
	if t.standsIn = isPlaceholder(s); IsPrintable(s) {
		t.Secret = apikey.NewSecret(s)
	}
}

// IsPrintable reports whether a text is printable ASCII without blanks: what a header can carry and a terminal shows as it is.
func IsPrintable(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// isPlaceholder reports whether a text stands in a secret's place: "<hidden>", "[redacted]", "sk_***", "abc...xyz", or one sign again and again.
func isPlaceholder(s string) bool {
	around := func(open, end string) bool { return strings.HasPrefix(s, open) && strings.HasSuffix(s, end) }
	return around("<", ">") || around("[", "]") || around("(", ")") || strings.Contains(s, "***") || strings.Contains(s, "...") ||
		len(s) > 1 && strings.Trim(s, s[:1]) == "" || len(s) <= len("redacted") && slices.Contains([]string{"hidden", "redacted", "masked"}, strings.ToLower(s))
}

// LeastListed is how long a secret is at least that a list is taken to show.
const LeastListed = 8

// FirstOf is the first that is not empty.
func FirstOf[T ~string](values ...T) string {
	for _, v := range values {
		if v != "" {
			return string(v)
		}
	}
	return ""
}

// Field scrubs a text of a key.
func Field[T ~string](t T) string { return Scrub(string(t), MaxField) }

// Heading makes words of a name such as "dns_and_zones".
func Heading(name string) string {
	words := Field(strings.ReplaceAll(name, "_", " "))
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + words[size:]
}

// LooksLikeWebPage reports whether a body begins as HTML or XML does.
func LooksLikeWebPage(head []byte) bool {
	return strings.HasPrefix(string(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n")), "<")
}

// reference is an id, or an object with one: a project is either.
type reference struct{ ID, Name Text }

func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return r.ID.UnmarshalJSON(b)
	}
	var object struct {
		ID   Text `json:"id"`
		OID  Text `json:"_id"`
		Name Text `json:"name"`
	}
	if err := json.Unmarshal(b, &object); err != nil {
		return err
	}
	r.ID, r.Name = Text(FirstOf(object.ID, object.OID)), object.Name
	return nil
}

// Dig finds what a path leads to: members and indexes with a dot between. Nothing is nil, and a path that is not declared leads nowhere.
func Dig(members map[string]json.RawMessage, path string) json.RawMessage {
	if path == "" {
		return nil
	}
	name, rest, more := strings.Cut(path, ".")
	if more {
		rest = "." + rest
	}
	found, _ := along(members[name], rest)
	return found
}

// along is what the rest of a path leads to: ".labels.name", ".0". After "[]" it goes on in each element of an array, and an element without it
// stands for itself. Where something is in the way that it cannot go through, that is stuck.
func along(raw json.RawMessage, rest string) (found, stuck json.RawMessage) {
	for rest != "" && raw != nil {
		if after, each := strings.CutPrefix(rest, "[]"); each && List(raw) != nil {
			return eachAlong(List(raw), after), nil
		} else if each && string(raw) != "null" {
			return nil, raw
		}
		name, after := strings.TrimPrefix(rest, "."), ""
		if at := strings.IndexAny(name, ".["); at >= 0 {
			name, after = name[:at], name[at:]
		}
		object, list := Object(raw), List(raw)
		at, err := strconv.Atoi(name)
		switch {
		case object != nil:
			raw = object[name]
		case err == nil && at >= 0 && at < len(list):
			raw = list[at]
		case string(raw) == "null" || err == nil && list != nil:
			return nil, nil
		default:
			return nil, raw
		}
		rest = after
	}
	return raw, nil
}

// eachAlong are what a path leads to in each element, as one array.
func eachAlong(list []json.RawMessage, rest string) json.RawMessage {
	out := []json.RawMessage{}
	for _, item := range list {
		found, _ := along(item, rest)
		if inner := List(found); inner != nil && strings.Contains(rest, "[]") {
			out = append(out, inner...)
		} else if found != nil {
			out = append(out, found)
		} else {
			out = append(out, item)
		}
	}
	raw, _ := json.Marshal(out)
	return raw
}

// Drop takes away the member that is called so, or else what a path leads to. All beside it stays as it was written.
func Drop(members map[string]json.RawMessage, path string) {
	name, rest, more := strings.Cut(path, ".")
	if _, is := members[path]; is || !more {
		delete(members, path)
	} else if raw, is := members[name]; is {
		members[name] = without(raw, rest)
	}
}

// without is a value without what a path in it leads to.
func without(raw json.RawMessage, path string) json.RawMessage {
	var left any
	if members := Object(raw); members != nil {
		Drop(members, path)
		left = members
	} else {
		name, rest, _ := strings.Cut(path, ".")
		list := List(raw)
		at, err := strconv.Atoi(name)
		if err != nil || at < 0 || at >= len(list) || rest == "" {
			return raw
		}
		list[at], left = without(list[at], rest), list
	}
	out, err := json.Marshal(left)
	if err != nil {
		return raw
	}
	return out
}

// TextAt is the text that a path leads to; empty for none.
func TextAt(members map[string]json.RawMessage, path string) string {
	var t Text
	_ = t.UnmarshalJSON(Dig(members, path))
	return string(t)
}

// Object are the members of an object; nil for what is none.
func Object(raw []byte) (members map[string]json.RawMessage) {
	_ = json.Unmarshal(raw, &members)
	return members
}

// List are the elements of an array; nil for what is none.
func List(raw []byte) (list []json.RawMessage) {
	_ = json.Unmarshal(raw, &list)
	return list
}

// Word is a text, a number or a boolean, in letters and digits.
type Word string

func (w *Word) UnmarshalJSON(b []byte) error {
	if s := string(b); s == "true" || s == "false" {
		*w = Word(s)
		return nil
	}
	return (*Text)(w).UnmarshalJSON(b)
}

// ASCII writes the same JSON without any character that is not printable ASCII, so that it
// can be shown as it is and still goes back unchanged.
func ASCII(raw json.RawMessage) json.RawMessage {
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		i += size
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ') // outside of strings alone: inside they are escaped
		case r < 0x20 || r >= 0x7f && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			b.WriteRune(r)
		}
	}
	return json.RawMessage(b.String())
}

// ReadRestrictions are nil where the service does not report them, or reports a kind that is not known:
// a key with a restriction that would be lost in a copy must not look like one without.
func ReadRestrictions(raw []byte) *apikey.Restrictions {
	if len(raw) == 0 {
		return nil
	}
	var reply struct {
		IPAddresses texts `json:"ip_addresses"`
		Referrers   texts `json:"referrers"`
		Endpoints   texts `json:"endpoints"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if dec.Decode(&reply) != nil {
		return nil
	}
	return &apikey.Restrictions{IPAddresses: reply.IPAddresses, Referrers: reply.Referrers, Endpoints: reply.Endpoints}
}

// texts is a list of strings, or one.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	if string(b) == "[]" {
		return nil
	}
	var list []Text
	var one Text
	if json.Unmarshal(b, &list) != nil {
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		if one != "" {
			list = []Text{one}
		}
	}
	for _, item := range list {
		*t = append(*t, Field(item))
	}
	return nil
}

// Says reports whether a member is this boolean, in any of the ways in which services write one.
func Says(raw json.RawMessage, want bool) bool {
	switch strings.ToLower(strings.Trim(string(raw), `" `)) {
	case "true", "1", "yes":
		return want
	case "false", "0", "no":
		return !want
	}
	return false
}

// Literal is a string's value, or any other value's JSON.
func Literal(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var b bytes.Buffer
	_ = json.Compact(&b, raw)
	return b.String()
}
