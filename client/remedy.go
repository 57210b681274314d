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
	code             string // is part of the service's own code
	words            string // one of these, "a|b", is in the service's words or in its code
	sent             string // how the secret that was sent begins
	op               string // one of these was tried, "a|b"
	otherEnvironment bool   // the secret says that it is of another environment than the profile is
	web              bool   // a web page answered
	account          bool   // it is about the account, whichever key is used
	missing          bool   // the call's permission or role is what is missing
	hint             string // {needs} is that permission or role
}

// For the refusals that nothing more is known about.
const (
	hintRefused = "Check that the key is not revoked or expired, has no typo, and belongs to this environment (test or live) and this URL."
	hintNoRight = "The key works, but may not do this: use one with the permission, or ask whoever manages the account."
)

// narrow reports whether a line is for some of the refusals of a status alone.
func (r remedy) narrow() bool {
	return r.code != "" || r.words != "" || r.sent != "" || r.op != "" || r.otherEnvironment || r.web || r.account || r.missing
}

// remedyFor is the first line that is for a refusal: of the service, then of any, those that are for every refusal of a status last.
func (t *transport) remedyFor(e *Error, c call) (remedy, bool) {
	told := plainWords(e)
	sent := t.sent(c)
	all := slices.Concat(t.speaks.remedies, usualRemedies)
	for _, narrow := range []bool{true, false} {
		for _, r := range all {
			if r.narrow() == narrow && r.status == e.Status && r.web == e.web && strings.Contains(e.Code, r.code) && (r.words == "" || anyOf(told, r.words)) &&
				(r.sent == "" || sent.HasPrefix(r.sent)) && (r.op == "" || slices.Contains(strings.Split(r.op, "|"), c.op)) &&
				(!r.otherEnvironment || t.ofOtherEnvironment(sent)) && (!r.account || e.speaksOf(accountWords)) && (!r.missing || c.needs != "") {
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

// usualRemedies hold for all services.
var usualRemedies = []remedy{
	{status: unauthorized, web: true, hint: "A web page answered in the service's place: it says nothing about the key. " + hintURL},
	{status: forbidden, web: true, hint: "A web page answered in the service's place: it says nothing about the key. " + hintURL},
	{status: unauthorized, words: "malformed|bad format|wrong format|invalid format", hint: "The key is malformed: give it whole, without quotes, blanks or a typo."},
	{status: unauthorized, words: "no key|no api key|no token|missing|not provided|absent", hint: "The key did not arrive: it goes into a header of every request, Authorization as a rule. Does a proxy in between drop it?"},
	{status: forbidden, account: true, hint: "This is about the account, not the key: see to it where the service's account is managed. No permission of a key mends this."},
	{status: unauthorized, hint: hintRefused},
	{status: forbidden, hint: hintNoRight},
}
