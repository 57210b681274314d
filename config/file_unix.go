//go:build unix

package config

import (
	"io/fs"
	"syscall"
)

// hasOwners says that files here have an owner and bits that tell who else may touch them.
const hasOwners = true

// ownerOf is the user whose file it is.
func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
