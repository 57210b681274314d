package issuertest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// seen is a request that was made.
type seen struct {
	method, host, uri, body string
	header                  http.Header
}

// service is a listener that answers, and remembers what it was asked.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []seen
	answer func(n int, r seen) reply
}

// serve answers every request by a function, which is asked for one at a time.
func serve(t *testing.T, answer func(n int, r seen) reply) *service {
	t.Helper()
	s := &service{answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *service) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sent, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	this := seen{r.Method, r.Host, r.URL.RequestURI(), string(sent), r.Header}
	s.asked = append(s.asked, this)
	a := s.answer(len(s.asked)-1, this)
	if a.lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", now.Format(http.TimeFormat))
	for name, value := range a.header {
		w.Header()[http.CanonicalHeaderKey(name)] = []string{strings.ReplaceAll(value, "{origin}", "http://"+r.Host)}
	}
	if a.short {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)+100))
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// strict plays a case as it is written: these requests, in this order, and no other.
func (c *sample) strict(t *testing.T, s *script) *service {
	t.Helper()
	played := serve(t, func(n int, r seen) reply {
		if n >= len(c.exchanges) {
			t.Errorf("one request too many: %s %s", r.method, r.uri)
			return reply{status: http.StatusTeapot}
		}
		e := c.exchanges[n]
		if got := r.method + " " + r.uri; got != e.request {
			t.Errorf("request %d is %q, want %q", n+1, got, e.request)
		}
		sent, by := s.sent, s.token
		if e.bearer != "" {
			sent, by = s.tried, e.bearer
		}
		if name, value := sent.header(by); r.header.Get(name) != value && value != "" {
			t.Errorf("%s: %s is %q, want %q", e.request, name, r.header.Get(name), value)
		}
		if sent.signer() != "" && !s.isSignedBy(r, sent.signer(), by) {
			t.Errorf("%s: %q is no signature over it by what is to sign it", e.request, r.header)
		}
		for name, value := range e.header {
			if r.header.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", e.request, name, r.header.Get(name), value)
			}
		}
		if !sameJSON(r.body, e.body) {
			t.Errorf("%s: sent %s, want %s", e.request, r.body, e.body)
		}
		return e.answer
	})
	t.Cleanup(func() {
		if n := len(played.requests()); !t.Failed() && n != len(c.exchanges) {
			t.Errorf("%d of %d requests were made", n, len(c.exchanges))
		}
	})
	return played
}

// altered plays a case with another answer to the request that decides, and to every one that it does not have: n counts those.
func (c *sample) altered(t *testing.T, alter func(n int, usual reply) reply) *service {
	t.Helper()
	usual, n := c.exchanges[c.varied].answer, 0
	return serve(t, func(_ int, r seen) reply {
		if i := c.other(r); i >= 0 {
			return c.exchanges[i].answer
		}
		n++
		return alter(n-1, usual)
	})
}

// other is which of the exchanges that are not varied a request is; -1 for none.
func (c *sample) other(r seen) int {
	for i, e := range c.exchanges {
		if i != c.varied && e.request == r.method+" "+r.uri && (e.body == "" || sameJSON(r.body, e.body)) {
			return i
		}
	}
	return -1
}

// sent are the requests that are like the one that decides.
func (c *sample) sent(at *service) (count int) {
	decides := c.exchanges[c.varied]
	for _, r := range at.requests() {
		if decides.request == r.method+" "+r.uri && sameJSON(r.body, decides.body) {
			count++
		}
	}
	return count
}

func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// with is the answer with another body.
func (r reply) with(body string) reply { r.body = body; return r }

// called is the answer with a header more.
func (r reply) called(name, value string) reply {
	header := map[string]string{name: value}
	for n, v := range r.header {
		if n != name {
			header[n] = v
		}
	}
	r.header = header
	return r
}

// of is the answer with another status and body.
func of(status int, body string, header ...string) reply {
	r := reply{status: status, body: body, header: map[string]string{}}
	for i := 0; i+1 < len(header); i += 2 {
		r.header[header[i]] = header[i+1]
	}
	return r
}

// always answers every request alike.
func always(r reply) func(int, reply) reply { return func(int, reply) reply { return r } }

// once answers the first request so, and then as usual.
func once(r reply) func(int, reply) reply {
	return func(n int, usual reply) reply {
		if n == 0 {
			return r
		}
		return usual
	}
}

// holds reports whether a member is this text, or the number that has these digits.
func holds(v any, text string) bool {
	n, isNumber := v.(float64)
	return v == text || isNumber && strconv.FormatFloat(n, 'f', -1, 64) == text
}

// raw is what the answer of a case has for an id: itself, or the secret, of an issuer that has no other id for a key and is given one.
func (u *suite) raw(body, id string) string {
	var whole any
	if json.Unmarshal([]byte(body), &whole) == nil && visit(whole, func(object map[string]any) bool {
		for _, v := range object {
			if holds(v, id) {
				return true
			}
		}
		return false
	}) {
		return id
	}
	return u.secret
}

// row finds the object of a body that has a member of each of these values, changes it, and writes the body anew.
func row(t *testing.T, body string, change func(row map[string]any), values ...string) string {
	t.Helper()
	var whole any
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if !visit(whole, func(object map[string]any) bool {
		for _, value := range values {
			found := false
			for _, v := range object {
				found = found || holds(v, value)
			}
			if !found {
				return false
			}
		}
		change(object)
		return true
	}) {
		t.Fatalf("no object of %s has %q: the first case of an operation shows the id and the name of a key", body, values)
	}
	out, _ := json.Marshal(whole)
	return string(out)
}

// visit goes through the objects of a value until one is the right one.
func visit(v any, right func(map[string]any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		if right(v) {
			return true
		}
		for _, inner := range v {
			if visit(inner, right) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if visit(inner, right) {
				return true
			}
		}
	}
	return false
}
