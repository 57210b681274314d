package client

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Kind sorts failures by what the user can do about them.
type Kind string

// The kinds of failure.
const (
	Unauthorized Kind = "unauthorized" // 401: the credential is missing, wrong, revoked or expired
	Forbidden    Kind = "forbidden"    // 403: the credential may not do this
	NotFound     Kind = "not found"    // 404, 410
	Conflict     Kind = "conflict"     // 409
	Invalid      Kind = "invalid"      // 400, 422: the service refused the request's content
	RateLimited  Kind = "rate limited" // 429
	Unavailable  Kind = "unavailable"  // 5xx
	Unreachable  Kind = "unreachable"  // no connection: name, route, refusal
	BadTLS       Kind = "tls"          // the certificate or handshake failed
	Timeout      Kind = "timeout"      // no answer in time, or the connection broke
	Canceled     Kind = "canceled"     // the caller gave up
	BadAnswer    Kind = "bad answer"   // not the service: HTML, truncated or malformed JSON, a redirect elsewhere
	TooLarge     Kind = "too large"    // the answer passed the limit
	Unsupported  Kind = "unsupported"  // the service has no such call; nothing was sent
	ReadOnly     Kind = "read-only"    // the profile is read-only; nothing was sent
)

// Outcome says what is certain about a write that failed.
type Outcome string

// The outcomes of a failed operation.
const (
	NotDone Outcome = "not done" // certain: nothing was changed
	Unknown Outcome = "unknown"  // no answer is not a no: it may have happened
)

// Error is every failure of a Service. Its text holds no secret and no URL query,
// and all of the service's words in it are scrubbed.
type Error struct {
	Op         string // what was tried, as the user would say it: "list keys"
	Kind       Kind
	Status     int    // HTTP status, 0 where there was no answer
	Code       string // the service's own code: API.INSUFFICIENT_PERMISSIONS
	Message    string // the service's own words, or what went wrong in ours
	Outcome    Outcome
	Permission string // the permission or role that is missing, where it can be told
	Hint       string // what to do now; one or two short sentences
	Err        error  // the cause, for errors.Is; never printed

	// Own says that the answer was an error in the service's own shape. Where it is false, a wall, a proxy or a login page
	// may have answered in its place.
	Own bool

	// Came is the status that came, where the service's declaration takes it for Status; else 0.
	Came int

	web     bool // the body is a web page
	limited bool // a rate limit, however it was told
}

// Error is one line: what happened, what is certain, in the service's own words.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", e.Op)
	status := strconv.Itoa(e.Status)
	if e.Came != 0 {
		status = fmt.Sprintf("%d, taken for %d", e.Came, e.Status)
	}
	switch {
	case e.Status != 0 && e.Message != "":
		fmt.Fprintf(&b, "%s (%s): %s", e.Kind, status, e.Message)
	case e.Status != 0:
		fmt.Fprintf(&b, "%s (%s)", e.Kind, status)
	case e.Message != "":
		fmt.Fprintf(&b, "%s: %s", e.Kind, e.Message)
	default:
		b.WriteString(string(e.Kind))
	}
	if e.Outcome == Unknown {
		b.WriteString("; it is not known whether this happened")
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether err is a *Error of that kind.
func IsKind(err error, kind Kind) bool {
	e := asError(err)
	return e != nil && e.Kind == kind
}

// Refused reports whether the service itself said no to what was tried, so that it certainly did not happen: an answer in
// its own shape with a status that refuses. A rate limit, a 5xx, a wall in front of it and silence are no refusals.
func Refused(err error) bool {
	e := asError(err)
	if e == nil || !e.Own || e.limited || e.Outcome != NotDone {
		return false
	}
	switch e.Kind {
	case Unauthorized, Forbidden, NotFound, Conflict, Invalid:
		return true
	}
	return false
}

// MayHaveHappened reports whether err leaves open that the write took place.
func MayHaveHappened(err error) bool {
	e := asError(err)
	return e != nil && e.Outcome == Unknown
}

// What is tried, as the user would say it.
const (
	opList   = "list keys"
	opCreate = "create the key"
	opUpdate = "change the key"
	opDelete = "delete the key"
	opRoll   = "give the key a new secret"
	opEnd    = "end the overlap"
	opKeep   = "give the key back to its former secret"
	opProbe  = "check the secret"
	opPublic = "request a public key"
	opGet    = "read the key"

	opCatalogue = "ask which permissions there are"
	opParents   = "ask what keys can belong to"
)

func asError(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}
