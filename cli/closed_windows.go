package cli

import "os"

// isClosed: a write says it here.
func isClosed(*os.File) bool { return false }
