//go:build darwin || freebsd

package delivery

import (
	"fmt"
	"os"
	"syscall"
)

// noChange are the flags of chflags that forbid to replace a file: uchg, uappnd, schg, sappnd.
const noChange = 0x2 | 0x4 | 0x20000 | 0x40000

// checkFixed refuses what chflags forbids to replace.
func checkFixed(s snapshot, folder string) error {
	paths := []string{folder}
	if s.exists {
		paths = append(paths, s.real)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue // the trial says what it can
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Flags&noChange != 0 {
			return fmt.Errorf("%s is immutable or append-only and cannot be replaced: take that away first (chflags)", display(path))
		}
	}
	return nil
}
