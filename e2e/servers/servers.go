//go:build unix

package servers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"detent/e2e/freeport"
	"detent/e2e/needs"

	"github.com/gofrs/flock"
)

// Server is one that runs until the test that started it ends.
type Server struct {
	// URL is its origin; it listens on loopback alone.
	URL string
	// Token is the credential of an operator, as a profile of detent has it.
	Token string
	// Login is USER:PASSWORD of the same operator, where the issuer takes that too; empty where it does not.
	Login string
	// Version is the one that was started.
	Version string
}

// lack ends a test that has no server: skipped where nobody promised one, failed where DETENT_NEED names issuers.
func lack(t testing.TB, format string, args ...any) {
	t.Helper()
	if needs.Promised("issuers") {
		t.Fatalf(format+" (DETENT_NEED names issuers)", args...)
	}
	t.Skipf(format, args...)
}

// folder is where the files of a server lie.
func folder(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if at := filepath.Join(dir, "e2e", "servers", name); isDir(at) {
			return at
		}
	}
	t.Fatalf("e2e/servers/%s is nowhere above the working directory", name)
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// built is the folder that build has filled, in the user's cache: once for each content of the files that say what is built, so
// that another version is another folder. Several test processes may ask for it at once.
func built(t testing.TB, name string, files []string, build func(into string) error) string {
	t.Helper()
	from := folder(t, name)
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, runtime.GOOS, runtime.GOARCH)
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(from, file))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", file, len(raw), raw)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(cache, "detent-test-servers")
	if err := os.MkdirAll(base, 0o755); err != nil {
		t.Fatal(err)
	}
	done := filepath.Join(base, name+"-"+hex.EncodeToString(sum.Sum(nil))[:12])
	lock := flock.New(done + ".lock")
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Unlock() }()
	if isDir(done) {
		return done
	}
	under := done + ".part" // of a build that was cut off, if it is there
	if err := errors.Join(os.RemoveAll(under), os.MkdirAll(under, 0o755)); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := build(under); err != nil {
		lack(t, "%s cannot be had: %v", name, err)
	}
	if err := os.Rename(under, done); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s was built in %s", name, time.Since(begin).Round(time.Second))
	return done
}

// command runs one to its end; its error has what was printed.
func command(dir string, env []string, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, last(out))
	}
	return nil
}

// last is the end of what a program printed.
func last(out []byte) []byte { return out[max(0, len(out)-2000):] }

// start starts a server on a free port and waits until path is answered with these words, which no other server says. It is killed with
// all its children when the test ends, and when the test binary is.
func start(t testing.TB, path, words string, command func(port int) *exec.Cmd) (origin string) {
	t.Helper()
	var failed error
	for range 3 { // somebody else may take the port first
		port, err := freeport.New()
		if err != nil {
			t.Fatal(err)
		}
		origin = fmt.Sprintf("http://127.0.0.1:%d", port)
		if failed = launch(t, origin+path, words, command(port)); failed == nil {
			return origin
		}
	}
	t.Fatal(failed)
	return ""
}

// launch starts one process and waits for it to answer.
func launch(t testing.TB, ready, words string, cmd *exec.Cmd) error {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	begin, started, exited := time.Now(), make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the death signal is tied to the thread that starts the process
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // one that ends by a signal is no news
		}
		close(exited)
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		<-exited
		_ = log.Close() // written by another process
	})
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if answers(ready, words) {
			t.Logf("%s is ready after %s", filepath.Base(cmd.Path), time.Since(begin).Round(10*time.Millisecond))
			return nil
		}
		select {
		case <-exited:
			said, _ := os.ReadFile(log.Name())
			return fmt.Errorf("%s ended before it was ready:\n%s", filepath.Base(cmd.Path), last(said))
		case <-deadline:
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not answer:\n%s", filepath.Base(cmd.Path), last(said))
		case <-tick.C:
		}
	}
}

func answers(url, words string) bool {
	resp, err := http.Get(url)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	return err == nil && resp.StatusCode == http.StatusOK && resp.Request.URL.String() == url && strings.Contains(string(said), words)
}
