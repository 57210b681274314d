package apikey

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// PropertyKind says what the value of a property is, and with it how Key.Extra holds it.
type PropertyKind string

// The kinds.
const (
	NumberProperty    PropertyKind = "number"    // a number; so is what has no kind
	ChoiceProperty    PropertyKind = "choice"    // a text, one of several
	TextProperty      PropertyKind = "text"      // a text
	InstantProperty   PropertyKind = "instant"   // a text: RFC 3339, in UTC
	ListProperty      PropertyKind = "list"      // an array of texts, in order, each once
	AddressesProperty PropertyKind = "addresses" // the same, of addresses and networks
	BooleanProperty   PropertyKind = "boolean"   // true or false
)

// Property is what keys of a service can have that others have not: a limit, zones, tags. It is a member of Key.Extra, which is shown,
// compared and copied as such; null is none.
type Property struct {
	Field       Field
	Kind        PropertyKind
	Title       string   // as people are asked for it: "spend limit in US dollars"
	Without     string   // what a key without it has, in words: "all zones"
	Choices     []Choice // the words that there are; none for any
	Asks        bool     // the service tells which there are, as the catalogue does
	Least, Most int64    // both 0 for no bounds that are known
	Fraction    bool     // it need not be whole
	Always      bool     // no key is without it
	Change      bool     // it can be changed
}

// Choice is a word that a property can have, and what people call it, where that is another.
type Choice struct {
	Value string `json:"value"`
	Name  string `json:"name,omitempty"`
	About string `json:"about,omitempty"`
}

const null = "null"

// maxWord is how long a text of a property may be, in characters.
const maxWord = 1000

var numberPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,15}(?:\.[0-9]{1,9})?$`) })

// Summary is what the property is, in a line.
func (p Property) Summary() string {
	out := string(p.Field) + ": " + string(cmp.Or(p.Kind, NumberProperty)) + ", " + p.Title
	if len(p.Choices) > 0 {
		out += " (" + Clip(strings.Join(p.Names(), ", "), 400) + ")"
	}
	if p.Least != 0 || p.Most != 0 {
		out += fmt.Sprintf(", from %d to %d", p.Least, p.Most)
	}
	if p.Without != "" {
		out += ", none is " + p.Without
	}
	switch {
	case p.Always && p.Change:
		return out + ", which each key has and can be changed"
	case p.Always:
		return out + ", which each key has"
	case p.Change:
		return out + ", which can be changed"
	}
	return out
}

// Listed reports whether it has several words.
func (p Property) Listed() bool { return p.Kind == ListProperty || p.Kind == AddressesProperty }

// Numeric reports whether it is a number.
func (p Property) Numeric() bool { return p.Kind == NumberProperty || p.Kind == "" }

// Parse reads what a person types; "none" and nothing are null. An instant is typed as an end is: a day is its last second in a zone.
func (p Property) Parse(text string, now time.Time, zone *time.Location) (json.RawMessage, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.EqualFold(text, wordNone) {
		return json.RawMessage(null), p.Check(nil)
	}
	var value any
	var err error
	switch p.Kind {
	case ChoiceProperty, TextProperty:
		value, err = p.word(text)
	case InstantProperty:
		var at Expiry
		if at, err = parseInstant(text, zone); err == nil {
			value = at.Instant(now).UTC().Format(time.RFC3339)
		}
	case ListProperty, AddressesProperty:
		value, err = p.words(text)
	case BooleanProperty:
		switch strings.ToLower(text) {
		case wordYes, "true", "on":
			value = true
		case wordNo, "false", "off":
			value = false
		default:
			err = fmt.Errorf("%q is neither yes nor no", clip(text))
		}
	default:
		if !numberPattern().MatchString(text) {
			return nil, fmt.Errorf("%q is no number, such as 100", clip(text))
		}
		value = json.RawMessage(canonicalNumber(text))
	}
	if err != nil {
		return nil, err
	}
	raw := json.RawMessage(encoded(value))
	return raw, p.Check(raw)
}

// words are several, separated by commas.
func (p Property) words(text string) (out []string, err error) {
	typed, err := split(text)
	for _, word := range typed {
		if word, err = p.word(word); err != nil {
			return nil, err
		}
		out = append(out, word)
	}
	return inOrder(out), err
}

// split takes words apart at commas. One in double quotes may have a comma, or be called none; a quote in it is two.
func split(text string) (out []string, err error) {
	for more := true; more; {
		text = strings.TrimSpace(text)
		var word string
		if quoted, is := strings.CutPrefix(text, `"`); !is {
			word, text, more = strings.Cut(text, ",")
			word = strings.TrimSpace(word)
		} else {
			end := -1
			for at := 0; end < 0; at += 2 {
				next := strings.IndexByte(quoted[at:], '"')
				if next < 0 {
					return nil, fmt.Errorf("%s is not closed: a second quote ends it", clip(text))
				}
				if at += next; !strings.HasPrefix(quoted[at+1:], `"`) {
					end = at
				}
			}
			word, text = strings.ReplaceAll(quoted[:end], `""`, `"`), strings.TrimSpace(quoted[end+1:])
			if text, more = strings.CutPrefix(text, ","); !more && text != "" {
				return nil, fmt.Errorf("a comma goes before %s", clip(text))
			}
		}
		if word != "" {
			out = append(out, word)
		}
	}
	return out, nil
}

// Typed are words of a property as split reads them.
func Typed(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		if out[i] = word; strings.ContainsAny(word, `,"`) || word != strings.TrimSpace(word) || strings.EqualFold(word, wordNone) {
			out[i] = `"` + strings.ReplaceAll(word, `"`, `""`) + `"`
		}
	}
	return strings.Join(out, ", ")
}

// word is one of the choices by its value or its name, or any where there are none.
func (p Property) word(text string) (string, error) {
	var found []string
	for _, c := range p.Choices {
		if c.Value == text {
			return text, nil
		}
		if c.Name == text {
			found = append(found, c.Value)
		}
	}
	switch names := p.Names(); {
	case len(found) > 1:
		return "", fmt.Errorf("several are called %q: say %s", clip(text), Alternatives(found))
	case len(found) == 1:
		return found[0], nil
	case len(names) > 0:
		for i, name := range names { // as it is typed
			names[i] = Typed([]string{name})
		}
		return "", fmt.Errorf("there is no %q; %s", clip(text), Clip(Suggest(text, names), 400))
	case p.Kind == AddressesProperty:
		if _, err := CleanIP(text); err != nil {
			return "", err
		}
		return CanonicalAddress(text), nil
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", errors.New("it has a character that cannot be shown")
	case len([]rune(text)) > maxWord:
		return "", fmt.Errorf("it is over %d characters", maxWord)
	}
	return text, nil
}

// Keeping is the property with the words of a value among its choices, where there are any: a key may have one that nobody offers.
func (p Property) Keeping(raw json.RawMessage) Property {
	if len(p.Choices) == 0 && p.Kind != ChoiceProperty { // any word is taken
		return p
	}
	for _, word := range PropertyWords(raw) {
		if !slices.ContainsFunc(p.Choices, func(c Choice) bool { return c.Value == word }) {
			p.Choices = append(slices.Clip(p.Choices), Choice{Value: word})
		}
	}
	return p
}

// Names are what people call the choices: their names, and the word too where several have that name.
func (p Property) Names() []string {
	out, count := make([]string, len(p.Choices)), map[string]int{}
	for i, c := range p.Choices {
		out[i] = cmp.Or(c.Name, c.Value)
		count[out[i]]++
	}
	for i, c := range p.Choices {
		if count[out[i]] > 1 {
			out[i] += " (" + c.Value + ")"
		}
	}
	return out
}

// Check says why a key cannot have a value, if so; null is none. Whether a word is one of those that there are is the service's to say: a
// key may have one that it no longer offers.
func (p Property) Check(raw json.RawMessage) error {
	if raw == nil || string(raw) == null || p.Listed() && len(PropertyWords(raw)) == 0 {
		if p.Always {
			return fmt.Errorf("is needed: %s", p.Title)
		}
		return nil
	}
	var text string
	var list []string
	var flag bool
	ok, what := true, ""
	switch p.Kind {
	case ChoiceProperty, TextProperty:
		ok, what = json.Unmarshal(raw, &text) == nil, "text"
	case InstantProperty:
		_, err := InstantOf(raw)
		ok, what = err == nil, "instant"
	case ListProperty, AddressesProperty:
		ok, what = json.Unmarshal(raw, &list) == nil, "list"
	case BooleanProperty:
		ok, what = json.Unmarshal(raw, &flag) == nil, "yes or no"
	default:
		return p.checkNumber(raw)
	}
	if !ok {
		return fmt.Errorf("%s is no %s", clip(string(raw)), what)
	}
	return nil
}

func (p Property) checkNumber(raw json.RawMessage) error {
	value, err := strconv.ParseFloat(string(raw), 64)
	switch bounded := p.Least != 0 || p.Most != 0; {
	case err != nil:
		return fmt.Errorf("%s is no number", clip(string(raw)))
	case !p.Fraction && strings.Contains(string(raw), "."):
		return fmt.Errorf("%s is no whole number", raw)
	case bounded && value < float64(p.Least) || p.Most != 0 && value > float64(p.Most):
		return fmt.Errorf("%s is not from %d to %d", raw, p.Least, p.Most)
	}
	return nil
}

// Words are a value for people.
func (p Property) Words(raw json.RawMessage) string {
	words := p.Called(raw)
	if len(PropertyWords(raw)) == 0 {
		return strings.Join(words, ": ")
	}
	if p.Listed() { // one may have a comma
		return Typed(words)
	}
	return strings.Join(words, ", ")
}

// Called are the texts of a value by the names of the choices; of none that word, and what a key without it has.
func (p Property) Called(raw json.RawMessage) []string {
	words, names := PropertyWords(raw), p.Names()
	for i, word := range words {
		if at := slices.IndexFunc(p.Choices, func(c Choice) bool { return c.Value == word }); at >= 0 {
			words[i] = names[at]
		}
	}
	if len(words) > 0 {
		return words
	}
	return slices.DeleteFunc([]string{wordNone, p.Without}, func(s string) bool { return s == "" })
}

// Same reports whether two values are one; instants, if they are no further apart than a service may round them.
func (p Property) Same(a, b json.RawMessage, rounding time.Duration) bool {
	x, y := PropertyWords(a), PropertyWords(b)
	if len(x) != 1 || len(y) != 1 || p.Listed() {
		if p.Kind == AddressesProperty {
			x, y = addresses(x), addresses(y)
		}
		return slices.Equal(inOrder(x), inOrder(y))
	}
	if p.Kind == InstantProperty {
		one, err := InstantOf(a)
		if other, bad := InstantOf(b); err == nil && bad == nil {
			return one.Sub(other).Abs() <= rounding
		}
	}
	return canonicalJSON(a, false) == canonicalJSON(b, false)
}

// InstantOf is the instant of a value that is one.
func InstantOf(raw json.RawMessage) (at time.Time, err error) {
	var text string
	if err = json.Unmarshal(raw, &text); err != nil {
		return at, err
	}
	return time.Parse(time.RFC3339, text)
}

// CanonicalAddress is an address or a network in one spelling; what is none stays as it is.
func CanonicalAddress(text string) string { return addresses([]string{text})[0] }

// PropertyWords are the texts of a value of JSON: those of an array of texts, a text by itself, and anything else as it is written, in one
// line of what can be shown. Null has none.
func PropertyWords(raw json.RawMessage) []string {
	var list []string
	var text string
	shows := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || unicode.Is(unicode.M, r) })
	}
	switch {
	case len(raw) == 0 || string(raw) == null:
		return nil
	case raw[0] == '[' && json.Unmarshal(raw, &list) == nil && !slices.ContainsFunc(list, func(s string) bool { return !shows(s) }):
		return list
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil && shows(text):
		return []string{text}
	case string(raw) == "true":
		return []string{wordYes}
	case string(raw) == "false":
		return []string{wordNo}
	}
	return []string{string(raw)}
}

// ParseProperties reads several as NAME=VALUE, of those that a service knows. has are those of the key that is changed; nil for a new one.
func ParseProperties(texts []string, known []Property, has map[string]json.RawMessage, now time.Time, zone *time.Location) (map[string]json.RawMessage, error) {
	var out map[string]json.RawMessage
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = string(p.Field)
	}
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		at := slices.Index(names, strings.TrimSpace(name))
		switch {
		case len(names) == 0:
			return nil, fmt.Errorf("keys of this service have no limits and no other properties")
		case at < 0:
			return nil, fmt.Errorf("there is no %q: say NAME=VALUE, with %s", clip(name), Alternatives(names))
		}
		raw, err := known[at].Keeping(has[names[at]]).Parse(value, now, zone)
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
