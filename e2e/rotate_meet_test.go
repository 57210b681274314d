//go:build unix

package e2e

import (
	"bytes"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"detent/keyserver/wirename"
)

// isCreateCall recognises the create of the three services.
func isCreateCall(r *http.Request) bool {
	return r.Method == http.MethodPost && (strings.HasSuffix(r.URL.Path, "/create") || strings.HasSuffix(r.URL.Path, "/apikeys") || strings.HasSuffix(r.URL.Path, "/api-keys"))
}

// otherHost is the same key, service and configuration in another home: no lock and no journal is shared.
func (p *play) otherHost() *play {
	p.Helper()
	q := *p
	q.home = newHome(p.T)
	for _, name := range []string{"app/.env", "app/secret", "token"} {
		q.write(name, p.read(name))
	}
	q.write(".config/detent/config.toml", strings.ReplaceAll(p.read(".config/detent/config.toml"), p.home.dir, q.home.dir))
	return &q
}

func TestTwoHostsThatRotateTheSameKeyAtOnceBothStopAndOneGoesOn(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, newBackend(t, service), plot{service: service, places: []string{"env"}})
			q := p.otherHost()
			// Both have looked before either creates, and both have created before either looks again.
			var looked, created sync.WaitGroup
			looked.Add(2)
			created.Add(2)
			p.proxy.when(func(_ int, r *http.Request) *fault {
				if !isCreateCall(r) {
					return nil
				}
				return &fault{act: func(w http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) {
					looked.Done()
					looked.Wait()
					a, body, err := p.proxy.forward(r)
					created.Done()
					created.Wait()
					if err == nil {
						reply(w, a, body)
					}
				}}
			})
			first, second := make(chan result), make(chan result)
			go func() { first <- p.now(nil, p.rotateArgs()...) }()
			go func() { second <- q.now(nil, q.rotateArgs()...) }()
			a, b := <-first, <-second
			p.proxy.when(nil)
			for _, r := range []result{a, b} {
				if r.code != 1 || !strings.Contains(r.stderr, "somebody else rotates this key") {
					t.Fatalf("exit %d\n%s", r.code, r.stderr)
				}
			}
			if p.read("app/.env") != p.before || q.read("app/.env") != q.before || !p.back.works(p.oldSecret) {
				t.Fatal("something was changed")
			}
			q.must(q.now(nil, "rotate", "--abort", q.open(), "--yes"))
			q.assertTidy("aborted")
			p.must(p.now(nil, "rotate", "--resume", p.open(), "--yes"))
			p.assertRotated()
		})
	}
}

// TestHostThatComesSecondStillBringsAKeyThatWorks: the other host's rotation is over, and the old key gone, before
// this one's create arrives. There is no way back, so the way on must be open.
func TestHostThatComesSecondStillBringsAKeyThatWorks(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, newBackend(t, service), plot{service: service, places: []string{"env"}})
			q := p.otherHost()
			var once sync.Once
			p.proxy.when(func(_ int, r *http.Request) *fault {
				var f *fault
				if isCreateCall(r) {
					once.Do(func() {
						f = &fault{act: func(w http.ResponseWriter, r *http.Request, _ *http.Response, _ []byte) {
							if r := q.now(nil, q.rotateArgs()...); r.code != 0 {
								t.Errorf("the other host: exit %d\n%s", r.code, r.stderr)
							}
							if a, body, err := p.proxy.forward(r); err == nil {
								reply(w, a, body)
							}
						}}
					})
				}
				return f
			})
			r := p.now(nil, p.rotateArgs()...)
			if service == wirename.Vertesia { // their key has the plain name again
				p.must(r)
			} else { // theirs still carries a mark: who uses it is looked at before the old key goes
				p.stoppedSaying(r, "somebody else rotates this key", "--not-mine REASON")
				p.must(p.now(nil, "rotate", "--resume", p.open(), "--yes", "--not-mine", "the other host's is over, and its key is in use there"))
			}
			for _, host := range []*play{p, q} {
				if !host.back.works(host.envValue()) {
					t.Error("a host has a secret that does not work")
				}
				host.assertTidy("done")
			}
			if p.envValue() == q.envValue() || p.back.works(p.oldSecret) || len(p.ours()) != 2 {
				t.Errorf("keys %+v", p.ours())
			}
		})
	}
}

func TestKeyThatAnotherHostIsRotatingIsLeftAlone(t *testing.T) {
	p := newPlay(t, newBackend(t, wirename.Prosopo), plot{service: wirename.Prosopo, places: []string{"env"}})
	args := p.rotateArgs()
	r := p.now(nil, append(args[:2:2], "--yes", "--deliver", "env-file:"+p.home.path("app/.env")+":API_KEY")...) // stops at the drain
	if r.code != 1 || p.open() == "" {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	keys := len(p.ours())
	q := p.otherHost()
	r = q.now(nil, q.rotateArgs()...)
	if r.code != 1 || !strings.Contains(r.stderr, "rotated by another host") || len(p.ours()) != keys || len(q.journals()) != 0 {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
}

// TestSignalAfterTheCreateDeliversFirst: a secret that is only in memory is put where it belongs before detent ends.
func TestSignalAfterTheCreateDeliversFirst(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, newBackend(t, wirename.Vertesia), plot{service: wirename.Vertesia, places: []string{"env"}})
			cmd := p.process(nil, p.rotateArgs()...)
			cmd.Path, cmd.Args[0] = binary, binary // the real program, with its signals
			var errs bytes.Buffer
			cmd.Stderr = &errs
			var starting sync.Mutex
			signalled := false
			p.proxy.when(func(_ int, r *http.Request) *fault {
				if !isCreateCall(r) {
					return nil
				}
				return &fault{afterwards: true, act: func(w http.ResponseWriter, _ *http.Request, a *http.Response, body []byte) {
					starting.Lock()
					defer starting.Unlock()
					signalled = cmd.Process.Signal(sig) == nil
					waitSignalled(t, cmd.Process.Pid)
					reply(w, a, body)
				}}
			})
			starting.Lock()
			err := cmd.Start()
			starting.Unlock()
			if err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			p.proxy.when(nil)
			if code := cmd.ProcessState.ExitCode(); !signalled || code != 130 || !strings.Contains(errs.String(), "--resume "+p.open()) {
				t.Fatalf("exit %d\n%s", code, errs.String())
			}
			if v := p.envValue(); v == p.oldSecret || !p.back.works(v) || !p.back.works(p.oldSecret) {
				t.Error("the new secret was not delivered")
			}
			p.must(p.now(nil, "rotate", "--resume", p.open(), "--yes"))
			p.assertRotated()
		})
	}
}

// waitSignalled waits until the process has taken every signal that was sent to it.
func waitSignalled(t *testing.T, pid int) {
	for {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		if err != nil || strings.Contains(string(b), "ShdPnd:\t0000000000000000") {
			return
		}
	}
}

func TestCommandAfterTheDeliveryThatFailsStopsResumable(t *testing.T) {
	p := newPlay(t, newBackend(t, wirename.Vertesia), plot{service: wirename.Vertesia, places: []string{"app"}})
	good := p.read(".config/detent/config.toml")
	at := strings.Index(good, "then = ")
	p.write(".config/detent/config.toml", good[:at]+"then = [\"sh\", \"-c\", \"echo it does not start; exit 3\"]\n")
	r := p.now(nil, p.rotateArgs()...)
	p.assertStopped(r)
	if !strings.Contains(r.stderr, "it does not start") || !strings.Contains(r.stderr, "exit code 3") || !p.back.works(p.oldSecret) {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	p.write(".config/detent/config.toml", good)
	p.finish(false, func(args ...string) result { return p.now(nil, args...) })
}

func TestDestinationThatCannotWorkIsRefusedBeforeAKeyExists(t *testing.T) {
	p := newPlay(t, newBackend(t, wirename.Generic), plot{service: wirename.Generic, places: []string{"env"}})
	p.write("test.env", "OTHER=sk_test_0123456789abcdefghij0123456789\n")
	for _, place := range []string{"file:/no/such/folder/x", "file:" + p.home.path("app"), "command:no-such-program-here", "env-file:" + p.home.path("test.env") + ":API_KEY"} {
		r := p.now(nil, "rotate", p.oldID, "--yes", "--drain", "0s", "--deliver", place)
		if r.code == 0 || len(p.ours()) != 1 || len(p.journals()) != 0 {
			t.Errorf("%s: exit %d, %d keys\n%s", place, r.code, len(p.ours()), r.stderr)
		}
	}
	r := p.now(nil, "rotate", p.oldID, "--yes", "--drain", "0s", "--deliver", "env-file:"+p.home.path("test.env")+":API_KEY", "--force-mixed", "--replace")
	p.must(r)
}
