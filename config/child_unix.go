//go:build unix

package config

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownGroup gives the command a process group, so that it can be killed with all
// that it started. Where we are in the foreground of a terminal, the group is put there:
// a program that asks for a passphrase on /dev/tty would be stopped otherwise.
// One that is alone has no terminal at all. The returned function takes the terminal back.
func ownGroup(cmd *exec.Cmd, alone bool) (giveBack func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if alone {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return func() {}
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return func() {}
	}
	fd := int(tty.Fd())
	ours := unix.Getpgrp()
	if front, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err != nil || front != ours {
		return func() { _ = tty.Close() }
	}
	cmd.SysProcAttr.Foreground, cmd.SysProcAttr.Ctty = true, fd
	return func() {
		// Taking the terminal from the background would stop us but for this.
		signal.Ignore(syscall.SIGTTOU)
		_ = unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, ours)
		signal.Reset(syscall.SIGTTOU)
		_ = tty.Close()
	}
}

// wasInterrupted reports whether ctrl+c ended the command.
func wasInterrupted(err *exec.ExitError) bool {
	status, ok := err.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGINT
}
