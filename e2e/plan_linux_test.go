package e2e

import (
	"bytes"
	"crypto/sha256"
	byteorder "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"detent/e2e/planned"
	"detent/keyserver/wirename"
	"detent/rotation"
)

// witness writes down, in one order, what goes over the wire, what is written beside the application's files, and where
// the journal moves from stage to stage.
type witness struct {
	t      *testing.T
	mu     sync.Mutex
	on     bool // the rotation has begun; what finds the key comes before
	notify int
	stage  string
	seen   map[string][]string // by stage
	stages []string
}

func newWitness(t *testing.T, dirs ...string) *witness {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, dir := range dirs {
		if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_MODIFY|unix.IN_DELETE); err != nil {
			t.Fatal(err)
		}
	}
	return &witness{t: t, notify: fd, seen: map[string][]string{}}
}

// files takes up what was written until now.
func (w *witness) files() {
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.Read(w.notify, buf)
		if err != nil || n <= 0 {
			return
		}
		for at := 0; at < n; {
			mask, size := byteorder.NativeEndian.Uint32(buf[at+4:]), int(byteorder.NativeEndian.Uint32(buf[at+12:]))
			name := strings.TrimRight(string(buf[at+16:at+16+size]), "\x00")
			at += 16 + size
			what := "write "
			if mask&unix.IN_DELETE != 0 {
				what = "remove "
			}
			w.add(what + name)
		}
	}
}

func (w *witness) add(line string) {
	if !w.on {
		return
	}
	if w.stage == "" {
		w.move(string(rotation.Preflight))
	}
	w.seen[w.stage] = append(w.seen[w.stage], line)
}

func (w *witness) move(stage string) {
	w.stage = stage
	w.stages = append(w.stages, stage)
}

// hook is told by the program where it is.
func (w *witness) hook(point string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files()
	w.on = true
	if stage, ok := strings.CutPrefix(point, "journal after: step "); ok {
		w.move(stage)
	}
}

// call is told by the wire.
func (w *witness) call(_ int, r *http.Request) *fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files()
	w.add("call " + r.Method + " " + r.URL.Path)
	return nil
}

type fullPlan struct {
	Strategy string
	Stages   []rotation.StagePlan
}

// plan asks what a rotation would do.
func (p *play) plan(args ...string) fullPlan {
	p.Helper()
	r := p.now(nil, append(args, "--plan")...)
	p.must(r)
	var plan fullPlan
	if err := json.Unmarshal([]byte(r.stdout), &plan); err != nil {
		p.Fatalf("%v in %s", err, r.stdout)
	}
	return plan
}

// expression is what may happen in a stage.
func (p *play) expression(a *planned.Alphabet, acts []rotation.Act) string {
	p.Helper()
	var lines []planned.Act
	for _, act := range acts {
		line := "call " + act.Call
		switch {
		case act.Wait != "":
			continue
		case act.Run != "":
			line = "run"
		case act.Write != "":
			line = "write " + act.Write
			if path, ok := strings.CutSuffix(act.Write, ", removed"); ok {
				line = "remove " + path
			}
			line = strings.ReplaceAll(line, p.home.path("app")+"/", "")
		}
		lines = append(lines, planned.Act{Line: line, Times: act.Times})
	}
	return "^" + a.Expression(p.T, lines) + "$"
}

var (
	pathID = regexp.MustCompile(`/(?:api-keys|apikeys)/([a-z0-9_]{8,})$`)
	fileID = regexp.MustCompile(`\.detent-[a-z0-9]{10}`)
	trial  = regexp.MustCompile(`^(?:write|remove) (.*)\.detent-[a-z0-9]{10}(?:-own)?\.(?:test|try)$`)
)

// plain is a line as a plan of the old key writes it; empty for what only is half of another.
func plain(line, old string) string {
	if m := trial.FindStringSubmatch(line); m != nil {
		return "write a trial file beside " + m[1] + ", removed at once"
	}
	if strings.HasSuffix(line, ".new") { // renamed to what comes next
		return ""
	}
	if line == "write running" { // by the command after the delivery
		return "run"
	}
	if strings.HasPrefix(line, "call ") {
		if m := pathID.FindStringSubmatch(line); m != nil && m[1] != old {
			line = strings.TrimSuffix(line, m[1]) + "{new}"
		}
		return line
	}
	return fileID.ReplaceAllString(line, ".detent-{id}")
}

// happened is what was done in a stage, as a word.
func happened(a *planned.Alphabet, lines []string, old string) string {
	var done []string
	last := ""
	for _, line := range lines {
		line = plain(line, old)
		if line == "" || line == last && !strings.HasPrefix(line, "call ") { // a file is written in several events
			continue
		}
		done, last = append(done, line), line
	}
	return a.Word(done)
}

// TestAPlannedRotationAndItsPlanAgreeLineByLine rotates for real: every request and every write is in its stage's plan, in
// the plan's order and number, and nothing that is planned is missing.
func TestAPlannedRotationAndItsPlanAgreeLineByLine(t *testing.T) {
	services := backends(t)
	modes := map[string][]string{"planned": {"--drain", "8s", "--soak", "2s"}, "no waits": {"--drain", "0s", "--soak", "0s"}, "compromised": {"--compromised"}, "old first": {"--compromised", "--old-first"}}
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		strategies := []string{"create", "dashboard"}
		if service == wirename.Generic {
			strategies = append(strategies, "roll", "roll-at-once")
		}
		for _, strategy := range strategies {
			for mode, flags := range modes {
				if strings.HasPrefix(strategy, "roll") && mode == "old first" { // a roll has no old key to retire first
					continue
				}
				t.Run(service+" "+strategy+" "+mode, func(t *testing.T) {
					t.Parallel()
					p := newPlay(t, services[service], plot{service: service, places: []string{"app", "file"}, args: []string{"--strategy", strategy}})
					args := append([]string{"rotate", p.oldID, "--deliver", "app", "--deliver", "file:" + p.home.path("app/secret"), "--strategy", strategy, "-o", "json"}, flags...)
					if strategy == "roll-at-once" {
						args = append(args, "--outage")
					}
					plan := p.plan(args...)
					if plan.Strategy != strategy {
						t.Errorf("the plan's strategy is %q", plan.Strategy)
					}
					w := newWitness(t, p.home.path("app"), p.home.dir)
					p.proxy.when(w.call)
					p.must(p.atTerminal(w.hook, nil, args...))
					w.hook("")
					p.proxy.when(nil)
					p.assertRotated()
					p.compare(plan, w)
				})
			}
		}
	}
}

// TestAPlannedRollWithoutANameAndItsPlanAgree: the same of a key that is rolled in place by a call that takes no name, as Zabbix and Cloudflare have it.
// The embedded service's own call takes one, which is given to it on the way.
func TestAPlannedRollWithoutANameAndItsPlanAgree(t *testing.T) {
	raw, err := os.ReadFile("../client/issuers/generic.toml")
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`(?m)^name( *)= "generic"$`).ReplaceAllString(string(raw), `name = "own"`)
	own = regexp.MustCompile(`(?m)^(embedded|place|label) .*\n`).ReplaceAllString(own, "")
	roll := regexp.MustCompile(`(?ms)^\[roll\].*?\n\n`)
	if !roll.MatchString(own) {
		t.Fatal("the declaration has no roll")
	}
	own = roll.ReplaceAllString(own, "[roll]\ncall = \"POST /v1/api-keys/{id}/roll\"\nkey = [\"data\"]\nold = \"dies at once\"\nsend = {}\n\n")
	p := newPlay(t, newBackend(t, wirename.Generic), plot{service: wirename.Generic, places: []string{"app", "file"}, args: []string{"--strategy", "roll-at-once"}})
	p.write(".config/detent/issuers/own.toml", own)
	p.write(".config/detent/config.toml", strings.Replace(p.read(".config/detent/config.toml"), `service = "generic"`, `service = "own"`, 1))
	args := []string{"rotate", p.oldID, "--deliver", "app", "--deliver", "file:" + p.home.path("app/secret"), "--strategy", "roll-at-once", "--outage", "-o", "json"}
	plan := p.plan(args...)
	w := newWitness(t, p.home.path("app"), p.home.dir)
	p.proxy.when(func(n int, r *http.Request) *fault {
		if strings.HasSuffix(r.URL.Path, "/roll") {
			if name := r.Header.Get("Idempotency-Key"); name != "" {
				t.Errorf("the call has the name %q, which is not declared", name)
			}
			r.Header.Set("Idempotency-Key", fmt.Sprint("given-", n))
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`{"overlap_seconds":0}`)), int64(len(`{"overlap_seconds":0}`))
		}
		return w.call(n, r)
	})
	p.must(p.atTerminal(w.hook, nil, args...))
	w.hook("")
	p.proxy.when(nil)
	p.assertRotated()
	p.compare(plan, w)
}

func (p *play) compare(plan fullPlan, w *witness) {
	p.Helper()
	stages := map[string]bool{}
	for _, s := range plan.Stages {
		stages[string(s.ID)] = true
		if !slices.Contains(w.stages, string(s.ID)) {
			p.Errorf("the stage %s was planned and did not happen", s.ID)
		}
		var a planned.Alphabet
		want := p.expression(&a, s.Does)
		got := happened(&a, w.seen[string(s.ID)], p.oldID)
		if !regexp.MustCompile(want).MatchString(got) {
			does, _ := json.MarshalIndent(s.Does, "", " ")
			p.Errorf("%s: %s does not match %s\nhappened:\n  %s\nplanned:\n%s", s.ID, got, want, strings.Join(w.seen[string(s.ID)], "\n  "), does)
		}
	}
	for _, stage := range w.stages {
		if !stages[stage] && stage != string(rotation.Done) {
			p.Errorf("the stage %s was not planned", stage)
		}
	}
}

// TestAPlanChangesNothing compares the whole home before and after, and looks at what goes over the wire.
func TestAPlanChangesNothing(t *testing.T) {
	services := backends(t)
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		for _, flags := range [][]string{nil, {"--compromised", "--old-first"}, {"--strategy", "dashboard"}} {
			t.Run(service+" "+strings.Join(flags, " "), func(t *testing.T) {
				t.Parallel()
				p := newPlay(t, services[service], plot{service: service, places: []string{"app", "file"}})
				var sent []string
				p.proxy.when(func(_ int, r *http.Request) *fault {
					b, _ := io.ReadAll(r.Body)
					r.Body = io.NopCloser(bytes.NewReader(b))
					sent = append(sent, fmt.Sprint(r.Method, " ", r.URL, r.Header, string(b)))
					return nil
				})
				before, keys := p.everything(), p.keys()
				args := append([]string{"rotate", p.oldID, "--deliver", "app", "--deliver", "file:" + p.home.path("app/secret"), "-o", "json"}, flags...)
				p.plan(args...)
				p.must(p.now(nil, append(args[:len(args):len(args)], "--plan", "-o", "table")...))
				if after := p.everything(); after != before {
					t.Errorf("something was written; before\n%s\nafter\n%s", before, after)
				}
				if after := p.keys(); after != keys {
					t.Errorf("the service's keys changed: %s, were %s", after, keys)
				}
				if len(sent) == 0 {
					t.Error("nothing was read")
				}
				for _, r := range sent {
					if strings.Contains(r, p.oldSecret) || !strings.Contains(r, p.admin) || strings.Contains(r, "~r") {
						t.Error("a secret other than detent's own credential was sent, or a name of a new key")
					}
				}
			})
		}
	}
}

// keys are the key and what a rotation made of it.
func (p *play) keys() string {
	p.Helper()
	var out []string
	for _, k := range p.ours() {
		out = append(out, fmt.Sprint(k.ID, " ", k.Name, " ", k.Enabled == nil || *k.Enabled))
	}
	return strings.Join(out, ", ")
}

// everything is the home, byte by byte.
func (p *play) everything() string {
	p.Helper()
	var out strings.Builder
	err := filepath.WalkDir(p.home.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%s %v %v", path, info.Mode(), info.ModTime())
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " %x", sha256.Sum256(b))
		}
		out.WriteString("\n")
		return nil
	})
	if err != nil {
		p.Fatal(err)
	}
	return out.String()
}

// TestAPlanIsRefusedWhereThePreflightWouldBe holds that, as far as that shows without a write and without a secret on the wire.
func TestAPlanIsRefusedWhereThePreflightWouldBe(t *testing.T) {
	b := newBackend(t, wirename.Generic)
	for name, of := range map[string]func(p *play) []string{
		"no such folder":  func(*play) []string { return []string{"file:/no/such/folder/x"} },
		"a folder":        func(p *play) []string { return []string{"file:" + p.home.path("app")} },
		"no such program": func(*play) []string { return []string{"command:no-such-program-here"} },
		"cannot be read":  func(p *play) []string { return []string{"command:tee " + p.home.path("piped")} },
		"another key's value": func(p *play) []string {
			_, s := p.back.create("other")
			p.write("x", s)
			return []string{"file:" + p.home.path("x")}
		},
		"another vendor's": func(p *play) []string {
			p.write("x", "ghp_0123456789abcdefghij0123456789abcdef")
			return []string{"file:" + p.home.path("x")}
		},
		"a test value": func(p *play) []string {
			p.write("x", "sk_test_0123456789abcdefghij0123456789")
			return []string{"file:" + p.home.path("x")}
		},
		"under another name": func(p *play) []string {
			return []string{"env-file:" + p.home.path("app/.env") + ":API_KEYS"}
		},
		"sealed": func(p *play) []string {
			p.write("x.env", "$ANSIBLE_VAULT;1.1;AES256\n6162\n")
			return []string{"env-file:" + p.home.path("x.env") + ":API_KEY"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, b, plot{service: wirename.Generic, places: []string{"env"}})
			args := []string{"rotate", p.oldID, "--yes", "--drain", "0s"}
			for _, d := range of(p) {
				args = append(args, "--deliver", d)
			}
			before := p.everything()
			plan := p.now(nil, append(args, "--plan")...)
			if plan.code == 0 || plan.stderr == "" || plan.stdout != "" {
				t.Errorf("the plan: exit %d\n%s%s", plan.code, plan.stdout, plan.stderr)
			}
			if after := p.everything(); after != before {
				t.Errorf("something was written; before\n%s\nafter\n%s", before, after)
			}
			if real := p.now(nil, args...); real.code != plan.code {
				t.Errorf("the preflight: exit %d\n%s\nthe plan: exit %d\n%s", real.code, real.stderr, plan.code, plan.stderr)
			}
		})
	}
}
