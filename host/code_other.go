//go:build !linux

package host

// releaseCode is for Linux.
func releaseCode() {}
