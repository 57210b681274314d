//go:build darwin || freebsd

package delivery

import (
	"os"
	"syscall"
)

// noChange are the flags of chflags that forbid to replace a file: uchg, uappnd, schg, sappnd.
const noChange = 0x2 | 0x4 | 0x20000 | 0x40000

// fixed says what chflags forbids, and what takes it away.
func fixed(path string) (what, mend string) {
	info, err := os.Stat(path)
	if err != nil {
		return "", "" // the trial says what it can
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Flags&noChange != 0 {
		return "immutable or append-only", "chflags"
	}
	return "", ""
}
