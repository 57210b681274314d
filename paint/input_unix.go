//go:build unix

package paint

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// readable waits until there is something to read, but not longer than that.
func readable(f *os.File, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for {
		fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
		left := max(time.Until(deadline), 0)
		n, err := unix.Poll(fds, int((left+time.Millisecond-1)/time.Millisecond))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
	}
}

// pending is how many bytes are there to read.
func pending(f *os.File) int {
	n, err := unix.IoctlGetInt(int(f.Fd()), unread)
	if err != nil {
		return 0
	}
	return n
}
