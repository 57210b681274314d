package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// isCreate recognises Prosopo's create call.
func isCreate(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/api-keys/create") }

func TestLostCreateAnswerSaysWhatIsCertainAndIsNotSentAgain(t *testing.T) {
	for _, c := range []struct {
		name    string
		forward bool
		says    string
	}{
		{"after it happened", true, `there is a key named "lost": `},
		{"before it happened", false, `no key named "lost" is listed now`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, r := newMachine(t), newRemote(t)
			m.profile(r, "prosopo")
			sent := 0
			r.fault = func(w http.ResponseWriter, req *http.Request, forward http.Handler) bool {
				if !isCreate(req) {
					return false
				}
				sent++
				if c.forward {
					forward.ServeHTTP(httptest.NewRecorder(), req)
				}
				hangUp(w)
				return true
			}
			res := m.want(1, c.says, "create", "--name", "lost", "--permission", "getRules")
			if sent != 1 || res.stdout != "" || !strings.Contains(res.stderr, "not known whether this happened") {
				t.Errorf("sent %d times: %+v", sent, res)
			}
		})
	}
}

// TestAServerThatSaysTooMuchDoesNotWriteOnTheScreen holds that net/http's own complaints, which go to the
// standard logger, do not reach standard error.
func TestAServerThatSaysTooMuchDoesNotWriteOnTheScreen(t *testing.T) {
	m := newMachine(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	m.profile(&remoteService{url: "http://" + l.Addr().String(), tokens: map[string]string{"generic": "sk_live_0123456789abcdef"}}, "generic")
	go func() {
		answer := func(body, more string) (net.Conn, error) {
			conn, err := l.Accept()
			if err != nil {
				return nil, err
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
				return conn, err
			}
			_, err = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s%s", len(body), body, more)
			return conn, err
		}
		first, err := answer(`{"success":true,"data":[{"id":"k1","name":"k"}]}`, "UNASKED")
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, first) // the client has seen it and closed
		second, err := answer(`{"success":true}`, "")
		if err == nil {
			_ = second.Close()
		}
	}()
	cmd := m.process("delete", "k1", "--yes")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "deleted k") {
		t.Fatalf("%v: %s%s", err, out.String(), errs.String())
	}
	if errs.Len() > 0 {
		t.Errorf("standard error: %s", errs.String())
	}
}

func TestLostDeleteAnswerIsAskedForOnceMore(t *testing.T) {
	for name, forwarded := range map[string]bool{"after it happened": true, "before it happened": false} {
		t.Run(name, func(t *testing.T) {
			m, r := newMachine(t), newRemote(t)
			m.profile(r, "prosopo")
			m.create("--name", "k", "--permission", "getRules")
			sent := 0
			r.fault = func(w http.ResponseWriter, req *http.Request, forward http.Handler) bool {
				if !strings.HasSuffix(req.URL.Path, "/api-keys/delete") {
					return false
				}
				if sent++; sent > 1 {
					return false
				}
				if forwarded {
					forward.ServeHTTP(httptest.NewRecorder(), req)
				}
				hangUp(w)
				return true
			}
			m.must("delete", "k", "--yes")
			if sent != 2 {
				t.Errorf("sent %d times, want 2", sent)
			}
			for _, k := range m.keys("p") {
				if k["name"] == "k" {
					t.Error("still listed")
				}
			}
		})
	}
}

// TestADeletionThatWasOnlyTakenIsNotCalledDone: 202, and the key is still there.
func TestADeletionThatWasOnlyTakenIsNotCalledDone(t *testing.T) {
	t.Parallel()
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	m.create("--name", "k", "--permission", "getRules")
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		if !strings.HasSuffix(req.URL.Path, "/api-keys/delete") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"status":"pending"}`))
		return true
	}
	res := m.run("", "delete", "k", "--yes")
	if res.code != 0 || !strings.HasPrefix(res.stdout, "being deleted: k") || strings.Contains(res.stderr, "deleted, as far as is seen") || !strings.Contains(res.stderr, "its list still has the key") {
		t.Errorf("%+v", res)
	}
}

// TestALostAnswerToAChangeSaysWhatTheListShows: a cut connection and a gateway's 504 alike, and the change is sent once.
func TestALostAnswerToAChangeSaysWhatTheListShows(t *testing.T) {
	for forwarded, says := range map[bool][]string{true: {`the list shows the key as it was asked for: name "k2"`, `the list shows the key as it was asked for: enabled false`},
		false: {`the list shows the key with name "k"; a late request could still change it`, `the list shows the key with enabled true; a late request`}} {
		for _, cut := range []bool{true, false} {
			for i, args := range [][]string{{"--name", "k2"}, {"--disable"}} {
				m, r := newMachine(t), newRemote(t)
				m.profile(r, "vertesia")
				id, _ := m.create("--name", "k", "--role", "reader")
				sent := 0
				r.fault = func(w http.ResponseWriter, req *http.Request, forward http.Handler) bool {
					if req.Method != http.MethodPut {
						return false
					}
					if sent++; forwarded {
						forward.ServeHTTP(httptest.NewRecorder(), req)
					}
					if cut {
						hangUp(w)
					} else {
						w.WriteHeader(http.StatusGatewayTimeout)
					}
					return true
				}
				res := m.want(1, says[i], append([]string{"update", id}, args...)...)
				if sent != 1 || res.stdout != "" || !strings.Contains(res.stderr, "it is not known whether this happened") {
					t.Errorf("sent %d times: %+v", sent, res)
				}
			}
		}
	}
}

func TestServiceThatRefusesOrCannotBeReachedIsExitOneWithAHint(t *testing.T) {
	t.Parallel()
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	for name, answer := range map[string]func(w http.ResponseWriter){
		"401":  func(w http.ResponseWriter) { w.WriteHeader(401) },
		"403":  func(w http.ResponseWriter) { w.WriteHeader(403) },
		"html": func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>proxy</html>")) },
	} {
		r.fault = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool { answer(w); return true }
		if res := m.run("", "list"); res.code != 1 || res.stdout != "" || strings.Count(res.stderr, "\n") < 1 {
			t.Errorf("%s: %+v", name, res)
		}
	}
	m.write(".config/detent/config.toml", "[profiles.p]\nservice = \"prosopo\"\nurl = \"http://127.0.0.1:1\"\ntoken = { env = \"P_TOKEN\" }\n")
	m.want(1, "unreachable", "list", "-p", "p", "--timeout", "2s")
}

func TestNoControlCharacterOfTheServiceReachesTheTerminal(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	r.fault = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[{"id":"a1","name":"evil\u001b]52;c;eA==\u0007\u202egnp.exe","permissions":{"A":["b\u001b[2J"]}}]`))
		return true
	}
	for _, args := range [][]string{{"list"}, {"list", "-o", "json"}, {"check", "--all"}} {
		res := m.run("", args...)
		if strings.ContainsAny(res.stdout+res.stderr, "\x1b\x07\u202e") || !strings.Contains(res.stdout+res.stderr, "evil") && args[0] == "list" {
			t.Errorf("%v: %q", args, res.stdout+res.stderr)
		}
	}
}

func TestDeliveredSecretIsNotPrintedAndWorks(t *testing.T) {
	m := newMachine(t)
	env := m.write("app/.env", "# mine\nAPI_KEY=old-value\nOTHER=1\n")
	file := filepath.Join(m.home, "secret")
	copied := filepath.Join(m.home, "copied")
	r := m.run("", "create", "--name", "k", "--permission", "getRules", "-o", "json", "--replace",
		"--deliver", "env-file:"+env+":API_KEY", "--deliver", "file:"+file, "--deliver", "command:tee '"+copied+"'")
	if r.code != 0 {
		t.Fatalf("%+v", r)
	}
	var out map[string]any
	decode(t, r.stdout, &out)
	secret := strings.TrimSpace(read(t, file))
	if fieldsOf(out) != "key" || secret == "" || strings.Contains(r.stdout+r.stderr, secret) {
		t.Errorf("%+v", r)
	}
	if got := read(t, env); got != "# mine\nAPI_KEY="+secret+"\nOTHER=1\n" {
		t.Errorf(".env is\n%s", got)
	}
	if got := strings.TrimSpace(read(t, copied)); got != secret {
		t.Error("the command did not get the secret on its standard input")
	}
	if v := m.run(secret, "verify"); v.code != 0 {
		t.Errorf("%+v", v)
	}
	if left, _ := filepath.Glob(filepath.Join(m.home, "app", "*detent*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestKeyWhoseDeliveryFailedIsDeletedAgainAndTheOldContentIsBack(t *testing.T) {
	m := newMachine(t)
	env := m.write("app/.env", "API_KEY=old-value\n")
	r := m.run("", "create", "--name", "k", "--permission", "getRules", "--deliver", "env-file:"+env+":API_KEY", "--deliver", "command:false", "--replace")
	if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "was deleted again") {
		t.Errorf("%+v", r)
	}
	if got := read(t, env); got != "API_KEY=old-value\n" {
		t.Errorf(".env is\n%s", got)
	}
	if keys := m.keys("local/prosopo"); len(keys) != 0 {
		t.Errorf("left: %v", keys)
	}
}

func TestNamedDestinationOfTheProfileIsUsedAndThenRuns(t *testing.T) {
	m := newMachine(t)
	env := m.write("app/.env", "")
	ran := filepath.Join(m.home, "ran")
	m.profile(newRemote(t), "prosopo", "[profiles.p.deliver.app]", `env_file = { path = "~/app/.env", variable = "API_KEY" }`,
		`then = ["sh", "-c", "env > `+ran+`"]`)
	m.environ = append(m.environ, "DETENT_TOKEN=")
	m.must("create", "--name", "k", "--permission", "getRules", "--deliver", "app")
	if !strings.HasPrefix(read(t, env), "API_KEY=") {
		t.Errorf(".env is %q", read(t, env))
	}
	if text := read(t, ran); !strings.Contains(text, "HOME=") || strings.Contains(text, "_TOKEN") {
		t.Errorf("the command saw\n%s", text)
	}
}
