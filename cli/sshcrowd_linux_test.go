package cli

import (
	"runtime"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestOneOperatorsCrowdLeavesRoomAndMemory: 200 attempts of one operator at a screen, and an administrator.
func TestOneOperatorsCrowdLeavesRoomAndMemory(t *testing.T) {
	h := newSSHHost(t)
	h.create("--name", "payments", "--permission", "getRules")
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun, refused := 0, 0
	for range 20 {
		c, err := h.dial("vera")
		if err != nil {
			refused += 10
			continue
		}
		for range 10 {
			s, err := c.NewSession()
			if err == nil {
				err = s.RequestPty("xterm", 40, 120, ssh.TerminalModes{})
			}
			if err == nil {
				err = s.Shell()
			}
			if err != nil {
				refused++
				continue
			}
			begun++
		}
	}
	if r := h.exec("ada", "list", ""); r.code != 0 {
		t.Errorf("an administrator: %+v", r)
	}
	runtime.ReadMemStats(&after)
	grown := (after.Sys - before.Sys) >> 20
	t.Logf("%d sessions asked for, %d refused at once: the process, client and server, grew by %d MB", begun, refused, grown)
	if grown > 300 {
		t.Errorf("%d MB", grown)
	}
}
