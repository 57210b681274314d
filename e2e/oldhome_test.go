//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"detent/cli"

	"golang.org/x/crypto/ssh"
)

// formerHome is a home as detent left it at commit 5c9720d, which was built and run for it: a configuration, keys of the three
// contracts, an audit log and its head, a host key of detent ssh, a finished and an undone rotation, and one that was killed
// at each step that its journal can show. Its secrets open nothing but the store beside them. @HOME@ stands for its path; the audit log's
// lines are chained and keep the path that they were written with.
const formerHome = "testdata/home-5c9720d"

func openFormerHome(t *testing.T) *home {
	t.Helper()
	h := newHome(t)
	err := filepath.WalkDir(formerHome, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(formerHome, path)
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if filepath.Ext(name) != ".db" {
			b = bytes.ReplaceAll(b, []byte("@HOME@"), []byte(h.dir))
		}
		if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o700); err != nil {
			return err
		}
		return os.WriteFile(h.path(name), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "XDG_CONFIG_HOME="+h.path("config"), "XDG_DATA_HOME="+h.path("data"), "XDG_STATE_HOME="+h.path("state"))
	return h
}

// hurried runs a command here until it wants to wait for longer than a service's pace, and then interrupts it.
func (h *home) hurried(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs bytes.Buffer
	code := cli.Run(ctx, args, cli.World{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: h.env, Now: time.Now, Zone: time.UTC,
		Sleep: func(ctx context.Context, d time.Duration) error {
			if d > 5*time.Second {
				cancel()
			}
			return ctx.Err()
		}})
	return result{out.String(), errs.String(), code}
}

// formerRotation is what is read here of a rotation.
type formerRotation struct {
	ID, State, Step string
	Old, New        struct{ ID, Profile string }
}

func (h *home) formerRotations(t *testing.T) map[string]formerRotation {
	t.Helper()
	var list []formerRotation
	if err := json.Unmarshal([]byte(h.must(t, "", "rotations", "-o", "json")), &list); err != nil {
		t.Fatal(err)
	}
	steps := map[string]formerRotation{}
	for _, r := range list {
		if r.State != "open" {
			r.Step = r.State
		}
		steps[r.Step] = r
	}
	return steps
}

func TestAFormerHomeIsRead(t *testing.T) {
	h := openFormerHome(t)
	for profile, want := range map[string][]string{
		"local/prosopo":  {"aborted-1", "create-1", "deliver-1", "deliver-1 ~r", "done-1 ~r"},
		"local/vertesia": {"disable-1", "disable-1 ~r", "drain-1", "drain-1 ~r", "soak-1", "soak-1 ~r"},
		"local/generic":  {"delete-1", "delete-1 ~r", "verify-1", "verify-1 ~r"}, // it was killed before the deletion left
	} {
		var names []string
		for _, k := range h.keysOf(t, profile) {
			name, nonce, marked := strings.Cut(k.Name, "~r")
			if marked && len(nonce) == 10 {
				name += "~r"
			}
			names = append(names, name)
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("%s lists %q, want %q", profile, names, want)
		}
	}
	if got := h.here(t, "", "config", "check"); !strings.Contains(got.stdout, "team: generic, http://127.0.0.1:8420") || strings.Count(got.stdout, "  works ") != 0 {
		t.Errorf("the configuration: %s%s", got.stdout, got.stderr)
	}
	if got := h.must(t, "", "audit", "verify"); !strings.Contains(got, "(1 to 58), the chain holds") {
		t.Errorf("the audit log: %s", got)
	}
	secret, err := os.ReadFile(h.path("app", "soak-1.env"))
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ = bytes.Cut(secret, []byte("API_KEY="))
	secret, _, _ = bytes.Cut(secret, []byte("\n"))
	if got := h.here(t, string(secret), "-p", "local/vertesia", "verify", "-o", "json"); got.code != 0 || !strings.Contains(got.stdout, `"valid": true`) && !strings.Contains(got.stdout, `"valid":true`) {
		t.Errorf("a secret of that home: %d %s%s", got.code, got.stdout, got.stderr)
	}
	// What is done now is chained to what was done then.
	h.must(t, "", "-p", "local/generic", "create", "--name", "later", "--environment", "test", "--expires", "never")
	if got := h.must(t, "", "audit", "verify"); !strings.Contains(got, "the chain holds") || strings.Contains(got, "(1 to 58)") {
		t.Errorf("the audit log after one more key: %s", got)
	}
	// And what was changed then still shows.
	log := h.path("state", "detent", "audit.log")
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, bytes.Replace(b, []byte("soak-1"), []byte("soak-2"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := h.here(t, "", "audit", "verify"); got.code == 0 {
		t.Errorf("a changed line of that log is not found: %s", got.stdout)
	}
}

func TestRotationsOfAFormerHomeGoOnGoBackAndEnd(t *testing.T) {
	type way struct {
		code int
		text string
	}
	const waits = 130 // it waits for quiet, or for the soak to end
	want := map[string]struct{ resume, abort, close way }{
		// Prosopo shows no last use, so that only a person's word ends a drain.
		"create":  {way{1, "confirm that every consumer has the new one"}, way{0, "was not touched by this rotation; no new key of this rotation is known"}, way{0, "the close itself changed nothing"}},
		"deliver": {way{1, "confirm that every consumer has the new one"}, way{0, "deleted the new key"}, way{0, "is left as it is"}},
		"verify":  {way{waits, "the old key's last use is watched"}, way{0, "deleted the new key"}, way{0, "may hold a secret"}},
		"drain":   {way{1, "confirm that every consumer has the new one"}, way{0, "deleted the new key"}, way{0, "may hold a secret"}},
		"disable": {way{0, "the rotation is done"}, way{0, "is on again"}, way{0, "may hold a secret"}},
		"soak":    {way{waits, "if something breaks, turn it on again"}, way{0, "is on again"}, way{0, "may hold a secret"}},
		"delete":  {way{0, "the rotation is done"}, way{1, "only going on is possible"}, way{0, "a deletion of it was sent, or may have been"}},
		"done":    {way{1, "is over: done"}, way{1, "is over: done"}, way{1, "is over: done"}},
		"aborted": {way{1, "is over: aborted"}, way{1, "is over: aborted"}, way{1, "is over: aborted"}},
	}
	found := openFormerHome(t).formerRotations(t)
	if !maps.EqualFunc(want, found, func(_ struct{ resume, abort, close way }, r formerRotation) bool { return r.ID != "" }) {
		t.Fatalf("its rotations are at %v", slices.Sorted(maps.Keys(found)))
	}
	for step, r := range found {
		for do, want := range map[string]way{"--resume": want[step].resume, "--abort": want[step].abort, "--close": want[step].close} {
			t.Run(step+do, func(t *testing.T) {
				h := openFormerHome(t)
				args := []string{"rotate", do, r.ID, "-p", r.Old.Profile, "--yes"}
				if do == "--close" {
					args = append(args[:5:5], "--reason", "it is over")
				}
				got := h.hurried(t, args...)
				if got.code != want.code || !strings.Contains(got.stderr, want.text) {
					t.Errorf("exit %d, want %d with %q in\n%s", got.code, want.code, want.text, got.stderr)
				}
				var ids []string
				for _, k := range h.keysOf(t, r.Old.Profile) {
					ids = append(ids, k.ID)
				}
				oldThere := slices.Contains(ids, r.Old.ID)
				gone := step == "done" || do == "--resume" && (step == "disable" || step == "delete")
				if oldThere == gone {
					t.Errorf("the old key is there: %v", oldThere)
				}
				if do == "--abort" && got.code == 0 && slices.Contains(ids, r.New.ID) {
					t.Error("it is undone, and the new key is there")
				}
			})
		}
	}
}

func TestTheHostKeyOfAFormerHomeIsServedWith(t *testing.T) {
	h := openFormerHome(t)
	b, err := os.ReadFile(h.path("state", "detent", "ssh_host_ed25519_key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(b)
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, "ssh", "--listen", "127.0.0.1:0")
	server.Env, server.Dir = h.env, h.dir
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, ssh.FingerprintSHA256(key.PublicKey())) {
		t.Errorf("%q, %v: not the host key of that home", line, err)
	}
	_ = server.Process.Signal(syscall.SIGTERM)
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
}
