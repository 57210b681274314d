package apikey

import (
	"regexp"
	"strings"
	"sync"
)

// maskRunes are what services hide characters behind.
const maskRunes = "*•·…"

// MaskShows takes a mask apart into what it shows of the secret's beginning and of its end. It reports false for
// a text that hides nothing, or shows nothing.
func MaskShows(mask string) (begins, ends string, ok bool) {
	first := strings.IndexAny(mask, maskRunes)
	if first < 0 {
		if i := strings.Index(mask, "..."); i >= 0 {
			return mask[:i], strings.TrimLeft(mask[i:], "."), i > 0 || strings.Trim(mask[i:], ".") != ""
		}
		return "", "", false
	}
	begins = mask[:first]
	ends = strings.TrimLeft(mask[first:], maskRunes)
	return begins, ends, begins != "" || ends != ""
}

// What of a mask tells one key from another: of its beginning much is what every secret of a service begins with, and its end is each secret's own.
const (
	tellingMask = 11
	tellingEnd  = 8
)

// MaskTells reports whether what a mask shows tells one key from another.
func MaskTells(begins, ends string) bool {
	return len(begins)+len(ends) >= tellingMask || EndTells(ends)
}

// EndTells reports whether the end of a mask does.
func EndTells(ends string) bool { return len(ends) >= tellingEnd }

// minMask is how many characters of a mask must be the key's own, beyond the service's prefix,
// before it says anything about which key it is.
const minMask = 4

// usualPrefix is how the secrets of a service all begin; it says nothing about which one it is.
var usualPrefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z]{2,5}[_-](?:(?:live|test)_)?`) })

// IsMaskOf reports whether a mask such as "sk-ec54686****" is one of the secret: what is shown of it
// begins the secret, and is more than the service's common prefix, or the end that is shown tells it.
func IsMaskOf(mask string, secret Secret) bool {
	if shown := strings.TrimRight(mask, "*….•"); shown != mask && secret.HasPrefix(shown) {
		return len(shown)-len(usualPrefix().FindString(shown)) >= minMask
	}
	begins, ends, ok := MaskShows(mask)
	return ok && EndTells(ends) && secret.HasPrefix(begins) && secret.HasSuffix(ends)
}

// HasSuffix reports whether the secret ends with suffix, as its mask may show.
func (s Secret) HasSuffix(suffix string) bool { return strings.HasSuffix(s.bytes(), suffix) }
