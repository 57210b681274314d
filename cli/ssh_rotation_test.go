//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pressUntil presses a key until something holds: a new confirmation does not take it for a moment.
func (v *screen) pressUntil(key, what string, holds func() bool) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			v.t.Fatalf("not seen: %s\n%s", what, v.term.String())
		}
		v.press(key)
		for settled := time.Now().Add(400 * time.Millisecond); !holds() && time.Now().Before(settled); {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func TestSSHSessionThatDropsLeavesItsRotationToTheNextOperator(t *testing.T) {
	t.Parallel()
	h := newSSHHost(t)
	service := h.serve()
	admin := regexp.MustCompile(`(?m)^\w*PROSOPO\w*="?([^"\s]+)`).FindStringSubmatch(strings.Join(service.lines, "\n"))
	if admin == nil {
		t.Fatalf("no administrator in %v", len(service.lines))
	}
	token := h.write("token", admin[1]+"\n")
	if err := os.Chmod(token, 0o600); err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(h.home, "app.key")
	h.configure("[profiles.prod]\nservice = \"prosopo\"\nurl = \""+service.url+"\"\nenvironment = \"test\"\ntoken = { file = \""+token+"\" }\n",
		"[profiles.prod.deliver.app]\nkeys = [\"pay*\"]\nfile = \""+place+"\"\n",
		h.operator("alice", "operator", "prod"), h.operator("ada", "admin", "prod"), h.operator("vera", "viewer", "prod"), h.operator("otto", "operator", "local/prosopo"))
	h.must("create", "-p", "prod", "--name", "payments", "--permission", "getRules")

	alice := openScreen(t, h.login("alice"), "xterm", 120, 40)
	alice.wait("payments")
	alice.press("/payments")
	alice.wait("1 of 2")
	alice.press("\r")
	alice.wait("n new")
	alice.pressUntil("r", "the setup", func() bool { return strings.Contains(alice.term.String(), "[ Begin: planned ]") })
	if strings.Contains(alice.term.String(), "PATH:VARIABLE") {
		t.Error("a place can be typed")
	}
	alice.pressUntil("\r", "the new secret is delivered", func() bool { _, err := os.Stat(place); return err == nil })
	journal := func() string {
		files, _ := filepath.Glob(filepath.Join(h.home, ".local/state/detent/*.json"))
		for _, f := range files {
			if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), `"destinations"`) {
				return string(b)
			}
		}
		return ""
	}
	waitFor(t, "the delivery is journaled", func() bool { return strings.Contains(journal(), `"put": true`) })
	if !strings.Contains(journal(), `"operator": "alice"`) {
		t.Error("the journal does not name alice")
	}
	_ = alice.s.Close()
	if got := h.exec("otto", "rotations -o json", "").stdout; strings.TrimSpace(got) != "[]" {
		t.Errorf("an operator of another profile sees %s", got)
	}
	vera := openScreen(t, h.login("vera"), "xterm", 120, 40)
	vera.wait("1 open rotation: press R to see")
	vera.press("R")
	vera.wait("last by: alice")
	if vera.shows("resume or undo") {
		t.Error("a viewer is offered to resume")
	}
	vera.press("\r") // looking changes nothing: who may not go on sees what was seen
	vera.wait("WHAT WAS SEEN")

	ada := openScreen(t, h.login("ada"), "xterm", 120, 40)
	ada.wait("1 rotation")
	ada.press("R")
	ada.wait("last by: alice")
	ada.press("\r")
	step := regexp.MustCompile(`"step":\s*"drain"`)
	ada.pressUntil("\r", "the rotation goes on to the drain", func() bool { return step.MatchString(journal()) })
	if got := h.exec("ada", "rotations -o json", "").stdout; !step.MatchString(got) {
		t.Errorf("the command says %s", got)
	}
	if !strings.Contains(journal(), `"operator": "ada"`) {
		t.Error("the journal does not name ada")
	}
}

func (v *screen) shows(text string) bool { return strings.Contains(v.term.String(), text) }
