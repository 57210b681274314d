package paint

import (
	"bytes"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
)

const (
	// pasteGap is how long the rest of a paste may take to come after the line before.
	pasteGap = 50 * time.Millisecond
	// maxHidden bounds what is taken of an input that does not end.
	maxHidden = 1 << 20
)

// ReadHidden reads a line that the terminal does not show, and the lines that were pasted with it: what is left would be the shell's, which
// runs it.
func ReadHidden(f *os.File) (string, error) {
	text, err := term.ReadPassword(f.Fd())
	if err != nil {
		return string(text), err
	}
	before, err := term.MakeRaw(f.Fd())
	if err != nil {
		return string(text), nil
	}
	defer func() { _ = term.Restore(f.Fd(), before) }()
	rest := make([]byte, 4096)
	for sep := []byte("\n"); len(text) < maxHidden && readable(f, pasteGap); sep = nil {
		n, err := f.Read(rest)
		if text = append(append(text, sep...), rest[:n]...); err != nil || n == 0 {
			break
		}
	}
	return string(bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))), nil
}
