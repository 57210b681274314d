package tui

import (
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/tui/form"
	"detent/tui/ui"
)

func TestAnIdleRemoteSessionLocksThenEnds(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var asked []time.Duration // when it looks again
	a := New(Options{Now: func() time.Time { return now }, Renderer: lipgloss.NewRenderer(io.Discard),
		After: func(d time.Duration, _ tea.Msg) tea.Cmd {
			asked = append(asked, d)
			return func() tea.Msg { return nil }
		},
		Remote: Remote{On: true, LockAfter: 10 * time.Minute, EndAfter: time.Hour}})
	a.width, a.height = 80, 24
	locked := func() bool { return strings.Contains(a.View(), "covered: no key was pressed for 10m ") }
	a.locking(tea.KeyMsg{Type: tea.KeyDown})
	now = now.Add(9 * time.Minute)
	if cmd, done := a.locking(lockMsg{}); a.lock.on || !done || cmd == nil || asked[len(asked)-1] != time.Minute {
		t.Fatalf("covered too early, or not looked at again in a minute: %v, %v", a.lock.on, asked)
	}
	now = now.Add(time.Minute)
	if a.locking(lockMsg{}); !locked() || asked[len(asked)-1] != 50*time.Minute {
		t.Fatalf("not covered, or its end is not looked at in 50 minutes: %v", asked)
	}
	if _, done := a.locking(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("d")}); !done || a.lock.on {
		t.Error("the key that unlocks must unlock, and do nothing else")
	}
	if _, done := a.locking(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("d")}); done {
		t.Error("the next key is kept away")
	}
	now = now.Add(time.Hour)
	if cmd, done := a.locking(lockMsg{}); !done || cmd == nil || a.Ended() == "" {
		t.Error("the session does not end")
	}
}

// TestASecretOnTheScreenIsHiddenByTheLock, and stays so for whoever presses the key that unlocks.
func TestASecretOnTheScreenIsHiddenByTheLock(t *testing.T) {
	const lockAfter = 20 * time.Second // less than a secret is shown by itself
	d := start(t, 80, 24, func(o *Options, _ *fakeHost) {
		o.Remote = Remote{On: true, LockAfter: lockAfter, EndAfter: time.Hour}
	})
	secret := "pk7_canary_secret_of_the_test"
	d.send(ui.Push{Screen: form.NewSecret(d.app.env, d.app.profile.caps, ui.Profile{Name: "prod"},
		apikey.Created{Key: apikey.Key{ID: "k1", Name: "payments-api"}, Secret: apikey.NewSecret(secret)})})
	d.settle()
	if d.press("r"); !strings.Contains(d.app.View(), secret) {
		t.Fatalf("the secret is not shown:\n%s", d.app.View())
	}
	if d.pass(lockAfter - time.Second); !strings.Contains(d.app.View(), secret) {
		t.Fatalf("hidden before the lock:\n%s", d.app.View())
	}
	if d.pass(2 * time.Second); strings.Contains(d.app.View(), "canary") || !strings.Contains(d.app.View(), "covered:") {
		t.Errorf("locked:\n%s", d.app.View())
	}
	if d.press("r"); strings.Contains(d.app.View(), "canary") || !strings.Contains(d.app.View(), "hidden, 29 characters") {
		t.Errorf("unlocked:\n%s", d.app.View())
	}
	if d.press("r"); !strings.Contains(d.app.View(), secret) {
		t.Errorf("the secret is lost:\n%s", d.app.View())
	}
}

// TestTheHeaderSaysWhoIsLoggedIn as long as the line has room for it; what is live or read-only stays longer.
func TestTheHeaderSaysWhoIsLoggedIn(t *testing.T) {
	for width, want := range map[int]string{120: "detent ─ vera, viewer ─ prod · prosopo ·", 80: "┌ vera, viewer ─ prod", 60: "┌ vera, viewer ─ prod", 40: "┌ prod"} {
		d := start(t, width, 24, func(o *Options, _ *fakeHost) {
			o.Remote = Remote{On: true, Who: "vera, viewer", NoWrites: "not yours"}
		})
		header, _, _ := strings.Cut(d.app.View(), "\n")
		if !strings.Contains(header, want) || !strings.Contains(header, "read-only") {
			t.Errorf("%d cells: %s", width, header)
		}
	}
}

// TestAnEmptyListSaysWhereItIsAndWhoMayFillIt to somebody who sits elsewhere.
func TestAnEmptyListSaysWhereItIsAndWhoMayFillIt(t *testing.T) {
	for why, want := range map[string]string{"": "detent's own key service, on the server", "not yours": "You may look, not change: keys that others make show here."} {
		d := start(t, 80, 24, withKeys(nil), withProfile("local/prosopo"), func(o *Options, _ *fakeHost) {
			o.Remote = Remote{On: true, NoWrites: why}
		})
		if !strings.Contains(d.app.View(), want) {
			t.Errorf("not there: %s\n%s", want, d.app.View())
		}
	}
}
