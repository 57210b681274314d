//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"detent/e2e/needs"
)

// team is a home whose detent ssh serves the operators of its configuration to OpenSSH's client.
type team struct {
	*home
	t    *testing.T
	port string
}

// operator makes a key pair for somebody, and returns their table of the configuration.
func (h *home) operator(t *testing.T, name, role, profile string) string {
	t.Helper()
	needs.Program(t, "ssh")
	needs.Program(t, "ssh-keygen")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", h.path(name)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	public, err := os.ReadFile(h.path(name + ".pub"))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[operators.%s]\nkeys = [%q]\nrole = %q\nprofiles = [%q]\n", name, strings.TrimSpace(string(public)), role, profile)
}

// serveSSH starts detent ssh; it ends with the test.
func (h *home) serveSSH(t *testing.T) *team {
	t.Helper()
	return h.serveSSHOn(t, here, "127.0.0.1")
}

func (h *home) serveSSHOn(t *testing.T, on func(*exec.Cmd) *exec.Cmd, address string) *team {
	t.Helper()
	server := exec.Command(binary, "ssh", "--listen", address+":0")
	server.Env, server.Dir = h.env, h.dir
	server = on(server)
	var errs bytes.Buffer
	server.Stderr = &errs
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			t.Errorf("the server ends with %v\n%s", err, errs.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	m := regexp.MustCompile(`:(\d+),`).FindStringSubmatch(line)
	if err != nil || m == nil {
		t.Fatalf("%q %v", line, err)
	}
	return &team{h, t, m[1]}
}

// ssh is OpenSSH's client as somebody would call it.
func (m *team) ssh(who string, args ...string) *exec.Cmd {
	cmd := exec.Command("ssh", append([]string{"-F", "none", "-e", "none", "-p", m.port, "-i", m.path(who), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=" + m.path("known"), "-o", "LogLevel=ERROR"}, args...)...)
	cmd.Env, cmd.Dir = m.env, m.dir
	return cmd
}

// exec runs a command at the server, without a terminal.
func (m *team) exec(who, stdin, command string) result {
	m.t.Helper()
	return ran(m.t, m.ssh(who, "127.0.0.1", command), stdin)
}

// login opens a session in a terminal of that size; more are variables of the client.
func (m *team) login(who string, cols, rows int, more ...string) *terminal {
	m.t.Helper()
	cmd := m.ssh(who, "-tt", "-o", "SendEnv=NO_COLOR", "127.0.0.1")
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], more...)
	return seat(m.t, cmd, cols, rows)
}

func TestOpenSSHLogsInListsAndRunsCommands(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.config(t, h.operator(t, "alice", "operator", "local/prosopo"))
	h.operator(t, "eve", "operator", "local/prosopo") // who is not in the configuration
	secret := strings.TrimSpace(h.must(t, "", "create", "--name", "payments", "--permission", "getRules"))
	h.must(t, "", "create", "--name", "ends-soon", "--permission", "getRules", "--expires", "10d")
	m := h.serveSSH(t)
	for _, c := range []struct {
		command, stdin string
		code           int
		says           string
	}{
		{"list -o json", "", 0, `"payments"`},
		{"list", "", 0, "ends-soon"},
		{"check", "", 1, "ends-soon"},
		{"check --expiring 1d -o json", "", 0, "[]"},
		{"rotations", "", 0, ""},
		{"rotations -o json", "", 0, "[]"},
		{"verify -o json", secret, 0, `"valid": true`},
		{"verify", secret + "x", 1, ""},
		{"create --name x", "", 2, ""},
		{"rotate payments", "", 2, ""},
		{"list -p local/generic", "", 2, ""},
		{"list --config /etc/passwd", "", 2, ""},
		{"sh -c id", "", 2, ""},
		{"", "", 2, ""},
	} {
		r := m.exec("alice", c.stdin, c.command)
		if r.code != c.code || !strings.Contains(r.stdout, c.says) {
			t.Errorf("%q: exit %d, want %d\n%s%s", c.command, r.code, c.code, r.stdout, r.stderr)
		}
		if c.code == 2 && (r.stdout != "" || !strings.HasPrefix(r.stderr, "detent: ")) {
			t.Errorf("%q: refused with %q%q", c.command, r.stdout, r.stderr)
		}
	}
	if r := m.exec("eve", "", "list"); r.code != 255 || !strings.Contains(r.stderr, "Permission denied (publickey)") {
		t.Errorf("an unknown key: exit %d %s", r.code, r.stderr)
	}
	if r := ran(t, m.ssh("alice", "-s", "127.0.0.1", "sftp"), ""); r.code != 255 {
		t.Errorf("sftp: exit %d %s%s", r.code, r.stdout, r.stderr)
	}
	s := m.login("alice", 100, 30)
	s.wait("payments")
	s.keys("q")
	if code := s.exit(); code != 0 {
		t.Errorf("q ends the session with %d", code)
	}
	assertRestored(t, s)
}

// TestOpenSSHRotationIsTakenToItsEndByAnotherOperator: the client of who began it is killed at the drain.
func TestOpenSSHRotationIsTakenToItsEndByAnotherOperator(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	service, env := h.serve(t), h.path("app.env")
	for path, text := range map[string]string{env: "# the shop\nPORT=8080\n", h.path("token"): service.tokens["VERTESIA_TOKEN"] + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.config(t, fmt.Sprintf(`[profiles.prod]
service = "vertesia"
url = %q
environment = "test"
token = { file = %q }
[profiles.prod.deliver.shop]
keys = ["pay*"]
env_file = { path = %q, variable = "API_KEY" }
`, service.url, h.path("token"), env)+h.operator(t, "alice", "operator", "prod")+h.operator(t, "bob", "operator", "prod")+h.operator(t, "vera", "viewer", "prod"))
	h.must(t, "", "-p", "prod", "create", "--name", "payments", "--role", "executor", "--expires", "30d", "--deliver", "shop")
	old, secret := h.keysOf(t, "prod")[0], variable(t, env, "API_KEY")
	m := h.serveSSH(t)

	alice := m.login("alice", 120, 40)
	alice.wait("payments")
	alice.write("/payments")
	alice.wait("1 of 2")
	alice.keys("enter")
	alice.wait("n new")
	alice.keys("r")
	alice.wait(`\[x\] shop +API_KEY in`)
	alice.keys("shift+tab")
	alice.wait(`soak +10m▏`)
	alice.keys("ctrl+u")
	alice.wait(`soak +▏`)
	alice.keys("1s")
	alice.wait(`soak +1s▏`)
	alice.step("enter", "begin with the preflight")
	alice.step("enter", `enter +create the new key`)
	alice.step("enter", `enter +deliver the new secret`)
	alice.step("enter", `enter +prove the new key`)
	alice.wait(`▸ \[ \] What reads API_KEY`) // the drain
	if err := alice.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	alice.exit()
	if got := variable(t, env, "API_KEY"); got == secret {
		t.Error("the new secret is not in the file")
	}
	if r := h.run(t, secret, "-p", "prod", "verify"); r.code != 0 {
		t.Errorf("the old secret is refused before the old key is off: %s", r.stderr)
	}
	for _, who := range []string{"bob", "vera"} {
		var r result
		for deadline := time.Now().Add(patience); ; {
			if r = m.exec(who, "", "rotations"); !strings.Contains(r.stdout, "held by") || time.Now().After(deadline) {
				break // the server knows that the line is gone
			}
		}
		if r.code != 0 || !regexp.MustCompile(`(?m)^\S+ +open +drain +payments +prod `).MatchString(r.stdout) || !regexp.MustCompile(`(?m)^  last by +alice, over SSH$`).MatchString(r.stdout) ||
			strings.Contains(r.stdout, "held by") {
			t.Fatalf("%s sees: exit %d\n%s%s", who, r.code, r.stdout, r.stderr)
		}
	}

	bob := m.login("bob", 80, 24)
	bob.wait("1 rotation is open: press R")
	bob.keys("R")
	bob.wait("last by: alice, over SSH")
	bob.step("enter", "payments +prod +waits +drain")
	bob.step("space", `▸ \[ \] What reads API_KEY`)
	bob.step("space", `▸ \[ \] Nothing else uses the old key`)
	bob.step("enter", `enter +all of it is so`)
	bob.step("enter", `enter +disable the old key`)
	bob.step("enter", `enter +delete the old key`) // after a soak of a second
	bob.wait("Done\\.")
	bob.step("enter", "enter close")
	bob.gone("Done.")
	bob.keys("q")
	if code := bob.exit(); code != 0 {
		t.Errorf("q ends the session with %d", code)
	}

	h.rotated(t, "prod", env, old.ID, secret)
	if k := h.keysOf(t, "prod")[0]; k.Name != "payments" || k.Role != "executor" {
		t.Errorf("the new key is %+v", k)
	}
	if text, _ := os.ReadFile(env); !strings.HasPrefix(string(text), "# the shop\nPORT=8080\n") {
		t.Error("the rest of the file was changed")
	}
	if r := m.exec("bob", "", "rotations -o json"); !strings.Contains(r.stdout, `"state": "done"`) {
		t.Errorf("the rotation is not over: %s", r.stdout)
	}
	h.recorded(t, map[string][]string{"alice": {"create", "deliver"}, "bob": {"disable", "delete"}})
}

// recorded asserts that the audit log has these actions of these people, done over SSH, and that its chain holds.
func (h *home) recorded(t *testing.T, want map[string][]string) {
	t.Helper()
	var rows []struct {
		Who, From, Action, Result string
		Certain                   bool
	}
	if err := json.Unmarshal([]byte(h.must(t, "", "audit", "-o", "json")), &rows); err != nil {
		t.Fatal(err)
	}
	for who, actions := range want {
		for _, action := range actions {
			found := false
			for _, r := range rows {
				found = found || r.Who == who && r.Action == action && r.Result == "done" && r.Certain && strings.HasPrefix(r.From, "127.0.0.1:")
			}
			if !found {
				t.Errorf("no %s by %s in %+v", action, who, rows)
			}
		}
	}
	if r := h.run(t, "", "audit", "verify"); r.code != 0 {
		t.Errorf("audit verify: %s%s", r.stdout, r.stderr)
	}
}

func TestOpenSSHSaysWhoseAnActionIsAndGivesASecretToItsOperatorAlone(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.config(t, h.operator(t, "alice", "operator", "local/prosopo")+h.operator(t, "vera", "viewer", "local/prosopo"))
	h.must(t, "", "create", "--name", "payments", "--permission", "getRules")
	m := h.serveSSH(t)

	vera := m.login("vera", 110, 30)
	vera.wait("payments")
	for _, key := range []string{"n", "r", "e", "x", "d"} {
		vera.keys(key)
		vera.wait("your role is viewer: changing keys is for operators and admins")
		vera.keys("esc") // clears it
		vera.gone("your role is viewer:")
	}
	vera.keys("q")
	vera.exit()

	alice := m.login("alice", 120, 40)
	alice.wait("payments")
	alice.keys("d")
	alice.wait("delete: deleting is for admins; a rotation deletes the old key by itself +[─┘]")
	alice.keys("n")
	alice.wait("New Prosopo key")
	alice.write("over-ssh")
	alice.wait("› over-ssh▏")
	alice.keys("enter")
	alice.wait("choose, or type a span")
	alice.keys("enter")
	alice.wait("0 of 23 picked")
	alice.keys("space")
	alice.wait("1 of 23 picked")
	alice.keys("enter")
	alice.step("enter", "▸ Create ◂")
	alice.wait("This is the only time")
	if strings.Contains(alice.text(), "save to a file") {
		t.Error("a file of the server is offered for the secret")
	}
	alice.keys("r")
	secret := alice.wait(`API_KEY=(psp_\S+)`)[1]
	alice.keys("c")
	alice.wait("sent to your terminal for its clipboard")
	copied := []byte("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(secret)))
	alice.until("the secret for the operator's clipboard", func(string) bool { return bytes.Contains(alice.raw, copied) })
	alice.step("enter", "I have stored it")
	alice.gone("This is the only time")
	alice.wait("over-ssh")
	alice.keys("q")
	alice.exit()
	if r := m.exec("alice", secret, "verify -o json"); r.code != 0 || !strings.Contains(r.stdout, `"valid": true`) {
		t.Errorf("the secret does not work: %+v", r)
	}
	h.recorded(t, map[string][]string{"alice": {"create"}})
}

func TestOpenSSHScreenFollowsTheClientsTerminal(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.config(t, h.operator(t, "alice", "operator", "local/prosopo"))
	h.must(t, "", "create", "--name", "payments", "--permission", "getRules")
	m := h.serveSSH(t)
	whole := func(s *terminal, cols, rows int) {
		t.Helper()
		s.until(fmt.Sprintf("a frame of %dx%d", cols, rows), func(text string) bool {
			lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
			first, last := lines[0], lines[len(lines)-1]
			return len(lines) == rows && utf8.RuneCountInString(first) == cols && strings.HasPrefix(first, "┌") && strings.HasSuffix(first, "┐") &&
				strings.HasPrefix(last, "└") && strings.HasSuffix(last, "┘") && strings.Contains(text, "payments")
		})
	}
	coloured := func(s *terminal) bool {
		for _, c := range sgr.FindAllSubmatch(s.output(), -1) {
			if colour.Match(c[1]) {
				return true
			}
		}
		return false
	}

	s := m.login("alice", 120, 40)
	for _, size := range [][2]int{{120, 40}, {60, 20}, {150, 45}} {
		s.resize(size[0], size[1])
		whole(s, size[0], size[1])
	}
	s.keys("q")
	if code := s.exit(); code != 0 || !coloured(s) {
		t.Errorf("exit %d, in colour: %v", code, coloured(s))
	}

	s = m.login("alice", 100, 30, "NO_COLOR=1")
	whole(s, 100, 30)
	s.keys("q")
	if code := s.exit(); code != 0 || coloured(s) {
		t.Errorf("NO_COLOR: exit %d, in colour: %v", code, coloured(s))
	}

	s = m.login("alice", 100, 30, "TERM=dumb")
	code := s.exit()
	if out := string(s.output()); code != 2 || strings.Contains(out, "\x1b") || !strings.Contains(out, "TERM=dumb") || !strings.Contains(out, "ssh HOST list") {
		t.Errorf("TERM=dumb: exit %d, %q", code, out)
	}
}
