package wire

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// LimitWords tell a rate limit, FirewallWords a wall in front of the service, AccountWords what concerns the account and not the
// key, KeyWords a key that is not known, PlaceWords where a request comes from, RightWords what a key may do, and BoundWords a
// restriction of another kind.
var (
	LimitWords    = wordList(`rate.?limit|ratelimit|too.?many|throttl|quota|slow.?down|(?:try|retry).{0,12}later|limit.{0,12}(?:exceeded|reached)|exceeded.{0,20}limit|abuse|flood|calm`)
	FirewallWords = wordList(`block(?:ed|ing)?\b|banned|black.?list|deny.?list|firewall|\bwaf\b|security polic|suspicious|\bbots?\b|captcha|challenge|cloudflare|akamai|imperva|on this server|administrative rules|\bray id|country|region\b|geo.?block|cors\b|csrf|vpn\b`)
	AccountWords  = wordList(`suspend|billing|payment|\bplan\b|subscription|account.{0,20}(?:disabled|inactive|locked|closed)|not.{0,12}(?:enabled|activated)|maintenance|\bfeature|read.?only mode`)
	KeyWords      = wordList(`invalid|unknown|expired|revoked|malformed|not recogni[sz]ed|unauthenticated|not authenticated|authentication|credential|unauthori[sz]ed|bad.{0,6}(?:key|token)|no such (?:key|token)|(?:key|token).{0,16}(?:not found|does not exist|disabled|inactive|deleted)`)
	PlaceWords    = wordList(`(?:\b|_)ips?(?:\b|_)|ip.?addr|address|\bcidr|referr?er|\borigin|allow.?list|white.?list|from (?:this|your) (?:host|network|domain|website|site|app)`)
	RightWords    = wordList(`permission|privilege|insufficient.{0,4}(?:scope|role|right|access)|\bscopes?\b|\broles?\b|missing.{0,4}right`)
	BoundWords    = wordList(`restrict|endpoint|\bpath\b|not allowed for this key`)
)

func wordList(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)` + pattern) })
}

// SpeaksOf reports whether a refusal has words of one of the lists, in its message or its code.
func SpeaksOf(message, code string, lists ...func() *regexp.Regexp) bool {
	return slices.ContainsFunc(lists, func(list func() *regexp.Regexp) bool { return list().MatchString(message) || list().MatchString(code) })
}

// LacksFeature reports whether a 403 is for want of a feature of the account's, so that no other call of the key's tells more.
func LacksFeature(message, code string) bool {
	message = strings.ToLower(message)
	return strings.Contains(code, "FEATURE") || strings.Contains(message, "api feature") ||
		strings.Contains(message, "feature") && !strings.Contains(message, "permission")
}

// AnyOf reports whether a text has one of the words, between which a | stands.
func AnyOf(text, words string) bool {
	return slices.ContainsFunc(strings.Split(words, "|"), func(word string) bool { return strings.Contains(text, word) })
}

// PlainWords are the words of a refusal and of its code, in small letters; none where it names several reasons, since then
// nobody knows which it is.
func PlainWords(message, code string) string {
	message = strings.ToLower(message)
	if AnyOf(message, " or |may be|might|maybe|possibl|perhaps") {
		message = ""
	}
	return message + " " + strings.ToLower(strings.NewReplacer("_", " ", ".", " ", "-", " ").Replace(code))
}
