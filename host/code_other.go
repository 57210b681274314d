//go:build !linux

package host

// releaseCode and dropCode are for Linux.
func releaseCode() {}
func dropCode()    {}
