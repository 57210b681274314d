//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSessionsEndWhereTheConfigurationCannotBeRead, on the real server.
func TestSessionsEndWhereTheConfigurationCannotBeRead(t *testing.T) {
	h := newSSHHost(t)
	v := openScreen(t, h.login("ada"), "xterm", 110, 30)
	v.wait("No keys yet")
	if err := os.Remove(filepath.Join(h.home, ".config/detent/config.toml")); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { // looks, as the server's clock would let it
		for {
			select {
			case h.look <- struct{}{}:
			case <-over:
				return
			}
		}
	}()
	_ = v.end()
	close(over)
	h.visited(`\["ada","logout","done","configuration cannot be read","TUI",null\]`)
	if _, err := h.dial("ada"); err == nil {
		t.Error("somebody is let in")
	}
}

// TestOneOperatorsSessionsLeaveRoomForAnAdmin: one operator with all the sessions that he may have, and an administrator.
func TestOneOperatorsSessionsLeaveRoomForAnAdmin(t *testing.T) {
	h := newSSHHost(t, "--max-sessions", "20", "--max-sessions-each", "2")
	c := h.login("vera")
	var open []*screen
	for range 2 {
		v := openScreen(t, c, "xterm", 110, 30)
		v.wait("No keys yet")
		open = append(open, v)
	}
	if r := h.exec("vera", "list", ""); r.code != 1 || !strings.Contains(r.stderr, "too many sessions of this operator") {
		t.Errorf("a third: %+v", r)
	}
	if r := h.exec("ada", "list", ""); r.code != 0 {
		t.Errorf("an administrator: %+v", r)
	}
	h.visited(`\["vera","login","refused","too many sessions of this operator are open",null,null\]`)
	for _, v := range open {
		v.press("q")
		_ = v.end()
	}
}
