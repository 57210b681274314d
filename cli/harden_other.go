//go:build !linux

package cli

// harden is for Linux.
func harden() {}
