package apikey

import (
	"errors"
	"unicode/utf8"
)

var errPattern = errors.New("is no pattern: * ? and [a-z] are special")

// CheckPattern says what is wrong with a pattern of names, if anything.
func CheckPattern(pattern string) error {
	for pattern != "" {
		_, rest, ok := matchOne(pattern, utf8.RuneError)
		if !ok {
			return errPattern
		}
		pattern = rest
	}
	return nil
}

// MatchPattern reports whether a pattern matches the whole of a name: * is any number of characters, ? is one, [a-z] one of some,
// [^a-z] one of the others. A name is no path: a slash is a character like another.
func MatchPattern(pattern, name string) bool {
	again, from := "", -1 // what follows the last *, and where in the name it was tried last
	at := 0
	for {
		switch {
		case pattern != "" && pattern[0] == '*':
			pattern = pattern[1:]
			again, from = pattern, at
			continue
		case pattern == "" && at == len(name):
			return true
		case pattern != "" && at < len(name):
			r, size := utf8.DecodeRuneInString(name[at:])
			hit, rest, ok := matchOne(pattern, r)
			if !ok {
				return false
			}
			if hit {
				pattern, at = rest, at+size
				continue
			}
		}
		if from < 0 || from >= len(name) {
			return false
		}
		_, size := utf8.DecodeRuneInString(name[from:])
		from += size
		pattern, at = again, from
	}
}

// MatchName reports whether a pattern matches a key's name, with or without the mark that a rotation has put to it.
func MatchName(pattern, name string) bool {
	base, _ := SplitName(name)
	return MatchPattern(pattern, name) || base != name && MatchPattern(pattern, base)
}

// matchOne compares one character with the first sign of a pattern; rest is what follows the sign.
func matchOne(pattern string, r rune) (hit bool, rest string, ok bool) {
	switch pattern[0] {
	case '*', '?':
		return true, pattern[1:], true
	case '[':
		return matchClass(pattern[1:], r)
	}
	want, rest, ok := oneOf(pattern)
	return want == r, rest, ok
}

// matchClass compares one character with what stands between brackets.
func matchClass(pattern string, r rune) (hit bool, rest string, ok bool) {
	inverted := pattern != "" && (pattern[0] == '^' || pattern[0] == '!')
	if inverted {
		pattern = pattern[1:]
	}
	for first := true; ; first = false {
		switch {
		case pattern == "":
			return false, "", false
		case pattern[0] == ']' && !first:
			return hit != inverted, pattern[1:], true
		}
		low, after, ok := oneOf(pattern)
		if !ok {
			return false, "", false
		}
		high := low
		if len(after) > 1 && after[0] == '-' && after[1] != ']' {
			if high, after, ok = oneOf(after[1:]); !ok || high < low {
				return false, "", false
			}
		}
		hit = hit || low <= r && r <= high
		pattern = after
	}
}

// oneOf is the first character of a pattern; one after a backslash is meant as it is.
func oneOf(pattern string) (r rune, rest string, ok bool) {
	if pattern[0] == '\\' {
		if pattern = pattern[1:]; pattern == "" {
			return 0, "", false
		}
	}
	r, size := utf8.DecodeRuneInString(pattern)
	return r, pattern[size:], true
}
