package pgtest

import (
	"os/exec"
	"path/filepath"
)

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	return cmd
}

// Halt ends the cluster; there is no signal here that lets it end by itself.
func (s *Server) Halt() { s.Kill() }

// Kill ends it at once.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Kill() // it may have ended
	<-s.exited
}
