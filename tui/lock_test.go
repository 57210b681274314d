package tui

import (
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
)

func TestAnIdleRemoteSessionLocksThenEnds(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	a := New(Options{Now: func() time.Time { return now }, Renderer: lipgloss.NewRenderer(io.Discard),
		After:  func(time.Duration, tea.Msg) tea.Cmd { return nil },
		Remote: Remote{On: true, LockAfter: 10 * time.Minute, EndAfter: time.Hour}})
	a.width, a.height = 80, 24
	locked := func() bool { return strings.Contains(a.View(), "locked: no key was pressed for 10m0s") }
	now = now.Add(9 * time.Minute)
	if a.locking(lockMsg{}); a.lock.on {
		t.Fatal("locked too early")
	}
	now = now.Add(time.Minute)
	if a.locking(lockMsg{}); !locked() {
		t.Fatal("not locked")
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
