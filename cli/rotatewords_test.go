//go:build unix

package cli

import (
	"strings"
	"testing"

	"detent/keyserver/wirename"
)

func TestAbortThatOnlyAPersonCanEndSaysHow(t *testing.T) {
	m, _, _, _ := shop(t, wirename.Vertesia)
	got := decodeRotated(t, m.rotate(newClock(), "rotate", "shop", "--yes", "-o", "json", "--deliver", "command:cat", "--accept-unknown", "looked at it there").stdout)
	res := m.rotate(newClock(), "rotate", "--abort", got.ID, "--yes")
	if res.code != 1 || strings.Contains(res.stderr, "--drain") || strings.Count(res.stderr, "nobody can put the old value back") != 1 ||
		!strings.Contains(res.stderr, "detent rotate --abort "+got.ID+" --undone command:cat --reason R") {
		t.Errorf("exit %d\n%s", res.code, res.stderr)
	}
}

func TestDeletingAKeyOfAnOpenRotationIsSaid(t *testing.T) {
	m, _, old, env := shop(t, wirename.Prosopo)
	m.rotate(newClock(), "rotate", "shop", "--yes", "--deliver", "env-file:"+env+":API_KEY")
	m.want(0, "a rotation of this key is open", "delete", old, "--yes")
}

func TestStopsAreSaidOnce(t *testing.T) {
	m, _, _, env := shop(t, wirename.Vertesia)
	res := m.rotate(newClock(), "rotate", "shop", "--yes", "--deliver", "env-file:"+env+":API_KEY")
	if n := strings.Count(res.stderr, "confirm that every consumer"); n != 1 {
		t.Errorf("said %d times:\n%s", n, res.stderr)
	}
}

func TestCommandsOutputIsMarkedLineByLine(t *testing.T) {
	m, _, _, _ := shop(t, wirename.Vertesia)
	res := m.rotate(newClock(), "rotate", "shop", "--yes", "--accept-unknown", "looked at it there", "--deliver", `command:sh -c "cat; echo; echo stored"`)
	if !strings.Contains(res.stderr, "| [secret]\n") || !strings.Contains(res.stderr, "| stored\n") {
		t.Errorf("%s", res.stderr)
	}
}

func TestConsumersAreConfirmedOneByOneOnATerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	_, secret := m.create("-p", "local/vertesia", "--name", "shop", "--role", "reader")
	env := m.write("app/.env", "API_KEY="+secret+"\n")
	term := m.terminal("rotate", "shop", "-p", "local/vertesia", "--deliver", "env-file:"+env+":API_KEY")
	term.wait("Begin? [y/N] ")
	term.write("y\r")
	term.wait("What reads API_KEY in " + env + " uses the new key. Is that so? [y/N] ")
	term.write("y\r")
	term.wait("Nothing else uses the old key. Is that so? [y/N] ")
	term.write("n\r")
	if code := term.exit(); code != 1 || !strings.Contains(term.output(), "not confirmed") || len(m.keys("local/vertesia")) != 2 {
		t.Errorf("exit %d\n%s", code, term.output())
	}
}
