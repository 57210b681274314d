//go:build unix

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keyRow is what these tests read of `detent list -o json`.
type keyRow struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Enabled *bool  `json:"enabled"`
}

// keysOf are the keys of a profile, but for the administrator that a served store begins with.
func (h *home) keysOf(t *testing.T, profile string) []keyRow {
	t.Helper()
	var rows []keyRow
	if err := json.Unmarshal([]byte(h.must(t, "", "-p", profile, "list", "-o", "json")), &rows); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(k keyRow) bool { return k.Name == "administrator" })
}

// variable is a value of a .env file.
func variable(t *testing.T, path, name string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("%s has no %s", path, name)
	}
	return string(m[1])
}

// rotated asserts the end of every rotation: one live key of that name, the file holds its secret, the
// old secret is refused, nothing is left beside the file.
func (h *home) rotated(t *testing.T, profile, env, oldID, oldSecret string) {
	t.Helper()
	rows := h.keysOf(t, profile)
	if len(rows) != 1 || rows[0].ID == oldID || rows[0].Enabled != nil && !*rows[0].Enabled {
		t.Errorf("the keys are %+v", rows)
	}
	if r := h.run(t, variable(t, env, "API_KEY"), "-p", profile, "verify"); r.code != 0 {
		t.Errorf("the delivered secret is refused: %s%s", r.stdout, r.stderr)
	}
	if r := h.run(t, oldSecret, "-p", profile, "verify"); r.code != 1 {
		t.Errorf("the old secret is not refused: exit %d", r.code)
	}
	files, err := filepath.Glob(env + "*")
	if err != nil || len(files) != 1 {
		t.Errorf("left beside the file: %v, %v", files, err)
	}
	var open []struct{ State string }
	if err := json.Unmarshal([]byte(h.must(t, "", "rotations", "-o", "json")), &open); err != nil {
		t.Fatal(err)
	}
	for _, o := range open {
		if o.State == "open" {
			t.Error("a rotation is still open")
		}
	}
}

// prepare makes a key and a .env file that an application would read it from.
func prepare(t *testing.T, profile string, args ...string) (h *home, env string, old keyRow, secret string) {
	t.Helper()
	h = newHome(t)
	env = h.path("app.env")
	if err := os.WriteFile(env, []byte("# the shop\nPORT=8080\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.must(t, "", append([]string{"-p", profile, "create", "--name", "payments", "--deliver", "env-file:" + env + ":API_KEY"}, args...)...)
	return h, env, h.keysOf(t, profile)[0], variable(t, env, "API_KEY")
}

// plan opens the setup of the rotation of the only key and names the file.
func (s *terminal) plan(env string) {
	s.t.Helper()
	s.wait("payments")
	s.keys("r")
	s.wait("WHERE DOES THE APPLICATION READ THIS KEY")
	s.write("\x1b[200~" + env + ":API_KEY\x1b[201~")
	s.wait(regexp.QuoteMeta(filepath.Base(env) + ":API_KEY"))
}

// step presses a key when the screen says what it will do, and not before the guard has passed.
func (s *terminal) step(key, says string) {
	s.t.Helper()
	s.wait(says)
	s.armed()
	s.keys(key)
}

func TestARotationOnScreenSurvivesALostLine(t *testing.T) {
	t.Parallel()
	h, env, old, secret := prepare(t, "local/vertesia", "--role", "executor", "--expires", "30d")

	first := h.start(t, 120, 40, "-p", "local/vertesia")
	first.plan(env)
	first.step("enter", "begin with the preflight")
	first.step("enter", `enter +create the new key`)
	first.wait("the new key was created")
	first.hangUp()
	first.exit()
	if got := variable(t, env, "API_KEY"); got != secret {
		t.Fatal("the file was changed before the delivery")
	}

	// The secret was in memory only: the default is to delete that key and to create another.
	second := h.start(t, 80, 24, "-p", "local/vertesia")
	second.wait("1 rotation is open: press R")
	second.keys("R")
	second.step("enter", "payments +local/vertesia +waits")
	second.step("enter", "delete that key and create again")
	second.step("enter", `enter +create the new key`)
	second.wait("the new key was created")
	second.step("enter", `enter +deliver the new secret`)
	second.step("enter", `enter +prove the new key`)
	second.step("space", `▸ \[ \] What reads API_KEY`)
	second.step("space", `▸ \[ \] Nothing else uses the old key`)
	second.step("enter", `enter +all of it is so`)
	second.step("enter", `enter +disable the old key`)
	second.step("a", `left$|left `)
	second.step("space", `▸ \[ \] Nothing broke`)
	second.step("enter", `enter +all of it is so`)
	second.step("enter", `enter +delete the old key`)
	second.wait("Done\\.")
	second.step("enter", "enter close")
	second.gone("Done.")
	second.keys("q")
	if code := second.exit(); code != 0 {
		t.Errorf("q ended with %d", code)
	}
	h.rotated(t, "local/vertesia", env, old.ID, secret)
	if rows := h.keysOf(t, "local/vertesia"); rows[0].Name != "payments" || rows[0].Role != "executor" {
		t.Errorf("the new key is %+v", rows[0])
	}
	if text, _ := os.ReadFile(env); !strings.HasPrefix(string(text), "# the shop\nPORT=8080\n") {
		t.Error("the rest of the file was changed")
	}
}

func TestACompromisedKeyIsReplacedOnScreenWithoutWaits(t *testing.T) {
	t.Parallel()
	h, env, old, secret := prepare(t, "local/prosopo", "--permission", "getRules", "--permission", "verify")
	s := h.start(t, 120, 40)
	s.plan(env)
	s.armed()
	s.keys("tab", "tab", "space") // from the destination to "compromised"
	s.wait(`\(•\) compromised `)
	s.step("enter", "begin with the preflight")
	s.step("enter", `enter +create the new key`)
	s.step("enter", `enter +deliver the new secret`)
	s.step("enter", `enter +prove the new key`)
	s.step("enter", `enter +delete the old key`)
	s.wait("Done\\.")
	s.keys("ctrl+c")
	s.exit()
	h.rotated(t, "local/prosopo", env, old.ID, secret)
}

func TestUndoOnScreenPutsTheOldValueBack(t *testing.T) {
	t.Parallel()
	h, env, old, secret := prepare(t, "local/generic", "--environment", "test")
	before, err := os.ReadFile(env)
	if err != nil {
		t.Fatal(err)
	}
	s := h.start(t, 120, 40, "-p", "local/generic")
	s.plan(env)
	s.step("enter", "begin with the preflight")
	s.step("enter", `enter +create the new key`)
	s.step("enter", `enter +deliver the new secret`)
	s.wait(`enter +prove the new key`)
	if variable(t, env, "API_KEY") == secret {
		t.Fatal("nothing was delivered")
	}
	s.keys("u")
	s.step("y", "Undo")
	s.wait("Undone\\.")
	s.keys("ctrl+c")
	s.exit()
	if after, err := os.ReadFile(env); err != nil || string(after) != string(before) {
		t.Errorf("the file is %q, was %q", after, before)
	}
	rows := h.keysOf(t, "local/generic")
	if len(rows) != 1 || rows[0].ID != old.ID {
		t.Errorf("the keys are %+v", rows)
	}
	if r := h.run(t, secret, "-p", "local/generic", "verify"); r.code != 0 {
		t.Error("the old secret is refused after an undo")
	}
}

// TestQuittingDuringAWaitSaysThatTheRotationIsOpen: the wait goes on behind the list and ends with the program; who quits
// is told, on the screen that comes back.
func TestQuittingDuringAWaitSaysThatTheRotationIsOpen(t *testing.T) {
	t.Parallel()
	h, env, _, _ := prepare(t, "local/generic", "--environment", "test")
	s := h.start(t, 120, 40, "-p", "local/generic")
	s.plan(env)
	s.step("enter", "begin with the preflight")
	s.step("enter", `enter +create the new key`)
	s.step("enter", `enter +deliver the new secret`)
	s.step("enter", `enter +prove the new key`)
	s.wait(`left$|left `)
	s.keys("esc")
	s.wait(`1 rotation open`)
	s.gone(`left$|left `)
	s.keys("q")
	if code := s.exit(); code != 0 {
		t.Errorf("q ended with %d", code)
	}
	out := string(s.output())
	_, after, _ := strings.Cut(out, "\x1b[?1049l")
	said := regexp.MustCompile(`detent: the rotation of payments is open; detent rotate --resume ([a-z2-7]{10}) goes on`).FindStringSubmatch(after)
	if said == nil {
		t.Fatalf("after the alternate screen: %q", after)
	}
	if r := h.run(t, "", "rotate", "--abort", said[1], "--yes"); r.code != 0 {
		t.Errorf("what it names cannot be undone: %+v", r)
	}
	// Nothing is open any more, and nothing is said.
	s = h.start(t, 120, 40, "-p", "local/generic")
	s.wait("payments")
	s.keys("q")
	s.exit()
	if _, after, _ := strings.Cut(string(s.output()), "\x1b[?1049l"); strings.Contains(after, "rotation") {
		t.Errorf("after the alternate screen: %q", after)
	}
}
