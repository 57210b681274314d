package cli

import (
	"os"
	"time"
)

// stamp tells one state of a file from the next.
type stamp struct {
	size  int64
	moved time.Time
}

// stampOf is zero for a file that is not there.
func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime()}
}
