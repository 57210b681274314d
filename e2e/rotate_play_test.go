//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/joho/godotenv"

	"detent/apikey"
	"detent/cli"
	"detent/keyserver"
	"detent/keyserver/servertest"
	"detent/keyserver/wirename"
)

// backend is a real key service on loopback, and the view of it that detent has no part in.
type backend struct {
	t       *testing.T
	url     string
	service string
	server  *keyserver.Server
	admin   string // of the server's own session; no rotation uses it
	shared  string // of the profiles that do not rotate their own
}

func newBackend(t *testing.T, service string) *backend {
	t.Helper()
	return newBackendAt(t, service, nil)
}

// newBackendAt has a clock of its own.
func newBackendAt(t *testing.T, service string, now func() time.Time) *backend {
	t.Helper()
	server, url := servertest.Start(t, keyserver.Options{Now: now})
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	b := &backend{t: t, url: url, service: service, server: server,
		admin: server.SessionToken(service, "").Reveal()}
	b.shared = b.mintAdmin()
	return b
}

// mintAdmin makes an administrator key that a profile can use.
func (b *backend) mintAdmin() string {
	b.t.Helper()
	env := apikey.Environment("")
	if b.service == wirename.Generic {
		env = apikey.Live
	}
	minted, err := b.server.Mint(context.Background(), b.service, env)
	if err != nil {
		b.t.Fatal(err)
	}
	return minted.Secret.Reveal()
}

func (b *backend) ask(method, path, bearer, body string) (int, []byte) {
	b.t.Helper()
	req, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, text
}

// listed is a key as the service's own list has it.
type listed struct {
	ID, Name string
	Enabled  *bool
}

func (b *backend) list() []listed {
	b.t.Helper()
	var rows []listed
	var status int
	var body []byte
	var err error
	switch b.service {
	case wirename.Prosopo:
		status, body = b.ask("POST", "/api-keys/get", b.admin, "{}")
		err = json.Unmarshal(body, &rows)
	case wirename.Vertesia:
		status, body = b.ask("GET", "/api/v1/apikeys", b.admin, "")
		err = json.Unmarshal(body, &rows)
	default:
		status, body = b.ask("GET", "/v1/api-keys", b.admin, "")
		var page struct{ Data []listed }
		err = json.Unmarshal(body, &page)
		rows = page.Data
	}
	if status != 200 || err != nil {
		b.t.Fatalf("list: %d %v", status, err)
	}
	return rows
}

// create makes a key of little power that ends in 30 days.
func (b *backend) create(name string) (id, secret string) {
	b.t.Helper()
	end := time.Now().Add(30 * 24 * time.Hour).UTC().Format(time.RFC3339)
	var body []byte
	var got struct {
		ID, Token, Value string
		Data             struct{ ID, Key string }
	}
	switch b.service {
	case wirename.Prosopo:
		_, body = b.ask("POST", "/api-keys/create", b.admin, `{"name":"`+name+`","permissions":{"AccessRules":["getRules"]},"expiresIn":2592000}`)
	case wirename.Vertesia:
		_, body = b.ask("POST", "/api/v1/apikeys", b.admin, `{"name":"`+name+`","role":"reader","expires_at":"`+end+`","properties":{"team":"pay"}}`)
	default:
		_, body = b.ask("POST", "/v1/api-keys", b.admin, `{"name":"`+name+`","environment":"live","expires_at":"`+end+`","restrictions":{"ip_addresses":["127.0.0.0/8"],"referrers":[],"endpoints":[]}}`)
	}
	if err := json.Unmarshal(body, &got); err != nil {
		b.t.Fatalf("%v in %s", err, body)
	}
	id, secret = got.ID+got.Data.ID, got.Token+got.Value+got.Data.Key
	if id == "" || secret == "" {
		b.t.Fatalf("no key in the answer of %d bytes", len(body))
	}
	return id, secret
}

// remove deletes a key; for cleaning up.
func (b *backend) remove(id string) {
	switch b.service {
	case wirename.Prosopo:
		b.ask("POST", "/api-keys/delete", b.admin, `{"apiKeyId":"`+id+`"}`)
	case wirename.Vertesia:
		b.ask("DELETE", "/api/v1/apikeys/"+id, b.admin, "")
	default:
		b.ask("DELETE", "/v1/api-keys/"+id, b.admin, "")
	}
}

// works asks the service whether it lets the secret in.
func (b *backend) works(secret string) bool {
	b.t.Helper()
	method, path := "GET", "/v1/prosopo/provider/admin/rules"
	switch b.service {
	case wirename.Vertesia:
		path = "/api/v1/apikeys"
	case wirename.Generic:
		path = "/v1/api-keys"
	}
	status, _ := b.ask(method, path, secret, "")
	if status != 200 && status != 401 {
		b.t.Fatalf("%s %s: %d", method, path, status)
	}
	return status == 200
}

// plot is a way to rotate.
type plot struct {
	name    string
	service string
	args    []string // of rotate
	// gives says that the service gives secrets again, as the real Prosopo does in its
	// list, and the real Vertesia for some keys.
	gives bool
	own   bool // the key is the one that detent itself uses, from a token file
	// places are destinations: app (a .env with a restart), env (a .env), file, command.
	places []string
}

// play is one rotation: a key, an application that uses it, a home, and a proxy in between.
type play struct {
	*testing.T
	plot
	back      *backend
	home      *home
	proxy     *proxy
	base      string // the key's name
	oldID     string
	oldSecret string
	admin     string
	before    string // the .env as it was
	named     string // how the new key's name begins, where it could not be restored
	debug     bool
	made      string   // the secret of the key that a person made last
	env       []string // of the processes
}

var plays atomic.Int64

const envText = "# the shop\nDB=postgres://shop@db/shop\nexport API_KEY='%s' # by hand\nOTHER=1\n"

func newPlay(t *testing.T, b *backend, pl plot) *play {
	t.Helper()
	p := &play{T: t, plot: pl, back: b, home: newHome(t), base: fmt.Sprintf("shop-%04d", plays.Add(1))}
	target := b.url
	if pl.gives {
		target = newGiver(t, b)
	}
	p.proxy = newProxy(t, target)
	p.admin = b.shared
	if pl.own {
		p.becomeOwn()
	} else {
		p.oldID, p.oldSecret = b.create(p.base)
	}
	p.before = fmt.Sprintf(envText, p.oldSecret)
	p.write("app/.env", p.before)
	p.write("app/secret", p.oldSecret+"\n")
	p.write("token", p.admin+"\n")
	p.write(".config/detent/config.toml", fmt.Sprintf(`default_profile = "p"
[profiles.p]
service = "%s"
url = "%s"
token = { file = "~/token" }
environment = "live"
create = true
[profiles.p.deliver.app]
env_file = { path = "~/app/.env", variable = "API_KEY" }
then = ["cp", "%s", "%s"]
`, pl.service, p.proxy.URL, p.home.path("app/.env"), p.home.path("running")))
	if pl.service != wirename.Generic {
		p.write(".config/detent/config.toml", strings.Replace(p.read(".config/detent/config.toml"), "create = true\n", "", 1))
	}
	t.Cleanup(func() {
		for _, k := range p.ours() {
			b.remove(k.ID)
		}
	})
	return p
}

// becomeOwn makes an administrator of its own the key that is rotated.
func (p *play) becomeOwn() {
	p.Helper()
	p.admin = p.back.mintAdmin()
	p.oldSecret = p.admin
	for _, k := range p.back.list() {
		if strings.Contains(p.admin, k.ID) {
			p.oldID = k.ID
		}
	}
	if status, _ := p.back.ask("PUT", "/api/v1/apikeys/"+p.oldID, p.back.admin, `{"name":"`+p.base+`"}`); status != 200 {
		p.Fatalf("rename the administrator: %d", status)
	}
}

// program writes a program: none may be forked while it is open for writing, or running it is refused ("text file busy").
func program(t *testing.T, path string, content []byte, mode os.FileMode) {
	t.Helper()
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, content, mode)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *play) write(name, text string) {
	p.Helper()
	path := p.home.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.Fatal(err)
	}
	program(p.T, path, []byte(text), 0o600)
}

func (p *play) read(name string) string {
	p.Helper()
	b, err := os.ReadFile(p.home.path(name))
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

// rotateArgs begin the rotation without a question and without a wait.
func (p *play) rotateArgs() []string {
	args := append([]string{"rotate", p.oldID, "--yes", "--drain", "0s", "--soak", "0s"}, p.common()...)
	for _, place := range p.places {
		args = append(args, "--deliver", map[string]string{"app": "app", "env": "env-file:" + p.home.path("app/.env") + ":API_KEY",
			"file": "file:" + p.home.path("app/secret"), "command": "command:tee " + p.home.path("piped")}[place])
	}
	if p.uses("command") { // nobody can read it, and nobody is there to say so
		args = append(args, "--accept-unknown", "what it was given was looked at")
	}
	return append(args, p.args...)
}

func (p *play) common() []string {
	args := []string{"-o", "json", "--timeout", "20s"}
	if p.debug {
		args = append(args, "--debug", p.home.path("debug.log"))
	}
	return args
}

// now runs detent in this process, with a clock on which a wait takes no time.
func (p *play) now(sleep func(time.Duration), args ...string) result {
	p.Helper()
	if p.byHand() {
		return p.atTerminal(nil, sleep, args...)
	}
	var out, errs bytes.Buffer
	var slept atomic.Int64
	code := cli.Run(context.Background(), args, cli.World{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: p.home.env,
		Now: func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }, Zone: time.UTC, Sleep: func(_ context.Context, d time.Duration) error {
			slept.Add(int64(d))
			if sleep != nil {
				sleep(d)
			}
			return nil
		}})
	return result{out.String(), errs.String(), code}
}

// ours are the key and whatever a rotation of it made.
func (p *play) ours() []listed {
	p.Helper()
	var out []listed
	for _, k := range p.back.list() {
		if k.Name == p.base || strings.HasPrefix(k.Name, p.base+" ~r") {
			out = append(out, k)
		}
	}
	return out
}

// journal is what a journal's file says to anybody who reads it.
type journal struct {
	ID, State, Step string
	Undoing         bool
	ToldGone        bool `json:"told_gone"` // "no such key" was the answer to the deletion
	Pending         []string
	Destinations    []struct{ Backup string }
}

func (p *play) journals() []journal {
	p.Helper()
	files, err := filepath.Glob(p.home.path(".local/state/detent/*.json"))
	if err != nil {
		p.Fatal(err)
	}
	var out []journal
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			p.Fatal(err)
		}
		var j journal
		if err := json.Unmarshal(b, &j); err != nil {
			p.Fatalf("%s: %v", f, err)
		}
		out = append(out, j)
	}
	return out
}

// open is the id of the one open rotation; empty for none.
func (p *play) open() string {
	p.Helper()
	id := ""
	for _, j := range p.journals() {
		if j.State == "open" {
			if id != "" {
				p.Fatal("two rotations are open")
			}
			id = j.ID
		}
	}
	return id
}

// envValue is the secret that the application reads.
func (p *play) envValue() string {
	p.Helper()
	vars, err := godotenv.Read(p.home.path("app/.env"))
	if err != nil {
		p.Fatal(err)
	}
	return vars["API_KEY"]
}

// assertRotated: one live key, not the old one, and the application has its secret.
func (p *play) assertRotated() {
	p.Helper()
	keys := p.ours()
	if len(keys) != 1 || (keys[0].ID == p.oldID) != slices.ContainsFunc(p.args, func(arg string) bool { return strings.HasPrefix(arg, "roll") }) || keys[0].Enabled != nil && !*keys[0].Enabled {
		p.Fatalf("want one new key that is enabled; there is %+v", keys)
	}
	if p.back.works(p.oldSecret) {
		p.Fatal("the old secret still works")
	}
	if p.service == wirename.Vertesia && keys[0].Name != p.base && (p.named == "" || !strings.HasPrefix(keys[0].Name, p.named)) {
		p.Errorf("the name was not restored: %q", keys[0].Name)
	}
	for place, holds := range p.holdings() {
		if !p.back.works(holds) {
			p.Fatalf("what %s holds does not work", place)
		}
		if id := strings.TrimPrefix(keys[0].ID, "key_"); !strings.Contains(holds, id) {
			p.Fatalf("%s holds the secret of another key than %s", place, id)
		}
	}
	p.assertTidy("done")
	if want := strings.Replace(p.before, p.oldSecret, p.envValue(), 1); p.uses("env", "app") && !sameBut(want, p.read("app/.env")) {
		p.Errorf("other lines of the .env changed:\n%s", p.read("app/.env"))
	}
}

// sameBut compares files by line; the variable's own line may be quoted anew.
func sameBut(want, got string) bool {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	return len(w) == len(g) && w[0] == g[0] && w[1] == g[1] && w[3] == g[3] && strings.HasSuffix(g[2], " # by hand")
}

func (p *play) uses(places ...string) bool {
	return slices.ContainsFunc(places, func(place string) bool { return slices.Contains(p.places, place) })
}

// holdings are the secrets that the places hold now.
func (p *play) holdings() map[string]string {
	p.Helper()
	out := map[string]string{}
	if p.uses("env", "app") {
		out[".env"] = p.envValue()
	}
	if p.uses("file") {
		out["file"] = strings.TrimSpace(p.read("app/secret"))
	}
	if p.uses("command") {
		if b, err := os.ReadFile(p.home.path("piped")); err == nil {
			out["command"] = strings.TrimSpace(string(b))
		}
	}
	if p.uses("app") {
		if b, err := os.ReadFile(p.home.path("running")); err == nil {
			vars, err := godotenv.UnmarshalBytes(b)
			if err != nil {
				p.Fatal(err)
			}
			out["running application"] = vars["API_KEY"]
		}
	}
	if p.own {
		out["token file"] = strings.TrimSpace(p.read("token"))
	}
	return out
}

// assertUndone: the old key alone, as it was, and every file as it was.
func (p *play) assertUndone() {
	p.Helper()
	keys := p.ours()
	if len(keys) != 1 || keys[0].ID != p.oldID || keys[0].Enabled != nil && !*keys[0].Enabled {
		p.Fatalf("want the old key alone, enabled; there is %+v", keys)
	}
	if !p.back.works(p.oldSecret) {
		p.Fatal("the old secret does not work")
	}
	if p.read("app/.env") != p.before || p.read("app/secret") != p.oldSecret+"\n" || p.read("token") != p.admin+"\n" {
		p.Error("a file is not as it was")
	}
	if b, err := os.ReadFile(p.home.path("running")); err == nil && string(b) != p.before {
		p.Error("the application runs with another secret than the old one")
	}
	p.assertTidy("aborted")
}

// assertTidy: no copy, no half-written file, no open end.
func (p *play) assertTidy(state string) {
	p.Helper()
	entries, err := os.ReadDir(p.home.path("app"))
	if len(p.journals()) == 0 { // the trial of a preflight that was killed before there was a rotation: the next one removes it
		entries = slices.DeleteFunc(entries, func(f os.DirEntry) bool {
			return strings.HasSuffix(f.Name(), ".test") || strings.HasSuffix(f.Name(), ".try")
		})
	}
	if err != nil || len(entries) != 2 {
		p.Errorf("beside the application's files lie others: %v %v", entries, err)
	}
	left, _ := filepath.Glob(p.home.path("token.*"))
	if len(p.journals()) == 0 {
		left = slices.DeleteFunc(left, func(f string) bool { return strings.HasSuffix(f, ".test") || strings.HasSuffix(f, ".try") })
	}
	if len(left) > 0 {
		p.Errorf("left beside the token: %v", left)
	}
	if left, _ := filepath.Glob(p.home.path(".local/state/detent/*.new")); len(left) > 0 {
		p.Errorf("left beside the journal: %v", left)
	}
	for _, j := range p.journals() {
		if j.State != state || len(j.Pending) > 0 {
			p.Errorf("the journal says %+v, want %s", j, state)
		}
	}
}

// finish starts detent again after whatever happened, and goes on or back to the end. Nobody is
// there to be asked: whatever needs a person fails.
func (p *play) finish(back bool, run func(args ...string) result) {
	p.Helper()
	id := p.open()
	if id == "" {
		done := slices.ContainsFunc(p.journals(), func(j journal) bool { return j.State == "done" })
		switch {
		case done:
			p.assertRotated()
		case back:
			p.assertUndone()
		default:
			p.must(run(p.rotateArgs()...))
			p.assertRotated()
		}
		return
	}
	if back {
		r := p.aborted(id, run)
		if r.code == 0 {
			p.assertUndone()
			return
		}
		if r.code != 1 || !p.noWayBack(r) || !strings.Contains(r.stderr, "--resume "+id) {
			p.Fatalf("abort: exit %d\n%s", r.code, r.stderr)
		}
	}
	r := run(append([]string{"rotate", "--resume", id, "--yes"}, p.common()...)...)
	if p.commandStops(r) {
		p.must(p.aborted(id, run)) // the way on that is named there
		p.assertUndone()
		return
	}
	p.must(r)
	p.assertRotated()
}

// commandStops reports whether a run stopped since nobody can read what a command did with the secret: an undo needs a word for it, and a roll whose
// secret is lost needs an undo.
func (p *play) commandStops(r result) bool {
	return r.code == 1 && p.uses("command") && (strings.Contains(r.stderr, "--undone") ||
		strings.Contains(r.stderr, "the new secret was lost while it was delivered, and while the overlap runs the key is not rolled a second time"))
}

// aborted goes back. What a command did with the secret nobody but a person can take back, who says so.
func (p *play) aborted(id string, run func(args ...string) result) result {
	p.Helper()
	args := append([]string{"rotate", "--abort", id, "--yes"}, p.common()...)
	r := run(args...)
	if p.commandStops(r) {
		p.write("piped", p.oldSecret)
		r = run(append(args, "--undone", "command:tee "+p.home.path("piped"), "--reason", "it has the old one again")...)
	}
	return r
}

// noWayBack reports whether an undo was refused as it must be: a deletion of the old key was sent, or its intent is journaled,
// or a person would have to bring a leaked key back to life. Whatever the old secret still does says nothing against that.
func (p *play) noWayBack(r result) bool {
	p.Helper()
	deleting := !p.back.works(p.oldSecret)
	for _, j := range p.journals() {
		deleting = deleting || j.State == "open" && slices.Contains(j.Pending, "delete the old key")
	}
	refused := []string{"a deletion of the old key was sent", "the former secret died with the roll, or may have", "the overlap was ended, or may have been", "the overlap is over"}
	return deleting && slices.ContainsFunc(refused, func(words string) bool { return strings.Contains(r.stderr, words) }) ||
		slices.Contains(p.args, "--old-first") && strings.Contains(r.stderr, "bring a leaked key back to life: only a person")
}

func (p *play) must(r result) {
	p.Helper()
	if r.code != 0 {
		p.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// stoppedSaying holds that a run stopped resumable and said all that.
func (p *play) stoppedSaying(r result, said ...string) {
	p.Helper()
	if r.code != 1 || p.open() == "" {
		p.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	for _, s := range said {
		if !strings.Contains(r.stderr, s) {
			p.Errorf("%q is not said:\n%s", s, r.stderr)
		}
	}
}

// actor makes the test binary play detent, so that a real process can be killed where it says.
const (
	actor    = "DETENT_E2E_ACTOR"
	actorDie = "DETENT_E2E_KILL_AT"
	actorLog = "DETENT_E2E_POINTS"
	// actorClock names a file: its clock is ahead by as many milliseconds as the file has bytes.
	actorClock = "DETENT_E2E_CLOCK"
	// actorSleeps has a wait move that clock on.
	actorSleeps = "DETENT_E2E_SLEEPS"
)

// act runs detent as this process: with the same code, no waiting, and an end by SIGKILL at the
// point that the environment names.
func act() int {
	die, points := 0, 0
	_, _ = fmt.Sscan(os.Getenv(actorDie), &die)
	var log *os.File
	if path := os.Getenv(actorLog); path != "" {
		var err error
		if log, err = os.Create(path); err != nil {
			return 3
		}
	}
	var mu sync.Mutex
	hook := func(point string) {
		mu.Lock()
		defer mu.Unlock()
		points++
		if log != nil {
			_, _ = fmt.Fprintln(log, point)
		}
		if points == die {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				_ = self.Kill()
			}
			select {} // it does not get any further
		}
	}
	var slept atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
	if path := os.Getenv(actorClock); path != "" {
		now = func() time.Time {
			ahead, err := os.Stat(path)
			if err != nil {
				return time.Now()
			}
			return time.Now().Add(time.Duration(ahead.Size())*time.Millisecond + time.Duration(slept.Load()))
		}
	}
	stdlog.SetOutput(io.Discard) // as cli.Main does
	return cli.Run(context.Background(), os.Args[1:], cli.World{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(),
		Now: now, Zone: time.UTC, Hook: hook, Sleep: func(_ context.Context, d time.Duration) error {
			if os.Getenv(actorSleeps) != "" {
				return moveOn(os.Getenv(actorClock), d)
			}
			slept.Add(int64(d))
			return nil
		}})
}

// moveOn makes the clock's file longer.
func moveOn(path string, d time.Duration) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()+d.Milliseconds())
}

// process prepares detent as a process of its own.
func (p *play) process(env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(append([]string{actor + "=1", "GOGC=off", "GOMEMLIMIT=256MiB", "GOMAXPROCS=1"}, p.home.env...), append(p.env, env...)...)
	cmd.Dir = p.home.dir
	return cmd
}

func (p *play) spawn(env []string, args ...string) result {
	p.Helper()
	if p.byHand() {
		args = attended(args)
	}
	cmd := p.process(env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	leave := func() string { return errs.String() }
	if p.byHand() {
		leave = p.sit(cmd)
	}
	err := cmd.Run()
	said := leave()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.Fatal(err)
	}
	return result{out.String(), said, cmd.ProcessState.ExitCode()}
}
