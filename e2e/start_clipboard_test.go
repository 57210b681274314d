//go:build unix

package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestWhatIsCopiedInTmuxArrivesOrIsSaidNotTo: an id from the screen and a secret from a command, by each way in which tmux lets them
// through, or does not.
func TestWhatIsCopiedInTmuxArrivesOrIsSaidNotTo(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	var made struct{ Key struct{ ID string } }
	if err := json.Unmarshal([]byte(h.must(t, "", "create", "--name", "shop", "--permission", "getRules", "-o", "json")), &made); err != nil {
		t.Fatal(err)
	}
	m := h.pane(t, 200, 30)
	m.wait(`▸ shop`)
	buffer := func() string {
		out, _ := exec.Command("tmux", "-S", m.socket, "show-buffer").Output() // none is an error
		return string(out)
	}
	for _, set := range []string{"on", "external", "off"} {
		for _, passes := range []string{"on", "off"} {
			m.run(nil, "set-option", "-s", "set-clipboard", set)
			m.run(nil, "set-option", "-g", "allow-passthrough", passes)
			_ = exec.Command("tmux", "-S", m.socket, "delete-buffer").Run()
			m.press("y")
			m.wait("Copy")
			m.press("Enter")
			if set != "on" && passes == "off" {
				m.wait(`nothing was copied: tmux keeps it from the terminal \(set-clipboard is ` + set + `, allow-passthrough is off\); .tmux set -s set-clipboard on. lets it through`)
			} else {
				m.wait(`sent to your terminal's clipboard`)
			}
			if set == "on" {
				m.until("the id in tmux's buffer", func(string) bool { return buffer() == made.Key.ID })
			}
			m.press("?") // what was said goes with the next key that opens something
			m.wait(`half a page up`)
			m.press("Escape")
			m.gone(`half a page up`)
			m.gone(`copied|clipboard`)
		}
	}
	m.run(nil, "set-option", "-s", "set-clipboard", "on")
	m.run(h, "new-window", "-d", binary, "create", "--name", "copied", "--permission", "getRules", "--deliver", "clipboard")
	m.until("a secret in tmux's buffer", func(string) bool { return buffer() != "" && buffer() != made.Key.ID })
	if said := h.must(t, buffer(), "verify"); !strings.Contains(said, "copied") {
		t.Errorf("what tmux has is no secret: %s", said)
	}
}
