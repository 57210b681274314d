package apikey

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Number is a limit or a budget that a key can have: a member of Key.Extra, which is shown, compared and copied as such.
type Number struct {
	Field       Field
	Title       string // as people are asked for it: "spend limit in US dollars"
	Least, Most int64  // both 0 for no bounds that are known
	Fraction    bool   // it need not be whole
	Always      bool   // no key is without it
	Change      bool   // it can be changed
}

var numberPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,15}(?:\.[0-9]{1,9})?$`) })

// Parse reads what a person types; "none" and nothing are null.
func (n Number) Parse(text string) (json.RawMessage, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.EqualFold(text, wordNone) {
		text = "null"
	} else if !numberPattern().MatchString(text) {
		return nil, fmt.Errorf("%q is no number, such as 100", clip(text))
	} else {
		text = canonicalNumber(text)
	}
	return json.RawMessage(text), n.Check(json.RawMessage(text))
}

// Check says why a key cannot have a number, if so; null is none.
func (n Number) Check(raw json.RawMessage) error {
	value, err := strconv.ParseFloat(string(raw), 64)
	switch bounded := n.Least != 0 || n.Most != 0; {
	case (raw == nil || string(raw) == "null") && n.Always:
		return fmt.Errorf("is needed: %s", n.Title)
	case raw == nil || string(raw) == "null":
	case err != nil:
		return fmt.Errorf("%s is no number", clip(string(raw)))
	case !n.Fraction && strings.Contains(string(raw), "."):
		return fmt.Errorf("%s is no whole number", raw)
	case bounded && value < float64(n.Least) || n.Most != 0 && value > float64(n.Most):
		return fmt.Errorf("%s is not from %d to %d", raw, n.Least, n.Most)
	}
	return nil
}

// ParseNumbers reads several as NAME=NUMBER, of those that a service knows.
func ParseNumbers(texts []string, known []Number) (map[string]json.RawMessage, error) {
	var out map[string]json.RawMessage
	names := make([]string, len(known))
	for i, n := range known {
		names[i] = string(n.Field)
	}
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		at := slices.Index(names, strings.TrimSpace(name))
		switch {
		case len(names) == 0:
			return nil, fmt.Errorf("keys of this service have no limits")
		case at < 0:
			return nil, fmt.Errorf("there is no %q: say NAME=NUMBER, with %s", clip(name), Alternatives(names))
		}
		raw, err := known[at].Parse(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", names[at], err)
		}
		if out == nil {
			out = map[string]json.RawMessage{}
		}
		out[names[at]] = raw
	}
	return out, nil
}

// NumberOf is the value of a number that a key has.
func NumberOf(k *Key, field Field) (value float64, has bool) {
	value, err := strconv.ParseFloat(string(k.Extra[string(field)]), 64)
	return value, err == nil
}
