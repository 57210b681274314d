package client

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"detent/apikey"
)

// remedy is one line of what to do about a refusal, and which refusals it is for: every condition that it names must hold.
type remedy struct {
	status           int
	code             string              // is part of the service's own code
	words            string              // one of these, "a|b", is in the service's words or in its code
	sent             string              // how the secret that was sent begins
	op               string              // one of these was tried, "a|b"
	otherEnvironment bool                // the secret says that it is of another environment than the profile is
	web              bool                // a web page answered
	when             func(e *Error) bool // anything else
	missing          bool                // the call's permission or role is what is missing
	hint             string              // {needs} is that permission or role
}

// For the refusals that nothing more is known about.
const (
	hintRefused = "Check that the key is not revoked or expired, has no typo, and belongs to this environment (test or live) and this URL."
	hintNoRight = "The key works, but may not do this: use one with the permission, or ask whoever manages the account."
	hintArrives = "The key did not arrive: it goes into the Authorization header of every request. Does a proxy in between drop it?"
)

// The words of a refusal that has one reason.
const (
	saysExpired   = "expired"
	saysDisabled  = "disabled|deactivated|switched off|not enabled|inactive"
	saysNoKey     = "no key|no api key|no token|missing|not provided|absent"
	saysMalformed = "malformed|bad format|wrong format|invalid format"
)

// remedyFor is the first line that is for a refusal: of the service, else of any.
func (t *transport) remedyFor(e *Error, c call) (remedy, bool) {
	told := plainWords(e)
	sent := t.sent(c)
	for _, list := range [][]remedy{t.speaks.remedies, remedies[t.opts.Service], remedies[""]} {
		for _, r := range list {
			if r.status == e.Status && r.web == e.web && strings.Contains(e.Code, r.code) && (r.words == "" || anyOf(told, r.words)) &&
				(r.sent == "" || sent.HasPrefix(r.sent)) && (r.op == "" || slices.Contains(strings.Split(r.op, "|"), c.op)) &&
				(!r.otherEnvironment || t.ofOtherEnvironment(sent)) && (r.when == nil || r.when(e)) && (!r.missing || c.needs != "") {
				return r, true
			}
		}
	}
	return remedy{}, false
}

// explain gives a refusal its hint, and the permission that is missing where that is what it says.
func (t *transport) explain(e *Error, c call) {
	r, ok := t.remedyFor(e, c)
	if !ok {
		return
	}
	needs := c.needs
	if t.speaks.names != nil {
		needs = t.speaks.names(e.Message, c.needs)
	}
	if r.missing {
		e.Permission = needs
	}
	hint := strings.ReplaceAll(r.hint, "{needs}", cmp.Or(needs, "the permission"))
	e.Hint = strings.ReplaceAll(hint, "role admin or above", "role admin")
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

func anyOf(text, words string) bool {
	return slices.ContainsFunc(strings.Split(words, "|"), func(word string) bool { return strings.Contains(text, word) })
}

// sent is the secret that a call was made with: for a session, the key that it was given for.
func (t *transport) sent(c call) apikey.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.bearer.IsZero() || c.bearer.Equal(t.session) {
		return t.opts.Token
	}
	return c.bearer
}

// ofOtherEnvironment reports whether a secret says that it is of another environment than the profile is.
func (t *transport) ofOtherEnvironment(secret apikey.Secret) bool {
	own := apikey.EnvironmentOf(secret)
	return own != "" && t.opts.Environment != "" && own != t.opts.Environment
}

// HintOf is what to do about an error: the line of the service's documents that applies to it, and the permission that is
// missing. Empty where nothing is known.
func HintOf(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	hint := e.Hint
	if hint == "" {
		hint = map[Kind]string{Unauthorized: hintRefused, Forbidden: hintNoRight}[e.Kind]
	}
	if e.Permission != "" && !strings.Contains(hint, e.Permission) {
		hint = strings.TrimSpace("Missing: " + e.Permission + ". " + hint)
	}
	return hint
}

const unauthorized, forbidden = http.StatusUnauthorized, http.StatusForbidden

// remedies are the troubleshooting of the documents of services that are not declared, and under "" what holds for all.
var remedies = map[string][]remedy{
	apikey.Prosopo: {
		{status: unauthorized, words: saysExpired, hint: "The key has expired, and is invalidated for good: create a new one with the same permissions, and use that."},
		{status: unauthorized, words: saysMalformed, hint: "The key is malformed: give it whole, without quotes, blanks or a typo."},
		{status: unauthorized, words: saysNoKey, hint: hintArrives},
		{status: unauthorized, hint: hintRefused + " A deleted key is invalid at once, and for good."},
		{status: forbidden, when: lacksFeature, hint: "The account lacks the API feature: ask for it in the Prosopo portal. No permission of a key mends this."},
		{status: forbidden, code: insufficient, op: opCreate, missing: true, hint: "The key lacks the permission {needs}: use a key that has it. A key grants at most what it has."},
		{status: forbidden, code: insufficient, missing: true, hint: "The key lacks the permission {needs}: use a key that has it."},
		{status: forbidden, when: ofTheAccount, hint: "This is about the account, not the key: see to it in the Prosopo portal. No permission of a key mends this."},
		{status: forbidden, hint: "Either the key lacks {needs}, or the account lacks the API feature (ask for it in the Prosopo portal) or is not active."},
	},
	"": {
		{status: unauthorized, web: true, hint: "A web page answered in the service's place: it says nothing about the key. " + hintURL},
		{status: forbidden, web: true, hint: "A web page answered in the service's place: it says nothing about the key. " + hintURL},
		{status: unauthorized, hint: hintRefused},
		{status: forbidden, hint: hintNoRight},
	},
}

// ofTheAccount reports whether a refusal is one of the account, whichever key is used.
func ofTheAccount(e *Error) bool { return e.speaksOf(accountWords) }
