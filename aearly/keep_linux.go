package aearly

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// secret is the variable whose value is a credential, whatever the configuration says.
const secret = "DETENT_TOKEN="

// keep keeps secrets out of core dumps, out of the reach of other processes of the same user (ptrace, /proc/PID/mem), and the
// token out of /proc/PID/environ, which root reads all the same. The process has its copy of the environment. Where the system
// refuses, detent still works.
func keep() {
	own, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0) // not to be had afterwards
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	if err != nil {
		return
	}
	defer func() { _ = own.Close() }()
	clearToken(own)
}

// clearToken overwrites the token where the kernel has put the environment at the start.
func clearToken(own *os.File) {
	if os.Getenv(secret[:len(secret)-1]) == "" {
		return
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return
	}
	// The name of the program, in parentheses, may hold anything; env_start is the 50th field, env_end the 51st.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const first = 3
	if len(fields) <= 51-first {
		return
	}
	begin, err1 := strconv.ParseInt(string(fields[50-first]), 10, 64)
	end, err2 := strconv.ParseInt(string(fields[51-first]), 10, 64)
	if err1 != nil || err2 != nil || begin <= 0 || end <= begin || end-begin > 1<<24 {
		return
	}
	all := make([]byte, end-begin)
	if _, err := own.ReadAt(all, begin); err != nil {
		return
	}
	at := int64(0)
	for _, line := range bytes.SplitAfter(all, []byte{0}) {
		if value, is := bytes.CutPrefix(line, []byte(secret)); is {
			_, _ = own.WriteAt(make([]byte, len(value)), begin+at+int64(len(secret)))
		}
		at += int64(len(line))
	}
	clear(all)
}
