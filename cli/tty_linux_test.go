package cli

import "golang.org/x/sys/unix"

const getTerminal = unix.TCGETS
