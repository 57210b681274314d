//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// spoilers are what the wire does to one request: the answer is lost, comes in pieces, the request
// arrives late or twice. For a read it matters only that there is no answer.
func spoilers(what string) []string {
	if !isWrite.MatchString(what) {
		return []string{"lost after", "truncated", "500 after"}
	}
	return []string{"lost before", "lost after", "truncated", "twice, first answer", "twice, second answer", "late", "very late", "500 after"}
}

var isWrite = regexp.MustCompile(`^(PUT|DELETE) |^POST (/api-keys/(create|delete)|/api/v1/apikeys|/v1/api-keys)$`)

// wire spoils requests of one rotation.
type wire struct {
	p *play

	mu   sync.Mutex
	late []*http.Request // on their way, though their sender has given up
}

// hold keeps a request that arrives later.
func (w *wire) hold(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	kept := r.Clone(r.Context())
	kept.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late, kept)
}

// arrive hands on what was held.
func (w *wire) arrive() {
	w.mu.Lock()
	held := w.late
	w.late = nil
	w.mu.Unlock()
	for _, r := range held {
		if _, _, err := w.p.proxy.forward(r); err != nil {
			w.p.Error(err)
		}
	}
}

// slept is the clock: what is late arrives within the time that a lost create is given.
func (w *wire) slept(d time.Duration) {
	if d >= 5*time.Second {
		w.arrive()
	}
}

func again(w *wire, r *http.Request, first bool) (*http.Response, []byte) {
	body, _ := io.ReadAll(r.Body)
	var answers []*http.Response
	var texts [][]byte
	for range 2 {
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer, text, err := w.p.proxy.forward(r)
		if err != nil {
			w.p.Error(err)
			return &http.Response{StatusCode: 502}, nil
		}
		answers, texts = append(answers, answer), append(texts, text)
	}
	if first {
		return answers[0], texts[0]
	}
	return answers[1], texts[1]
}

// fault is the spoiler as the proxy takes it.
func (w *wire) fault(name string) *fault {
	f := &fault{name: name, afterwards: true}
	switch name {
	case "lost before":
		f.afterwards = false
		f.act = func(rw http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) { reset(rw) }
	case "lost after":
		f.act = func(rw http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) { reset(rw) }
	case "truncated":
		f.act = func(rw http.ResponseWriter, _ *http.Request, a *http.Response, body []byte) {
			raw(rw, fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", a.StatusCode, len(body), body[:len(body)/2]))
		}
	case "500 after":
		f.act = status(500).act
	case "late", "very late":
		f.afterwards = false
		f.act = func(rw http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) { w.hold(r); reset(rw) }
	default:
		f.afterwards = false
		f.act = func(rw http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) {
			answer, body := again(w, r, strings.HasSuffix(name, "first answer"))
			reply(rw, answer, body)
		}
	}
	return f
}

// spoil rotates with one spoiled request; persistent requests of the same kind are spoiled too,
// so that a read is not saved by its own retry. What is very late arrives when detent has
// looked once more.
func (p *play) spoil(name string, at int, persistent bool) result {
	p.Helper()
	w := &wire{p: p}
	kind, hit := "", false
	p.proxy.when(func(call int, r *http.Request) *fault {
		what := r.Method + " " + r.URL.Path
		if name == "very late" && call == at+2 {
			w.arrive()
		}
		if call == at {
			kind, hit = what, true
		}
		if call == at || persistent && hit && call > at && what == kind {
			return w.fault(name)
		}
		return nil
	})
	res := p.now(w.slept, p.rotateArgs()...)
	w.arrive()
	p.proxy.when(nil)
	if !hit {
		p.Fatalf("there was no request %d", at)
	}
	return res
}

// assertStopped: an end that is not the end says what is certain and how to go on.
func (p *play) assertStopped(r result) {
	p.Helper()
	if r.code != 1 || r.stderr == "" {
		p.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	id := p.open()
	if id == "" {
		p.assertUndone()
		return
	}
	deleting := slices.ContainsFunc(p.journals(), func(j journal) bool { return j.ToldGone || slices.Contains(j.Pending, "delete the old key") })
	if !strings.Contains(r.stderr, "ertain: ") || !strings.Contains(r.stderr, "--resume "+id) || !strings.Contains(r.stderr, "--abort "+id) && !deleting && p.back.works(p.oldSecret) {
		p.Errorf("stopped without what is certain and the way on:\n%s", r.stderr)
	}
}

// TestSpoiledAnswersLeaveNothingBehind loses, delays, doubles and cuts every answer of every rotation.
func TestSpoiledAnswersLeaveNothingBehind(t *testing.T) {
	services := backends(t)
	every := 1
	if sampled() {
		every = 23
	}
	var requests, runs, stopped atomic.Int64
	t.Run("requests", func(t *testing.T) {
		for _, pl := range plots() {
			t.Run(pl.name, func(t *testing.T) {
				t.Parallel()
				p := newPlay(t, services[pl.service], pl)
				p.proxy.when(nil)
				p.must(p.now(nil, p.rotateArgs()...))
				all := p.proxy.seen()
				requests.Add(int64(len(all)))
				n := 0
				for i, what := range all {
					for _, name := range spoilers(what) {
						if n++; n%every != 0 {
							continue
						}
						t.Run(fmt.Sprintf("%02d %s %s", i+1, what, name), func(t *testing.T) {
							t.Parallel()
							runs.Add(1)
							p := newPlay(t, services[pl.service], pl)
							r := p.spoil(name, i+1, n%2 == 0)
							if strings.Contains(r.stderr, "keeps the name") {
								p.named = p.base + " ~r"
							}
							if r.code == 0 {
								p.assertRotated()
								return
							}
							stopped.Add(1)
							p.assertStopped(r)
							p.finish(n%3 == 0, func(args ...string) result { return p.now(nil, args...) })
						})
					}
				}
			})
		}
	})
	t.Logf("%d requests of %d rotations, spoiled in up to 8 ways: %d runs, of which %d stopped and went on or back", requests.Load(), len(plots()), runs.Load(), stopped.Load())
}
