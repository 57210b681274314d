//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"detent/cli"
	"detent/keyserver/wirename"
)

// faultRun is one command with one fault, in this process and over real connections.
type faultRun struct {
	flow    *faultFlow
	service string
	back    *backend
	admin   string
	fault   *fault
	effect  effect
	call    int  // which call is spoiled, from 1; 0 for none
	rest    bool // and all that follow
	// write says that the spoiled call changes something, spare that the command goes on without its answer.
	write, spare bool

	dir    string
	proxy  *proxy
	name   string
	id     string // of the key that the command is about
	secret string
	result result
	seen   []string // the calls it made
	fails  []string
}

func (c *faultRun) errorf(format string, args ...any) {
	c.fails = append(c.fails, fmt.Sprintf(format, args...))
}

// faultFlow is a command and what must hold after it.
type faultFlow struct {
	name     string
	services []string
	args     func(c *faultRun) []string
	stdin    func(c *faultRun) string
	held     func(c *faultRun)
	writes   []string // the calls that change something, by a part of "METHOD path"; sent at most most times
	most     int
	code     int // of a failure
}

var every = []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic}

func accessFlags(service string) []string {
	return map[string][]string{wirename.Prosopo: {"--permission", "getRules"}, wirename.Vertesia: {"--role", "reader"},
		wirename.Generic: {"--environment", "live"}}[service]
}

var creates = []string{"POST /api-keys/create", "POST /api/v1/apikeys", "POST /v1/api-keys"}

func faultFlows() []*faultFlow {
	create := func(c *faultRun, more ...string) []string {
		return append(append([]string{"create", "--name", c.name + " new", "--expires", "30d"}, accessFlags(c.service)...), more...)
	}
	return []*faultFlow{
		{name: "list", services: every, code: 1, args: func(*faultRun) []string { return []string{"list", "-o", "json"} }, held: (*faultRun).listed},
		{name: "check", services: every, code: 2, args: func(*faultRun) []string { return []string{"check", "--all", "-o", "json"} }, held: (*faultRun).checked},
		{name: "config check", services: every, code: 1, args: func(*faultRun) []string { return []string{"config", "check", "--profile", "p"} }, held: (*faultRun).configChecked},
		{name: "verify", services: every, code: 1, args: func(*faultRun) []string { return []string{"verify", "-o", "json"} },
			stdin: func(c *faultRun) string { return c.secret + "\n" }, held: (*faultRun).verified},
		{name: "create", services: every, code: 1, writes: creates, most: 1,
			args: func(c *faultRun) []string { return create(c) }, held: (*faultRun).created},
		{name: "create to a file", services: every, code: 1, writes: creates, most: 1,
			args: func(c *faultRun) []string {
				return create(c, "-o", "json", "--deliver", "env-file:"+filepath.Join(c.dir, "app.env")+":KEY", "--replace")
			}, held: (*faultRun).delivered},
		{name: "update", services: []string{wirename.Vertesia}, code: 1, writes: []string{"PUT /"}, most: 1,
			args: func(c *faultRun) []string { return []string{"update", c.id, "--disable", "-o", "json"} }, held: (*faultRun).updated},
		{name: "public-key", services: []string{wirename.Vertesia}, code: 1, writes: []string{"GET /api/v1/apikeys/pk"}, most: 1,
			args: func(c *faultRun) []string { return []string{"public-key", "--name", c.name + " new"} }, held: (*faultRun).published},
		{name: "delete", services: every, code: 1, writes: []string{"POST /api-keys/delete", "DELETE /"}, most: 2,
			args: func(c *faultRun) []string { return []string{"delete", c.id, "--yes"} }, held: (*faultRun).deleted},
	}
}

// now runs the command in this process, with a clock that does not make it wait between tries.
func (c *faultRun) now(timeout time.Duration, stdin string, args ...string) result {
	var out, errs bytes.Buffer
	code := cli.Run(context.Background(), append(args, "--timeout", timeout.String(), "--debug", filepath.Join(c.dir, "debug.log")), cli.World{
		In: strings.NewReader(stdin), Out: &out, Err: &errs, Now: time.Now, Zone: time.UTC,
		Environ: []string{"HOME=" + c.dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + c.dir},
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	return result{out.String(), errs.String(), code}
}

const faultEnv = "# mine\nKEY=old-value\nOTHER=1\n"

func (c *faultRun) prepare(url string) error {
	config := fmt.Sprintf("default_profile = \"p\"\n[profiles.p]\nservice = %q\nurl = %q\ntoken = { file = \"~/token\" }\nenvironment = \"live\"\n", c.service, url)
	if c.service == wirename.Generic {
		config += "create = true\n"
	}
	dir := filepath.Join(c.dir, ".config", "detent")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for path, text := range map[string]string{filepath.Join(dir, "config.toml"): config, filepath.Join(c.dir, "token"): c.admin + "\n", filepath.Join(c.dir, "app.env"): faultEnv} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	c.id, c.secret = c.back.create(c.name)
	return nil
}

// run does the command with its fault, and holds what must hold.
func (c *faultRun) run() {
	c.proxy.when(func(call int, _ *http.Request) *fault {
		if c.call > 0 && (call == c.call || c.rest && call > c.call) {
			return c.fault
		}
		return nil
	})
	timeout := 5 * time.Second
	if c.effect.read == "hangs" {
		timeout = 600 * time.Millisecond
	}
	stdin := ""
	if c.flow.stdin != nil {
		stdin = c.flow.stdin(c)
	}
	c.result = c.now(timeout, stdin, c.flow.args(c)...)
	c.seen = c.proxy.seen()
	c.proxy.when(nil)
	c.always(c.seen)
	c.flow.held(c)
}

func (c *faultRun) isWrite(call string) bool {
	return slices.ContainsFunc(c.flow.writes, func(w string) bool { return strings.HasPrefix(call, w) })
}

// always is what holds after every command and every fault.
func (c *faultRun) always(seen []string) {
	r := c.result
	for name, text := range map[string]string{"standard output": r.stdout, "standard error": r.stderr} {
		if at := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); at >= 0 {
			c.errorf("a control character in %s: %q", name, text)
		}
	}
	log, err := os.ReadFile(filepath.Join(c.dir, "debug.log"))
	if err != nil {
		c.errorf("%v", err)
	}
	for _, secret := range []string{c.admin, c.secret} {
		if strings.Contains(r.stdout+r.stderr+string(log), secret) {
			c.errorf("a secret is printed or logged")
		}
	}
	if strings.Contains(r.stderr, "secret=1") {
		c.errorf("a redirect's query is told: %s", r.stderr)
	}
	sent := 0
	for _, call := range seen {
		if c.isWrite(call) {
			sent++
		}
	}
	if sent > c.flow.most {
		c.errorf("what changes something was sent %d times: %v", sent, seen)
	}
	switch {
	case r.code == 0:
	case r.code != c.flow.code:
		c.errorf("exit %d, want %d", r.code, c.flow.code)
	case strings.TrimSpace(r.stderr+r.stdout) == "":
		c.errorf("failed without a word")
	}
	switch {
	case c.call == 0 || c.effect.read == "fine":
		if r.code != 0 {
			c.errorf("exit %d, though nothing is lost", r.code)
		}
	case c.spare:
		// Where the look takes up the short time, a busy machine may not make the create in its own.
		late := c.effect.read == "hangs" && strings.Contains(r.stderr, "create the key: timeout")
		if (r.code == 0) == c.rest && !late {
			c.errorf("exit %d, and only what is not needed was spoiled: %v", r.code, !c.rest)
		}
	case c.write && !c.rest || c.flow.name == "verify": // their own functions know
	case !c.rest && c.effect.read == "again":
		if r.code != 0 || len(seen) <= c.call {
			c.errorf("the read was not tried again: exit %d, %v", r.code, seen)
		}
	case c.effect.read == "no" && !c.write:
		if r.code == 0 || len(seen) != c.call {
			c.errorf("exit %d, calls %v", r.code, seen)
		}
	case c.rest && r.code == 0 && c.effect.read != "denied":
		c.errorf("exit 0 without an answer")
	}
}

func (c *faultRun) find(name string) (listed, bool) {
	for _, k := range c.back.list() {
		if k.Name == name {
			return k, true
		}
	}
	return listed{}, false
}

// decode reads standard output of a success; of a failure there must be none.
func (c *faultRun) decode(into any) bool {
	if c.result.code != 0 {
		if c.result.stdout != "" {
			c.errorf("a failure, and yet standard output: %s", c.result.stdout)
		}
		return false
	}
	if err := json.Unmarshal([]byte(c.result.stdout), into); err != nil {
		c.errorf("%v in %s", err, c.result.stdout)
		return false
	}
	return true
}

func (c *faultRun) listed() {
	var keys []struct{ ID, Name string }
	if !c.decode(&keys) {
		return
	}
	want := c.back.list()
	if !slices.ContainsFunc(keys, func(k struct{ ID, Name string }) bool { return k.ID == c.id && k.Name == c.name }) || len(keys) == 0 {
		c.errorf("a list of success with %d of %d keys lacks %s", len(keys), len(want), c.id)
	}
}

func (c *faultRun) checked() {
	// Its 1 would say that there are findings, so that a failure is always 2.
	var out struct {
		Findings []struct{ Kind, Severity string }
	}
	if c.decode(&out) && slices.ContainsFunc(out.Findings, func(f struct{ Kind, Severity string }) bool { return f.Severity == "warning" }) {
		c.errorf("warnings of exit 0: %v", out.Findings)
	}
}

func (c *faultRun) configChecked() {
	r := c.result
	if works := strings.Contains(r.stdout, "  works "); works != (r.code == 0) || works == strings.Contains(r.stdout, "  failed ") {
		c.errorf("exit %d:\n%s", r.code, r.stdout)
	}
}

// verified: a valid secret is called valid, an error is told, or that it cannot be told; only the service's own 401 is a no.
func (c *faultRun) verified() {
	var out struct{ Valid *bool }
	r := c.result
	if r.code == 1 && r.stdout != "" {
		if err := json.Unmarshal([]byte(r.stdout), &out); err != nil || out.Valid != nil && *out.Valid {
			c.errorf("exit 1 with %s", r.stdout)
		}
		if out.Valid == nil && !strings.Contains(r.stderr, "cannot tell") {
			c.errorf("it is not said why it cannot be told: %s", r.stderr)
		}
		if out.Valid != nil && !strings.HasPrefix(c.fault.name, "status 401") {
			c.errorf("a valid secret is called invalid: %s", r.stdout)
		}
		return
	}
	if c.decode(&out) && (out.Valid == nil || !*out.Valid) {
		c.errorf("exit 0 with %s", r.stdout)
	}
}

// lost holds what is said about a write whose answer was lost, and returns whether it is certain that nothing was done.
func (c *faultRun) lost(happened bool) {
	r := c.result
	said := strings.Contains(r.stderr, "not known whether this happened")
	switch {
	case c.effect.write == "not done" && happened:
		c.errorf("it happened, though the service refused it")
	case c.effect.write == "not done" && said:
		c.errorf("what is certain is called unknown: %s", r.stderr)
	case c.effect.write == "unknown" && !said:
		c.errorf("what is unknown is not called so: %s", r.stderr)
	}
}

func (c *faultRun) created() {
	k, exists := c.find(c.name + " new")
	r := c.result
	if r.code == 0 {
		if secret := strings.TrimSpace(r.stdout); !exists || !c.back.works(secret) || strings.Count(r.stdout, "\n") != 1 {
			c.errorf("success without a key that works: %d bytes, there is one: %v", len(r.stdout), exists)
		}
		return
	}
	if r.stdout != "" {
		c.errorf("a failure, and yet standard output of %d bytes", len(r.stdout))
	}
	if !c.write {
		return
	}
	c.lost(exists)
	if c.effect.write != "unknown" {
		return
	}
	// What to look for: the key by its id, or its name to look for later, or that the list could not be had.
	blind := strings.Contains(r.stderr, "the keys cannot be listed")
	switch {
	case blind && (c.rest || c.effect.read == "hangs"):
	case exists && !strings.Contains(r.stderr, "detent delete "+k.ID):
		c.errorf("the key %s is there, and it is not said: %s", k.ID, r.stderr)
	case !exists && !strings.Contains(r.stderr, fmt.Sprintf("no key named %q is listed now", c.name+" new")):
		c.errorf("it is not said that no such key is there: %s", r.stderr)
	}
}

func (c *faultRun) delivered() {
	env, err := os.ReadFile(filepath.Join(c.dir, "app.env"))
	if err != nil {
		c.errorf("%v", err)
	}
	c.tidy("app.env")
	if c.result.code != 0 {
		if string(env) != faultEnv {
			c.errorf("a failure changed the file")
		}
		c.created()
		return
	}
	var out struct {
		Key    struct{ ID string }
		Secret *string
	}
	if !c.decode(&out) {
		return
	}
	_, value, _ := strings.Cut(string(env), "KEY=")
	value, _, _ = strings.Cut(value, "\n")
	if k, exists := c.find(c.name + " new"); !exists || k.ID != out.Key.ID || out.Secret != nil || !c.back.works(strings.Trim(value, `"'`)) {
		c.errorf("delivered, but: there is one %v, the secret is printed %v", exists, out.Secret != nil)
	}
	if strings.Replace(string(env), value, "old-value", 1) != faultEnv {
		c.errorf("other lines changed:\n%s", strings.Replace(string(env), value, "[secret]", 1))
	}
}

// tidy holds that beside those files of the home and the audit log there are none.
func (c *faultRun) tidy(files ...string) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		c.errorf("%v", err)
	}
	for _, e := range entries {
		if !slices.Contains(append(files, "token", "debug.log", ".config", ".local"), e.Name()) {
			c.errorf("%s is left behind", e.Name())
		}
	}
	states, err := filepath.Glob(filepath.Join(c.dir, ".local/*/*/*"))
	if err != nil {
		c.errorf("%v", err)
	}
	for _, path := range states {
		if !strings.HasPrefix(filepath.Base(path), "audit.") {
			c.errorf("%s is left behind", path)
		}
	}
}

func (c *faultRun) updated() {
	k, exists := c.find(c.name)
	disabled := exists && k.Enabled != nil && !*k.Enabled
	var out struct {
		ID      string
		Enabled *bool
	}
	if c.decode(&out) && (out.ID != c.id || out.Enabled == nil || *out.Enabled || !disabled) {
		c.errorf("success, but disabled is %v: %s", disabled, c.result.stdout)
	}
	if c.result.code != 0 && c.write {
		c.lost(disabled)
	}
}

func (c *faultRun) published() {
	r := c.result
	if r.code == 0 {
		if value := strings.TrimSpace(r.stdout); !strings.HasPrefix(value, "pk-") {
			c.errorf("no public key: %q", r.stdout)
		}
		return
	}
	if r.stdout != "" {
		c.errorf("a failure, and yet standard output: %q", r.stdout)
	}
	_, exists := c.find(c.name + " new")
	c.lost(exists)
	// Asking again gives the same one, or makes the first.
	if again := c.now(5*time.Second, "", c.flow.args(c)...); again.code != 0 || !strings.HasPrefix(again.stdout, "pk-") {
		c.errorf("asked again: %+v", again)
	}
}

func (c *faultRun) deleted() {
	_, exists := c.find(c.name)
	r := c.result
	if r.code == 0 && exists {
		c.errorf("called deleted, and it is there")
	}
	if r.code == 0 || !c.write {
		return
	}
	if c.rest {
		c.lost(!exists)
	}
	// Where only the answer was lost, a look settles it.
	if !c.rest && c.effect.write == "unknown" && c.effect.read != "hangs" {
		c.errorf("one lost answer, and it fails: %s", r.stderr)
	}
}

// cells are all runs of the matrix but for the ones that it cannot have.
func (m *faultMatrix) cells(calls map[string][]string) []*faultRun {
	var out []*faultRun
	for _, flow := range faultFlows() {
		for _, service := range flow.services {
			for call, what := range calls[flow.name+service] {
				for i, f := range faults() {
					for _, rest := range []bool{false, true} {
						c := &faultRun{flow: flow, service: service, fault: f, effect: effects[i], call: call + 1, rest: rest}
						c.write = c.isWrite(what)
						c.spare = !c.write && slices.Equal(flow.writes, creates) // the look for a name that is there already
						out = append(out, c)
					}
				}
			}
		}
	}
	return out
}

// faultMatrix runs cells side by side: most of them wait.
type faultMatrix struct {
	t      *testing.T
	backs  map[string]*backend
	admins map[string]string
	dir    string
	count  atomic.Int64
}

func (m *faultMatrix) do(c *faultRun, p *proxy) {
	n := m.count.Add(1)
	c.back, c.admin, c.proxy = m.backs[c.service], m.admins[c.service], p
	c.name, c.dir = fmt.Sprintf("k%04d", n), filepath.Join(m.dir, fmt.Sprint(n))
	if err := c.prepare(p.URL); err != nil {
		c.errorf("%v", err)
		return
	}
	c.run()
	for _, name := range []string{c.name, c.name + " new"} {
		if k, ok := c.find(name); ok {
			c.back.remove(k.ID)
		}
	}
	_ = os.RemoveAll(c.dir)
}

func (m *faultMatrix) all(cells []*faultRun) {
	work := make(chan *faultRun)
	var wait sync.WaitGroup
	for range 16 {
		proxies := map[string]*proxy{}
		for service, b := range m.backs {
			proxies[service] = newProxy(m.t, b.url)
		}
		wait.Go(func() {
			for c := range work {
				m.do(c, proxies[c.service])
			}
		})
	}
	for _, c := range cells {
		work <- c
	}
	close(work)
	wait.Wait()
}

func newFaultMatrix(t *testing.T) *faultMatrix {
	m := &faultMatrix{t: t, backs: backends(t), admins: map[string]string{}, dir: t.TempDir()}
	for service, b := range m.backs {
		m.admins[service] = b.mintAdmin()
	}
	return m
}

// TestEveryCommandStandsEveryFault runs each command that talks to a service with each of its calls spoiled by each
// fault, once or for good, and looks at the service, the disk, the exit code and what was said.
func TestEveryCommandStandsEveryFault(t *testing.T) {
	t.Parallel()
	m := newFaultMatrix(t)
	began := time.Now()
	calls := map[string][]string{}
	for _, flow := range faultFlows() {
		for _, service := range flow.services {
			c := &faultRun{flow: flow, service: service, fault: &fault{name: "none"}, effect: effect{read: "fine", write: "done"}}
			m.do(c, newProxy(t, m.backs[service].url))
			calls[flow.name+service] = c.seen
			for _, f := range c.fails {
				t.Fatalf("%s on %s without a fault: %s", flow.name, service, f)
			}
		}
	}
	cells := m.cells(calls)
	if sampled() {
		sample := cells[:0]
		for i, c := range cells {
			if i%11 == 0 {
				sample = append(sample, c)
			}
		}
		cells = sample
	}
	m.all(cells)
	failed, ends := 0, map[int]int{}
	for _, c := range cells {
		ends[c.result.code]++
		if len(c.fails) > 0 {
			failed++
			t.Errorf("%s on %s, call %d (rest %v): %s: exit %d\n%s\n  stderr: %s", c.flow.name, c.service, c.call, c.rest, c.fault.name, c.result.code,
				strings.Join(c.fails, "\n"), c.result.stderr)
		}
	}
	t.Logf("commands under faults: %d cells (%d commands, %d faults, each call, once and for good) in %s: %d as they must be, %d not; ends: %d with 0, %d with 1, %d with 2",
		len(cells), len(faultFlows()), len(faults()), time.Since(began).Round(time.Millisecond), len(cells)-failed, failed, ends[0], ends[1], ends[2])
}
