//go:build unix

package servers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// Client is the published client of a vendor, in a program that makes the calls that it is told to.
type Client struct {
	// Name and Version are as an issuer's declaration has them.
	Name, Version string

	dir, node string // its packages, and what runs them
	mu        sync.Mutex
	in        io.Writer
	out       *bufio.Reader
}

// Order is a call of a service: as the client names it, with what the client takes for it.
type Order struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	Call  string `json:"call"`
	Args  []any  `json:"args"`
}

// Made is what a client made of the answers to a call.
type Made struct {
	// Answers are what it read: of a list that comes in pages, which it asks for by itself, a value for each.
	Answers []any
	// Status is that of a refusal that the client has a type for; 0 for any other error.
	Status int
	// Error is what the client threw.
	Error string
}

// PackagedClient is a vendor's client of npm. The package has to be one that e2e/servers/clients installs.
func PackagedClient(t testing.TB, pack string) *Client {
	t.Helper()
	dir, node := installed(t, "clients", "client.mjs")
	c := &Client{Name: pack, Version: versionOf(t, dir, pack), dir: dir, node: node}
	c.start(t, exec.Command(node, filepath.Join(dir, "client.mjs"), pack))
	return c
}

// GrafanaClient is Grafana's client, a Go module. It has no versions, and is known by the day of its commit.
func GrafanaClient(t testing.TB) *Client {
	t.Helper()
	from := folder(t, "grafana")
	dir := built(t, "grafana", []string{"go.mod", "go.sum", "main.go"}, func(into string) error {
		return command(from, []string{"GOFLAGS=-mod=readonly", "GOWORK=off"}, "go", "build", "-o", filepath.Join(into, "client"), ".")
	})
	mod, err := os.ReadFile(filepath.Join(from, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`grafana-openapi-client-go v0\.0\.0-(\d{8})`).FindSubmatch(mod)
	if version == nil {
		t.Fatal("go.mod does not say which client it is")
	}
	c := &Client{Name: "grafana", Version: string(version[1])}
	c.start(t, exec.Command(filepath.Join(dir, "client")))
	return c
}

// start starts the program, which ends with its input: when the test ends, and when the test binary is killed.
func (c *Client) start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the client %s: %v", c.Name, err)
		}
	})
	c.in, c.out = in, bufio.NewReader(out)
}

// Make has the client make a call, with all that it does by itself: it writes the requests and reads the answers.
func (c *Client) Make(t testing.TB, o Order) (m Made) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := json.NewEncoder(c.in).Encode(o); err != nil {
		t.Fatal(err)
	}
	line, err := c.out.ReadBytes('\n')
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(line)).Decode(&m)
	}
	if err != nil {
		t.Fatalf("the client %s: %v: %s", c.Name, err, line)
	}
	return m
}

// Types is what the client's own types say against a file in TypeScript that uses it; empty where all is right.
func (c *Client) Types(t testing.TB, source string) string {
	t.Helper()
	at := t.TempDir()
	if err := os.Symlink(filepath.Join(c.dir, "node_modules"), filepath.Join(at, "node_modules")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(at, "cases.mts")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(c.node, filepath.Join(c.dir, "node_modules", "typescript", "bin", "tsc"), "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", file)
	cmd.Dir = at
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}
