package host

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// releaseCode is dropCode, once: before the first list takes memory, so that the two are never there together.
var releaseCode = sync.OnceFunc(dropCode)

// dropCode gives the pages of code back that the process has seen: most of them were needed once, to initialise a package or to make
// the command line, and each counts with the fifteen around it. What is needed again comes from the page cache, in a few microseconds each.
func dropCode() {
	// A debugger's breakpoints are in these pages, and would be gone.
	if status, err := os.ReadFile("/proc/self/status"); err != nil || !bytes.Contains(status, []byte("\nTracerPid:\t0\n")) {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		if from, to, is := codeOf(line); is {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED) // which is advice: refused, nothing is lost
		}
	}
}

// codeOf is where a line of /proc/self/maps has code of a file: what is executed and was never writable is what the file has. Data would
// be lost, a library's own too, which was written before it was made read-only.
func codeOf(line string) (from, to uintptr, is bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[1] != "r-xp" || !strings.HasPrefix(fields[5], "/") {
		return 0, 0, false
	}
	begin, end, _ := strings.Cut(fields[0], "-")
	a, err1 := strconv.ParseUint(begin, 16, 64)
	b, err2 := strconv.ParseUint(end, 16, 64)
	return uintptr(a), uintptr(b), err1 == nil && err2 == nil && a < b
}
