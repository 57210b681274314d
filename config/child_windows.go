package config

import "os/exec"

// ownGroup leaves the default: what takes too long is ended by itself, without what it started.
func ownGroup(*exec.Cmd, bool) (giveBack func()) { return func() {} }

func wasInterrupted(*exec.ExitError) bool { return false }
