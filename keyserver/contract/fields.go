package contract

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"detent/apikey"
)

// Object is a JSON object as it was sent, one raw value a field. Names are compared exactly.
type Object map[string]json.RawMessage

// ReadBody reads a request's JSON object. An empty body is an object without fields: nil.
func ReadBody(r *http.Request) (Object, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, readError(err)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	return parseObject(raw, "the body")
}

// ParseQuery reads parameters, each of them once: one that cannot be read must not stand for one that is absent.
func ParseQuery(raw string) (url.Values, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, Invalid("the query is malformed")
	}
	for name, values := range q {
		if len(values) > 1 {
			return nil, Invalid("the query has %q twice", Clip(name))
		}
	}
	return q, nil
}

// readError keeps what fail knows by type and makes the rest the client's failure.
func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return Invalid("the body ended early")
	}
	return err
}

// parseObject is strict: one object, nothing after it, no field twice, valid UTF-8.
func parseObject(raw []byte, what string) (Object, error) {
	if !utf8.Valid(raw) {
		return nil, Invalid("%s is not UTF-8", what)
	}
	if !json.Valid(raw) {
		return nil, Invalid("%s is not one JSON value", what)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, Invalid("%s must be a JSON object", what)
	}
	o := Object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, Invalid("%s is not JSON", what)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, Invalid("%s is not JSON", what)
		}
		key, _ := name.(string) // a name in an object is a string
		if _, twice := o[key]; twice {
			return nil, Invalid("%s has the field %q twice", what, Clip(key))
		}
		o[key] = value
	}
	return o, nil
}

// Only refuses fields that are not named: a mistyped expiry must not make a key that never expires.
func (o Object) Only(what string, names ...string) error {
	var unknown []string
	for name := range o {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return Invalid("unknown field %q: %s takes %s", Clip(slices.Min(unknown)), what, strings.Join(names, ", "))
}

// Has reports whether the field was sent, null or not.
func (o Object) Has(name string) bool { _, ok := o[name]; return ok }

// Into decodes a field into v; kind says what it should have been.
func (o Object) Into(name string, v any, kind string) error {
	raw, ok := o[name]
	if !ok {
		return Invalid("%s is missing", name)
	}
	if string(raw) == "null" || json.Unmarshal(raw, v) != nil {
		return Invalid("%s must be %s", name, kind)
	}
	return nil
}

func (o Object) Text(name string) (string, error) {
	var s string
	err := o.Into(name, &s, "a string")
	return s, err
}

// Name reads a key's name.
func (o Object) Name(field string) (string, error) {
	s, err := o.Text(field)
	if err != nil {
		return "", err
	}
	return s, CheckName(field, s)
}

// maxNameRunes bounds names, and what else is a line of text.
const maxNameRunes = 200

// CheckName refuses a name that is empty, too long or no text.
func CheckName(field, s string) error {
	switch n := utf8.RuneCountInString(s); {
	case strings.TrimSpace(s) == "":
		return Invalid("%s is empty", field)
	case n > maxNameRunes:
		return Invalid("%s has %d characters, over %d", field, n, maxNameRunes)
	case strings.ContainsRune(s, 0):
		return Invalid("%s holds a NUL character", field)
	case !utf8.ValidString(s): // in a query; a body is checked as a whole
		return Invalid("%s is not UTF-8", field)
	}
	return nil
}

// Seconds reads a lifetime in whole seconds; absent and null are 0.
func (o Object) Seconds(field string) (int64, error) {
	raw, ok := o[field]
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	return ParseSeconds(field, string(raw))
}

// maxNumber is how long a number may be: more digits are nothing that anybody means.
const maxNumber = 100

// ParseSeconds reads a number as JSON writes it, exactly: neither what a float cannot tell from 0 is 0, nor what it cannot
// tell from a whole number is one. 0 is no lifetime: who sends it must mean it.
func ParseSeconds(field, text string) (int64, error) {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || !json.Valid([]byte(text)) {
		return 0, Invalid("%s must be a number of seconds", field)
	}
	absurd := Invalid("%s is absurd: over 100 years", field)
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if e, err := strconv.Atoi(cmp.Or(exponent, "0")); len(text) > maxNumber || err != nil || e > maxNumber || e < -maxNumber {
		switch {
		case text[0] == '-':
			return 0, Invalid("%s is negative: use 0 for no expiry", field)
		case strings.Trim(mantissa, "0.") != "" && strings.HasPrefix(exponent, "-"):
			return 0, Invalid("%s must be whole seconds", field)
		}
		return 0, absurd
	}
	n, ok := new(big.Rat).SetString(text)
	switch {
	case !ok:
		return 0, Invalid("%s must be a number of seconds", field)
	case n.Sign() < 0:
		return 0, Invalid("%s is negative: use 0 for no expiry", field)
	case n.Cmp(big.NewRat(int64(apikey.MaxLifetime/time.Second), 1)) > 0:
		return 0, absurd
	case !n.IsInt():
		return 0, Invalid("%s must be whole seconds", field)
	}
	return n.Num().Int64(), nil
}

// Instant reads an RFC 3339 time in the future as milliseconds; absent and null are never (0).
func (o Object) Instant(field string, now time.Time) (int64, error) {
	raw, ok := o[field]
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return 0, Invalid("%s must be an RFC 3339 time such as 2027-01-31T00:00:00Z", field)
	}
	at, err := time.Parse(time.RFC3339, strings.ToUpper(text)) // t and z are RFC 3339 too
	if err != nil {
		return 0, Invalid("%s is no RFC 3339 time: use for example 2027-01-31T00:00:00Z", field)
	}
	switch {
	case !at.After(now):
		return 0, Invalid("%s is in the past", field)
	case at.Sub(now) > apikey.MaxLifetime:
		return 0, Invalid("%s is absurd: over 100 years away", field)
	}
	return at.UnixMilli(), nil
}

// Bounds of what narrows a key.
const (
	MaxEntries = 100
	MaxEntry   = 2 << 10 // bytes
)

// Writing. Answers are appended by hand: a list of 100,000 keys is felt.

// AppendText writes a JSON string.
func AppendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always marshals
				panic(fmt.Sprintf("marshal a string: %v", err))
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// AppendField writes ,"name":"value"; the first field of an object is written by hand.
func AppendField(b []byte, name, value string) []byte {
	return AppendText(appendName(b, name), value)
}

// AppendRaw writes ,"name":value for a value that is JSON already.
func AppendRaw(b []byte, name, value string) []byte {
	return append(appendName(b, name), value...)
}

func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// AppendTime writes ,"name":time, or null for none.
func AppendTime(b []byte, name string, ms int64) []byte {
	if ms == 0 {
		return AppendRaw(b, name, "null")
	}
	b = append(appendName(b, name), '"')
	return append(AppendWireTime(b, time.UnixMilli(ms).UTC()), '"')
}

// AppendWireTime writes 2006-01-02T15:04:05.000Z, as time.Time.AppendFormat does in four times as long: a list of 100,000
// keys has two hundred thousand of them.
func AppendWireTime(b []byte, at time.Time) []byte {
	year, month, day := at.Date()
	if year < 0 || year > 9999 {
		return at.AppendFormat(b, "2006-01-02T15:04:05.000Z")
	}
	hour, minute, second := at.Clock()
	b = appendDigits(b, year, 4)
	b = appendDigits(append(b, '-'), int(month), 2)
	b = appendDigits(append(b, '-'), day, 2)
	b = appendDigits(append(b, 'T'), hour, 2)
	b = appendDigits(append(b, ':'), minute, 2)
	b = appendDigits(append(b, ':'), second, 2)
	b = appendDigits(append(b, '.'), at.Nanosecond()/1e6, 3)
	return append(b, 'Z')
}

// appendDigits writes the last digits of n, which are at most four.
func appendDigits(b []byte, n, digits int) []byte {
	b = append(b, "0000"[:digits]...)
	for at := len(b) - 1; digits > 0; digits-- {
		b[at] = byte('0' + n%10)
		n /= 10
		at--
	}
	return b
}
