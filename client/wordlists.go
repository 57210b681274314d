package client

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// limitWords tell a rate limit, firewallWords a wall in front of the service, accountWords what concerns the account and not the
// key, keyWords a key that is not known, placeWords where a request comes from, rightWords what a key may do, and boundWords a
// restriction of another kind.
var (
	limitWords    = wordList(`rate.?limit|ratelimit|too.?many|throttl|quota|slow.?down|(?:try|retry).{0,12}later|limit.{0,12}(?:exceeded|reached)|exceeded.{0,20}limit|abuse|flood|calm`)
	firewallWords = wordList(`block(?:ed|ing)?\b|banned|black.?list|deny.?list|firewall|\bwaf\b|security polic|suspicious|\bbots?\b|captcha|challenge|cloudflare|akamai|imperva|on this server|administrative rules|\bray id|country|region\b|geo.?block|cors\b|csrf|vpn\b`)
	accountWords  = wordList(`suspend|billing|payment|\bplan\b|subscription|account.{0,20}(?:disabled|inactive|locked|closed)|not.{0,12}(?:enabled|activated)|maintenance|\bfeature|read.?only mode`)
	keyWords      = wordList(`invalid|unknown|expired|revoked|malformed|not recogni[sz]ed|unauthenticated|not authenticated|authentication|credential|unauthori[sz]ed|bad.{0,6}(?:key|token)|no such (?:key|token)|(?:key|token).{0,16}(?:not found|does not exist|disabled|inactive|deleted)`)
	placeWords    = wordList(`(?:\b|_)ips?(?:\b|_)|ip.?addr|address|\bcidr|referr?er|\borigin|allow.?list|white.?list|from (?:this|your) (?:host|network|domain|website|site|app)`)
	rightWords    = wordList(`permission|privilege|insufficient.{0,4}(?:scope|role|right|access)|\bscopes?\b|\broles?\b|missing.{0,4}right`)
	boundWords    = wordList(`restrict|endpoint|\bpath\b|not allowed for this key`)
)

func wordList(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)` + pattern) })
}

func (e *Error) speaksOf(lists ...func() *regexp.Regexp) bool {
	return slices.ContainsFunc(lists, func(list func() *regexp.Regexp) bool {
		return list().MatchString(e.Message) || list().MatchString(e.Code)
	})
}

// lacksFeature reports whether a 403 is for want of a feature of the account's, so that no other call of the key's tells more.
func lacksFeature(e *Error) bool {
	message := strings.ToLower(e.Message)
	return strings.Contains(e.Code, "FEATURE") || strings.Contains(message, "api feature") ||
		strings.Contains(message, "feature") && !strings.Contains(message, "permission")
}

func anyOf(text, words string) bool {
	return slices.ContainsFunc(strings.Split(words, "|"), func(word string) bool { return strings.Contains(text, word) })
}

// plainWords are the words of a refusal and of its code, in small letters; none where it names several reasons, since then
// nobody knows which it is.
func plainWords(e *Error) string {
	message := strings.ToLower(e.Message)
	if anyOf(message, " or |may be|might|maybe|possibl|perhaps") {
		message = ""
	}
	return message + " " + strings.ToLower(strings.NewReplacer("_", " ", ".", " ", "-", " ").Replace(e.Code))
}
