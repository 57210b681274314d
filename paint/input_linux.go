package paint

import "golang.org/x/sys/unix"

// unread asks a terminal for how many bytes are there to read.
const unread = unix.TIOCINQ
