package config

import (
	"os"
	"time"
)

// Stamp tells one state of a file from the next.
type Stamp struct {
	size  int64
	moved time.Time
}

// StampOf is zero for a file that is not there.
func StampOf(path string) Stamp {
	info, err := os.Stat(path)
	if err != nil {
		return Stamp{}
	}
	return Stamp{info.Size(), info.ModTime()}
}

// Changed is when the file was changed last.
func (s Stamp) Changed() time.Time { return s.moved }
