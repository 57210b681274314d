package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/servertest"
	"detent/keyserver/wirename"

	// As main does it: without it, every start in a terminal asks and waits for five seconds.
	_ "detent/aterm"
	"detent/e2e/servers/pgtest"
	"detent/keyserver"
)

// asProgram makes the test binary behave as detent, so that a test can start real processes.
const asProgram = "DETENT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "1" {
		os.Exit(Main(os.Args[1:]))
	}
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// patience is how long a condition may take on a shared machine.
const patience = time.Minute

// machine is an empty home with the environment of a fresh machine.
type machine struct {
	t       *testing.T
	home    string
	environ []string
	now     func() time.Time
	zone    *time.Location
}

// quickEnd keeps a program with the race detector from waiting a second at its end.
const quickEnd = "GORACE=atexit_sleep_ms=0"

func newMachine(t *testing.T, environ ...string) *machine {
	t.Helper()
	home := t.TempDir()
	return &machine{t: t, home: home, now: time.Now, zone: time.UTC,
		environ: append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "TERM=xterm-256color", quickEnd}, environ...)}
}

// result is what a run printed and how it ended.
type result struct {
	stdout, stderr string
	code           int
}

// run runs a command line in this process, without a terminal.
func (m *machine) run(stdin string, args ...string) result {
	m.t.Helper()
	var out, errs bytes.Buffer
	code := Run(context.Background(), args, World{
		In: strings.NewReader(stdin), Out: &out, Err: &errs, Environ: m.environ, Now: m.now, Zone: m.zone,
	})
	return result{out.String(), errs.String(), code}
}

// must is run for a command that has to succeed; it returns standard output.
func (m *machine) must(args ...string) string {
	m.t.Helper()
	r := m.run("", args...)
	if r.code != 0 {
		m.t.Fatalf("detent %v: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// want runs a command that has to end with a code and say something on standard error.
func (m *machine) want(code int, says string, args ...string) result {
	m.t.Helper()
	r := m.run("", args...)
	if r.code != code || !strings.Contains(r.stderr, says) {
		m.t.Errorf("detent %v: exit %d, want %d saying %q\n%s%s", args, r.code, code, says, r.stdout, r.stderr)
	}
	return r
}

// process prepares the same as a real process.
func (m *machine) process(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append([]string{asProgram + "=1"}, m.environ...)
	cmd.Dir = m.home
	return cmd
}

// keys are the keys of a profile as list -o json gives them.
func (m *machine) keys(profile string) []map[string]any {
	m.t.Helper()
	var out []map[string]any
	decode(m.t, m.must("list", "-o", "json", "-p", profile), &out)
	return out
}

// create makes a key and returns its id and secret.
func (m *machine) create(args ...string) (id, secret string) {
	m.t.Helper()
	var out struct {
		Key    struct{ ID string }
		Secret string
	}
	decode(m.t, m.must(append([]string{"create", "-o", "json"}, args...)...), &out)
	return out.Key.ID, out.Secret
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if d.More() {
		t.Fatalf("more than one JSON value in\n%s", text)
	}
}

// write writes a file, or a script: none may be forked while it is open for writing, or running it is refused ("text file busy").
func (m *machine) write(name, text string) string {
	m.t.Helper()
	path := filepath.Join(m.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.t.Fatal(err)
	}
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(text), 0o600)
	syscall.ForkLock.RUnlock()
	if err != nil {
		m.t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// remote is a real key service on loopback that this process serves, with a
// proxy in front of it that a test can make misbehave.
type remoteService struct {
	url    string
	tokens map[string]string
	// fault, if it returns true, has answered the request itself.
	fault func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool
	hits  atomic.Int64
}

func newRemote(t *testing.T) *remoteService {
	t.Helper()
	server, at := servertest.Start(t, keyserver.Options{})
	r := &remoteService{tokens: map[string]string{}}
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		minted, err := server.Mint(t.Context(), service, apikey.Live)
		if err != nil {
			t.Fatal(err)
		}
		r.tokens[service] = minted.Secret.Reveal()
	}
	target, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.hits.Add(1)
		if r.fault != nil && r.fault(w, req, forward) {
			return
		}
		forward.ServeHTTP(w, req)
	}))
	r.url = front.URL
	t.Cleanup(front.Close)
	return r
}

// hangUp breaks the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// profile writes a configuration with one profile p on the service, and returns its path.
func (m *machine) profile(r *remoteService, service string, more ...string) string {
	m.t.Helper()
	m.environ = append(m.environ, "P_TOKEN="+r.tokens[service])
	lines := append([]string{`default_profile = "p"`, "[profiles.p]", `service = "` + service + `"`, `url = "` + r.url + `"`, `token = { env = "P_TOKEN" }`}, more...)
	return m.write(".config/detent/config.toml", strings.Join(lines, "\n")+"\n")
}
