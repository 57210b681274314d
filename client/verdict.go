package client

import (
	"fmt"
	"net/http"

	"detent/apikey"
)

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
	if e != nil && e.Came != 0 {
		p.Evidence = fmt.Sprintf("%s, which is taken for %d", did(e.Came), e.Status)
	}
	return p, nil
}

// answeredWith is what a call's answer was, as a proof says it.
func answeredWith(asked string) func(status int) string {
	return func(status int) string { return fmt.Sprintf("%s answered %d", asked, status) }
}
