package config

import "io/fs"

// hasOwners is false: access is a list here, and a new file has that of its folder.
const hasOwners = false

func ownerOf(fs.FileInfo) int { return 0 }
