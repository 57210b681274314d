package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"detent/apikey"
)

// tuiRun is one flow of the TUI with one fault.
type tuiRun struct {
	*person
	flow   string
	fault  *fault
	effect effect
	back   *backend
	proxy  *proxy
	name   string
	id     string
	secret string
	admin  string

	mu    sync.Mutex
	calls []string
}

// spoil spoils the calls that match from now on; nil heals the line.
func (c *tuiRun) spoil(match func(*http.Request) bool) {
	c.proxy.when(func(_ int, r *http.Request) *fault {
		c.mu.Lock()
		c.calls = append(c.calls, r.Method+" ")
		c.mu.Unlock()
		if match != nil && match(r) {
			return c.fault
		}
		return nil
	})
}

func anyCall(*http.Request) bool { return true }

func writing(r *http.Request) bool { return r.Method != http.MethodGet }

// tuiFlows are what a person does, and what must be on the screen and at the service afterwards.
var tuiFlows = []struct {
	name string
	do   func(c *tuiRun)
}{
	{"load", (*tuiRun).load}, {"create", (*tuiRun).create}, {"delete", (*tuiRun).remove}, {"toggle", (*tuiRun).toggle}, {"verify", (*tuiRun).verify},
	{"edit", (*tuiRun).edit}, {"public key", (*tuiRun).publish},
}

// begin opens the program over a line that is well, with the cursor on the key.
func (c *tuiRun) begin() {
	c.spoil(nil)
	c.sitDown()
	c.wait(regexp.QuoteMeta(c.name))
	c.do("/", `▏`)
	c.say(c.name, `▸ `+c.name)
	c.do("enter", `▸ `+c.name)
	c.gone(`▏`)
}

func (c *tuiRun) sitDown() {
	h := newHome(c.back.t)
	h.config(c.back.t, fmt.Sprintf("default_profile = \"p\"\n[profiles.p]\nservice = %q\nurl = %q\ntoken = { file = \"~/token\" }\nenvironment = \"test\"\n", c.back.service, c.proxy.URL))
	if err := os.WriteFile(h.path("token"), []byte(c.admin), 0o600); err != nil {
		c.back.t.Fatal(err)
	}
	timeout := "4s"
	if c.effect.read == "hangs" {
		timeout = "900ms"
	}
	c.person = h.sit(c.back.t, 100, 30, "--timeout", timeout)
}

// load: the list never comes; the screen says why, and loads it once the line is well.
func (c *tuiRun) load() {
	c.spoil(anyCall)
	c.sitDown()
	if c.effect.read == "fine" {
		c.wait(regexp.QuoteMeta(c.name))
		return
	}
	c.wait(`✗ `)
	c.wait(`ctrl\+r tries again`)
	c.spoil(nil)
	c.do("ctrl+r", regexp.QuoteMeta(c.name))
	c.gone(`✗ `)
}

func (c *tuiRun) there(name string) (listed, bool) {
	for _, k := range c.back.list() {
		if k.Name == name {
			return k, true
		}
	}
	return listed{}, false
}

func (c *tuiRun) create() {
	c.begin()
	c.spoil(writing)
	name := c.name + "-new"
	c.do("n", `▸ secret key`)
	c.do("enter", "New Vertesia key")
	c.say(name, "› "+name+"▏")
	c.do("enter", `┃ +1h +1d`)
	c.do("enter", `\(•\) reader`)
	c.do("enter", `Role +reader`)
	c.armed()
	if c.effect.write == "done" {
		c.do("enter", "Key created")
	}
	if c.effect.write == "not done" {
		c.do("enter", "Certain: no key was created")
	}
	if c.effect.write == "unknown" {
		c.do("enter", `No answer is not a no`)
		c.spoil(nil)
		c.wait(`▸ Reload and look ◂`)
		c.armed()
		said := c.do("enter", `(it was created, and)|no new key of this name`)
		if _, is := c.there(name); is != (said[1] != "") {
			c.t.Errorf("%s: the key is there: %v; the screen is\n%s", c.what(), is, c.text())
		}
	}
	k, is := c.there(name)
	if want := c.effect.write; is && want == "not done" || !is && want == "done" {
		c.t.Errorf("%s: the key is there: %v", c.what(), is)
	}
	if n := c.sent("POST "); n != 1 {
		c.t.Errorf("%s: the create was sent %d times", c.what(), n)
	}
	if is {
		c.back.remove(k.ID)
	}
}

// sent counts the calls of that method.
func (c *tuiRun) sent(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, call := range c.calls {
		if call == method {
			n++
		}
	}
	return n
}

func (c *tuiRun) what() string { return c.flow + " under " + c.fault.name }

// outcome presses a key and waits for how a dialog or the error box ends the write, and holds it against what is certain.
func (c *tuiRun) outcome(key, success string) (done bool) {
	c.do(key, success+`|[Nn]o answer is not a no|Certain: |Nothing was changed\.`)
	text := c.text()
	doubt := strings.Contains(strings.ToLower(text), "o answer is not a no")
	undone := strings.Contains(text, "Certain: ") || strings.Contains(text, "Nothing was changed.")
	if said := map[string]bool{"unknown": doubt, "not done": undone, "done": !doubt && !undone}; !said[c.effect.write] {
		c.t.Errorf("%s: it is %s; the screen is\n%s", c.what(), c.effect.write, text)
	}
	return !doubt && !undone
}

func (c *tuiRun) remove() {
	c.begin()
	c.spoil(writing)
	c.do("d", "Delete a key")
	c.armed()
	done := c.outcome("y", c.name+` (deleted|was already gone)`)
	_, is := c.there(c.name)
	if done == is && c.effect.write != "unknown" || c.sent("DELETE ") != 1 {
		c.t.Errorf("%s: said to be gone: %v; there: %v; sent %d times", c.what(), done, is, c.sent("DELETE "))
	}
	if !done { // what to do next: look, and do it again
		c.spoil(nil)
		c.armed()
		c.do("esc", `p · vertesia`)
		c.gone("Delete a key")
		c.do("ctrl+r", `1 key |keys`)
		if is {
			c.wait(regexp.QuoteMeta(c.name))
		}
	}
}

func (c *tuiRun) toggle() {
	c.begin()
	c.spoil(writing)
	done := c.outcome("x", c.name+` disabled`)
	k, is := c.there(c.name)
	if !is {
		c.t.Fatalf("%s: the key is gone", c.what())
	}
	disabled := k.Enabled != nil && !*k.Enabled
	if done != disabled && c.effect.write != "unknown" || c.sent("PUT ") != 1 {
		c.t.Errorf("%s: said to be disabled: %v; disabled: %v; sent %d times", c.what(), done, disabled, c.sent("PUT "))
	}
	if !done {
		c.spoil(nil)
		c.do("esc", map[bool]string{true: `▸ ` + c.name + `.*disabled`, false: `▸ ` + c.name + `.*enabled`}[disabled])
	}
}

func (c *tuiRun) verify() {
	c.begin()
	c.spoil(anyCall)
	c.do("v", "Paste a secret")
	c.rest()
	c.write("\x1b[200~" + c.secret + "\x1b[201~")
	c.wait(`•{8,}`)
	c.do("enter", `✓ valid: the service accepts it|✗ not valid|✗ .*check the secret`)
	invalid := strings.Contains(c.text(), "not valid: the service refuses it")
	if refused := strings.HasPrefix(c.fault.name, "status 401"); invalid != refused {
		c.t.Errorf("%s: a valid secret is called invalid: %v", c.what(), invalid)
	}
}

func (c *tuiRun) edit() {
	c.begin()
	c.spoil(writing)
	name := c.name + "-2"
	c.do("e", "Edit "+c.name)
	c.say("-2", "› "+name+"▏")
	c.do("enter", `\(•\) `)
	c.do("enter", `the key works`)
	c.do("enter", `Name +`+c.name+` → `+name)
	c.armed()
	done := c.outcome("enter", c.name+` changed`)
	_, is := c.there(name)
	if done != is && c.effect.write != "unknown" || c.sent("PUT ") != 1 {
		c.t.Errorf("%s: said to be renamed: %v; renamed: %v; sent %d times", c.what(), done, is, c.sent("PUT "))
	}
	if is {
		c.back.remove(c.id)
	}
}

// publish: the request is a GET, and yet it makes a key.
func (c *tuiRun) publish() {
	c.begin()
	c.spoil(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/apikeys/pk") })
	name := c.name + "-web"
	c.do("n", `▸ secret key`)
	c.do("down", `▸ public key`)
	c.do("enter", "Request a public key")
	c.say(name, "› "+name+"▏")
	c.move("tab", "tab", "tab")
	c.wait(`▸ Request ◂`)
	c.armed()
	done := c.outcome("enter", "is public by design")
	k, is := c.there(name)
	if done != is && c.effect.write != "unknown" {
		c.t.Errorf("%s: said to be made: %v; there: %v", c.what(), done, is)
	}
	if is {
		c.back.remove(k.ID)
	}
}

// clean holds that the program wrote nothing but text and its own sequences, and no secret.
func (s *terminal) clean(secrets ...string) {
	s.t.Helper()
	raw := s.output()
	if bad := foreign(whole(raw)); bad != "" {
		s.t.Errorf("in the stream: %s", bad)
	}
	for _, secret := range secrets {
		if bytes.Contains(raw, []byte(secret)) {
			s.t.Error("a secret is in the stream")
		}
	}
}

func (c *tuiRun) run(flow func(*tuiRun)) {
	c.id, c.secret = c.back.create(c.name)
	defer func() {
		if c.person != nil {
			_ = c.cmd.Process.Kill()
			<-c.exited
		}
		c.spoil(nil)
		if _, is := c.there(c.name); is {
			c.back.remove(c.id)
		}
	}()
	flow(c)
	c.clean(c.admin, c.secret)
}

// TestEveryScreenStandsEveryFault drives the built program in a pty through its main flows with each fault.
func TestEveryScreenStandsEveryFault(t *testing.T) {
	t.Parallel()
	b := newBackend(t, apikey.Vertesia)
	admin := b.mintAdmin()
	began := time.Now()
	type job struct {
		flow int
		f    *fault
		e    effect
	}
	var jobs []job
	for flow := range tuiFlows {
		for i, f := range faults() {
			if !sampled() || (flow*7+i)%9 == 0 {
				jobs = append(jobs, job{flow, f, effects[i]})
			}
		}
	}
	work := make(chan job)
	var wait sync.WaitGroup
	var done atomic.Int64
	for w := range 8 {
		p := newProxy(t, b.url)
		wait.Go(func() {
			for j := range work {
				c := &tuiRun{flow: tuiFlows[j.flow].name, fault: j.f, effect: j.e, back: b, proxy: p, name: fmt.Sprintf("t%d-%d", w, done.Add(1)), admin: admin}
				ended := make(chan struct{})
				go func() { // of its own, so that a flow that fails ends alone
					defer close(ended)
					c.run(tuiFlows[j.flow].do)
				}()
				<-ended
			}
		})
	}
	for _, j := range jobs {
		work <- j
	}
	close(work)
	wait.Wait()
	t.Logf("the TUI under faults: %d cells (%d flows, %d faults) in %s", done.Load(), len(tuiFlows), len(faults()), time.Since(began).Round(time.Millisecond))
}
