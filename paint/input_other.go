//go:build !unix

package paint

import (
	"os"
	"time"
)

// readable is not known here: every read stands for itself.
func readable(*os.File, time.Duration) bool { return false }

func pending(*os.File) int { return 0 }
