package form

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// What this machine has is completed by tab, the path and then the variable; a command is not.
func TestThePlaceOfANewSecretIsCompleted(t *testing.T) {
	has := []string{"file:/srv/payments/", "file:/srv/payments/.env", "env-file:/srv/payments/.env:API_KEY", "env-file:/srv/payments/.env:API_URL"}
	for name, c := range map[string]struct {
		keys []string
		want string
	}{
		"file":     {[]string{"s", "ctrl+u", "/srv/p", "tab", ".", "tab", "tab", "enter"}, "file:/srv/payments/.env"},
		"env file": {[]string{"e", "ctrl+u", "/srv/p", "tab", ".", "tab", "tab", "ctrl+u", "API_K", "tab", "enter"}, "env-file:/srv/payments/.env:API_KEY"},
		"nothing":  {[]string{"e", "ctrl+u", "/opt/.env", "tab", "ctrl+u", "KEY", "tab", "enter"}, "env-file:/opt/.env:KEY"},
		"command":  {[]string{"p", "cat", "tab", "enter"}, "command:cat"},
	} {
		t.Run(name, func(t *testing.T) {
			d := drive(t, newSecretScene(plainEnvironment()))
			d.complete = func(text string) (found []string) {
				for _, h := range has {
					if rest, ok := strings.CutPrefix(h, text); ok && !strings.Contains(strings.TrimSuffix(rest, "/"), "/") {
						found = append(found, h)
					}
				}
				return found
			}
			d.press(c.keys...)
			if got := last[ui.Deliver](d).Destination; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Keys that are pressed before the answer is there are for the input that tab leads to.
func TestKeysBehindTabWaitForTheAnswer(t *testing.T) {
	d := drive(t, newSecretScene(plainEnvironment()))
	d.press("e", "ctrl+u", "/srv/.env")
	asked := d.screen.Update(tea.KeyMsg{Type: tea.KeyTab})().(ui.Complete)
	d.press("ctrl+u", "PAY_KEY", "enter")
	for _, msg := range d.intents {
		if _, sent := msg.(ui.Deliver); sent {
			t.Fatal("sent before the answer")
		}
	}
	d.send(ui.Completed{Ticket: asked.Ticket + 1})
	d.send(ui.Completed{Ticket: asked.Ticket})
	if got := last[ui.Deliver](d).Destination; got != "env-file:/srv/.env:PAY_KEY" {
		t.Errorf("%q", got)
	}
}
