package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/keyserver/wirename"
)

// crew is a machine with so many keys of one service, each in a .env that the profile names, and a record of what is created and deleted.
type crew struct {
	*machine
	remote *remoteService
	envs   []string
	ids    []string

	mu       sync.Mutex
	at       time.Time
	wire     []string // "create", "delete"
	begun    *sync.Cond
	waitFor  int // a long wait ends no sooner than so many creates
	fault    func(nth int) bool
	hung     bool
	mostOpen int
}

func newCrew(t *testing.T, keys int) *crew {
	t.Helper()
	c := &crew{machine: newMachine(t), remote: newRemote(t), at: time.Now()}
	c.begun = sync.NewCond(&c.mu)
	var more []string
	for i := range keys {
		more = append(more, fmt.Sprintf("[profiles.p.deliver.app%d]\nkeys = [\"app%d\"]\nenv_file = { path = %q, variable = \"API_KEY\" }", i, i, filepath.Join(c.home, fmt.Sprintf("app%d/.env", i))))
	}
	c.profile(c.remote, wirename.Vertesia, more...)
	for i := range keys {
		id, secret := c.create("--name", fmt.Sprintf("app%d", i), "--role", "reader", "--expires", "30d")
		c.ids = append(c.ids, id)
		c.envs = append(c.envs, c.write(fmt.Sprintf("app%d/.env", i), "API_KEY="+secret+"\n"))
	}
	c.create("--name", "bystander", "--role", "reader")
	c.remote.fault = func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/apikeys"):
			c.wire = append(c.wire, "create")
			defer c.begun.Broadcast()
			if c.fault != nil && c.fault(c.count("create")) {
				http.Error(w, `{"error":"not this one","status":403}`, http.StatusForbidden)
				return true
			}
			c.mostOpen = max(c.mostOpen, c.count("create")-c.count("delete"))
		case r.Method == http.MethodDelete:
			c.wire = append(c.wire, "delete")
		}
		return false
	}
	return c
}

func (c *crew) count(what string) (n int) {
	for _, w := range c.wire {
		if w == what {
			n++
		}
	}
	return n
}

// sleep takes no time, but a drain's look waits until as many rotations have begun as the test wants.
func (c *crew) sleep(_ context.Context, d time.Duration) error {
	late := time.AfterFunc(patience, func() { c.mu.Lock(); c.hung = true; c.mu.Unlock(); c.begun.Broadcast() })
	defer late.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for d >= 10*time.Second && c.count("create") < c.waitFor && !c.hung {
		c.begun.Wait()
	}
	c.at = c.at.Add(d)
	return nil
}

func (c *crew) runAll(args ...string) result {
	var out, errs bytes.Buffer
	code := Run(context.Background(), append([]string{"rotate"}, args...), World{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: c.environ,
		Now: func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }, Zone: time.UTC, Sleep: c.sleep})
	return result{out.String(), errs.String(), code}
}

// states are those of the rotations that were begun, by the name of their old key.
func (c *crew) states() map[string]string {
	var all []json.RawMessage
	decode(c.t, c.must("rotations", "-o", "json"), &all)
	out := map[string]string{}
	for _, one := range all {
		r := decodeRotated(c.t, string(one))
		out[r.Old["name"].(string)] = r.State
	}
	return out
}

func (c *crew) secrets() (out []string) {
	for _, env := range c.envs {
		out = append(out, strings.TrimSpace(strings.TrimPrefix(read(c.t, env), "API_KEY=")))
	}
	return out
}

// TestEveryKeyThatAFilterMeansIsRotated, with so many under way at once as is asked for and no more.
func TestEveryKeyThatAFilterMeansIsRotated(t *testing.T) {
	for _, wave := range []int{1, 2, 4} {
		c := newCrew(t, 4)
		c.waitFor = wave
		before := c.secrets()
		r := c.runAll("--all", "name:app !bystander", "--wave", fmt.Sprint(wave), "--drain", "5m", "--soak", "1m", "--yes", "-o", "json")
		var all []json.RawMessage
		decode(t, r.stdout, &all)
		if r.code != 0 || len(all) != 4 || c.hung || !strings.Contains(r.stderr, "4 done, 0 stopped, 0 not begun") {
			t.Fatalf("wave %d: exit %d, %d rotations, hung %v\n%s", wave, r.code, len(all), c.hung, r.stderr)
		}
		for i, one := range all {
			if got := decodeRotated(t, string(one)); got.State != "done" || got.Old["id"] != c.ids[i] {
				t.Errorf("wave %d: %s", wave, one)
			}
		}
		if c.mostOpen != wave {
			t.Errorf("wave %d: %d were under way at once: %v", wave, c.mostOpen, c.wire)
		}
		for i, secret := range c.secrets() {
			if v := c.run(secret, "verify"); secret == before[i] || v.code != 0 {
				t.Errorf("wave %d: the new secret of app%d: %+v", wave, i, v)
			}
			if v := c.run(before[i], "verify"); v.code != 1 {
				t.Errorf("wave %d: the old secret of app%d: %+v", wave, i, v)
			}
			if strings.Contains(r.stdout+r.stderr, secret) {
				t.Error("a secret is shown")
			}
		}
		if left := c.runAll("--all", "name:nobody", "--yes"); left.code != 0 || !strings.Contains(left.stderr, "no key matches") {
			t.Errorf("%+v", left)
		}
	}
}

// TestWhereOneKeyCannotBeRotatedNoneIsBegun, whatever stands in its way.
func TestWhereOneKeyCannotBeRotatedNoneIsBegun(t *testing.T) {
	for name, in := range map[string]struct {
		code int
		says string
		way  func(c *crew)
	}{
		"another value":   {1, "app1 (", func(c *crew) { c.write("app1/.env", "API_KEY=something-else\n") }},
		"another key's":   {1, "app2 (", func(c *crew) { c.write("app2/.env", "API_KEY="+c.secrets()[1]+"\n") }},
		"no place":        {2, "where does the application read lost?", func(c *crew) { c.must("create", "--name", "lost", "--role", "reader") }},
		"one place":       {1, "a place is of one key", func(c *crew) { c.must("create", "--name", "app1", "--role", "reader") }},
		"expired by then": {1, "--revive", func(c *crew) { c.must("update", c.ids[0], "--disable") }},
		"its own key":     {1, "detent itself works with", func(*crew) {}},
	} {
		c := newCrew(t, 3)
		in.way(c)
		before, keys := c.secrets(), len(c.keys("p"))
		filter := "!bystander !administrator"
		if name == "its own key" {
			filter = "own"
		}
		c.wire = nil
		r := c.runAll("--all", filter, "--drain", "0", "--soak", "0", "--yes")
		if r.code != in.code || !strings.Contains(r.stderr, in.says) || !strings.Contains(r.stderr, "nothing was changed") {
			t.Errorf("%s: exit %d\n%s", name, r.code, r.stderr)
		}
		if len(c.wire) > 0 || len(c.states()) > 0 || !slices.Equal(c.secrets(), before) || len(c.keys("p")) != keys {
			t.Errorf("%s: something was begun: %v %v", name, c.wire, c.states())
		}
	}
}

// TestARotationThatStopsKeepsWhatHasNotBegunAndTakesNoOtherWithIt.
func TestARotationThatStopsKeepsWhatHasNotBegunAndTakesNoOtherWithIt(t *testing.T) {
	c := newCrew(t, 4)
	c.waitFor = 2
	before := c.secrets()
	c.fault = func(nth int) bool { return nth == 2 }
	r := c.runAll("--all", "name:app", "--wave", "2", "--drain", "5m", "--soak", "1m", "--yes", "-o", "json")
	if r.code != 1 || !strings.Contains(r.stderr, "1 done, 1 stopped, 2 not begun") || !strings.Contains(r.stderr, "detent rotate --resume") {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if got := fmt.Sprint(c.states()); got != "map[app0:done app1:open]" {
		t.Errorf("%s", got)
	}
	var all []json.RawMessage
	if decode(t, r.stdout, &all); len(all) != 2 {
		t.Errorf("%d rotations are told", len(all))
	}
	now := c.secrets()
	if now[0] == before[0] || !slices.Equal(now[1:], before[1:]) {
		t.Error("what has not begun was touched, or what was under way did not end")
	}
	for _, secret := range now {
		if v := c.run(secret, "verify"); v.code != 0 {
			t.Errorf("%+v", v)
		}
	}
}

func TestThePlanOfAllChangesNothing(t *testing.T) {
	c := newCrew(t, 3)
	before := c.secrets()
	r := c.runAll("--all", "name:app", "--wave", "2", "--plan", "-o", "json")
	var plans []struct {
		Key    map[string]any
		Stages []json.RawMessage
	}
	decode(t, r.stdout, &plans)
	if r.code != 0 || len(plans) != 3 || plans[1].Key["id"] != c.ids[1] || len(plans[2].Stages) < 5 {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if text := c.runAll("--all", "name:app", "--plan"); text.code != 0 || strings.Count(text.stdout, "Nothing was changed.") != 3 {
		t.Errorf("%+v", text)
	}
	c.write("app1/.env", "API_KEY=something-else\n")
	if r := c.runAll("--all", "name:app", "--plan", "-o", "json"); r.code != 1 || !strings.Contains(r.stderr, "app1 (") {
		t.Errorf("%+v", r)
	}
	c.write("app1/.env", "API_KEY="+before[1]+"\n")
	if len(c.wire) > 0 || len(c.states()) > 0 || !slices.Equal(before, c.secrets()) {
		t.Errorf("%v %v", c.wire, c.states())
	}
}

func TestRotateAllTakesOnlyWhatGoesTogether(t *testing.T) {
	c := newCrew(t, 1)
	for _, args := range [][]string{
		{"--all", "name:app"}, {"--all", "", "--yes"}, {"--all", "colour:red", "--yes"}, {"--all", "status:exp", "--yes"}, {"app0", "--all", "x", "--yes"},
		{"--all", "x", "--deliver", "clipboard", "--yes"}, {"--all", "x", "--resume", "aaaaaaaaaa"}, {"app0", "--wave", "2", "--yes"}, {"--all", "x", "--wave", "0", "--yes"},
	} {
		if r := c.runAll(args...); r.code != 2 {
			t.Errorf("%v: %+v", args, r)
		}
	}
	// A filter on what is not reported means nobody knows which keys.
	for _, filter := range []string{"unused>90d", "!unused>90d", "!used<1d app0"} {
		if r := c.runAll("--all", filter, "--drain", "0", "--soak", "0", "--yes"); r.code != 1 || !strings.Contains(r.stderr, "no key reports last used") || len(c.wire) > 0 {
			t.Errorf("%s: %+v", filter, r)
		}
	}
}
