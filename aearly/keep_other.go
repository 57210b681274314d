//go:build !linux

package aearly

// keep is for Linux.
func keep() {}
