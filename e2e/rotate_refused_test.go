//go:build unix

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"detent/keyserver/wirename"
)

// ailments are ways in which a service stops to serve.
func ailments() map[string]*fault {
	out := map[string]*fault{"unreachable": {act: func(w http.ResponseWriter, _ *http.Request, _ *http.Response, _ []byte) { reset(w) }}}
	for _, code := range []int{401, 403, 404, 409, 410, 429, 500} {
		out[fmt.Sprint(code)] = status(code)
	}
	return out
}

// TestServiceThatFailsAtAnyStepIsSurvived lets the service fail from one request on, at every request of a rotation
// in turn: the message says what is certain, and the way on that it names goes on.
func TestServiceThatFailsAtAnyStepIsSurvived(t *testing.T) {
	services := backends(t)
	every := 1
	if sampled() {
		every = 17
	}
	var runs atomic.Int64
	t.Run("steps", func(t *testing.T) {
		for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
			pl := plot{name: service, service: service, places: []string{"env"}}
			t.Run(service, func(t *testing.T) {
				t.Parallel()
				p := newPlay(t, services[service], pl)
				p.proxy.when(nil)
				p.must(p.now(nil, p.rotateArgs()...))
				n := 0
				for i, what := range p.proxy.seen() {
					for _, name := range slices.Sorted(maps.Keys(ailments())) { // in order, so that each run takes the same sample
						f := ailments()[name]
						if n++; n%every != 0 {
							continue
						}
						t.Run(fmt.Sprintf("%s from %02d %s on", name, i+1, what), func(t *testing.T) {
							t.Parallel()
							runs.Add(1)
							p := newPlay(t, services[service], pl)
							p.proxy.when(func(call int, _ *http.Request) *fault {
								if call > i {
									return f
								}
								return nil
							})
							r := p.now(nil, p.rotateArgs()...)
							p.proxy.when(nil)
							if p.endedWithoutItsName(r) {
								return
							}
							p.assertStopped(r)
							said := (name == "404" || name == "410") && strings.Contains(r.stderr, "no such key") // which is a no to a deletion
							if !said && name != "unreachable" && !strings.Contains(r.stderr, "("+name+")") && !strings.Contains(r.stderr, "answered "+name) {
								p.Errorf("the message does not name the answer %s:\n%s", name, r.stderr)
							}
							p.finish(false, func(args ...string) result { return p.now(nil, args...) })
						})
					}
				}
			})
		}
	})
	t.Logf("%d rotations whose service failed at a step", runs.Load())
}

// endedWithoutItsName: only the new key's name could not be made the old one, which is said and holds nothing up.
func (p *play) endedWithoutItsName(r result) bool {
	p.Helper()
	if r.code != 0 || !strings.Contains(r.stderr, "keeps the name") {
		return false
	}
	p.named = p.base + " ~r"
	p.assertRotated()
	return true
}

// TestServiceThatNoLongerAnswersIsGivenUpInTime hangs on each kind of request.
func TestServiceThatNoLongerAnswersIsGivenUpInTime(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		b := newBackend(t, service)
		pl := plot{service: service, places: []string{"env"}, args: []string{"--timeout", "1s"}}
		p := newPlay(t, b, pl)
		p.proxy.when(nil)
		p.must(p.now(nil, p.rotateArgs()...))
		done := map[string]bool{}
		for i, what := range p.proxy.seen() {
			kind := strings.TrimSuffix(what, p.oldID)
			if done[kind] {
				continue
			}
			done[kind] = true
			t.Run(service+" "+kind, func(t *testing.T) {
				t.Parallel()
				p := newPlay(t, b, pl)
				p.proxy.when(func(call int, _ *http.Request) *fault {
					if call <= i {
						return nil
					}
					return &fault{afterwards: true, act: func(_ http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) { <-r.Context().Done() }}
				})
				r := p.now(nil, p.rotateArgs()...)
				p.proxy.when(nil)
				if p.endedWithoutItsName(r) {
					return
				}
				p.assertStopped(r)
				if !strings.Contains(r.stderr, "in 1s") {
					p.Errorf("the message does not say how long it waited:\n%s", r.stderr)
				}
				p.finish(false, func(args ...string) result { return p.now(nil, args...) })
			})
		}
	}
}
