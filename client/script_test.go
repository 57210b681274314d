package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
)

// step is one request that a test expects, and its answer.
type step struct {
	want   string            // "POST /api-keys/get?a=b"
	body   string            // the JSON that must be sent; empty is none
	bearer string            // empty is the profile's own
	header map[string]string // request headers that must be there
	status int               // 0 is 200
	set    map[string]string // headers of the answer
	answer string
	hangUp bool // read the request, then drop the connection
}

// script is a real listener that plays steps in order.
type script struct {
	*httptest.Server
	t     *testing.T
	mu    sync.Mutex
	steps []step
	next  int
}

const ownToken = "sk_live_OWNcanary0123456789abcdef"

// anybody is the bearer of a step that a secret of nobody's is to be sent in.
const anybody = "anybody"

func play(t *testing.T, steps ...step) *script {
	t.Helper()
	s := &script{t: t, steps: steps}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		if !t.Failed() && s.count() != len(steps) {
			t.Errorf("%d of %d requests were made", s.count(), len(steps))
		}
	})
	return s
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := r.Method + " " + r.URL.RequestURI()
	if s.next >= len(s.steps) {
		s.t.Errorf("one request too many: %s", got)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	st := s.steps[s.next]
	s.next++
	if got != st.want {
		s.t.Errorf("request %d is %q, want %q", s.next, got, st.want)
	}
	bearer := st.bearer
	if bearer == "" {
		bearer = ownToken
	}
	if h := r.Header.Get("Authorization"); h != "Bearer "+bearer && (bearer != anybody || h == "Bearer "+vertesiaSecret || h == "Bearer "+ownToken) {
		s.t.Errorf("%s: Authorization is %q", got, h)
	}
	for k, v := range st.header {
		if r.Header.Get(k) != v {
			s.t.Errorf("%s: %s is %q, want %q", got, k, r.Header.Get(k), v)
		}
	}
	sent, _ := io.ReadAll(r.Body)
	if !sameJSON(string(sent), st.body) {
		s.t.Errorf("%s: sent %s, want %s", got, sent, st.body)
	}
	if st.hangUp {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", dated)
	for k, v := range st.set {
		w.Header().Set(k, strings.ReplaceAll(v, "{origin}", "http://"+r.Host))
	}
	if st.status != 0 {
		w.WriteHeader(st.status)
	}
	_, _ = io.WriteString(w, st.answer)
}

func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

var testNow = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// options are for a service at url, with a clock that stands still and waits that cost nothing.
func options(service, url string) Options {
	return Options{Service: service, URL: url, Token: apikey.NewSecret(ownToken), Timeout: 5 * time.Second,
		Now: func() time.Time { return testNow }, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Random: zeros{}}
}

// zeros are random numbers that a test knows beforehand.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func mustOpen(t *testing.T, opts Options) Service {
	t.Helper()
	s, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dated is the Date header of an answer made at testNow.
var dated = testNow.Format(http.TimeFormat)
