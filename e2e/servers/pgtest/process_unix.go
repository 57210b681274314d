//go:build unix

package pgtest

import (
	"os/exec"
	"path/filepath"
	"syscall"
)

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if s.owner != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.owner.uid), Gid: uint32(s.owner.gid)}
	}
	if name == "postgres" {
		dieWithParent(cmd.SysProcAttr)
	}
	return cmd
}

// Halt ends the cluster as an administrator does: connections are ended, what was committed is kept.
func (s *Server) Halt() { s.signal(syscall.SIGINT) }

// Kill ends it at once: it recovers when it is launched again.
func (s *Server) Kill() { s.signal(syscall.SIGQUIT) }

func (s *Server) signal(by syscall.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Signal(by) // it may have ended
	<-s.exited
}
