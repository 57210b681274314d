package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// TestOpenSSHLogsInListsAndRunsCommands drives detent ssh with the real client.
func TestOpenSSHLogsInListsAndRunsCommands(t *testing.T) {
	need(t, "ssh")
	need(t, "ssh-keygen")
	h := newHome(t)
	for _, name := range []string{"alice", "eve"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", h.path(name)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	public, err := os.ReadFile(h.path("alice.pub"))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("[operators.alice]\nkeys = [%q]\nrole = \"operator\"\nprofiles = [\"local/prosopo\"]\n", strings.TrimSpace(string(public)))
	if err := os.WriteFile(h.path("config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	h.must(t, "", "create", "--name", "payments", "--permission", "getRules")
	server := exec.Command(binary, "ssh", "--config", h.path("config.toml"), "--listen", "127.0.0.1:0")
	server.Env, server.Dir = h.env, h.dir
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
			t.Errorf("the server ends with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	m := regexp.MustCompile(`:(\d+),`).FindStringSubmatch(line)
	if err != nil || m == nil {
		t.Fatalf("%q %v", line, err)
	}
	client := func(name string, more ...string) *exec.Cmd {
		cmd := exec.Command("ssh", append([]string{"-F", "none", "-p", m[1], "-i", h.path(name), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
			"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=" + h.path("known"), "-o", "LogLevel=ERROR"}, more...)...)
		cmd.Env, cmd.Dir = h.env, h.dir
		return cmd
	}
	if got, err := client("alice", "127.0.0.1", "list", "-o", "json").Output(); err != nil || !strings.Contains(string(got), `"payments"`) {
		t.Errorf("list: %v %s", err, got)
	}
	code := func(err error) int {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode()
		}
		return 0
	}
	if err := client("alice", "127.0.0.1", "create", "--name", "x").Run(); code(err) != 2 {
		t.Errorf("create: %v", err)
	}
	if err := client("eve", "127.0.0.1", "list").Run(); code(err) != 255 {
		t.Errorf("an unknown key: %v", err)
	}
	tui := client("alice", "-tt", "127.0.0.1")
	f, err := pty.StartWithSize(tui, &pty.Winsize{Cols: 100, Rows: 30})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var seen strings.Builder
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := f.Read(buf)
			mu.Lock()
			seen.Write(buf[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	text := func() string { mu.Lock(); defer mu.Unlock(); return seen.String() }
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(text(), "payments"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no list: %q", text())
		}
	}
	if _, err := f.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	if err := tui.Wait(); err != nil || !strings.Contains(text(), "\x1b[?1049l") {
		t.Errorf("the session ends with %v", err)
	}
}
