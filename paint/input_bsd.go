//go:build unix && !linux

package paint

// unread is FIONREAD, which x/sys does not name: _IOR('f', 127, int) on macOS and on every BSD.
const unread = 0x4004667f
