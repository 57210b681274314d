package delivery

import "os/exec"

// ownGroup leaves the default: a timeout ends the program itself.
func ownGroup(*exec.Cmd) {}
