//go:build unix

package audit

import (
	"errors"
	"os"
	"syscall"
)

// dontWait keeps the opening of a pipe from waiting for its other end.
const dontWait = syscall.O_NONBLOCK

// syncFolder makes a name that was given in it last through a power cut.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err = d.Sync(); errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) { // file systems that know none
		err = nil
	}
	return errors.Join(err, d.Close())
}
