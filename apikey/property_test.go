package apikey

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestAPropertyIsRead(t *testing.T) {
	whole, money := Property{Field: "rpm", Title: "requests a minute", Least: 1, Most: 1000}, Property{Field: "limit", Title: "dollars", Fraction: true}
	always := Property{Field: "credits", Title: "credits", Always: true}
	tier := Property{Field: "tier", Kind: ChoiceProperty, Choices: []Choice{{Value: "free"}, {Value: "paid", Name: "Paid plan"}}}
	zones := Property{Field: "zones", Kind: ListProperty, Choices: []Choice{{Value: "z1", Name: "example.com"}, {Value: "z2", Name: "example.org"}, {Value: "z3", Name: "twice.com"}, {Value: "z4", Name: "twice.com"}, {Value: "z5", Name: "Berlin, Germany"}}}
	tags, from := Property{Field: "tags", Kind: ListProperty}, Property{Field: "from", Kind: AddressesProperty}
	starts := Property{Field: "starts", Kind: InstantProperty}
	ro := Property{Field: "ro", Kind: BooleanProperty}
	note := Property{Field: "note", Kind: TextProperty, Always: true}
	for _, tc := range []struct {
		of               Property
		text, want, fail string
	}{
		{whole, "100", "100", ""}, {whole, " 0100 ", "100", ""}, {whole, "none", "null", ""}, {whole, "", "null", ""}, {whole, "0", "", "not from 1 to 1000"}, {whole, "1001", "", "not from 1 to 1000"},
		{whole, "1.5", "", "no whole number"}, {whole, "1.0", "1", ""}, {whole, "1e3", "", "is no number, such as 100"}, {whole, "0x10", "", "no number"}, {whole, "NaN", "", "no number"}, {whole, "Inf", "", "no number"},
		{whole, "1_000", "", "no number"}, {whole, "1,000", "", "no number"}, {whole, "１０", "", "no number"}, {whole, strings.Repeat("9", 400), "", "no number"},
		{money, "0.5", "0.5", ""}, {money, "-3", "-3", ""}, {money, "999999999999999", "999999999999999", ""}, {always, "", "", "is needed: credits"}, {always, "0", "0", ""},
		{tier, "free", `"free"`, ""}, {tier, "Paid plan", `"paid"`, ""}, {tier, "fre", "", "did you mean free?"}, {tier, "none", "null", ""},
		{zones, "example.org, example.com,z1", `["z1","z2"]`, ""}, {zones, "none", "null", ""}, {zones, "twice.com", "", "several are called"}, {zones, "z3", `["z3"]`, ""}, {zones, "example.net", "", "there is no"},
		{tags, " b ,, a,b", `["a","b"]`, ""}, {tags, "a<b&c", `["a<b&c"]`, ""}, {tags, "a\x1b[2J", "", "cannot be shown"}, {tags, strings.Repeat("x", 1001), "", "over 1000"}, {tags, ",", "null", ""},
		{tags, `"a, b", c`, `["a, b","c"]`, ""}, {tags, `"none"`, `["none"]`, ""}, {tags, `"say ""hi"", all" ,a"b`, `["a\"b","say \"hi\", all"]`, ""}, {tags, `"a, b`, "", "is not closed"}, {tags, `"a"b`, "", "a comma goes before"},
		{zones, `"Berlin, Germany",z1`, `["z1","z5"]`, ""}, {zones, "Berlin, Germany", "", `"Berlin, Germany"`},
		{from, "10.0.0.0/8, 203.0.113.7/32", `["10.0.0.0/8","203.0.113.7"]`, ""}, {from, "10.0.0.1/8", "", "bits behind its mask"}, {from, "nowhere", "", "no IP address"},
		{starts, "2027-01-31", `"2027-01-31T22:59:59Z"`, ""}, {starts, "2d", `"2026-11-25T10:00:00Z"`, ""}, {starts, "2020-01-01T00:00:00Z", `"2020-01-01T00:00:00Z"`, ""}, {starts, "soon", "", "is not an expiry"},
		{ro, "Yes", "true", ""}, {ro, "false", "false", ""}, {ro, "none", "null", ""}, {ro, "maybe", "", "neither yes nor no"},
		{note, `say "hi"`, `"say \"hi\""`, ""}, {note, "", "", "is needed"},
	} {
		got, err := tc.of.Parse(tc.text, time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), time.FixedZone("", 3600))
		if err == nil && (tc.fail != "" || string(got) != tc.want || !json.Valid(got)) || err != nil && (tc.fail == "" || !strings.Contains(err.Error(), tc.fail)) {
			t.Errorf("%s %q: %s, %v", tc.of.Field, tc.text, got, err)
		}
	}
	for _, tc := range []struct {
		texts      []string
		want, fail string
	}{
		{[]string{"rpm=5", "limit = 1.50"}, `{"limit":1.5,"rpm":5}`, ""}, {nil, "null", ""}, {[]string{"rpm=none"}, `{"rpm":null}`, ""}, {[]string{"rmp=5"}, "", "with rpm or limit"}, {[]string{"rpm=many"}, "", "rpm: "},
	} {
		got, err := ParseProperties(tc.texts, []Property{whole, money}, nil, time.Time{}, time.UTC)
		text, _ := json.Marshal(got)
		if err == nil && (tc.fail != "" || string(text) != tc.want) || err != nil && (tc.fail == "" || !strings.Contains(err.Error(), tc.fail)) {
			t.Errorf("%q: %s, %v", tc.texts, text, err)
		}
	}
	if _, err := ParseProperties([]string{"rpm=5"}, nil, nil, time.Time{}, time.UTC); err == nil {
		t.Error("a service without properties takes one")
	}
}

// TestWhatAKeyHasOfAPropertyIsHeldAgainstItsKind, not against the words that are offered: one may be offered no longer.
func TestWhatAKeyHasOfAPropertyIsHeldAgainstItsKind(t *testing.T) {
	for kind, values := range map[PropertyKind][2][]string{ // that a key can have, and cannot
		ChoiceProperty:    {{`"x"`, `null`}, {`["x"]`, `1`}},
		TextProperty:      {{`"x"`}, {`{}`}},
		InstantProperty:   {{`"2026-11-23T10:00:00Z"`}, {`"soon"`, `1700000000`}},
		ListProperty:      {{`["x"]`, `[]`}, {`"x"`, `[1]`}},
		AddressesProperty: {{`["10.0.0.0/8"]`}, {`"10.0.0.0/8"`}},
		BooleanProperty:   {{`true`}, {`"true"`, `1`}},
	} {
		p := Property{Kind: kind, Choices: []Choice{{Value: "y"}}}
		for i, list := range values {
			for _, raw := range list {
				if err := p.Check(json.RawMessage(raw)); (err != nil) != (i == 1) {
					t.Errorf("%s %s: %v", kind, raw, err)
				}
			}
		}
	}
}

func TestAListIsTheSameInAnyOrderAndAnAbsentOneUnknown(t *testing.T) {
	zones := Property{Field: "zones", Kind: ListProperty, Choices: []Choice{{Value: "a", Name: "one"}}, Without: "all zones"}
	for _, tc := range []struct {
		of   Property
		a, b string
		same bool
	}{
		{zones, `["a","b"]`, `["b","a"]`, true}, {zones, `["a"]`, `["b"]`, false}, {zones, `[]`, `null`, true}, {zones, ``, `["a"]`, false},
		{Property{Kind: AddressesProperty}, `["10.0.0.0/9","10.128.0.0/9"]`, `["10.0.0.0/8"]`, true}, {Property{}, `20.50`, `20.5`, true}, {Property{}, `20`, `null`, false},
		{Property{Kind: InstantProperty}, `"2026-11-23T10:00:00Z"`, `"2026-11-23T10:30:00Z"`, true}, {Property{Kind: InstantProperty}, `"2026-11-23T10:00:00Z"`, `"2026-11-23T12:30:00Z"`, false},
	} {
		if got := tc.of.Same(json.RawMessage(tc.a), json.RawMessage(tc.b), time.Hour); got != tc.same {
			t.Errorf("%s and %s: %v", tc.a, tc.b, got)
		}
	}
	if got := zones.Words(json.RawMessage(`["a","c"]`)); got != "one, c" {
		t.Errorf("%q", got)
	}
	if got := zones.Words(nil); got != "none: all zones" {
		t.Errorf("%q", got)
	}
	key := func(raw string) Key {
		if raw == "" {
			return Key{}
		}
		return Key{Extra: map[string]json.RawMessage{"zones": json.RawMessage(raw)}}
	}
	for _, tc := range []struct {
		old, fresh string
		want       Comparison
	}{{`["a"]`, `["a"]`, Equal}, {`["a"]`, `["a","b"]`, Differs}, {`["a"]`, ``, Unreported}, {``, ``, Unreported}, {`null`, `[]`, Equal}, {`["a"]`, `null`, Differs}} {
		if d := Compare(key(tc.old), key(tc.fresh), []Field{"zones", FieldExtra}); len(d) == 0 || d[0].Field != "zones" || d[0].Verdict != tc.want {
			t.Errorf("%s and %s: %+v", tc.old, tc.fresh, d)
		}
	}
}

// TestAPropertyIsShownInWords, but for what would do something to a terminal: that stays as it is written in JSON.
func TestAPropertyIsShownInWords(t *testing.T) {
	for raw, want := range map[string]string{`["a","b"]`: "a|b", `"x"`: "x", `null`: "", `[]`: "", `true`: "yes", `{"a":1}`: `{"a":1}`, `[{"a":1}]`: `[{"a":1}]`, `"a\u001b[2J"`: `"a\u001b[2J"`, `"a\u202eb"`: `"a\u202eb"`,
		`["é"]`: "é"} {
		if got := strings.Join(PropertyWords(json.RawMessage(raw)), "|"); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

// TestAValueIsTypedAsItIsRead: what a form begins with comes to what the key has.
func TestAValueIsTypedAsItIsRead(t *testing.T) {
	tags := Property{Field: "tags", Kind: ListProperty}
	for _, raw := range []string{`["a, b","c"]`, `["none"]`, `["a","none"]`, `[" a ","b"]`, `["\"a\"","b\"c"]`, `["a"]`, "null"} {
		typed := Typed(PropertyWords(json.RawMessage(raw)))
		got, err := tags.Parse(typed, time.Time{}, time.UTC)
		if err != nil || !tags.Same(got, json.RawMessage(raw), 0) {
			t.Errorf("%s is typed %s, and read %s: %v", raw, typed, got, err)
		}
	}
}
