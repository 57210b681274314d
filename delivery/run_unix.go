//go:build unix

package delivery

import (
	"os/exec"
	"syscall"
)

// ownGroup starts the program as the leader of a process group, so that a timeout
// ends what it started, too, and ctrl+c in detent's terminal does not reach it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
