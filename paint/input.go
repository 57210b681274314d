package paint

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// ReadBegin comes before the first key of each read: what came to the terminal in one piece, a
// paste without brackets say, or what a slow line delivered at once. Bubble Tea itself does not tell
// which keys came together.
type ReadBegin struct{}

// readBegin is what the input carries before each read. Bubble Tea takes it for a control
// sequence that it does not know, and hands it on.
var readBegin = []byte("\x1b[7777;7z")

// escapeTime is how long an escape waits on a slow line for the sequence that it may begin, before it is
// taken for the key. Nothing else is taken for a key because time went by.
const escapeTime = 50 * time.Millisecond

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

// Read reads whole keys.
func (k *fileKeyboard) Read(p []byte) (int, error) { return k.keys.Read(p) }

// keyboard is the terminal's input without what the terminal itself says. It hands on whole keys, where Bubble
// Tea takes a sequence that the line has torn for an escape and letters, and marks where a read begins.
type keyboard struct {
	source
	keyParser
	left   []byte // complete, and did not fit
	marked bool   // this read has its mark
}

// Read reads what is there; 0 bytes where that is the beginning of something, or nothing for the program. It leaves
// nothing complete behind where p has room for a sequence: the caller waits for the file, not for us.
func (k *keyboard) Read(p []byte) (int, error) {
	if len(k.left) > 0 {
		n := copy(p, k.left)
		k.left = k.left[n:]
		return n, nil
	}
	p = p[:max(len(p)-1, 1)] // a full buffer makes Bubble Tea wait for more
	marked := k.marked || k.pasting
	room := len(p)
	if !marked {
		room -= len(readBegin)
	}
	over, err := k.fill(room)
	if err != nil {
		return 0, err
	}
	out := k.take()
	k.marked = !over && (k.marked || len(out) > 0) && k.readable(0)
	if len(out) > 0 && !marked && !opensPaste(out) {
		// No mark where a paste has only begun: Bubble Tea has nothing to hand on but the mark, and reads over it
		// while we look at it.
		out = append(bytes.Clone(readBegin), out...)
	}
	n := copy(p, out)
	k.left = out[n:]
	return n, nil
}

// opensPaste reports whether b is the beginning of a bracketed paste and nothing else.
func opensPaste(b []byte) bool {
	return bytes.HasPrefix(b, pasteBegin) && !bytes.Contains(b, pasteEnd)
}

// fill reads once, and on where an escape may be the beginning of something; what comes of it has room bytes. over says
// that what is still to be read belongs to another read.
func (k *keyboard) fill(room int) (over bool, err error) {
	for {
		buf := make([]byte, min(max(room-k.size(), 1), 1<<10))
		n, err := k.source.Read(buf)
		k.feed(buf[:n])
		switch {
		case err != nil:
			return true, err
		case !k.escaping():
			return false, nil
		case !k.readable(escapeTime):
			k.giveEscape()
			return false, nil
		case k.pending() == 1:
			// One byte is no rest of a sequence: it is the next key of a fast hand.
			k.giveEscape()
			return true, nil
		case k.size() >= room:
			return false, nil
		}
	}
}

// isReadBegin recognises the mark as Bubble Tea hands it on, in a type without a public name.
func isReadBegin(msg tea.Msg) bool {
	v := reflect.ValueOf(msg)
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 && bytes.Equal(v.Bytes(), readBegin)
}
