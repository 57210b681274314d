//go:build unix

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// killPoint is where the process dies: at a hook of its own code (before and after each journal
// write, call and step of a delivery), or with one HTTP request of it in the service's hands.
type killPoint struct {
	hook    int
	call    int
	request string // the first one that begins so, instead of a call's number
	handled bool   // the service has done it; the answer reaches nobody
	what    string
}

// readHook are the hooks around reads, each of whose requests is a point of its own, and those of places and of a delivery
// that change nothing beyond the point before them.
var readHook = regexp.MustCompile(`^(before|after): (list|probe|identify|retrieve|read .*|probe of .*)$|^delivery (after: |before: read )`)

// killPoints runs the rotation once and says where it can be killed.
func killPoints(t *testing.T, b *backend, pl plot) []killPoint {
	t.Helper()
	p := newPlay(t, b, pl)
	p.proxy.when(nil)
	p.must(p.spawn([]string{actorLog + "=" + p.home.path("points")}, p.rotateArgs()...))
	p.assertRotated()
	var out []killPoint
	hooks := strings.Split(strings.TrimSpace(p.read("points")), "\n")
	assertPaired(t, hooks)
	for i, what := range hooks {
		if !readHook.MatchString(what) {
			out = append(out, killPoint{hook: i + 1, what: what})
		}
	}
	for i, what := range p.proxy.seen() {
		out = append(out, killPoint{call: i + 1, what: what + ", not handled"}, killPoint{call: i + 1, handled: true, what: what + ", handled"})
	}
	return out
}

// assertPaired holds that what is hooked is hooked before and after, and that the journal is written around
// every call that changes anything: a point that is not there cannot be killed at.
func assertPaired(t *testing.T, hooks []string) {
	t.Helper()
	seen := map[string]int{}
	for i, what := range hooks {
		seen[what]++
		op, call := strings.CutPrefix(what, "before: ")
		if !call || readHook.MatchString(what) || strings.HasPrefix(op, "preflight ") || strings.HasPrefix(op, "finish ") || op == "own project" {
			continue
		}
		// Between the intent and a call that takes a key out of service lie the last looks at everything, and nothing else.
		earlier := slices.DeleteFunc(slices.Clone(hooks[:i]), readHook.MatchString)
		if len(earlier) == 0 || earlier[len(earlier)-1] != "journal after: "+op+" begins" {
			t.Errorf("%q is not journaled before it happens", op)
		}
		rest := hooks[i:]
		if after := slices.Index(rest, "after: "+op); after < 0 || after+1 >= len(rest) || rest[after+1] != "journal before: "+op+" done" {
			t.Errorf("%q is not journaled after it happened", op)
		}
	}
	for what, n := range seen {
		for before, after := range map[string]string{"before: ": "after: ", "journal before: ": "journal after: "} {
			if op, ok := strings.CutPrefix(what, before); ok && seen[after+op] != n {
				t.Errorf("%q comes %d times, its end %d times", what, n, seen[after+op])
			}
		}
	}
}

// killed runs the rotation in a real process until it dies there.
func (p *play) killed(at killPoint) {
	p.Helper()
	args := p.rotateArgs()
	if p.byHand() {
		args = attended(args)
	}
	cmd := p.process([]string{fmt.Sprint(actorDie, "=", at.hook)}, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if p.byHand() {
		leave := p.sit(cmd)
		defer leave()
	}
	var starting sync.Mutex // the process is known before its first request is answered
	if at.call > 0 || at.request != "" {
		p.proxy.when(func(call int, r *http.Request) *fault {
			if call != at.call && (at.request == "" || !strings.HasPrefix(r.Method+" "+r.URL.Path, at.request)) {
				return nil
			}
			return &fault{name: "kill", afterwards: at.handled, act: func(_ http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) {
				starting.Lock()
				defer starting.Unlock()
				_ = cmd.Process.Kill()
				_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the process is gone
				<-r.Context().Done()
			}}
		})
	}
	starting.Lock()
	err := cmd.Start()
	starting.Unlock()
	if err != nil {
		p.Fatal(err)
	}
	err = cmd.Wait()
	p.proxy.when(nil)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		p.Fatalf("the process was not killed at %q: %v\n%s", at.what, err, &said)
	}
}

// killedAgain starts detent on the open rotation and kills that, too, at a point that it may reach or not.
func (p *play) killedAgain(back bool, id string, at int) {
	p.Helper()
	way := "--resume"
	if back {
		way = "--abort"
	}
	r := p.spawn([]string{fmt.Sprint(actorDie, "=", at)}, append([]string{"rotate", way, id, "--yes"}, p.common()...)...)
	if r.code > 0 && !p.noWayBack(r) && !p.commandStops(r) {
		p.Fatalf("%s: exit %d\n%s", way, r.code, r.stderr)
	}
}

// TestKilledAnywhereTheRotationGoesOnOrBack kills a real process with SIGKILL at every journal write,
// before and after every HTTP call and at every step of a delivery, starts detent again, and resumes or aborts.
func TestKilledAnywhereTheRotationGoesOnOrBack(t *testing.T) {
	services := backends(t)
	every := 1
	if sampled() {
		every = 29
	}
	var points, runs atomic.Int64
	t.Run("points", func(t *testing.T) {
		for n, pl := range plots() {
			t.Run(pl.name, func(t *testing.T) {
				t.Parallel()
				all := killPoints(t, services[pl.service], pl)
				points.Add(int64(len(all)))
				for i, at := range all {
					if i%every != 0 {
						continue
					}
					ways := []bool{(i+n)%2 == 0} // its neighbours, and the same point of the next rotation, go the other way
					if everyCell() {
						ways = []bool{false, true}
					}
					for _, back := range ways {
						runs.Add(1)
						t.Run(fmt.Sprintf("%03d %s, back=%v", i, at.what, back), func(t *testing.T) {
							t.Parallel()
							p := newPlay(t, services[pl.service], pl)
							p.killed(at)
							// Some of the second lives are processes of their own too; the rest saves the time to start one.
							again := func(args ...string) result { return p.now(nil, args...) }
							if i%8 < 2 {
								again = func(args ...string) result { return p.spawn(nil, args...) }
							}
							if id := p.open(); id != "" && (i%8 == 4 || i%8 == 5) {
								p.killedAgain(back, id, i*5%37+1)
							}
							p.finish(back, again)
						})
					}
				}
			})
		}
	})
	t.Logf("%d kill points in %d rotations; %d real processes killed; each rotation was then resumed or aborted", points.Load(), len(plots()), runs.Load())
	if points.Load() < 100*int64(len(plots()))/2 {
		t.Errorf("only %d kill points: are the hooks called?", points.Load())
	}
}
