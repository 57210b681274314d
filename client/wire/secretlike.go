package wire

import (
	"regexp"
	"strings"
	"sync"

	"detent/apikey"
)

// What a service says may repeat a key: ours, which is known, or another issuer's, which somebody pasted or a proxy uses.
// Such a one is told by its shape. That an id may look the same is the smaller harm: an error without it can be understood.

// credentials follow the word for them: "Bearer …", "Authorization: Basic …".
var credentials = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(bearer|basic|token|apikey|api[-_]key|password|secret)([ =:]+)([A-Za-z0-9+/_.~=-]{8,})`)
})

// passwords stand in the address of whatever needs one.
var passwords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(://[^/\s:@]*:)[^/\s@]+@`) })

// issuerTokens begin as the keys of many issuers do: a word, a sign, and a run that is no word.
var issuerTokens = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:(?:sk|pk|rk|psp|pro|whsec|gh[opusr]|github_pat|gl[a-z]{1,6}|xox[a-z]|xapp|npm|pypi|hf|r8|gsk|xai|dop_v1|doo_v1|shp[a-z]{2}|dckr_pat|rubygems|lin_api|figd|tskey|nfp|sntry[su]|glsa|glc|sbp|pul|rnd|phc|phx|key|sq0[a-z]{3})[-_]|(?:AKIA|ASIA|AIza|ATATT|EAAA|SG\.|ya29\.|hv[sb]\.|AGE-SECRET-KEY-|GOCSPX-|FlyV1 ))[A-Za-z0-9_.=/+-]{15,}|` +
		`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+`)
})

// runs are what a key without a mark is made of.
var runs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9+/_=.~-]{16,}`) })

const hiddenSecret = "[secret]"

// hideSecrets takes out of a text what looks like a key of anybody's.
func hideSecrets(text string) string {
	text = passwords().ReplaceAllString(text, "${1}"+hiddenSecret+"@")
	text = issuerTokens().ReplaceAllString(text, hiddenSecret)
	text = credentials().ReplaceAllStringFunc(text, func(found string) string {
		part := credentials().FindStringSubmatch(found)
		if part[2] == " " && !strings.ContainsAny(part[3], "0123456789") { // "token expired", "secret: correct-horse"
			return found
		}
		return part[1] + part[2] + hiddenSecret
	})
	return runs().ReplaceAllStringFunc(text, func(run string) string {
		if random(strings.TrimRight(run, "=.")) && len(strings.TrimRight(run, "=.")) >= 32 { // base64 with its signs
			return hiddenSecret
		}
		var b strings.Builder
		for len(run) > 0 {
			end := strings.IndexAny(run, "-_./=~+")
			if end < 0 {
				end = len(run)
			}
			if piece := run[:end]; random(piece) {
				b.WriteString(hiddenSecret)
			} else {
				b.WriteString(piece)
			}
			if end < len(run) {
				b.WriteByte(run[end])
				end++
			}
			run = run[end:]
		}
		return b.String()
	})
}

// random reports whether a run of characters is no word, number, date, path or id: letters and digits that take turns, as
// nobody writes. An object's id of 24 hex digits stays.
func random(run string) bool {
	const shortest, turns = 16, 4
	if len(run) < shortest || strings.Contains(run, "://") {
		return false
	}
	kind := func(c byte) int {
		switch {
		case c >= '0' && c <= '9':
			return 1
		case c >= 'a' && c <= 'z':
			return 2
		case c >= 'A' && c <= 'Z':
			return 3
		}
		return 0
	}
	seen, changes, last, hex, signs, plain := [4]int{}, 0, 0, true, 0, 0
	for i := range len(run) {
		k := kind(run[i])
		seen[k]++
		hex = hex && (k == 1 || run[i] >= 'a' && run[i] <= 'f')
		if k == 0 {
			signs++
			plain = 0
			continue
		}
		if plain++; last != 0 && k != last {
			changes++
		}
		last = k
	}
	if seen[1] == 0 || seen[2]+seen[3] == 0 || hex && len(run) == 24 {
		return false
	}
	if signs > 0 && (seen[2] == 0 || seen[3] == 0 || signs*5 > len(run)) {
		return false // a path, a name of words
	}
	return changes >= turns
}

// Words is that for a text that nobody knows a secret of.
func Words(raw string) string { return Redact(raw, nil, nil) }

// Redact redacts twice, as scrubbing may join what was cut apart.
func Redact(raw string, shape *regexp.Regexp, known []apikey.Secret) string {
	hide := func(s string) string {
		if shape != nil {
			s = shape.ReplaceAllString(s, hiddenSecret)
		}
		for _, secret := range known {
			if secret.Len() >= 8 {
				s = secret.Redact(s)
			}
		}
		return hideSecrets(s)
	}
	return Scrub(hide(Scrub(hide(raw), len(raw)+1)), MaxMessage)
}
