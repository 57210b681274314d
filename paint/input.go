package paint

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"time"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
)

// ReadBegin comes before the first key of each read: what came to the terminal in one piece, a
// paste without brackets say, or what a slow line delivered at once. Bubble Tea itself does not tell
// which keys came together.
type ReadBegin struct{}

// readBegin is what the input carries before each read. Bubble Tea takes it for a control
// sequence that it does not know, and hands it on.
var readBegin = []byte("\x1b[7777;7z")

// escapeTime is how long the rest of a control sequence may take on a slow line
// before its beginning is taken for keys.
const escapeTime = 50 * time.Millisecond

var pasteBegin, pasteEnd = []byte("\x1b[200~"), []byte("\x1b[201~")

// source is where keys come from.
type source interface {
	io.Reader
	// readable waits until there is something to read, but not longer than that.
	readable(within time.Duration) bool
	// pending is how many bytes are there to read.
	pending() int
}

// fileSource is a terminal of this machine.
type fileSource struct{ *os.File }

func (s fileSource) readable(within time.Duration) bool { return readable(s.File, within) }
func (s fileSource) pending() int                       { return pending(s.File) }

// fileKeyboard is a keyboard that Bubble Tea recognises as a file: it waits for that without a read.
type fileKeyboard struct {
	*os.File
	keys keyboard
}

func newFileKeyboard(f *os.File) *fileKeyboard {
	return &fileKeyboard{File: f, keys: keyboard{source: fileSource{f}}}
}

// Read reads whole sequences.
func (k *fileKeyboard) Read(p []byte) (int, error) { return k.keys.Read(p) }

// keyboard is the terminal's input. It does not tear a control sequence in two, as
// Bubble Tea does when the line has, and marks where a read begins.
type keyboard struct {
	source
	held    []byte // the beginning of a sequence whose rest is there but did not fit
	within  bool   // the next bytes belong to the read before
	pasting bool   // within a bracketed paste
}

// Read reads what is there. It leaves nothing complete behind: the caller waits for the
// file, not for us.
func (k *keyboard) Read(p []byte) (int, error) {
	begin := 0
	p = p[:max(len(p)-1, 1)] // a full buffer makes Bubble Tea wait for more
	if !k.within && !k.pasting && len(p) > len(readBegin)+len(k.held) {
		begin = copy(p, readBegin)
	}
	n, err := k.read(p[begin:])
	if n == 0 {
		return 0, err
	}
	if begin > 0 && opensPaste(p[begin:begin+n]) {
		// Bubble Tea has nothing to hand on but the mark, and reads over it while we look at it.
		begin = copy(p, p[begin:begin+n]) - n
	}
	k.track(p[begin : begin+n])
	k.within = k.within && k.readable(0)
	return begin + n, err
}

// opensPaste reports whether b is the beginning of a bracketed paste and nothing else.
func opensPaste(b []byte) bool {
	return bytes.HasPrefix(b, pasteBegin) && !bytes.Contains(b, pasteEnd)
}

// read fills p with whole sequences, as far as they are there. It leaves within false where what is
// still to come belongs to another read.
func (k *keyboard) read(p []byte) (n int, err error) {
	n = copy(p, k.held)
	k.held = nil
	for {
		m, err := k.source.Read(p[n:])
		n += m
		if err != nil {
			return n, err
		}
		whole := k.whole(p[:n])
		k.within = true
		switch {
		case whole == n, whole == 0 && n == len(p):
			return n, nil
		case n == len(p) && k.readable(0):
			k.held = bytes.Clone(p[whole:n])
			return whole, nil
		case n == len(p) || !k.readable(escapeTime):
			return n, nil
		case p[n-1] == '\x1b' && k.pending() == 1:
			// One byte is no rest of a sequence: it is the next key of a fast hand.
			k.within = false
			return n, nil
		}
	}
}

// whole is the length of b without the beginning of a sequence at its end.
func (k *keyboard) whole(b []byte) int {
	for i := 0; i < len(b); {
		n := sequence(b[i:])
		if n == 0 {
			return i
		}
		i += n
	}
	return len(b)
}

// track follows whether a bracketed paste is open after b.
func (k *keyboard) track(b []byte) {
	begin, end := bytes.LastIndex(b, pasteBegin), bytes.LastIndex(b, pasteEnd)
	if begin != end {
		k.pasting = begin > end
	}
}

// sequence is the length of the key or control sequence that b begins with; 0 if its
// rest is not there yet.
func sequence(b []byte) int {
	if b[0] != '\x1b' {
		if !utf8.FullRune(b) {
			return 0
		}
		_, n := utf8.DecodeRune(b)
		return n
	}
	if len(b) == 1 {
		return 0
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
			if b[i] < 0x20 || b[i] > 0x7e {
				return i // not a sequence after all
			}
		}
		return 0
	case 'O':
		if len(b) < 3 {
			return 0
		}
		return 3
	}
	if n := sequence(b[1:]); n > 0 {
		return n + 1 // alt and a key
	}
	return 0
}

// isReadBegin recognises the mark as Bubble Tea hands it on, in a type without a public name.
func isReadBegin(msg tea.Msg) bool {
	v := reflect.ValueOf(msg)
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 && bytes.Equal(v.Bytes(), readBegin)
}
