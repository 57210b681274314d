package client

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"

	"github.com/go-resty/resty/v2"
)

// retryAdvice says whether a failed attempt may be repeated, and when.
type retryAdvice struct {
	retry bool
	paced bool
	wait  time.Duration // 0 is our own pace
}

// try makes one attempt.
func (t *transport) try(ctx context.Context, c call, attempt int, read func(*answer) error) (failure *Error, advice retryAdvice) {
	status := 0
	defer func() { t.watched(c, status, failure) }()
	var sent atomic.Bool // a connection was had: from here on nothing is certain
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	begin := t.opts.Now()
	resp, err := t.send(traced, c)
	if err != nil {
		t.log(c, attempt, begin, "-")
		failed := t.broken(c, err, sent.Load())
		return failed, retryAdvice{retry: mayPass(failed, err)}
	}
	defer func() { _ = resp.Body.Close() }()
	status = resp.StatusCode
	t.clock(resp.Header)
	limit := int64(wire.MaxOther)
	if c.list && resp.StatusCode/100 == 2 {
		limit = wire.MaxList
	}
	opened := wire.OpenBody(resp.Body, resp.Header.Get("Content-Encoding"))
	body := wire.NewGuard(opened, limit)
	if resp.StatusCode/100 != 2 {
		failed := t.refusedBy(c, resp, body)
		t.log(c, attempt, begin, strconv.Itoa(resp.StatusCode))
		return failed, t.afterRefusal(c, resp, failed)
	}
	if c.op == opList && resp.StatusCode == http.StatusNoContent && opened.IsEmpty() {
		body = wire.NewGuard(strings.NewReader("null"), limit)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, body: body}
	if c.op == opCreate || c.op == opRoll {
		err = t.readCreated(resp, opened, a, read)
	} else {
		err = t.readAnswer(resp, opened, a, read)
	}
	t.log(c, attempt, begin, strconv.Itoa(resp.StatusCode))
	if err == nil {
		return nil, retryAdvice{}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) && body.Failed == nil {
		err = wire.ErrCut
	}
	if errors.Is(err, net.ErrClosed) && ctx.Err() != nil { // net/http has closed it, for the time is over
		err = ctx.Err()
	}
	failed := t.unread(c, resp.StatusCode, err)
	return failed, retryAdvice{retry: (failed.Kind == Timeout || err == wire.ErrCut) && !a.handed && ctx.Err() == nil}
}

// send is the one place where a request is built, and where the credential becomes a header.
func (t *transport) send(ctx context.Context, c call) (*http.Response, error) {
	client := t.reads
	if c.write {
		client = t.writes
	}
	req := client.R().SetContext(ctx).SetDoNotParseResponse(true).
		SetHeader("Accept", "application/json").
		SetHeader("User-Agent", t.opts.UserAgent).
		SetHeaders(c.header)
	if c.ifMatch != "" {
		req.SetHeader("If-Match", c.ifMatch)
	}
	body := revealed(c.body)
	if !c.anonymous {
		body = t.put(req, c.auth, body, t.credentialOf(c))
	}
	if members, ok := body.(map[string]any); ok && c.form {
		req.SetFormDataFromValues(formOf(members))
	} else if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		req.SetHeader("Content-Type", "application/json").SetBody(raw)
	}
	resp, err := req.Execute(c.method, t.address(c))
	if err != nil {
		if resp != nil && resp.RawResponse != nil {
			_ = resp.RawResponse.Body.Close()
		}
		return nil, err
	}
	return resp.RawResponse, nil
}

// put puts a credential where it belongs, and returns the body with it.
func (t *transport) put(req *resty.Request, auth *kit.Auth, body any, secret apikey.Secret) any {
	plain := secret.Reveal()
	if auth == nil {
		auth = &kit.Auth{}
	}
	if auth.Origin {
		req.SetHeader("Origin", t.origin.Scheme+"://"+t.origin.Host)
	}
	switch auth.Kind {
	case "header":
		if auth.Second != "" {
			var other string
			plain, other, _ = strings.Cut(plain, ":")
			req.SetHeader(auth.Second, other)
		}
		req.SetHeader(auth.Header, auth.Prefix+plain)
	case "basic":
		req.SetHeader("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(plain)))
	case "cookie":
		name := auth.Cookie
		if auth.CookieTLS != "" && t.origin.Scheme == "https" {
			name = auth.CookieTLS
		}
		req.SetHeader("Cookie", name+"="+plain)
	case "body":
		members := map[string]any{auth.Member: plain}
		if sent, ok := body.(map[string]any); ok {
			maps.Copy(members, sent)
		}
		return members
	case "signed":
		req.SetContext(t.signedBy(req.Context(), auth, plain))
	default:
		req.SetHeader("Authorization", "Bearer "+plain)
	}
	return body
}

// formOf is a body as a form has it: of a list, each element under the same name.
func formOf(members map[string]any) url.Values {
	out := url.Values{}
	for name, v := range members {
		raw, err := json.Marshal(v)
		list := wire.List(raw)
		if list == nil && err == nil {
			list = []json.RawMessage{raw}
		}
		for _, item := range list {
			out.Add(name, wire.Literal(item))
		}
	}
	return out
}

// revealed is a body with the secrets that it holds.
func revealed(v any) any {
	switch v := v.(type) {
	case apikey.Secret:
		return v.Reveal()
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = revealed(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = revealed(item)
		}
		return out
	}
	return v
}

// leastInAddress is how long what an address may not hold is at least: a shorter password is in other words, too.
const leastInAddress = 8

// inAddress refuses a query that has a credential in it, as a service may ask for its next page: an address is logged by everything on its way.
func (t *transport) inAddress(c call) *Error {
	for _, values := range c.query {
		for _, s := range t.secrets(c) {
			if s.Len() >= leastInAddress && strings.Contains(strings.Join(values, " "), s.Reveal()) {
				return &Error{Op: c.op, Kind: BadAnswer, Outcome: NotDone, Message: "the address that is to be asked has the credential in it, where everything on its way reads it: nothing was sent there"}
			}
		}
	}
	return nil
}

// segment is what {id} stands for.
func (c *call) segment() string {
	if !c.idSecret.IsZero() {
		return c.idSecret.Reveal()
	}
	return c.id
}

func (t *transport) address(c call) string {
	origin := t.origin
	if c.origin != nil {
		origin = c.origin
	}
	address := strings.TrimSuffix(origin.String(), "/") + strings.Replace(c.path, "{id}", url.PathEscape(c.segment()), 1)
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	return address
}

// log writes one line a request, of what cannot hold a secret: no header, body, id or query.
func (t *transport) log(c call, attempt int, begin time.Time, status string) {
	if t.opts.Debug == nil {
		return
	}
	t.logging.Lock()
	defer t.logging.Unlock()
	_, _ = fmt.Fprintf(t.opts.Debug, "%s %s %s %s %s attempt %d\n", begin.UTC().Format(time.RFC3339Nano), c.method, c.path, status,
		t.opts.Now().Sub(begin).Round(time.Microsecond), attempt)
}

// watched tells whoever tries a declaration what was answered.
func (t *transport) watched(c call, status int, failed *Error) {
	if t.opts.Trial == nil {
		return
	}
	t.opts.Trial.Answered(Answer{Op: c.op, Call: c.method + " " + cmp.Or(c.spelt, c.path), Status: status, Own: failed != nil && failed.Own})
}

// transientStatus are the failures of a server that may be gone at the next attempt.
var transientStatus = map[int]bool{http.StatusBadGateway: true, http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true, http.StatusRequestTimeout: true, 529: true}

// afterRefusal decides whether an answer that is an error may be followed by another attempt.
func (t *transport) afterRefusal(c call, resp *http.Response, failed *Error) retryAdvice {
	if c.paced && resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("x-ratelimit-reason") == "pacing" {
		if ms, err := strconv.ParseFloat(resp.Header.Get("x-ratelimit-retry-ms"), 64); err == nil && ms >= 0 && ms <= math.MaxInt32 {
			return retryAdvice{paced: true, wait: max(minPace, time.Duration(ms*float64(time.Millisecond)))}
		}
	}
	switch {
	case failed.Kind == RateLimited:
		return retryAdvice{retry: true, wait: wire.WaitAsked(resp.Header, true, t.opts.Now)}
	case transientStatus[resp.StatusCode]:
		return retryAdvice{retry: true, wait: wire.WaitAsked(resp.Header, false, t.opts.Now)}
	}
	return retryAdvice{}
}

// mayPass reports whether a connection that failed may work at the next attempt.
func mayPass(failed *Error, err error) bool {
	if failed.Kind == Timeout {
		return !errors.Is(err, context.DeadlineExceeded)
	}
	return failed.Kind == Unreachable && !isUnknownHost(err) && (failed.Status == 0 || transientStatus[failed.Status])
}
