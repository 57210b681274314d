package delivery

import (
	"io/fs"
	"os"
)

// On Windows a new file gets its access from its folder, and there are no bits to keep.

func sameOwner(_, _ fs.FileInfo) bool { return true }

func checkLink(string, fs.FileInfo) error { return nil }

func ourCopy(snapshot, fs.FileInfo) error { return nil }

func keepOwner(*os.File, string, fs.FileInfo) error { return nil }

func checkOwner(string, fs.FileInfo) error { return nil }

func checkFolder(string) error { return nil }

func fileOwner(snapshot, fs.FileInfo) (string, bool) { return "", false }

func folderOwnerNote(fs.FileInfo) string { return "" }

func links(fs.FileInfo) uint64 { return 1 }
