//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// nobody is whom the tests run the program as where they are root, for whom no file is read-only.
const nobody = 65534

// resident is a home of a user without privileges, and that user.
type resident struct {
	*home
	t      *testing.T
	binary string
	root   bool
}

func newResident(t *testing.T) *resident {
	t.Helper()
	base, err := os.MkdirTemp("", "detent-files-")
	if err != nil {
		t.Fatal(err)
	}
	r := &resident{t: t, root: os.Getuid() == 0, binary: filepath.Join(base, "detent"), home: &home{dir: filepath.Join(base, "home")}}
	t.Cleanup(func() {
		_ = filepath.WalkDir(base, func(path string, d fs.DirEntry, _ error) error { // what was made read-only
			if d != nil && d.IsDir() {
				_ = os.Chmod(path, 0o700)
			}
			return nil
		})
		if err := os.RemoveAll(base); err != nil {
			t.Error(err)
		}
	})
	tmp := filepath.Join(base, "tmp")
	for _, dir := range []string{r.dir, tmp} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	copied, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	program(t, r.binary, copied, 0o755)
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	r.own(r.dir)
	r.own(tmp)
	r.env = []string{"HOME=" + r.dir, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC", "TMPDIR=" + tmp}
	return r
}

func (r *resident) own(path string) {
	r.t.Helper()
	if r.root {
		if err := os.Chown(path, nobody, nobody); err != nil {
			r.t.Fatal(err)
		}
	}
}

// make writes a file of the resident.
func (r *resident) make(name, text string, mode os.FileMode) string {
	r.t.Helper()
	path := r.path(name)
	for dir := filepath.Dir(path); dir != r.dir; dir = filepath.Dir(dir) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			r.t.Fatal(err)
		}
		r.own(dir)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		r.t.Fatal(err)
	}
	r.own(path)
	return path
}

// as runs the program as the resident, with an umask that hides nothing.
func (r *resident) as(stdin string, args ...string) result {
	r.t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", `umask 0; exec "$0" "$@"`, r.binary}, args...)...)
	cmd.Env, cmd.Dir, cmd.Stdin = r.env, "/", strings.NewReader(stdin)
	if r.root {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	if cmd.ProcessState == nil {
		r.t.Fatalf("%v did not start", args)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// want runs a command that has to end with a code, in plain words with that in them.
func (r *resident) want(code int, says string, args ...string) result {
	r.t.Helper()
	res := r.as("", args...)
	if res.code != code || !strings.Contains(res.stdout+res.stderr, says) || strings.Contains(res.stderr, "goroutine ") {
		r.t.Errorf("detent %v: exit %d, want %d saying %q\n%s%s", args, res.code, code, says, res.stdout, res.stderr)
	}
	return res
}

func (r *resident) must(args ...string) string {
	r.t.Helper()
	return r.want(0, "", args...).stdout
}

// TestADaysFilesAreTheOwnersAlone: whatever the umask, each file is 0600 and each folder 0700, and none is a leftover.
func TestADaysFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	r := newResident(t)
	env := r.make("app/.env", "KEY=old\n", 0o600)
	secret := strings.TrimSpace(r.must("create", "--name", "k", "--permission", "getRules", "--debug", r.path("logs.txt")))
	if v := r.as(secret, "verify"); v.code != 0 {
		t.Errorf("%+v", v)
	}
	r.must("config", "init")
	r.must("create", "--name", "f", "--permission", "getRules", "--deliver", "file:"+r.path("app/secret"), "--deliver", "env-file:"+env+":KEY", "--replace")
	r.must("rotate", "k", "--yes", "--drain", "0s", "--soak", "0s", "--deliver", "file:"+r.path("app/rotated"))
	r.must("create", "--name", "open", "--permission", "getRules")
	r.want(1, "--resume", "rotate", "open", "--yes", "--deliver", "file:"+r.path("app/open"))
	r.must("list", "--demo")
	want := map[string]bool{"app/.env": true, "app/secret": true, "app/rotated": true, "app/open": true, ".config/detent/config.toml": true,
		".local/share/detent/keys.db": true, "logs.txt": true}
	seen := 0
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == r.dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o700
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; info.Mode().Perm() != mode || r.root && owner != nobody || info.Mode()&fs.ModeSymlink != 0 {
			t.Errorf("%s: %v of %d", path, info.Mode(), owner)
		}
		name, _ := filepath.Rel(r.dir, path)
		delete(want, name)
		if seen++; strings.HasSuffix(name, ".new") {
			t.Errorf("%s is a leftover", name)
		}
		return nil
	})
	if err != nil || len(want) > 0 {
		t.Errorf("%v; not there: %v", err, want)
	}
	t.Logf("%d files and folders of a day looked at", seen)
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(r.dir), "tmp", "*")); len(left) > 0 {
		t.Errorf("left in the temporary folder: %v", left)
	}
}

// TestWhatCannotBeWrittenIsAClearErrorAndNothingIsMade: read-only folders and files, a home that is not there.
func TestWhatCannotBeWrittenIsAClearErrorAndNothingIsMade(t *testing.T) {
	t.Parallel()
	chmod := func(t *testing.T, path string, mode os.FileMode) {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("a home that cannot be written", func(t *testing.T) {
		r := newResident(t)
		chmod(t, r.dir, 0o500)
		r.want(1, r.path(".local"), "list")
		r.want(1, r.path(".local"), "create", "--name", "k", "--permission", "getRules")
		r.want(2, r.path(".config"), "config", "init")
		r.want(0, "detent", "version")
		r.want(0, "[", "list", "--demo", "-o", "json")
		r.want(2, "debug", "list", "--demo", "--debug", r.path("log"))
	})
	t.Run("a home that is not there", func(t *testing.T) {
		for _, dir := range []string{"/nonexistent/home", "/dev/null", "relative/home"} {
			r := newResident(t)
			r.env = append(r.env[1:], "HOME="+dir)
			if res := r.as("", "list"); res.code == 0 || res.stderr == "" || strings.Contains(res.stderr, "goroutine ") {
				t.Errorf("HOME=%s: %+v", dir, res)
			}
			r.want(0, "[", "list", "--demo", "-o", "json")
		}
		r := newResident(t)
		r.env = r.env[1:]
		if res := r.as("", "list"); res.code == 0 || !strings.Contains(res.stderr, "HOME") {
			t.Errorf("without HOME: %+v", res)
		}
	})
	t.Run("a store that cannot be written", func(t *testing.T) {
		r := newResident(t)
		r.must("create", "--name", "k", "--permission", "getRules")
		store := r.path(".local/share/detent/keys.db")
		before, _ := os.ReadFile(store)
		chmod(t, store, 0o400)
		r.want(1, "keys.db", "create", "--name", "k2", "--permission", "getRules")
		chmod(t, store, 0o600)
		chmod(t, filepath.Dir(store), 0o500)
		r.want(1, "keys.db", "create", "--name", "k2", "--permission", "getRules")
		chmod(t, filepath.Dir(store), 0o700)
		if after, _ := os.ReadFile(store); !bytes.Equal(before, after) {
			t.Error("the store was changed")
		}
		if out := r.must("list", "-o", "json"); strings.Count(out, `"id"`) != 1 {
			t.Errorf("afterwards the list is %s", out)
		}
	})
	t.Run("a store of somebody else", func(t *testing.T) {
		r := newResident(t)
		if !r.root {
			t.Skip("needs root to give a file away")
		}
		store := r.make(".local/share/detent/keys.db", "", 0o600)
		if err := os.Chown(store, 0, 0); err != nil {
			t.Fatal(err)
		}
		r.want(1, store, "list")
	})
	t.Run("a journal that cannot be written", func(t *testing.T) {
		r := newResident(t)
		r.must("create", "--name", "k", "--permission", "getRules")
		state := filepath.Dir(r.make(".local/state/detent/x", "", 0o600))
		chmod(t, state, 0o500)
		r.want(1, state, "rotate", "k", "--yes", "--drain", "0s", "--soak", "0s", "--deliver", "file:"+r.path("secret"))
		if out := r.must("list", "-o", "json"); strings.Count(out, `"id"`) != 1 {
			t.Errorf("there are other keys than the old one: %s", out)
		}
		if _, err := os.Stat(r.path("secret")); err == nil {
			t.Error("a secret was delivered")
		}
	})
	t.Run("a destination that cannot be written", func(t *testing.T) {
		r := newResident(t)
		dir := filepath.Dir(r.make("app/.env", "KEY=old\n", 0o600))
		chmod(t, dir, 0o500)
		for _, place := range []string{"env-file:" + dir + "/.env:KEY", "file:" + dir + "/new", "file:" + r.path("no/such/folder/f")} {
			r.want(2, "nothing was created", "create", "--name", "k", "--permission", "getRules", "--deliver", place)
		}
		if out := r.must("list", "-o", "json"); strings.TrimSpace(out) != "[]" {
			t.Errorf("a key was made: %s", out)
		}
	})
}

// TestLinksAreFollowedOnlyToWhatMayBeTrusted: a symbolic link's target counts, with its own owner and mode.
func TestLinksAreFollowedOnlyToWhatMayBeTrusted(t *testing.T) {
	t.Parallel()
	r := newResident(t)
	good := r.make("real/config.toml", "", 0o600)
	r.make(".config/detent/x", "", 0o600)
	link := r.path(".config/detent/config.toml")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	r.must("config", "show")
	if err := os.Chmod(good, 0o666); err != nil {
		t.Fatal(err)
	}
	r.want(2, "chmod go-w", "config", "show")
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/shadow", link); err != nil {
		t.Fatal(err)
	}
	if res := r.as("", "config", "show"); res.code != 2 || strings.Contains(res.stdout+res.stderr, "root:") {
		t.Errorf("a link to a file that is not ours to read: %+v", res)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(link, link); err != nil {
		t.Fatal(err)
	}
	r.want(2, "config.toml", "config", "show")
	r.want(2, "config.toml", "config", "init")
	// The log never goes through a link or a pipe into something that is not the user's alone.
	elsewhere := r.make("elsewhere", "theirs\n", 0o644)
	if err := os.Symlink(elsewhere, r.path("log")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	r.want(2, "chmod go-rwx", "list", "--debug", r.path("log"))
	if err := syscall.Mkfifo(r.path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.own(r.path("pipe"))
	r.want(2, "pipe", "list", "--debug", r.path("pipe"))
}

// TestManyInstancesShareOneHome: processes that start at once find one store, and lose nothing.
func TestManyInstancesShareOneHome(t *testing.T) {
	t.Parallel()
	r := newResident(t)
	const instances = 8
	var wait sync.WaitGroup
	var mu sync.Mutex
	secrets, inits := map[string]bool{}, 0
	for i := range instances {
		wait.Go(func() {
			res := r.as("", "create", "--name", fmt.Sprint("k", i), "--permission", "getRules")
			won := r.as("", "config", "init").code == 0
			mu.Lock()
			defer mu.Unlock()
			if res.code != 0 {
				t.Errorf("instance %d: %+v", i, res)
			}
			secrets[strings.TrimSpace(res.stdout)] = true
			if won {
				inits++
			}
		})
	}
	wait.Wait()
	if out := r.must("list", "-o", "json"); strings.Count(out, `"id"`) != instances || len(secrets) != instances || inits != 1 {
		t.Errorf("%d keys, %d secrets of %d instances; %d of them made the configuration", strings.Count(out, `"id"`), len(secrets), instances, inits)
	}
	for secret := range secrets {
		if v := r.as(secret, "verify"); v.code != 0 {
			t.Errorf("a secret does not work: %+v", v)
		}
	}
}
