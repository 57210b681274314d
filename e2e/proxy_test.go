//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy stands in front of a real service on a real TCP connection, and lets a
// test decide about each call: hand it on, or do something a bad network does.
type proxy struct {
	URL    string
	target *url.URL
	client *http.Client
	clock  func() time.Time // of the service, where that is not this machine's: net/http dates its answers

	mu     sync.Mutex
	calls  []string
	decide func(call int, r *http.Request) *fault
}

// fault is what happens to one call. With afterwards set the service has handled it
// by then: the answer is what gets lost.
type fault struct {
	name       string
	afterwards bool
	// lost says that the caller gets no usable answer to this call.
	lost bool
	act  func(w http.ResponseWriter, r *http.Request, answer *http.Response, body []byte)
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: u, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	p.URL = server.URL
	return p
}

// when sets the decision for the calls that follow and forgets the count.
func (p *proxy) when(decide func(call int, r *http.Request) *fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decide, p.calls = decide, nil
}

// seen are the calls since the last when, as "METHOD path".
func (p *proxy) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.calls...)
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls = append(p.calls, r.Method+" "+r.URL.Path)
	var f *fault
	if p.decide != nil {
		f = p.decide(len(p.calls), r)
	}
	p.mu.Unlock()
	if f != nil && !f.afterwards {
		f.act(w, r, nil, nil)
		return
	}
	answer, body, err := p.forward(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if p.clock != nil {
		answer.Header.Set("Date", p.clock().UTC().Format(http.TimeFormat))
	}
	if f != nil {
		f.act(w, r, answer, body)
		return
	}
	reply(w, answer, body)
}

func (p *proxy) forward(r *http.Request) (*http.Response, []byte, error) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, nil, err
	}
	u := *p.target
	u.Path, u.RawQuery = r.URL.Path, r.URL.RawQuery
	// Not the request's context: a caller that is gone does not undo what was sent.
	req, err := http.NewRequest(r.Method, u.String(), bytes.NewReader(sent))
	if err != nil {
		return nil, nil, err
	}
	req.Header = r.Header.Clone()
	res, err := p.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

func reply(w http.ResponseWriter, answer *http.Response, body []byte) {
	for k, v := range answer.Header {
		if k != "Content-Length" {
			w.Header()[k] = v
		}
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(body)
}

// reset drops the connection with an RST, as a dying middlebox does.
func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// raw answers with bytes of our own and closes.
func raw(w http.ResponseWriter, text string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, text)
	_ = conn.Close()
}

func status(code int, header ...string) *fault {
	return &fault{name: fmt.Sprint("status ", code, " ", strings.Join(header, " ")), lost: true,
		act: func(w http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, `{"error":"the proxy says `+strconv.Itoa(code)+`","status":`+strconv.Itoa(code)+`}`)
		}}
}

func page(code int, contentType, body string) *fault {
	return &fault{name: fmt.Sprintf("%d %s", code, contentType), lost: true,
		act: func(w http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}}
}

var dateText = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`)

// faults is what a bad network and a bad server do to one call.
func faults() []*fault {
	type answerer = func(http.ResponseWriter, *http.Request, *http.Response, []byte)
	lost := func(name string, afterwards bool, act answerer) *fault {
		return &fault{name: name, afterwards: afterwards, lost: true, act: act}
	}
	return []*fault{
		lost("reset before it is handled", false, func(w http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) { reset(w) }),
		lost("reset after it was handled", true, func(w http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) { reset(w) }),
		lost("no answer at all", true, func(_ http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) { <-r.Context().Done() }),
		lost("truncated body", true, func(w http.ResponseWriter, _ *http.Request, a *http.Response, body []byte) {
			raw(w, fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", a.StatusCode, len(body)+10, body[:len(body)/2]))
		}),
		lost("endless body", true, func(w http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) {
			w.Header().Set("Content-Type", "application/json")
			for junk := bytes.Repeat([]byte(" "), 64<<10); r.Context().Err() == nil; {
				if _, err := w.Write(junk); err != nil {
					return
				}
			}
		}),
		lost("slow drip", true, func(w http.ResponseWriter, r *http.Request, a *http.Response, body []byte) {
			w.WriteHeader(a.StatusCode)
			_, _ = w.Write(body[:1])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}),
		lost("50 MB of one string", true, func(w http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"name":"`)
			for i, junk := 0, bytes.Repeat([]byte("x"), 1<<20); i < 50; i++ {
				if _, err := w.Write(junk); err != nil {
					return
				}
			}
		}),
		page(http.StatusOK, "text/html", "<html><body>Please sign in</body></html>"),
		page(http.StatusOK, "application/json", "<html>not json</html>"),
		page(http.StatusOK, "application/json", strings.Repeat("[", 100_000)),
		page(http.StatusOK, "application/json", "[{\"name\":\"\xff\xfe\x1b[31m"),
		page(http.StatusOK, "application/json", ""),
		page(http.StatusBadGateway, "text/html", "<html>502 Bad Gateway\x1b]52;c;eA==\x07</html>"),
		status(http.StatusTooManyRequests),
		status(http.StatusTooManyRequests, "Retry-After", "1"),
		status(http.StatusServiceUnavailable),
		status(http.StatusServiceUnavailable, "Retry-After", "86400"),
		status(http.StatusInternalServerError),
		status(http.StatusUnauthorized),
		status(http.StatusForbidden),
		status(http.StatusFound, "Location", "http://127.0.0.1:1/elsewhere?secret=1"),
		status(http.StatusTemporaryRedirect, "Location", "http://127.0.0.1:1/elsewhere"),
		status(http.StatusBadGateway, "Retry-After", "1"),
		{name: "a slow answer in pieces", afterwards: true, act: func(w http.ResponseWriter, r *http.Request, a *http.Response, body []byte) {
			w.Header().Set("Content-Type", a.Header.Get("Content-Type"))
			w.WriteHeader(a.StatusCode)
			for piece := range slices.Chunk(body, max(1, len(body)/20)) {
				select {
				case <-r.Context().Done():
					return
				case <-time.After(10 * time.Millisecond): // the network is what is slow
				}
				_, _ = w.Write(piece)
				w.(http.Flusher).Flush()
			}
		}},
		{name: "garbage dates", afterwards: true, act: func(w http.ResponseWriter, _ *http.Request, a *http.Response, body []byte) {
			reply(w, a, dateText.ReplaceAll(body, []byte(`"yesterday-ish"`)))
		}},
	}
}

func TestTheProxyHandsOnWhatItIsNotToldToSpoil(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s", r.Method, r.URL.RequestURI())
	}))
	defer backend.Close()
	p := newProxy(t, backend.URL)
	p.when(func(call int, _ *http.Request) *fault {
		if call == 2 {
			return faults()[0]
		}
		return nil
	})
	// A connection of its own for each call: net/http repeats a GET whose kept connection breaks.
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := plain.Get(p.URL + "/a?b=c")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if string(body) != "GET /a?b=c" {
		t.Errorf("handed on %q", body)
	}
	if res, err := plain.Get(p.URL + "/again"); err == nil {
		_ = res.Body.Close()
		t.Error("the second call was to be reset")
	}
	if got := strings.Join(p.seen(), ", "); got != "GET /a, GET /again" {
		t.Errorf("seen %s", got)
	}
}
