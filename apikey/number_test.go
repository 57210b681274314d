package apikey

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestANumberIsRead(t *testing.T) {
	whole, money := Number{Field: "rpm", Title: "requests a minute", Least: 1, Most: 1000}, Number{Field: "limit", Title: "dollars", Fraction: true}
	always := Number{Field: "credits", Title: "credits", Always: true}
	for _, tc := range []struct {
		of               Number
		text, want, fail string
	}{
		{whole, "100", "100", ""}, {whole, " 0100 ", "100", ""}, {whole, "none", "null", ""}, {whole, "", "null", ""}, {whole, "0", "", "not from 1 to 1000"}, {whole, "1001", "", "not from 1 to 1000"},
		{whole, "1.5", "", "no whole number"}, {whole, "1.0", "1", ""}, {whole, "1e3", "", "is no number, such as 100"}, {whole, "0x10", "", "no number"}, {whole, "NaN", "", "no number"}, {whole, "Inf", "", "no number"},
		{whole, "1_000", "", "no number"}, {whole, "1,000", "", "no number"}, {whole, "１０", "", "no number"}, {whole, strings.Repeat("9", 400), "", "no number"},
		{money, "0.5", "0.5", ""}, {money, "-3", "-3", ""}, {money, "999999999999999", "999999999999999", ""}, {always, "", "", "is needed: credits"}, {always, "0", "0", ""},
	} {
		got, err := tc.of.Parse(tc.text)
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
		got, err := ParseNumbers(tc.texts, []Number{whole, money})
		text, _ := json.Marshal(got)
		if err == nil && (tc.fail != "" || string(text) != tc.want) || err != nil && (tc.fail == "" || !strings.Contains(err.Error(), tc.fail)) {
			t.Errorf("%q: %s, %v", tc.texts, text, err)
		}
	}
	if _, err := ParseNumbers([]string{"rpm=5"}, nil); err == nil {
		t.Error("a service without numbers takes one")
	}
}
