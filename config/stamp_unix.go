//go:build unix

package config

import (
	"time"

	"golang.org/x/sys/unix"
)

// Stamp tells one state of a file from the next: its content, and who may touch it. The time of change (ctime) is one that nobody
// sets, so a file that was put in place with the size and the time of the one before is another all the same.
type Stamp struct {
	dev, ino     uint64
	mode, uid    uint32
	size         int64
	wrote, moved time.Time // mtime, ctime
}

// StampOf is zero for a file that is not there.
func StampOf(path string) Stamp {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return Stamp{}
	}
	return Stamp{uint64(s.Dev), s.Ino, uint32(s.Mode), s.Uid, s.Size, time.Unix(s.Mtim.Unix()), time.Unix(s.Ctim.Unix())}
}

// Changed is when the file was changed last.
func (s Stamp) Changed() time.Time { return s.moved }
