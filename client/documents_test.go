package client

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"detent/keyserver/wirename"
)

// TestEveryServiceAdvises where a key must not stand, what to allow it and how many uses it is for, each in two lines of a
// small terminal.
func TestEveryServiceAdvises(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		a := mustOpen(t, options(service, "https://api.example.com")).Capabilities().Advice
		for part, words := range map[string]struct{ text, names string }{
			"keep": {a.Keep, "JavaScript browser"}, "least": {a.Least, "only restrict"}, "separate": {a.Separate, "each different"}, "life": {a.Life, "expir 90"},
		} {
			named := false
			for _, word := range strings.Fields(words.names) {
				named = named || strings.Contains(strings.ToLower(words.text), strings.ToLower(word))
			}
			if !named || utf8.RuneCountInString(words.text) > 100 || !strings.HasSuffix(words.text, ".") {
				t.Errorf("%s: %s: %q", service, part, words.text)
			}
			if strings.ContainsFunc(words.text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s: %s: %q is not for a terminal", service, part, words.text)
			}
		}
		if !strings.Contains(a.Keep, "ever ") {
			t.Errorf("%s: %q forbids nothing", service, a.Keep)
		}
	}
}
