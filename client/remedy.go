package client

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// For the refusals that nothing more is known about.
const (
	hintRefused = "Check that the key is not revoked or expired, has no typo, and belongs to this environment (test or live) and this URL."
	hintNoRight = "The key works, but may not do this: use one with the permission, or ask whoever manages the account."
	hintMayNot  = "Whether the key works is not shown by this. Where it does, use one with the permission, or ask whoever manages the account."
	hintWall    = "Something in front of the service may have refused this: it says nothing about the key. Try it from elsewhere, or ask whoever runs the service."
	hintWebPage = "A web page answered in the service's place: it says nothing about the key. " + hintURL
)

// remedyFor is the first line that is for a refusal: of the service, then of any, those that are for every refusal of a status last.
func (t *transport) remedyFor(e *Error, c call) (kit.Remedy, bool) {
	if e.web {
		return kit.Remedy{Hint: hintWebPage}, e.Status == unauthorized || e.Status == forbidden
	}
	told := wire.PlainWords(e.Message, e.Code)
	op := opNames[c.op]
	sent := t.sent(c)
	all := slices.Concat(t.speaks.remedies, usualRemedies)
	for _, narrow := range []bool{true, false} {
		for _, r := range all {
			ofStatus := r == kit.Remedy{Status: r.Status, Hint: r.Hint}
			if narrow != ofStatus && r.Status == e.Status && strings.Contains(e.Code, r.Code) && (r.Words == "" || wire.AnyOf(told, r.Words)) &&
				(r.Sent == "" || sent.HasPrefix(r.Sent)) && (r.Op == "" || slices.Contains(strings.Split(r.Op, "|"), op)) &&
				(!r.OtherEnvironment || t.ofOtherEnvironment(sent)) && (!r.Account || e.speaksOf(wire.AccountWords)) && (!r.Missing || c.needs != "") {
				return r, true
			}
		}
	}
	return kit.Remedy{}, false
}

// explain gives a refusal its hint, and the permission that is missing where that is what it says.
func (t *transport) explain(e *Error, c call) {
	r, ok := t.remedyFor(e, c)
	if !ok {
		return
	}
	needs := t.speaks.missing(e.Message, c.needs)
	if r.Missing {
		e.Permission = needs
	}
	if r.Hint == hintNoRight && (!e.Own || t.speaks.verdict(e) != apikey.Accepted) {
		if r.Hint = hintMayNot; e.speaksOf(wire.FirewallWords) {
			r.Hint = hintWall
		}
	}
	hint := strings.ReplaceAll(r.Hint, "{needs}", cmp.Or(needs, "the permission"))
	e.Hint = strings.ReplaceAll(hint, "role admin or above", "role admin")
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
	e := asError(err)
	if e == nil {
		return ""
	}
	hint := e.Hint
	if hint == "" {
		hint = map[Kind]string{Unauthorized: hintRefused, Forbidden: hintMayNot}[e.Kind]
		if e.Kind == Forbidden && e.Permission != "" {
			hint = hintNoRight
		}
	}
	if e.Permission != "" && !strings.Contains(hint, e.Permission) {
		hint = strings.TrimSpace("Missing: " + e.Permission + ". " + hint)
	}
	return hint
}

const unauthorized, forbidden = http.StatusUnauthorized, http.StatusForbidden

// opNames are the operations as declarations name them.
var opNames = map[string]string{opList: "list", opCreate: "create", opUpdate: "update", opDelete: "delete", opProbe: "probe"}

// usualRemedies hold for all services.
var usualRemedies = []kit.Remedy{
	{Status: unauthorized, Words: "malformed|bad format|wrong format|invalid format", Hint: "The key is malformed: give it whole, without quotes, blanks or a typo."},
	{Status: unauthorized, Words: "no key|no api key|no token|missing|not provided|absent", Hint: "The key did not arrive: it goes into a header of every request, Authorization as a rule. Does a proxy in between drop it?"},
	{Status: forbidden, Account: true, Hint: "This is about the account, not the key: see to it where the service's account is managed. No permission of a key mends this."},
	{Status: unauthorized, Hint: hintRefused},
	{Status: forbidden, Hint: hintNoRight},
}
