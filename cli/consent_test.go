//go:build unix

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"detent/keyserver/wirename"
)

// testFile is a .env file of a test deployment, and the flag that delivers to it.
func (m *machine) testFile(name string) (path, deliver string) {
	path = m.write(name, "STRIPE_KEY=sk_test_abcdefgh1234\nAPI_KEY=old\n")
	return path, "env-file:" + path + ":API_KEY"
}

func TestLiveSecretBesideTestValuesNeedsTheExplicitYesOfAFlag(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	path, deliver := m.testFile("app/.env")
	create := []string{"create", "-p", "local/generic", "--environment", "live", "--name", "shop", "--deliver", deliver, "--replace"}
	m.want(2, "--force-mixed is that yes", create...)
	if len(m.keys("local/generic")) != 0 || !strings.Contains(read(t, path), "API_KEY=old") {
		t.Fatal("something was changed without the yes")
	}
	m.must(append(create, "--force-mixed")...)
	before := read(t, path)
	if strings.Contains(before, "API_KEY=old") || !strings.Contains(before, "STRIPE_KEY=sk_test_abcdefgh1234") {
		t.Errorf("the file holds\n%s", before)
	}
	rotate := []string{"rotate", "shop", "-p", "local/generic", "--deliver", deliver, "--drain", "0", "--soak", "0", "--yes", "-o", "json"}
	r := m.want(2, "--force-mixed is that yes", rotate...)
	if r.stdout != "" || len(m.keys("local/generic")) != 1 || read(t, path) != before {
		t.Errorf("a rotation that did not begin: %s", r.stdout)
	}
	var out struct{ State string }
	decode(t, m.must(append(rotate, "--force-mixed")...), &out)
	if out.State != "done" || read(t, path) == before {
		t.Errorf("state %s", out.State)
	}
}

func TestLiveSecretBesideTestValuesIsAskedForOnATerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	path, deliver := m.testFile("app/.env")
	create := []string{"create", "-p", "local/generic", "--environment", "live", "--name", "shop", "--deliver", deliver}
	no := m.terminal(create...)
	no.wait("all the same? [y/N] ")
	no.write("\r")
	if code := no.exit(); code != 1 || len(m.keys("local/generic")) != 0 {
		t.Errorf("exit %d\n%s", code, no.output())
	}
	yes := m.terminal(create...)
	yes.wait("all the same? [y/N] ")
	yes.write("y\r")
	yes.wait("Replace it? [y/N] ")
	yes.write("y\r")
	if code := yes.exit(); code != 0 || len(m.keys("local/generic")) != 1 {
		t.Errorf("exit %d\n%s", code, yes.output())
	}
	before := read(t, path)
	rotate := m.terminal("rotate", "shop", "-p", "local/generic", "--deliver", deliver, "--drain", "0", "--soak", "0")
	rotate.wait("Begin? [y/N] ")
	rotate.write("y\r")
	rotate.wait("all the same? [y/N] ")
	rotate.write("y\r")
	if code := rotate.exit(); code != 0 || read(t, path) == before || strings.Count(rotate.output(), "Begin?") != 1 {
		t.Errorf("exit %d\n%s", code, rotate.output())
	}
}

func TestFileThatGitTracksNeedsTheExplicitYesOfAFlag(t *testing.T) {
	m := newMachine(t)
	path := m.write("repo/.env", "API_KEY=old\n")
	m.git("repo", "init", "-q")
	m.git("repo", "add", ".env")
	create := []string{"create", "--name", "shop", "--permission", "getRules", "--deliver", "env-file:" + path + ":API_KEY", "--replace"}
	m.want(2, "--force-tracked", create...)
	if len(m.keys("local/prosopo")) != 0 {
		t.Error("a key was created without the yes")
	}
	m.must(append(create, "--force-tracked")...)
	if read(t, path) == "API_KEY=old\n" {
		t.Error("not delivered")
	}
}

func TestAbortOnceTheOldKeyIsGoneNamesOnlyResume(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	old, _ := m.create("--name", "shop", "--permission", "getRules")
	r := m.want(1, "--resume", "rotate", "shop", "--yes", "--deliver", "file:"+m.home+"/secret", "-o", "json")
	var open struct{ ID, State, Step string }
	decode(t, r.stdout, &open)
	if open.State != "open" || open.Step != "drain" {
		t.Fatalf("%+v", open)
	}
	m.must("delete", old, "--yes")
	r = m.want(1, "detent rotate --resume "+open.ID, "rotate", "--abort", open.ID, "--yes")
	if strings.Contains(r.stderr, "--abort") {
		t.Errorf("it names a way that is not there:\n%s", r.stderr)
	}
	// A row that the list lacks says nothing of who uses the key: that is still a person's word.
	m.want(1, "but a list may lack a key that lives", "rotate", "--resume", open.ID, "--yes")
	m.must("rotate", "--resume", open.ID, "--yes", "--drain", "0")
}

func (m *machine) git(dir string, args ...string) {
	m.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = filepath.Join(m.home, dir), m.environ
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func TestQuestionOfAnOpenRotationThatIsBrokenOffNamesTheWayOn(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.create("--name", "shop", "--permission", "getRules")
	s := m.terminal("rotate", "shop", "--deliver", "file:"+m.home+"/secret")
	s.wait("Begin? [y/N] ")
	s.write("y\r")
	s.wait("Is that so? [y/N] ")
	s.write("\x03")
	if code := s.exit(); code != 130 || !strings.Contains(s.output(), "detent rotate --resume ") {
		t.Errorf("exit %d\n%s", code, s.output())
	}
}

func TestAPlaceThatTheJournalAloneNamesIsAskedAboutBeforeTheSecretGoesThere(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.create("--name", "shop", "--permission", "getRules")
	ready, got := filepath.Join(m.home, "ready"), filepath.Join(m.home, "got")
	take := m.write("take", fmt.Sprintf("#!/bin/sh\n[ -e '%s' ] && cat > '%s'\n", ready, got))
	if err := os.Chmod(take, 0o700); err != nil {
		t.Fatal(err)
	}
	r := m.want(1, "--resume", "rotate", "shop", "--yes", "--deliver", "command:"+take, "--accept-unknown", "looked at it there", "-o", "json") // it is not ready
	id := decodeRotated(t, r.stdout).ID
	m.write("ready", "")
	for answer, code := range map[string]int{"n": 1, "": 1} {
		s := m.terminal("rotate", "--resume", id)
		s.wait("Did you name it? [y/N] ")
		s.write(answer + "\r")
		if c := s.exit(); c != code || !strings.Contains(s.output(), "take") || !strings.Contains(s.output(), "detent rotate --resume "+id) {
			t.Errorf("%q: exit %d\n%s", answer, c, s.output())
		}
		if _, err := os.Stat(got); err == nil {
			t.Fatalf("%q: the command has run", answer)
		}
	}
	s := m.terminal("rotate", "--resume", id)
	s.wait("Did you name it? [y/N] ")
	s.write("y\r")
	s.wait("Is that so? [y/N] ")
	s.write("\x03")
	s.exit()
	if read(t, got) == "" {
		t.Error("nothing was delivered")
	}
	s = m.terminal("rotate", "--resume", id) // that it was given the secret is the journal's word alone: it cannot be read
	s.wait("Did you name it? [y/N] ")
	s.write("\x03")
	s.exit()
}

func TestAPlaceOfTheProfileIsNotAskedAboutAgain(t *testing.T) {
	t.Parallel()
	m, r := newMachine(t), newRemote(t)
	ready := filepath.Join(m.home, "ready")
	m.profile(r, wirename.Prosopo, "[profiles.p.deliver.app]", fmt.Sprintf("command = [\"sh\", \"-c\", \"[ -e '%s' ] && cat > /dev/null\"]", ready))
	m.create("--name", "shop", "--permission", "getRules")
	id := decodeRotated(t, m.want(1, "--resume", "rotate", "shop", "--yes", "--deliver", "app", "--accept-unknown", "looked at it there", "-o", "json").stdout).ID
	m.write("ready", "")
	s := m.terminal("rotate", "--resume", id)
	s.wait("Is that so? [y/N] ")
	s.write("\x03")
	s.exit()
	if strings.Contains(s.output(), "Did you name it?") {
		t.Errorf("asked:\n%s", s.output())
	}
}
