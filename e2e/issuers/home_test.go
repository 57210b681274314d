//go:build unix

package issuers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"detent/e2e/servers"
)

// home is a machine of an operator's: a configuration with one profile of a real server's, and the folder of an application.
type home struct {
	*testing.T
	dir    string
	server servers.Server
	front  *front
	alive  func(secret string) bool // what the server says of a secret, asked without detent
}

func newHome(t *testing.T, service string, server servers.Server, alive func(origin, secret string) bool) *home {
	t.Helper()
	h := &home{T: t, dir: t.TempDir(), server: server, front: newFront(t, server.URL)}
	h.alive = func(secret string) bool { return alive(server.URL, secret) }
	h.write("token", server.Token)
	h.write(".config/detent/config.toml", fmt.Sprintf("default_profile = \"real\"\n[profiles.real]\nservice = %q\nurl = %q\ntoken = { file = %q }\n",
		service, h.front.URL, h.path("token")))
	return h
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

func (h *home) write(name, text string) {
	h.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(h.path(name)), 0o700), os.WriteFile(h.path(name), []byte(text), 0o600)); err != nil {
		h.Fatal(err)
	}
}

// result is what a command printed and how it ended.
type result struct {
	stdout, stderr string
	code           int
}

func (h *home) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir = h.dir
	cmd.Env = []string{"HOME=" + h.dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC", "TMPDIR=" + h.dir}
	return cmd
}

func (h *home) run(stdin string, args ...string) result {
	h.Helper()
	var out, errs bytes.Buffer
	cmd := h.command(args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.Fatalf("%v: %v", args, err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must is run for a command that has to succeed.
func (h *home) must(args ...string) result {
	h.Helper()
	r := h.run("", args...)
	if r.code != 0 {
		h.Fatalf("detent %v: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r
}

// into reads what a command printed as JSON.
func (h *home) into(r result, value any) {
	h.Helper()
	if err := json.Unmarshal([]byte(r.stdout), value); err != nil {
		h.Fatalf("%v in exit %d\n%s%s", err, r.code, r.stdout, r.stderr)
	}
}

// key is one as commands print it.
type key struct {
	ID, Name  string
	Enabled   *bool
	ExpiresAt *time.Time `json:"expires_at"`
}

func (h *home) list() []key {
	h.Helper()
	var keys []key
	h.into(h.must("list", "-o", "json"), &keys)
	return keys
}

// named are the keys whose name begins so.
func (h *home) named(begin string) []key {
	h.Helper()
	return slices.DeleteFunc(h.list(), func(k key) bool { return !strings.HasPrefix(k.Name, begin) })
}

// create makes a key and returns it with its secret.
func (h *home) create(name string, more ...string) (key, string) {
	h.Helper()
	var made struct {
		Key    key
		Secret string
	}
	h.into(h.must(append([]string{"create", "--name", name, "-o", "json"}, more...)...), &made)
	if made.Key.ID == "" || made.Key.Name != name || made.Secret == "" {
		h.Fatalf("created %+v with a secret of %d characters", made.Key, len(made.Secret))
	}
	return made.Key, made.Secret
}

// verified is what verify says of a secret: which key it is, and whether it is valid.
func (h *home) verified(secret string) (valid bool, of *key) {
	h.Helper()
	r := h.run(secret, "verify", "-o", "json")
	var said struct {
		Valid bool
		Key   *key
	}
	h.into(r, &said)
	if said.Valid != (r.code == 0) {
		h.Errorf("valid is %v with exit %d\n%s", said.Valid, r.code, r.stderr)
	}
	return said.Valid, said.Key
}

// env is the value of API_KEY in the application's .env.
func (h *home) env() string {
	h.Helper()
	raw, err := os.ReadFile(h.path("app/.env"))
	if err != nil {
		h.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "API_KEY="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}

// deliver is the destination of the application's key.
func (h *home) deliver() string { return "env-file:" + h.path("app/.env") + ":API_KEY" }

// rotation is one as rotations prints it.
type rotation struct {
	ID, State, Step string
	Certain         []string
	Unknown         []string
}

// open is the id of the rotation that is under way; empty for none.
func (h *home) open() string {
	h.Helper()
	var all []rotation
	h.into(h.must("rotations", "-o", "json"), &all)
	for _, r := range all {
		if r.State == "open" {
			return r.ID
		}
	}
	return ""
}

// leaks holds that a secret is in no file of the home but the ones that it was meant for.
func (h *home) leaks(secrets ...string) {
	h.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(path, h.path("app")) || path == h.path("token") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(raw, []byte(s)) {
				h.Errorf("%s holds a secret", strings.TrimPrefix(path, h.dir))
			}
		}
		return err
	})
	if err != nil {
		h.Error(err)
	}
}

// front stands before a server, hands everything on, and can hold one request while its sender is killed.
type front struct {
	URL string

	mu    sync.Mutex
	death *death
	sent  map[string]time.Time // when the last request of a kind was answered, by method and path
	log   []string             // what was asked since record
}

// record begins a log of what is asked, and recorded ends it.
func (f *front) record() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = []string{}
}

func (f *front) recorded() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	log := f.log
	f.log = nil
	return log
}

// answered is when the last request that begins so was.
func (f *front) answered(call string) (last time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for what, at := range f.sent {
		if strings.HasPrefix(what, call) && at.After(last) {
			last = at
		}
	}
	return last
}

// death is a request at which its sender is killed: when the server has it not yet, or when it is done and its answer is not yet back.
type death struct {
	call string
	done bool
	kill func()
}

func (f *front) at(d *death) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.death = d
}

func newFront(t *testing.T, origin string) *front {
	t.Helper()
	target, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{sent: map[string]time.Time{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if r.In.Header.Get("Origin") == f.URL { // a server knows itself under its own address
				r.Out.Header.Set("Origin", origin)
			}
		},
		ErrorLog: log.New(io.Discard, "", 0), // of senders that are gone
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		d := f.death
		f.mu.Unlock()
		what := whatItAsks(r)
		f.mu.Lock()
		if f.log != nil {
			f.log = append(f.log, what)
		}
		f.mu.Unlock()
		if d == nil || !strings.HasPrefix(what, d.call) {
			proxy.ServeHTTP(w, r)
			f.mu.Lock()
			defer f.mu.Unlock()
			f.sent[what] = time.Now()
			return
		}
		if d.done {
			proxy.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
		}
		d.kill()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

// whatItAsks is the method and the path of a request; of a JSON-RPC, which has one path for all, what it calls.
func whatItAsks(r *http.Request) string {
	var rpc struct{ Method string }
	if strings.HasSuffix(r.URL.Path, "_jsonrpc.php") {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if json.Unmarshal(body, &rpc) == nil {
			return rpc.Method
		}
	}
	return r.Method + " " + r.URL.Path
}

// killedAt runs detent and kills it with its first request of this kind.
func (h *home) killedAt(call string, done bool, args ...string) {
	h.Helper()
	cmd := h.command(args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	started := make(chan struct{})
	h.front.at(&death{call, done, func() {
		<-started
		_ = cmd.Process.Kill() // it may have been killed with the request before this one
	}})
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	close(started)
	err := cmd.Wait()
	h.front.at(nil)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		h.Fatalf("it was not killed at %s: %v\n%s", call, err, &said)
	}
}
