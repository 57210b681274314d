// Package disk is what several rooms ask of a file system and no call of the standard library does.
package disk

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// PrivateFolder makes a folder for its owner alone, and makes one that is there so.
func PrivateFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		err = os.Chmod(path, 0o700)
	}
	return err
}

// First writes a file for its owner alone, whole or not at all, and never over one that is there: then the error is fs.ErrExist.
func First(path string, content []byte) error {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, filepath.Base(path)+".*.new") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(folder)
}
