//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// isClosed reports whether a standard stream was closed when detent started (>&-). Go then opens /dev/null in its place, for
// reading and writing, which nobody's shell does who throws output away on purpose (> /dev/null).
func isClosed(f *os.File) bool {
	var is, null unix.Stat_t
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_ACCMODE == unix.O_RDWR && unix.Fstat(int(f.Fd()), &is) == nil &&
		unix.Stat(os.DevNull, &null) == nil && is.Mode&unix.S_IFMT == unix.S_IFCHR && is.Rdev == null.Rdev
}
