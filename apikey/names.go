package apikey

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsProfileName reports whether a text may name a profile: 1 to 64 letters, digits and
// the signs . _ / -, a letter or digit first.
func IsProfileName(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > 64 {
		return false
	}
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && (i == 0 || !strings.ContainsRune("._/-", r)) {
			return false
		}
	}
	return true
}

// IsVariableName reports whether a text may name an environment variable: ASCII letters,
// digits and underscores, no digit first.
func IsVariableName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
