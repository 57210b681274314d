//go:build !linux

package delivery

import "os"

// keepAccessList has nothing to copy: only Linux shows access lists as attributes.
func keepAccessList(*os.File, string) error { return nil }

// mounted and mountedElsewhere are about Linux's containers.
func mounted(string) bool            { return false }
func mountedElsewhere(string) string { return "" }
