package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"detent/client/wire"
)

// proxyRefused is a proxy that did not open a way to the service: nothing was sent there. net/http says as much of it as
// "Bad Gateway".
type proxyRefused struct {
	proxy  string
	status int
}

func (e *proxyRefused) Error() string {
	return fmt.Sprintf("the proxy %s answered %d", e.proxy, e.status)
}

// checkProxyAnswer looks at a proxy's answer to CONNECT.
func checkProxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefused{proxy.Host, answer.StatusCode}
}

// atProxy is the failure of a call that a proxy answered; nil is another failure. For a proxy that speaks in the service's
// place, over http, status is that of its answer.
func (t *transport) atProxy(c call, err error) *Error {
	var p *proxyRefused
	if !errors.As(err, &p) {
		return nil
	}
	e := &Error{Op: c.op, Kind: Unreachable, Status: p.status, Outcome: NotDone, Err: err}
	e.Message = fmt.Sprintf("%s, which is not the service's answer", wire.Words(p.Error()))
	switch p.status {
	case http.StatusProxyAuthRequired:
		e.Message = fmt.Sprintf("the proxy %s wants to be logged in to", wire.Words(p.proxy))
		e.Hint = "Give HTTPS_PROXY a user and a password, or name the host in NO_PROXY. Nothing was sent to the service."
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		e.Hint = "The proxy does not let " + t.host(c) + " through: ask who runs it, or name the host in NO_PROXY. Nothing was sent to the service."
	default:
		e.Hint = "The proxy could not reach " + t.host(c) + ": check the URL of the profile and HTTPS_PROXY. Nothing was sent to the service."
	}
	return e
}

func (t *transport) host(c call) string {
	if c.origin != nil {
		return wire.Scrub(c.origin.Host, wire.MaxMessage)
	}
	return wire.Scrub(t.origin.Host, wire.MaxMessage)
}
