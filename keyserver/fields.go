package keyserver

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

// object is a JSON object as it was sent, one raw value a field. Names are compared exactly.
type object map[string]json.RawMessage

// readBody reads a request's JSON object. An empty body is an object without fields: nil.
func readBody(r *http.Request) (object, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, readError(err)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	return parseObject(raw, "the body")
}

// parseQuery reads parameters, each of them once: one that cannot be read must not stand for one that is absent.
func parseQuery(raw string) (url.Values, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalid("the query is malformed")
	}
	for name, values := range q {
		if len(values) > 1 {
			return nil, invalid("the query has %q twice", clip(name))
		}
	}
	return q, nil
}

// readError keeps what fail knows by type and makes the rest the client's failure.
func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid("the body ended early")
	}
	return err
}

// parseObject is strict: one object, nothing after it, no field twice, valid UTF-8.
func parseObject(raw []byte, what string) (object, error) {
	if !utf8.Valid(raw) {
		return nil, invalid("%s is not UTF-8", what)
	}
	if !json.Valid(raw) {
		return nil, invalid("%s is not one JSON value", what)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, invalid("%s must be a JSON object", what)
	}
	o := object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, invalid("%s is not JSON", what)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, invalid("%s is not JSON", what)
		}
		key, _ := name.(string) // a name in an object is a string
		if _, twice := o[key]; twice {
			return nil, invalid("%s has the field %q twice", what, clip(key))
		}
		o[key] = value
	}
	return o, nil
}

// only refuses fields that are not named: a mistyped expiry must not make a key that never expires.
func (o object) only(what string, names ...string) error {
	var unknown []string
	for name := range o {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return invalid("unknown field %q: %s takes %s", clip(slices.Min(unknown)), what, strings.Join(names, ", "))
}

func (o object) has(name string) bool { _, ok := o[name]; return ok }

// into decodes a field into v; kind says what it should have been.
func (o object) into(name string, v any, kind string) error {
	raw, ok := o[name]
	if !ok {
		return invalid("%s is missing", name)
	}
	if string(raw) == "null" || json.Unmarshal(raw, v) != nil {
		return invalid("%s must be %s", name, kind)
	}
	return nil
}

func (o object) text(name string) (string, error) {
	var s string
	err := o.into(name, &s, "a string")
	return s, err
}

// name reads a key's name.
func (o object) name(field string) (string, error) {
	s, err := o.text(field)
	if err != nil {
		return "", err
	}
	return s, checkName(field, s)
}

// maxNameRunes bounds names, and what else is a line of text.
const maxNameRunes = 200

func checkName(field, s string) error {
	switch n := utf8.RuneCountInString(s); {
	case strings.TrimSpace(s) == "":
		return invalid("%s is empty", field)
	case n > maxNameRunes:
		return invalid("%s has %d characters, over %d", field, n, maxNameRunes)
	case strings.ContainsRune(s, 0):
		return invalid("%s holds a NUL character", field)
	case !utf8.ValidString(s): // in a query; a body is checked as a whole
		return invalid("%s is not UTF-8", field)
	}
	return nil
}

// seconds reads a lifetime in whole seconds; absent and null are 0.
func (o object) seconds(field string) (int64, error) {
	raw, ok := o[field]
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	return parseSeconds(field, string(raw))
}

// maxNumber is how long a number may be: more digits are nothing that anybody means.
const maxNumber = 100

// parseSeconds reads a number as JSON writes it, exactly: neither what a float cannot tell from 0 is 0, nor what it cannot
// tell from a whole number is one. 0 is no lifetime: who sends it must mean it.
func parseSeconds(field, text string) (int64, error) {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || !json.Valid([]byte(text)) {
		return 0, invalid("%s must be a number of seconds", field)
	}
	absurd := invalid("%s is absurd: over 100 years", field)
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if e, err := strconv.Atoi(cmp.Or(exponent, "0")); len(text) > maxNumber || err != nil || e > maxNumber || e < -maxNumber {
		switch {
		case text[0] == '-':
			return 0, invalid("%s is negative: use 0 for no expiry", field)
		case strings.Trim(mantissa, "0.") != "" && strings.HasPrefix(exponent, "-"):
			return 0, invalid("%s must be whole seconds", field)
		}
		return 0, absurd
	}
	n, ok := new(big.Rat).SetString(text)
	switch {
	case !ok:
		return 0, invalid("%s must be a number of seconds", field)
	case n.Sign() < 0:
		return 0, invalid("%s is negative: use 0 for no expiry", field)
	case n.Cmp(big.NewRat(int64(apikey.MaxLifetime/time.Second), 1)) > 0:
		return 0, absurd
	case !n.IsInt():
		return 0, invalid("%s must be whole seconds", field)
	}
	return n.Num().Int64(), nil
}

// instant reads an RFC 3339 time in the future as milliseconds; absent and null are never (0).
func (o object) instant(field string, now time.Time) (int64, error) {
	raw, ok := o[field]
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return 0, invalid("%s must be an RFC 3339 time such as 2027-01-31T00:00:00Z", field)
	}
	at, err := time.Parse(time.RFC3339, strings.ToUpper(text)) // t and z are RFC 3339 too
	if err != nil {
		return 0, invalid("%s is no RFC 3339 time: use for example 2027-01-31T00:00:00Z", field)
	}
	switch {
	case !at.After(now):
		return 0, invalid("%s is in the past", field)
	case at.Sub(now) > apikey.MaxLifetime:
		return 0, invalid("%s is absurd: over 100 years away", field)
	}
	return at.UnixMilli(), nil
}

// Bounds of what narrows a key.
const (
	maxEntries = 100
	maxEntry   = 2 << 10 // bytes
)

// restrictions reads and checks what narrows a generic key; absent is nothing.
func (o object) restrictions(field string) (apikey.Restrictions, error) {
	var r apikey.Restrictions
	raw, ok := o[field]
	if !ok || string(raw) == "null" {
		return r, nil
	}
	inner, err := parseObject(raw, field)
	if err != nil {
		return r, err
	}
	if err := inner.only(field, "ip_addresses", "referrers", "endpoints"); err != nil {
		return r, err
	}
	for _, list := range []struct {
		name  string
		into  *[]string
		valid func(string) bool
		kind  string
	}{
		{"ip_addresses", &r.IPAddresses, func(s string) bool { _, ok := parseNet(s); return ok }, "an IP address or CIDR"},
		{"referrers", &r.Referrers, func(s string) bool { _, ok := parseReferrer(s); return ok }, "an origin such as https://example.com, with an optional /*"},
		{"endpoints", &r.Endpoints, func(s string) bool { _, ok := cleanEndpoint(s); return ok }, "a path such as /v1/users"},
	} {
		if !inner.has(list.name) {
			continue
		}
		if err := inner.into(list.name, list.into, "an array of strings"); err != nil {
			return r, err
		}
		if len(*list.into) > maxEntries {
			return r, invalid("%s.%s has over %d entries", field, list.name, maxEntries)
		}
		for _, s := range *list.into {
			if len(s) > maxEntry {
				return r, invalid("%s.%s: an entry is over %d bytes", field, list.name, maxEntry)
			}
			if !list.valid(s) {
				return r, invalid("%s.%s: %q is not %s", field, list.name, clip(s), list.kind)
			}
		}
	}
	return r, nil
}

// Writing. Answers are appended by hand: a list of 100,000 keys is felt.

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
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

// appendField writes ,"name":"value"; the first field of an object is written by hand.
func appendField(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendText(b, value)
}

// appendRaw writes ,"name":value for a value that is JSON already.
func appendRaw(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return append(b, value...)
}

// appendTime writes ,"name":time, or null for none.
func appendTime(b []byte, name string, ms int64) []byte {
	if ms == 0 {
		return appendRaw(b, name, "null")
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':', '"')
	return append(appendWireTime(b, time.UnixMilli(ms).UTC()), '"')
}

// appendWireTime writes 2006-01-02T15:04:05.000Z, as time.Time.AppendFormat does in four times as long: a list of 100,000
// keys has two hundred thousand of them.
func appendWireTime(b []byte, at time.Time) []byte {
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
