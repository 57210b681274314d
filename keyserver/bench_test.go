package keyserver

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

func serveOnce(b testing.TB, h http.Handler, r *http.Request) {
	w := &discard{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.status != 0 && w.status >= 300 {
		b.Fatalf("%s %s: %d", r.Method, r.URL, w.status)
	}
}

// discard is an answer that is counted and thrown away.
type discard struct {
	header http.Header
	status int
	bytes  int64
}

func (d *discard) Header() http.Header              { return d.header }
func (d *discard) WriteHeader(status int)           { d.status = status }
func (d *discard) Write(p []byte) (int, error)      { d.bytes += int64(len(p)); return len(p), nil }
func (d *discard) SetWriteDeadline(time.Time) error { return nil }

func request(method, path, token string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func BenchmarkAuthenticate(b *testing.B) {
	s := open(b)
	if err := s.FillDemo(context.Background(), 10_000); err != nil {
		b.Fatal(err)
	}
	key := s.generic(s.session(wirename.Generic, apikey.Live), "k", "live").text("data.key")
	h := s.Handler()
	b.ReportAllocs()
	b.ResetTimer()
	var mu sync.Mutex
	var took []time.Duration
	b.RunParallel(func(p *testing.PB) {
		var mine []time.Duration
		for p.Next() {
			begun := time.Now()
			w := &discard{header: http.Header{}}
			h.ServeHTTP(w, request("GET", "/v1/users/usr_1", key))
			if w.status != 404 {
				b.Errorf("status %d", w.status)
			}
			mine = append(mine, time.Since(begun))
		}
		mu.Lock()
		took = append(took, mine...)
		mu.Unlock()
	})
	report(b, took)
}

// report adds calls a second and the time that one call in a hundred is over.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func BenchmarkList(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		s := open(b)
		if err := s.FillDemo(context.Background(), n); err != nil {
			b.Fatal(err)
		}
		h := s.Handler()
		for _, c := range []struct{ service, method, path string }{
			{wirename.Prosopo, "POST", "/api-keys/get"}, {wirename.Vertesia, "GET", "/api/v1/apikeys"}, {wirename.Generic, "GET", "/v1/api-keys"},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.service, n), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					serveOnce(b, h, request(c.method, c.path, s.session(c.service, "")))
				}
			})
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	s := open(b)
	token := s.session(wirename.Generic, apikey.Live)
	var took []time.Duration
	b.ResetTimer()
	for range b.N {
		begun := time.Now()
		s.generic(token, "k", "live")
		took = append(took, time.Since(begun))
	}
	report(b, took)
}

func BenchmarkFillDemo100k(b *testing.B) {
	for range b.N {
		if err := open(b).FillDemo(context.Background(), 100_000); err != nil {
			b.Fatal(err)
		}
	}
}
