//go:build unix

package config

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// hasOwners says that files here have an owner and bits that tell who else may touch them.
const hasOwners = true

// ownerOf is the user whose file it is.
func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// SyncFolder makes a name that was given or taken last through a power cut.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err = d.Sync(); errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) { // file systems that know none
		err = nil
	}
	return errors.Join(err, d.Close())
}
