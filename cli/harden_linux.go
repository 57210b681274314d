package cli

import "golang.org/x/sys/unix"

// harden keeps secrets out of core dumps and out of the reach of other processes of
// the same user (ptrace, /proc/PID/mem). Where the system refuses, detent still works.
func harden() {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
