//go:build unix

package disk

import (
	"errors"
	"os"
	"syscall"
)

// SyncFolder makes a name that was given or taken in it last through a power cut. Some network file systems cannot, and say so; they do
// it by themselves.
func SyncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	if err = f.Sync(); errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
