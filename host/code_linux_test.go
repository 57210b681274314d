package host

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestCodeThatOnlyTheStartNeededIsGivenBack measures what the kernel counts.
func TestCodeThatOnlyTheStartNeededIsGivenBack(t *testing.T) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(maps)) {
		if from, to, is := codeOf(line); is {
			if _, _, failed := unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_POPULATE_READ); failed != 0 {
				t.Skip("this kernel does not read on request: ", failed)
			}
		}
	}
	before := codeInMemory(t)
	dropCode()
	if after := codeInMemory(t); after > before/2 {
		t.Errorf("%d kB of code are in memory, %d kB were before", after, before)
	}
}

// codeInMemory is how much code of files is in memory, in kB.
func codeInMemory(t *testing.T) (sum int) {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	is := false
	for line := range strings.Lines(string(smaps)) {
		if fields := strings.Fields(line); !strings.HasSuffix(fields[0], ":") {
			_, _, is = codeOf(line)
		}
		var kB int
		if _, err := fmt.Sscanf(line, "Rss: %d kB", &kB); is && err == nil {
			sum += kB
		}
	}
	return sum
}

// TestOnlyCodeIsGivenBack: what was written, or may be, or is of no file, would be lost.
func TestOnlyCodeIsGivenBack(t *testing.T) {
	for line, is := range map[string]bool{
		"00400000-011ab000 r-xp 00000000 00:1a 42 /usr/bin/detent\n":            true,
		"7f0000000000-7f0000001000 r-xp 00001000 08:01 7 /usr/lib/libc.so.6\n":  true,
		"7f0000000000-7f0000001000 r-xp 00001000 08:01 7 /a path/with blanks\n": true,
		"011ab000-01efe000 r--p 00dab000 00:1a 42 /usr/bin/detent\n":            false,
		"01efe000-01fe3000 rw-p 01afe000 00:1a 42 /usr/bin/detent\n":            false,
		"01efe000-01fe3000 rwxp 01afe000 00:1a 42 /usr/bin/detent\n":            false,
		"01efe000-01fe3000 r-xs 01afe000 00:1a 42 /usr/bin/detent\n":            false,
		"7ffc0000-7ffd0000 r-xp 00000000 00:00 0 [vdso]\n":                      false,
		"7ffc0000-7ffd0000 r-xp 00000000 00:00 0 \n":                            false,
		"7ffd0000-7ffc0000 r-xp 00000000 08:01 7 /usr/lib/libc.so.6\n":          false,
		"zz-7ffc0000 r-xp 00000000 08:01 7 /usr/lib/libc.so.6\n":                false,
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n":  false,
		"\n": false,
	} {
		if _, _, got := codeOf(line); got != is {
			t.Errorf("%q: %v", line, got)
		}
	}
}
