//go:build lagtest

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/keyserver/wirename"
)

// lagging is a play on a service whose lists and revocations are behind, on one clock with the processes: a wait moves it on and
// takes no time.
func lagging(t *testing.T, pl plot, list, revocation string) *play {
	t.Helper()
	t.Setenv("DETENT_LAGTEST_LIST", list)
	t.Setenv("DETENT_LAGTEST_REVOCATION", revocation)
	clock := t.TempDir() + "/clock"
	if err := os.WriteFile(clock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time {
		ahead, err := os.Stat(clock)
		if err != nil {
			return time.Now()
		}
		return time.Now().Add(time.Duration(ahead.Size()) * time.Millisecond)
	}
	p := newPlay(t, newBackendAt(t, pl.service, now), pl)
	if err := moveOn(clock, time.Hour); err != nil { // a list shows the key
		t.Fatal(err)
	}
	p.env = []string{actorClock + "=" + clock, actorSleeps + "=1"}
	p.proxy.clock = now
	return p
}

// later lets time pass.
func (p *play) later(d time.Duration) {
	p.Helper()
	if err := moveOn(strings.TrimPrefix(p.env[0], actorClock+"="), d); err != nil {
		p.Fatal(err)
	}
}

type ending struct {
	State, Step      string
	Certain, Unknown []string
}

func (p *play) ending(r result) (e ending) {
	p.Helper()
	if err := json.Unmarshal([]byte(r.stdout), &e); err != nil {
		p.Fatalf("%v in exit %d\n%s%s", err, r.code, r.stdout, r.stderr)
	}
	return e
}

var everyService = []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic}

var stillWords = regexp.MustCompile(`its secret was still accepted (\S+) later, and refused at`)

func TestACompromisedRotationEndsBySayingHowLongTheOldSecretWasAccepted(t *testing.T) {
	for _, service := range everyService {
		for _, flags := range [][]string{{"--compromised"}, {"--compromised", "--old-first"}} {
			t.Run(service+fmt.Sprint(flags), func(t *testing.T) {
				p := lagging(t, plot{service: service, places: []string{"env"}, args: flags}, "0s", "56s")
				r := p.spawn(nil, p.rotateArgs()...)
				p.must(r)
				e := p.ending(r)
				m := stillWords.FindStringSubmatch(strings.Join(e.Certain, "\n"))
				if m == nil {
					t.Fatalf("how long is not said: %q", e.Certain)
				}
				if d, err := time.ParseDuration(m[1]); err != nil || d < time.Second || d > 56*time.Second {
					t.Errorf("accepted for %s, want at most 56s (%v)", m[1], err)
				}
				if e.State != "done" {
					t.Errorf("state %s", e.State)
				}
				p.assertRotated()
			})
		}
	}
}

func TestACompromisedKeyThatIsAcceptedTooLongStaysOpenUntilItIsRefused(t *testing.T) {
	for _, service := range everyService {
		t.Run(service, func(t *testing.T) {
			p := lagging(t, plot{service: service, places: []string{"env"}, args: []string{"--compromised"}}, "0s", "20m")
			r := p.spawn(nil, p.rotateArgs()...)
			p.stoppedSaying(r, "still accepted", "--resume")
			if e := p.ending(r); e.State != "open" || e.Step != "delete" {
				t.Errorf("it is %s at %s", e.State, e.Step)
			}
			again := []string{"rotate", "--resume", p.open(), "--yes", "-o", "json"}
			p.stoppedSaying(p.spawn(nil, again...), "still accepted")
			back := p.spawn(nil, "rotate", "--abort", p.open(), "--yes")
			if back.code != 1 || !strings.Contains(back.stderr, "a deletion of the old key was sent") {
				t.Errorf("the undo: exit %d\n%s", back.code, back.stderr)
			}
			p.later(20 * time.Minute)
			r = p.spawn(nil, again...)
			p.must(r)
			if e := p.ending(r); e.State != "done" || !stillWords.MatchString(strings.Join(e.Certain, "\n")) {
				t.Errorf("at the end: %+v", e)
			}
			p.assertRotated()
		})
	}
}

func TestAPlannedRotationWhoseOldSecretIsAcceptedTooLongIsDoneAndSaysSo(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Generic} {
		t.Run(service, func(t *testing.T) {
			p := lagging(t, plot{service: service, places: []string{"env"}}, "0s", "20m")
			r := p.spawn(nil, p.rotateArgs()...)
			p.must(r)
			if e := p.ending(r); e.State != "done" || !strings.Contains(strings.Join(e.Unknown, "\n"), "still accepted") {
				t.Errorf("it ends with %+v", e)
			}
		})
	}
}

// calledAt are the moments of requests, by method.
func (p *play) calledAt() func(method string) []time.Time {
	var mu sync.Mutex
	at := map[string][]time.Time{}
	p.proxy.when(func(_ int, r *http.Request) *fault {
		mu.Lock()
		defer mu.Unlock()
		at[r.Method] = append(at[r.Method], p.proxy.clock())
		return nil
	})
	return func(method string) []time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at[method]
	}
}

func TestTheSoakBeginsWhenTheDisabledKeyIsFirstRefused(t *testing.T) {
	for _, soak := range []time.Duration{0, 10 * time.Minute} {
		t.Run(soak.String(), func(t *testing.T) {
			p := lagging(t, plot{service: wirename.Vertesia, places: []string{"env"}, args: []string{"--soak", fmt.Sprint(int(soak.Seconds()), "s")}}, "0s", "50s")
			at := p.calledAt()
			p.must(p.spawn(nil, p.rotateArgs()...))
			if took := at("DELETE")[0].Sub(at("PUT")[0]); took < 50*time.Second+soak {
				t.Errorf("deleted %s after it was disabled, and it was accepted for 50s", took)
			}
			p.assertRotated()
		})
	}
	t.Run("not in time", func(t *testing.T) {
		p := lagging(t, plot{service: wirename.Vertesia, places: []string{"env"}}, "0s", "20m")
		at := p.calledAt()
		r := p.spawn(nil, p.rotateArgs()...)
		p.stoppedSaying(r, "still accepted")
		if e := p.ending(r); e.Step != "soak" || len(at("DELETE")) > 0 {
			t.Errorf("it stands at %s, deletions %d", e.Step, len(at("DELETE")))
		}
		p.later(20 * time.Minute)
		p.must(p.spawn(nil, "rotate", "--resume", p.open(), "--yes"))
		p.assertRotated()
	})
}

// TestKilledBetweenADeletionAndItsAnswerOnlyGoingOnIsPossible: whatever the list and the old secret say meanwhile.
func TestKilledBetweenADeletionAndItsAnswerOnlyGoingOnIsPossible(t *testing.T) {
	requests := map[string]string{wirename.Prosopo: "POST /api-keys/delete", wirename.Vertesia: "DELETE ", wirename.Generic: "DELETE "}
	for _, service := range everyService {
		for _, handled := range []bool{false, true} {
			for _, flags := range [][]string{nil, {"--compromised"}} {
				t.Run(fmt.Sprint(service, " handled=", handled, flags), func(t *testing.T) {
					p := lagging(t, plot{service: service, places: []string{"app"}, args: flags}, "20s", "55s")
					p.killed(killPoint{request: requests[service], handled: handled, what: "delete"})
					id := p.open()
					for range 2 { // the undo refuses at once, and when everything has settled
						r := p.spawn(nil, "rotate", "--abort", id, "--yes")
						if r.code != 1 || !strings.Contains(r.stderr, "a deletion of the old key was sent") || !strings.Contains(r.stderr, "--resume "+id) {
							t.Errorf("the undo: exit %d\n%s", r.code, r.stderr)
						}
						if p.envValue() == p.oldSecret {
							t.Error("the old secret was put back")
						}
						p.later(time.Minute)
					}
					p.must(p.spawn(nil, "rotate", "--resume", id, "--yes"))
					p.later(2 * time.Minute)
					p.assertRotated()
				})
			}
		}
	}
}
