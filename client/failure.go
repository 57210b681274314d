package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"detent/apikey"
	"detent/client/wire"
	"detent/loopback"
)

// errDead is an answer that says that a secret is not accepted.
var errDead = errors.New("the secret is not accepted")

// broken is the failure of a call that got no answer.
func (t *transport) broken(c call, err error, sent bool) *Error {
	if e := t.atProxy(c, err); e != nil {
		return e
	}
	e := &Error{Op: c.op, Outcome: outcome(c.write && sent), Err: innermost(err)}
	var dns *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		e.Kind, e.Message = Canceled, "given up before the answer"
	case isTLS(err):
		e.Kind, e.Message = BadTLS, tlsWords(err)
		e.Hint = "Check the URL, the server's certificate and this machine's clock. Nothing is sent without a valid certificate."
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Kind, e.Message = Unreachable, "no such host: "+wire.Words(dns.Name)
		e.Hint = "Check the URL of the profile and the network."
	case !sent && errors.As(err, &dial):
		e.Kind, e.Message = Unreachable, dialWords(dial, t.host(c))
		e.Hint = "Check the network and that the service is running at " + t.host(c) + "."
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		e.Kind, e.Message = Timeout, "no answer in "+t.opts.Timeout.String()
		e.Hint = hintTime
	case !sent: // closed, or answered with something else, while it was made
		e.Kind, e.Message = Unreachable, "the connection to "+t.host(c)+" broke while it was made"
		e.Hint = "Check the URL of the profile, and whether a proxy is in between. Nothing was sent to the service."
	case strings.Contains(err.Error(), "malformed HTTP") || strings.Contains(err.Error(), "server response headers exceeded"):
		e.Kind, e.Message = BadAnswer, "the answer is not HTTP as the service speaks it"
		e.Hint = hintURL
	default:
		e.Kind, e.Message = Timeout, "the connection broke before the answer"
		e.Hint = "Try again."
	}
	if e.Outcome == Unknown {
		e.Hint = hintLook
	}
	return e
}

const (
	hintURL  = "Check the URL of the profile, and whether a proxy or a login page is in between."
	hintTime = "Try again, or allow more time with --timeout."
	hintWait = "Wait a little and try again."
	hintLook = "No answer is not a no: reload the list and look before you try again."
)

func outcome(unknown bool) Outcome {
	if unknown {
		return Unknown
	}
	return NotDone
}

// innermost is the cause without the layers of net/http, whose text holds the URL with its query.
func innermost(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

func isUnknownHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		alert        tls.AlertError
		record       tls.RecordHeaderError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &alert) || errors.As(err, &record) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid) || errors.Is(err, http.ErrSchemeMismatch) ||
		strings.Contains(err.Error(), "remote error: tls:") || strings.Contains(err.Error(), "tls: ") ||
		strings.Contains(err.Error(), "TLS handshake")
}

func tlsWords(err error) string {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return "the server answered without TLS to an https request"
	}
	return wire.Words(innermost(err).Error())
}

func dialWords(op *net.OpError, host string) string {
	if op.Op == "proxyconnect" {
		host = "the proxy that HTTPS_PROXY names"
	}
	var foreign *loopback.ForeignError
	switch {
	case errors.As(op, &foreign):
		return foreign.Error()
	case errors.Is(op, syscall.ECONNREFUSED):
		return host + " refused the connection"
	case op.Timeout():
		return host + " did not answer the connection in time"
	case errors.Is(op, syscall.ENETUNREACH), errors.Is(op, syscall.EHOSTUNREACH):
		return "no route to " + host
	}
	return "no connection to " + host
}

// unread is the failure of a call whose answer of success could not be read. A write was done, or
// not: its answer does not tell.
func (t *transport) unread(c call, status int, err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var no *wire.Refused
	if errors.As(err, &no) {
		if no.Fault.Status != 0 {
			status = no.Fault.Status
		}
		return t.fail(c, status, no.Fault)
	}
	e := &Error{Op: c.op, Kind: BadAnswer, Status: status, Outcome: outcome(c.write), Err: innermost(err)}
	var ours wire.BadAnswer
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		e.Kind, e.Message = TooLarge, wire.ErrTooLarge.Error()
	case errors.Is(err, wire.ErrTooDeep), errors.Is(err, wire.ErrCut):
		e.Message = err.Error()
	case errors.Is(err, wire.ErrWebPage):
		e.Message, e.Hint = wire.ErrWebPage.Error(), hintURL
	case errors.As(err, &ours):
		e.Message = t.words(c, string(ours))
		if errors.Is(err, wire.ErrForeign) {
			e.Message, e.Hint = wire.ErrForeign.Error()+": "+e.Message, hintURL
		}
	case errors.Is(err, context.Canceled):
		e.Kind, e.Message = Canceled, "given up in the middle of the answer"
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		e.Kind, e.Message = Timeout, "the answer was not complete in "+t.opts.Timeout.String()
		e.Hint = hintTime
	case errors.Is(err, io.EOF):
		e.Message, e.Hint = "the answer is empty", hintURL
	case wire.IsNotJSON(err):
		e.Message, e.Hint = "the answer is not JSON", hintURL
	case errors.As(err, &kind):
		e.Message, e.Hint = "the answer's JSON is not what the service promises", hintURL
	case errors.Is(err, wire.ErrForeign):
		e.Message, e.Hint = wire.ErrForeign.Error(), hintURL
	case errors.Is(err, errDead):
		e.Message = errDead.Error()
	default: // io.ErrUnexpectedEOF, a reset
		e.Kind, e.Message = Timeout, "the connection broke in the middle of the answer"
		e.Hint = "Try again."
	}
	if e.Outcome == Unknown {
		e.Hint = hintLook
	}
	return e
}

// refusedBy is the failure of a call that was answered with a status of failure.
func (t *transport) refusedBy(c call, resp *http.Response, body io.Reader) *Error {
	if resp.StatusCode/100 == 3 {
		return t.redirected(c, resp)
	}
	if resp.StatusCode == http.StatusProxyAuthRequired {
		return t.atProxy(c, &proxyRefused{"in front of " + t.host(c), resp.StatusCode})
	}
	beginning, _ := io.ReadAll(body) // what there is of it: it may be broken or endless
	f := wire.ParseFault(beginning)
	for name, value := range wire.WaitsIn(bytes.TrimPrefix(beginning, []byte(wire.BOM)), 3) { // in a body it counts as in a header
		resp.Header[name] = append(resp.Header[name], value)
	}
	if wire.SaysHTML(resp.Header) && !f.JSON && len(bytes.TrimSpace(beginning)) > 0 {
		f = wire.ParseFault([]byte("<html>"))
	}
	e := t.fail(c, resp.StatusCode, f)
	if (e.Kind == Unauthorized || resp.StatusCode == http.StatusForbidden) && (wire.TellsLimit(resp.Header) || e.speaksOf(wire.LimitWords)) {
		e.limited = true
		if resp.StatusCode == http.StatusForbidden {
			e.Kind, e.Permission, e.Hint = RateLimited, "", hintWait
		}
	}
	return e
}

// fail makes the typed error of a refusal.
func (t *transport) fail(c call, status int, f wire.Fault) *Error {
	came := status
	plain := f.Shape.Plain && status/100 == 4
	status = t.speaks.means(status, f)
	e := &Error{Op: c.op, Status: status, Kind: kindOf(status), Code: wire.Scrub(t.words(c, f.Code), 80),
		Message: t.words(c, f.Message), Own: (f.JSON || plain) && t.speaks.own(f), web: f.WebPage, Outcome: outcome(c.write && (status >= 500 || status == http.StatusRequestTimeout))}
	if came != status {
		e.Came = came
	}
	switch {
	case f.WebPage && (e.Kind == NotFound || e.Kind == Invalid || e.Kind == Forbidden && c.op == opProbe):
		// A page that is not found is not the service saying that a key is, nor one that blocks that it knows the key.
		e.Kind, e.Hint = BadAnswer, hintURL
		return e
	case e.Kind == RateLimited:
		e.Hint, e.limited = hintWait, true
	case e.Outcome == Unknown:
		e.Hint = hintLook
	case e.Kind == Unavailable:
		e.Hint = "The service has a problem. Try again later."
	}
	t.explain(e, c)
	return e
}

// statusEnhanceYourCalm is a 429 of before there was one.
const statusEnhanceYourCalm = 420

func kindOf(status int) Kind {
	switch status {
	case http.StatusUnauthorized:
		return Unauthorized
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotFound, http.StatusGone:
		return NotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return Conflict
	case http.StatusTooManyRequests, statusEnhanceYourCalm:
		return RateLimited
	case http.StatusRequestTimeout:
		return Timeout
	}
	if status >= 500 {
		return Unavailable
	}
	return Invalid
}

// redirected refuses a redirect that would carry the credential elsewhere, or a write anywhere.
func (t *transport) redirected(c call, resp *http.Response) *Error {
	e := &Error{Op: c.op, Kind: BadAnswer, Status: resp.StatusCode, Hint: "Nothing was sent there. " + hintURL,
		Message: "the answer is a redirect to nowhere"}
	// 307 and 308 say that the request was not handled; 303 after a write says that it was.
	e.Outcome = outcome(c.write && resp.StatusCode != http.StatusTemporaryRedirect && resp.StatusCode != http.StatusPermanentRedirect)
	if to, err := resp.Location(); err == nil {
		e.Message = "redirected to " + t.words(c, (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()) +
			", which is not followed"
	}
	return e
}

// words makes a text of the service fit for an error: no secret that is known or looks like one,
// no control characters, not too long.
func (t *transport) words(c call, raw string) string {
	return wire.Redact(raw, t.speaks.secret, t.secrets(c))
}

// secrets are what no text may repeat.
func (t *transport) secrets(c call) []apikey.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := append([]apikey.Secret{t.opts.Token, c.bearer, t.session, c.idSecret, c.tried}, t.halves...)
	if isSigned(c.auth) && !c.bearer.IsZero() {
		out = append(out, signingParts(c.auth, c.bearer)...)
	}
	return out
}
