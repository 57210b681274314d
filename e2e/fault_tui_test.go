//go:build unix

package e2e

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"detent/keyserver/wirename"
)

// script is what a person does, line by line: a key, or a verb with a colon and its object, and the pattern that
// it brings. {name} is the key of the cell, {new} what it makes, {secret} the key's secret, {url} the line.
type script [][2]string

// screenFlow is what is done on a screen while the service's answers are spoiled, and what must hold afterwards.
type screenFlow struct {
	name string
	on   []string
	// open leads to the act; by service, "" for every one. "spoil:" in it spoils from there on, else the act is the first.
	open  map[string]script
	spoil func(*http.Request) bool
	act   [2]string
	// failed is how the screen shows that a read brought nothing; empty for a write, whose words are those of every write.
	failed string
	// ends are the ways in which it may end; nil for what the effect says.
	ends func(c *cell) []string
	// terse says that the reason is not on this screen in full.
	terse bool
	// writes is how many calls that change something are sent; change is what they do to the keys, by name.
	writes int
	again  bool // what is not known to have happened is looked for, and asked for once more
	change func(c *cell, keys map[string]string)
	// after goes on over a line that is well again, by how the act ended, as the screen says to. It leads back to the list.
	after map[string]script
	held  func(c *cell)
}

// sitting is a program in a terminal, with a service of its own behind a line that can be spoiled. Many cells are played
// at it, one after the other: each begins at a list that is loaded, and ends there.
type sitting struct {
	*person
	suite  *testing.T // outlives the cells
	t      *testing.T // of the cell
	at     string     // its place, for names
	back   *backend
	proxy  *proxy
	home   *home
	admin  string
	hangs  bool
	cells  int
	admins map[string]string

	mu    sync.Mutex
	wrote []string
}

// cell is one flow with one fault.
type cell struct {
	*sitting
	flow    *screenFlow
	service string
	fault   *fault
	effect  effect

	name, new  string
	id, secret string
	end        string // how the act ended
}

// changes says that a call changes something: as in the commands' matrix, not by its method.
func changes(r *http.Request) bool {
	call := r.Method + " " + r.URL.Path
	return slices.ContainsFunc(append([]string{"PUT /", "DELETE /", "POST /api-keys/delete", "GET /api/v1/apikeys/pk"}, creates...),
		func(w string) bool { return strings.HasPrefix(call, w) })
}

func anyCall(*http.Request) bool   { return true }
func reading(r *http.Request) bool { return !changes(r) }

// spoil spoils the calls that match from now on, and counts the changes anew; nil heals the line.
func (s *sitting) spoil(f *fault, match func(*http.Request) bool) {
	s.mu.Lock()
	s.wrote = nil
	s.mu.Unlock()
	s.proxy.when(func(_ int, r *http.Request) *fault {
		if changes(r) {
			s.mu.Lock()
			s.wrote = append(s.wrote, r.Method+" "+r.URL.Path)
			s.mu.Unlock()
		}
		if match != nil && match(r) {
			return f
		}
		return nil
	})
}

func (s *sitting) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.wrote)
}

// thrifty makes a program cheap that lives for a few seconds.
var thrifty = []string{"GOMAXPROCS=1", "GOGC=off", "GOMEMLIMIT=128MiB"}

// environments are those of the sittings' profiles: a live one wants names typed.
var environments = map[string]string{wirename.Prosopo: "test", wirename.Vertesia: "test", wirename.Generic: "live"}

func newSitting(t *testing.T, at, service string, hangs bool) *sitting {
	t.Helper()
	s := &sitting{suite: t, t: t, at: at, back: newBackend(t, service), hangs: hangs, home: newHome(t)}
	s.proxy, s.admin, s.admins = newProxy(t, s.back.url), s.back.mintAdmin(), s.have()
	config := "default_profile = \"p\"\n"
	for _, name := range []string{"p", "q"} {
		config += fmt.Sprintf("[profiles.%s]\nservice = %q\nurl = %q\ntoken = { file = \"~/token\" }\nenvironment = %q\n", name, service, s.proxy.URL, environments[service])
		if service == wirename.Generic {
			config += "create = true\n"
		}
	}
	s.home.config(t, config)
	s.home.env = append(s.home.env, "E2E_TOKEN="+s.admin)
	s.home.env = append(s.home.env, thrifty...)
	if err := os.WriteFile(s.home.path("token"), []byte(s.admin), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// sit begins a cell: with a key of its own under the cursor, at a list that was just loaded over a line that is well.
func (s *sitting) sit(t *testing.T, c *cell) {
	s.t, s.back.t = t, t
	s.cells++
	c.name = fmt.Sprintf("a%s-%03d", s.at, s.cells)
	c.new = c.name + "-2"
	s.spoil(nil, nil)
	s.tidy()
	c.id, c.secret = s.back.create(c.name)
	if s.person == nil {
		timeout := "8s"
		if s.hangs { // long enough for an answer that comes, on a machine that is busy with others
			timeout = "2500ms"
		}
		s.person = s.home.sit(s.suite, 120, 36, "--timeout", timeout)
		s.terminal.t = t
	} else {
		s.terminal.t = t
		s.rest()
		s.keys("ctrl+r")
	}
	s.wait(regexp.QuoteMeta(c.name))
	s.gone(`✗ |reloading …`)
	s.do("g", `▸ `+regexp.QuoteMeta(c.name))
}

// leave ends the program; the next cell begins another one.
func (s *sitting) leave() {
	if s.person != nil {
		_ = s.cmd.Process.Kill()
		<-s.exited
		s.person = nil
	}
}

// have is the service's keys: by name and id, "on" or "off" where it says so.
func (s *sitting) have() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, k := range s.back.list() {
		out[k.Name+" "+k.ID] = "on"
		if k.Enabled != nil && !*k.Enabled {
			out[k.Name+" "+k.ID] = "off"
		}
	}
	return out
}

// byName are the keys but for the administrators.
func (s *sitting) byName() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for k, state := range s.have() {
		if name, _, _ := strings.Cut(k, " "); s.admins[k] == "" {
			out[name] += state
		}
	}
	return out
}

// tidy deletes the keys of earlier cells.
func (s *sitting) tidy() {
	s.t.Helper()
	for k := range s.have() {
		if _, id, _ := strings.Cut(k, " "); s.admins[k] == "" {
			s.back.remove(id)
		}
	}
}

func (c *cell) fill(text string, quote bool) string {
	q := func(s string) string {
		if quote {
			return regexp.QuoteMeta(s)
		}
		return s
	}
	return strings.NewReplacer("{name}", q(c.name), "{new}", q(c.new), "{secret}", q(c.secret), "{url}", q(c.proxy.URL)).Replace(text)
}

// play does what a script says.
func (c *cell) play(s script) {
	c.terminal.t.Helper()
	for _, line := range s {
		verb, text, _ := strings.Cut(c.fill(line[0], false), ":")
		want := c.fill(line[1], true)
		switch verb {
		case "spoil":
			c.spoil(c.fault, c.flow.spoil)
		case "type":
			c.say(text, want)
		case "paste":
			c.paste(text, want)
		case "move":
			c.move(strings.Fields(text)...)
			c.wait(want)
		case "confirm":
			c.armed()
			c.do(text, want)
		case "see":
			c.wait(want)
		case "hear":
			c.hear(want)
		case "elsewhere": // somebody else makes a key
			c.back.create(text)
		case "gone":
			c.gone(want)
		case "agree": // the screen says so just where the key is there
			if _, is := c.byName()[c.fill(line[1], false)]; is != strings.Contains(c.words(), text) {
				c.errorf("the key %s is there: %v", want, is)
			}
		case "row": // the list shows the key as the service has it
			switch state, is := c.byName()[text]; {
			case !is:
				c.gone(regexp.QuoteMeta(text) + ` `)
			case c.back.service == wirename.Vertesia:
				c.wait(regexp.QuoteMeta(text) + ` .*` + map[string]string{"on": "(enabled|expiring)", "off": "disabled"}[state])
			default:
				c.wait(regexp.QuoteMeta(text) + ` `)
			}
		default:
			c.do(verb, want)
		}
	}
}

func (s *terminal) errorf(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("%s; the screen is\n%s", fmt.Sprintf(format, args...), s.text())
}

// hear waits until the screen's words have the pattern, wherever their lines break.
func (s *terminal) hear(pattern string) {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	s.until("hear "+pattern, func(string) bool { return re.MatchString(s.wordsLocked()) })
}

// words is what the screen tells, without its lines and its breaks: the box on top, or else what stands on the left.
func (s *terminal) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wordsLocked()
}

func (s *terminal) wordsLocked() string {
	from, to := 1, -1
	var out []string
	for _, row := range strings.Split(s.textLocked(), "\n") {
		cells := []rune(row)
		if at := slices.Index(cells, '╭'); at >= 0 {
			out, from, to = nil, at+1, slices.Index(cells, '╮')
			continue
		}
		if to >= 0 && slices.Contains(cells, '╰') {
			break
		}
		end := min(len(cells), max(to, 0))
		if to < 0 {
			if end = len(cells); end > 1 {
				if mid := slices.Index(cells[1:], '│'); mid >= 0 {
					end = mid + 1
				}
			}
		}
		if from < end {
			out = append(out, string(cells[from:end]))
		}
	}
	return strings.Join(strings.Fields(strings.NewReplacer("┃", " ", "│", " ").Replace(strings.Join(out, " "))), " ")
}

// expected is how the act may end.
func (c *cell) expected() []string {
	switch {
	case c.flow.ends != nil:
		return c.flow.ends(c)
	case c.flow.again && c.effect.write == "unknown": // it looks, and asks again where the key is still there
		return []string{"unknown", "done"}
	case c.flow.failed == "":
		return []string{c.effect.write}
	case c.effect.read == "fine":
		return []string{"done"}
	case c.effect.read == "any":
		return []string{"done", "failed"}
	}
	return []string{"failed"}
}

// doubt and certainty are what every write says that was not answered, and that was refused.
const (
	doubt     = `[Nn]o answer is not a no`
	certainty = `Certain: |Nothing was changed\.`
)

// advice is what may be done about a failure.
var advice = regexp.MustCompile(`[Rr]eload|[Tt]ry again|tries again|[Ww]ait|Check |does no harm|[Ll]ook|Missing:|lacks|permission|This needs `)

// acts does what is spoiled, and holds what is said against what is certain.
func (c *cell) acts() {
	c.terminal.t.Helper()
	done := c.fill(c.flow.act[1], true)
	ends := [][2]string{{"unknown", doubt}, {"not done", certainty}, {"done", done}}
	if c.flow.failed != "" {
		ends = [][2]string{{"failed", c.flow.failed}, {"done", done}}
	}
	var any []string
	for _, e := range ends {
		any = append(any, e[1])
	}
	c.play(script{{c.flow.act[0], ""}})
	c.wait(strings.Join(any, "|"))
	c.rest()
	text := c.text()
	c.end = ""
	for _, e := range ends {
		if c.end == "" && regexp.MustCompile("(?m)"+e[1]).MatchString(text) {
			c.end = e[0]
		}
	}
	if !slices.Contains(c.expected(), c.end) {
		c.errorf("it ended as %q, want %q", c.end, c.expected())
	}
	if c.end == "done" || c.flow.terse {
		return
	}
	said := c.words()
	if !regexp.MustCompile(c.effect.says).MatchString(said) {
		c.errorf("it is not said what happened, %s: %s", c.effect.says, said)
	}
	if !advice.MatchString(said) {
		c.errorf("it is not said what to do: %s", said)
	}
}

// holds holds the service's keys against how the act ended.
func (c *cell) holds(before map[string]string) {
	c.terminal.t.Helper()
	want := maps.Clone(before)
	if c.flow.change != nil {
		c.flow.change(c, want)
	}
	now := c.byName()
	done, undone := maps.Equal(now, want), maps.Equal(now, before)
	if !done && !undone || c.end == "done" && !done || c.end == "not done" && !undone || c.end == "failed" && !undone {
		c.errorf("ended as %q: the keys are %v, were %v", c.end, now, before)
	}
}

func (c *cell) run(t *testing.T) {
	c.sit(t, c)
	open, ok := c.flow.open[c.service]
	if !ok {
		open = c.flow.open[""]
	}
	c.play(open)
	before := c.byName()
	if !slices.Contains(open, [2]string{"spoil:", ""}) {
		c.spoil(c.fault, c.flow.spoil)
	}
	c.acts()
	c.holds(before)
	if n := len(c.sent()); n != c.flow.writes && !(c.flow.again && n == 2) {
		c.errorf("%d calls that change something, want %d: %v", n, c.flow.writes, c.sent())
	}
	c.spoil(nil, nil)
	c.play(c.flow.after[c.end])
	if c.flow.held != nil {
		c.flow.held(c)
	}
	c.gone(`╭`)
	c.wait(`^┌ detent ─ p · ` + c.service + ` · +` + map[string]string{"test": "test", "live": "LIVE"}[environments[c.service]] + ` +─`)
}

// madeSecret is a secret of any of the services.
var madeSecret = regexp.MustCompile(`psp_[a-z2-7]{40,}|sk-[a-z2-7]{40,}|sk_(live|test)_[A-Za-z0-9_]{20,}`)

// clean holds that the program wrote nothing but text and its own sequences, and no secret.
func (s *terminal) clean(secrets ...string) {
	s.t.Helper()
	raw := clipboardText.ReplaceAllString(string(s.output()), "")
	if bad := foreign(whole([]byte(raw))); bad != "" {
		s.t.Errorf("in the stream: %s", bad)
	}
	for _, secret := range append(secrets, madeSecret.FindString(raw)) {
		if secret != "" && strings.Contains(raw, secret) {
			s.t.Error("a secret is in the stream")
		}
	}
}

// clipboardText is what a copy writes to the terminal.
var clipboardText = regexp.MustCompile("\x1b]52;c;[A-Za-z0-9+/=]*\x07")

// left holds that of what the program left on the disk only what a person asked for has a secret.
func (s *sitting) left(t *testing.T) {
	asked := regexp.MustCompile(`^token$|^\.env$|\.key$|\.piped$`)
	err := filepath.WalkDir(s.home.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if rel, _ := filepath.Rel(s.home.dir, path); !asked.MatchString(rel) && (madeSecret.Match(b) || strings.Contains(string(b), s.admin)) {
			t.Errorf("%s holds a secret", rel)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// screenRow is a flow on a service.
type screenRow struct {
	flow    *screenFlow
	service string
}

func screenRows() []screenRow {
	var out []screenRow
	for _, f := range screenFlows {
		for _, service := range f.on {
			out = append(out, screenRow{f, service})
		}
	}
	return out
}

// sittings are the programs that share the cells of one service, and of those the ones whose fault uses up the time.
const sittings = 3

// TestEveryScreenStandsEveryFault drives the built program in a pty through what a person does, on each service,
// with each fault: what is said, what the service has, what lies on the disk, and that it goes on from there.
func TestEveryScreenStandsEveryFault(t *testing.T) {
	t.Parallel()
	began := time.Now()
	type group struct {
		service string
		hangs   bool
	}
	work := map[group]chan *cell{}
	var all []*cell
	for row, r := range screenRows() {
		for _, i := range chosen(row, len(r.flow.on) > 1) {
			all = append(all, &cell{flow: r.flow, service: r.service, fault: faults()[i], effect: effects[i]})
		}
	}
	var wait sync.WaitGroup
	var good atomic.Int64
	for _, c := range all {
		g := group{c.service, c.effect.class == "hanging"}
		if work[g] == nil {
			queue := make(chan *cell, len(all))
			work[g] = queue
			for n := range sittings {
				s := newSitting(t, fmt.Sprintf("%02d", len(work)*sittings+n), g.service, g.hangs)
				wait.Go(func() { good.Add(s.work(queue)) })
			}
		}
		work[g] <- c
	}
	for _, queue := range work {
		close(queue)
	}
	wait.Wait()
	t.Logf("the screens under faults: %d cells (%d flows, %d with their services, %d faults; %s) in %s: %d as they must be, %d not",
		len(all), len(screenFlows), len(screenRows()), len(faults()), matrixSize(len(screenRows())), time.Since(began).Round(time.Millisecond), good.Load(), int64(len(all))-good.Load())
}

// work plays cells until there are no more, and counts those that are as they must be.
func (s *sitting) work(queue <-chan *cell) (good int64) {
	for c := range queue {
		c.sitting = s
		if s.suite.Run(c.flow.name+" "+c.service+", "+c.fault.name, c.run) {
			good++
		} else {
			s.leave()
		}
	}
	if s.t = s.suite; s.person != nil {
		s.terminal.t = s.suite
		s.clean(s.admin)
		s.leave()
	}
	s.left(s.suite)
	return good
}
