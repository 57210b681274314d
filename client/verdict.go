package client

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"detent/apikey"
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

// answered reports whether a failure is an answer that was had, as against silence, a passing failure and our own.
func answered(e *Error) bool {
	switch e.Kind {
	case Unauthorized, Forbidden, NotFound, Conflict, Invalid, BadAnswer:
		return e.Status != 0
	case RateLimited:
		return e.Status == http.StatusForbidden
	}
	return e.Status == http.StatusProxyAuthRequired
}

// judge makes the proof of one call's answer; nil is one in the service's own shape. A failure that is no answer comes
// back as it is.
func (t *transport) judge(name string, did func(status int) string, e *Error) (apikey.Proof, error) {
	p := apikey.Proof{Call: name, Status: http.StatusOK, Verdict: apikey.Accepted}
	if e != nil && !answered(e) {
		return apikey.Proof{}, e
	}
	if e != nil {
		p.Status, p.Limited, p.Verdict = e.Status, e.limited, apikey.Silent
		switch {
		case e.limited:
			p.Why = "the answer is a rate limit: nobody has looked at the secret yet"
		case e.Kind == Unauthorized && !e.web:
			p.Verdict = apikey.Refused
		case e.Status == http.StatusForbidden && e.Own:
			p.Verdict = t.speaks.verdict(e)
			p.Why = "a 403 that does not say that a permission is missing"
		case e.web:
			p.Why = "a web page answered in the service's place"
		default:
			p.Why = fmt.Sprintf("an answer of %d tells nothing about a key", e.Status)
		}
		if p.Verdict != apikey.Accepted {
			p.Hint = e.Hint
		}
		switch {
		case p.Verdict == apikey.Refused:
			p.Why, p.Message = "", e.Message
		case p.Verdict == apikey.Accepted:
			p.Why = ""
		case p.Verdict == apikey.Known:
			p.Why = "it may be known, but cannot be used from here: " + e.Message
		case e.Message != "" && !e.web:
			p.Why += ": " + e.Message
		}
	}
	p.Evidence = did(p.Status)
	return p, nil
}

// answeredWith is what a call's answer was, as a proof says it.
func answeredWith(asked string) func(status int) string {
	return func(status int) string { return fmt.Sprintf("%s answered %d", asked, status) }
}

func noSuchCall(name string) *Error {
	return &Error{Op: opProbe, Kind: Invalid, Outcome: NotDone, Message: fmt.Sprintf("there is no call %q to check a secret with", scrub(name, 80))}
}
